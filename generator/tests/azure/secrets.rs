//! `mlops-gen secrets`, with the real program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use devops_emulator::{Double, KeyVaults};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{SPEC, SUBSCRIPTION, TENANT, TOKEN};

const VALUE: &str = "planted-value-9d8c7b";

fn spec() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mlops.yaml"), SPEC).unwrap();
    folder
}

async fn vaults() -> Double<KeyVaults> {
    let mut vaults = KeyVaults::new(TENANT).vault("diabetes-ml-mct4b");
    vaults = vaults.secret("diabetes-qa-mct4b", "scoring-key", VALUE);
    vaults.tokens = vec![TOKEN.to_owned()];
    vaults.start().await.unwrap()
}

fn run(folder: &Path, vaults: &Double<KeyVaults>, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mlops-gen"))
        .current_dir(folder)
        .args(arguments)
        .env("MLOPS_GEN_VAULT_URL", vaults.url())
        .env("MLOPS_GEN_ARM_URL", vaults.url())
        .env("MLOPS_GEN_AZURE_TOKEN", TOKEN)
        .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // who needs no value does not read it
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!all.contains(VALUE) && !all.contains(TOKEN), "a secret is shown: {all}");
    output
}

fn as_json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn standings(value: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = value["secrets"].as_array().unwrap().iter();
    rows.map(|row| (format!("{}/{}", text(row, "owner"), text(row, "secret")), text(row, "standing"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_spec_names_is_listed_with_how_it_stands() {
    let (folder, vaults) = (spec(), vaults().await);
    let output = run(folder.path(), &vaults, &["secrets", "list", "--json"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let expected = [
        ("platform/data-provider-token", "missing"),
        ("qa/scoring-key", "good"),
        ("production/scoring-key", "no-vault"),
    ];
    assert_eq!(standings(&as_json(&output)), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let output = run(folder.path(), &vaults, &["secrets", "list"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("diabetes-ml-mct4b") && text.contains("missing") && text.contains("(diabetes-training)"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_comes_from_standard_input_and_a_check_then_passes() {
    let (folder, vaults) = (spec(), vaults().await);
    let check = |vaults: &Double<KeyVaults>| run(folder.path(), vaults, &["secrets", "check", "--json"], "");
    assert_eq!(check(&vaults).status.code(), Some(1));
    let set = run(folder.path(), &vaults, &["secrets", "set", "data-provider-token"], &format!("{VALUE}\n"));
    assert_eq!(set.status.code(), Some(0), "{set:?}");
    let environment = ["secrets", "set", "scoring-key", "--environment", "production", "--expires", "30"];
    let missing = run(folder.path(), &vaults, &environment, VALUE);
    assert_eq!(missing.status.code(), Some(2), "the vault is not there: {missing:?}");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("mlops-gen apply"), "{missing:?}");
    vaults.with_state(|state| *state = state.clone().vault("diabm7j-production-mct4b"));
    assert_eq!(run(folder.path(), &vaults, &environment, VALUE).status.code(), Some(0));
    let held = vaults.with_state(|state| {
        state.vaults["diabetes-ml-mct4b"].secrets["data-provider-token"][0].value.expose().to_owned()
    });
    assert_eq!(held, VALUE, "without the newline");
    let output = check(&vaults);
    assert_eq!((output.status.code(), &as_json(&output)["good"]), (Some(0), &json!(3)), "{output:?}");
    let near = run(folder.path(), &vaults, &["secrets", "check", "--days", "31", "--json"], "");
    assert_eq!(
        (near.status.code(), standings(&as_json(&near))),
        (Some(1), vec![("production/scoring-key".to_owned(), "expires-soon".to_owned())])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_disabled_or_over_does_not_pass() {
    let (folder, vaults) = (spec(), vaults().await);
    let standing = |vaults: &Double<KeyVaults>| {
        let output = run(folder.path(), vaults, &["secrets", "check", "--json"], "");
        assert_eq!(output.status.code(), Some(1));
        standings(&as_json(&output))
            .into_iter()
            .find(|(name, _)| name == "qa/scoring-key")
            .map(|(_, standing)| standing)
    };
    let change = |enabled: bool, expires: Option<i64>| {
        vaults.with_state(|state| {
            let version =
                &mut state.vaults.get_mut("diabetes-qa-mct4b").unwrap().secrets.get_mut("scoring-key").unwrap()[0];
            (version.enabled, version.expires) = (enabled, expires);
        });
    };
    change(false, None);
    assert_eq!(standing(&vaults).as_deref(), Some("disabled"));
    change(true, Some(1_000));
    assert_eq!(standing(&vaults).as_deref(), Some("expired"));
    change(true, None);
    assert_eq!(standing(&vaults), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_no_arguments_and_mistakes_set_nothing() {
    let (folder, vaults) = (spec(), vaults().await);
    for (arguments, stdin, said) in [
        (&["secrets", "set", "data-provider-token", "value"][..], "", "unexpected argument"),
        (&["secrets", "set", "data-provider-token", "--value", "x"], "", "unexpected argument"),
        (&["secrets", "set", "data-provider-token"], "\n", "empty"),
        (&["secrets", "set", "a/b"], "v", "no name of a secret"),
        (&["secrets", "set", "unknown"], "v", "no variable group names"),
        (&["secrets", "set", "scoring-key"], "v", "several vaults"),
        (
            &["secrets", "set", "scoring-key", "--environment", "nowhere"],
            "v",
            "no environment `nowhere`; it has qa, production",
        ),
        (&["secrets", "set", "scoring-key", "--vault", "nowhere"], "v", "no key vault `nowhere`"),
    ] {
        let output = run(folder.path(), &vaults, arguments, stdin);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{arguments:?}: {output:?}");
    }
    assert!(vaults.requests().iter().all(|entry| entry.method != "PUT"));
}
