//! Private DNS zones that become others.

use std::collections::BTreeSet;

use mlops_gen::edge::remote::zones::linked;
use serde_json::json;

use super::support::{Place, SUBSCRIPTION};

/// A project in private networks, with zones of its own.
const OWN: &str = include_str!("../../../tests/cases/private-network/mlops.yaml");

/// The same with a hub that keeps the zones.
fn with_hub() -> String {
    let group = |name: &str| format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}");
    let hub = format!(
        "network:\n  private:\n    hub:\n      virtualNetwork: {}/providers/Microsoft.Network/virtualNetworks/hub\n      zones: {}\n",
        group("hub"),
        group("dns")
    );
    let spec = OWN.replace("network:\n  private:\n", &hub);
    assert_ne!(spec, OWN);
    spec
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_changed_only_when_no_link_is_left() {
    for (first, second, group) in [(OWN.to_owned(), with_hub(), "claims-platform"), (with_hub(), OWN.to_owned(), "dns")]
    {
        let place = Place::of(&first).await;
        for name in ["hub", "dns"] {
            let id = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{name}");
            place.arm.with_state(|arm| {
                arm.resources.insert(id.clone(), json!({ "id": id, "name": name, "location": "switzerlandnorth" }))
            });
        }
        place.apply().await;
        // What `sync-peerings.sh` goes through is every peering that the deployment has made.
        place.arm.with_state(|arm| {
            let id = format!(
                "/subscriptions/{SUBSCRIPTION}/resourcegroups/claims-platform/providers/microsoft.resources/deployments/platform"
            );
            let told = arm.resources[&id]["properties"]["outputs"]["peerings"]["value"].clone();
            let told: BTreeSet<String> = told.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_lowercase()).collect();
            let made = arm.resources.keys().filter(|id| id.contains("/virtualnetworkpeerings/"));
            assert_eq!(told, made.cloned().collect());
            assert!(told.len() >= 4, "{told:?}");
        });
        // Zones and links that the keeper of the hub has made, for one network of the project and one of somebody else.
        let zone = format!(
            "/subscriptions/{SUBSCRIPTION}/resourcegroups/{group}/providers/microsoft.network/privatednszones/privatelink.queue.core.windows.net"
        );
        let own = place.arm.with_state(|arm| {
            let is = |id: &&String| id.contains("/claims-platform/") && id.contains("/virtualnetworks/");
            let own = arm.resources.keys().filter(is).find(|id| !id.contains("/virtualnetworkpeerings/"));
            own.expect("the platform has a network").clone()
        });
        let theirs = own.replace("claims-platform", "theirs");
        place.arm.with_state(|arm| {
            let name = "privatelink.queue.core.windows.net";
            arm.resources.entry(zone.clone()).or_insert_with(|| json!({ "name": name }));
            for (link, network) in [("ours", own), ("theirs", theirs)] {
                let body = json!({ "name": link, "properties": { "virtualNetwork": { "id": network } } });
                arm.resources.insert(format!("{zone}/virtualnetworklinks/{link}"), body);
            }
        });
        let world = place.look().await;
        let same = place.plan().await;
        assert!(linked(&place.site, &same, &world).await.is_none(), "nothing moves");

        // A cluster keeps the zone of its API server: one of another name takes its place.
        let named = second.replace("target: kubernetes\n", "target: kubernetes\n    names: {cluster: claims-second}\n");
        let place = place.becomes(&named);
        let (plan, world) = (place.plan().await, place.look().await);
        let told = linked(&place.site, &plan, &world).await.expect("links are left").to_string();
        assert!(
            told.contains("privatelink.queue.core.windows.net/ours")
                && told.contains(&format!("--resource-group {group}")),
            "{told}"
        );
        assert!(!told.contains("/theirs"), "{told}");
        // Once they are deleted there is nothing in the way, and the deployment that comes is taken.
        place.arm.with_state(|arm| {
            arm.resources.retain(|id, _| !id.contains("/virtualnetworklinks/") || id.ends_with("/theirs"));
        });
        assert!(linked(&place.site, &plan, &world).await.is_none());
        place.apply().await;
    }
}
