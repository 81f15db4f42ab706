//! Networks whose ranges change, as the scripts of a private project see them.

use std::path::Path;

use azure_sandbox::tools;
use serde_json::{Value, json};

use crate::cloud::world::{SUBSCRIPTION, World, ask};

#[test]
fn a_peering_is_shown_and_learns_new_ranges_when_it_is_synced() {
    let world = World::new();
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/diabetes-platform");
    let network = |name: &str| format!("{group}/providers/Microsoft.Network/virtualNetworks/{name}");
    let peering = |from: &str, to: &str| format!("{}/virtualNetworkPeerings/to-{to}", network(from));
    let put = |id: &str, properties: Value| {
        let path = format!("{id}?api-version=2025-05-01");
        let (status, answer) = ask(
            &world.doubles.arm.url(),
            None,
            "PUT",
            &path,
            &json!({ "location": "westeurope", "properties": properties }),
        );
        assert!(status < 300, "{answer}");
    };
    put(&network("a"), json!({ "addressSpace": { "addressPrefixes": ["10.0.0.0/24"] } }));
    put(&network("b"), json!({ "addressSpace": { "addressPrefixes": ["10.1.0.0/24"] } }));
    let peer = || {
        put(&peering("a", "b"), json!({ "remoteVirtualNetwork": { "id": network("b") } }));
        put(&peering("b", "a"), json!({ "remoteVirtualNetwork": { "id": network("a") } }));
    };
    peer();
    let az = |words: &[&str]| {
        let words: Vec<String> = std::iter::once("az").chain(words.iter().copied()).map(str::to_owned).collect();
        let said = tools::main(world.folder.path(), Path::new("/"), &words);
        assert_eq!(said.code, 0, "{words:?}: {}", said.error);
        said.out.trim().to_owned()
    };
    let level =
        |id: &str| az(&["network", "vnet", "peering", "show", "--ids", id, "--query", "peeringSyncLevel", "-o", "tsv"]);
    assert_eq!(level(&peering("b", "a")), "FullyInSync");
    put(&network("a"), json!({ "addressSpace": { "addressPrefixes": ["10.0.0.0/24", "10.0.1.0/24"] } }));
    // A deployment writes them again, and they learn nothing.
    peer();
    assert_eq!(
        (level(&peering("a", "b")).as_str(), level(&peering("b", "a")).as_str()),
        ("RemoteNotInSync", "LocalNotInSync")
    );
    az(&["network", "vnet", "peering", "sync", "--ids", &peering("b", "a"), "--output", "none"]);
    assert_eq!(
        (level(&peering("a", "b")).as_str(), level(&peering("b", "a")).as_str()),
        ("FullyInSync", "FullyInSync")
    );
    let deployments =
        az(&["deployment", "group", "list", "-g", "diabetes-platform", "--query", "[].name", "-o", "tsv"]);
    assert!(deployments.lines().any(|name| name == "platform"), "{deployments}");
    let outputs = az(&[
        "deployment",
        "group",
        "show",
        "-g",
        "diabetes-platform",
        "-n",
        "platform",
        "--query",
        "properties.outputs.registryLoginServer.value",
        "-o",
        "tsv",
    ]);
    assert!(!outputs.is_empty());
    let clusters = az(&["aks", "list", "-g", "diabetes-production", "--query", "[].name", "-o", "tsv"]);
    assert!(clusters.contains("diabetes"), "{clusters}");
}
