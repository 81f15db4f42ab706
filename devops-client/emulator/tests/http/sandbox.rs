//! The doubles connected: what is made in one is seen in the others.

use crate::planted;
use devops_emulator::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

const VAULT: &str = "subscriptions/s1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/deployed";

/// Status and body of a request with the sandbox's token.
async fn send(method: &str, url: String, body: Value) -> (u16, Value) {
    planted::traced();
    _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let response = client.request(method, url).bearer_auth(planted::TOKEN).json(&body).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn options() -> SandboxOptions {
    SandboxOptions { token: planted::TOKEN.to_owned(), ..SandboxOptions::new("contoso", "t1", "s1") }
}

async fn deploy_vault(sandbox: &Sandbox) {
    let group = format!("{}/subscriptions/s1/resourceGroups/rg?api-version=2021-04-01", sandbox.arm.url());
    assert_eq!(send("PUT", group, json!({ "location": "westeurope" })).await.0, 201);
    let vault = format!("{}/{VAULT}?api-version=2023-07-01", sandbox.arm.url());
    assert_eq!(send("PUT", vault, json!({ "location": "westeurope", "properties": {} })).await.0, 201);
}

#[tokio::test]
async fn a_vault_holds_secrets_from_its_deployment_to_its_deletion() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let secret = format!("{}/deployed/secrets/a?api-version=2025-07-01", sandbox.vaults.url());
    assert_eq!(
        send("PUT", secret.clone(), json!({ "value": planted::SECRET })).await.1["error"]["code"],
        "VaultNotFound"
    );
    deploy_vault(&sandbox).await;
    assert_eq!(send("PUT", secret.clone(), json!({ "value": planted::SECRET })).await.0, 200);
    let vault = format!("{}/{VAULT}?api-version=2023-07-01", sandbox.arm.url());
    assert_eq!(send("DELETE", vault, Value::Null).await.0, 200);
    assert_eq!(send("GET", secret, Value::Null).await.1["error"]["code"], "VaultNotFound");
}

#[tokio::test]
async fn who_is_searched_for_is_there_in_a_sandbox() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    for (name, group) in [("ml-team@example.com", false), ("ML Leads", true)] {
        let url = format!("{}/_apis/identities?searchFilter=General&filterValue={name}", sandbox.devops.url());
        let (first, again) = (send("GET", url.clone(), Value::Null).await.1, send("GET", url, Value::Null).await.1);
        assert_eq!((&first["count"], &first["value"][0]["isContainer"]), (&json!(1), &json!(group)));
        assert_eq!(first, again);
    }
}

#[tokio::test]
async fn a_saved_sandbox_goes_on_where_it_was_and_takes_a_new_token_only() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    deploy_vault(&sandbox).await;
    let secret = format!("{}/deployed/secrets/a?api-version=2025-07-01", sandbox.vaults.url());
    assert_eq!(send("PUT", secret, json!({ "value": planted::SECRET })).await.0, 200);
    let state = sandbox.save().unwrap();
    sandbox.stop().await;
    let again = Sandbox::start(SandboxOptions { state: Some(state.clone()), ..options() }).await.unwrap();
    let secret = format!("{}/deployed/secrets/a?api-version=2025-07-01", again.vaults.url());
    assert_eq!(send("GET", secret, Value::Null).await.1["value"], planted::SECRET);
    let other = SandboxOptions { state: Some(state), token: planted::OTHER_TOKEN.to_owned(), ..options() };
    let other = Sandbox::start(other).await.unwrap();
    for url in [other.devops.url() + "/_apis/projects", other.vaults.url() + "/deployed/secrets/a", other.arm.url()] {
        assert_eq!(send("GET", url.clone() + "?api-version=7.1", Value::Null).await.0, 401, "{url}");
    }
}
