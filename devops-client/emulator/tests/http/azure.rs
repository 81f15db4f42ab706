//! The doubles of Key Vault and of Azure Resource Manager.

use crate::planted;
use devops_emulator::{Action, Arm, Double, Fault, KeyVaults};
use serde_json::{Value, json};

const GROUP: &str = "subscriptions/s1/resourceGroups/rg";

/// A request to a double with a token; status and body, or the transport's error.
async fn send<S: Clone + Send + 'static>(
    double: &Double<S>,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> reqwest::Result<(u16, Value, reqwest::header::HeaderMap)> {
    planted::traced();
    _ = rustls::crypto::ring::default_provider().install_default();
    let joint = if path.contains('?') { '&' } else { '?' };
    let url = if path.starts_with("http") {
        path.to_owned()
    } else {
        format!("{}/{path}{joint}api-version=2025-07-01", double.url())
    };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut request = client
        .request(reqwest::Method::from_bytes(method.as_bytes()).expect("a method"), url)
        .bearer_auth(planted::TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok((status, serde_json::from_str(&response.text().await?).unwrap_or_default(), headers))
}

#[tokio::test]
async fn a_vault_challenges_and_then_keeps_versions() {
    let vault = KeyVaults::new("tenant").vault("kv").start().await.unwrap();
    let url = format!("{}/kv/secrets/db/?api-version=2025-07-01", vault.url());
    _ = rustls::crypto::ring::default_provider().install_default();
    let challenge = reqwest::Client::new().get(&url).send().await.unwrap();
    assert_eq!(challenge.status(), 401);
    let header = challenge.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(
        header.contains("authorization=\"https://login.microsoftonline.com/tenant\"")
            && header.contains("resource=\"https://vault.azure.net\"")
    );
    let (status, first, _) = send(
        &vault,
        "PUT",
        "kv/secrets/db",
        Some(json!({ "value": planted::SECRET, "contentType": "text/plain", "attributes": { "exp": 4_000_000_000_i64 } })),
    )
    .await
    .unwrap();
    assert_eq!(
        (status, &first["value"], &first["attributes"]["exp"]),
        (200, &json!(planted::SECRET), &json!(4_000_000_000_i64))
    );
    send(&vault, "PUT", "kv/secrets/db", Some(json!({ "value": planted::NEXT_SECRET }))).await.unwrap();
    assert_eq!(send(&vault, "GET", "kv/secrets/db/", None).await.unwrap().1["value"], planted::NEXT_SECRET);
    let version = first["id"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(
        send(&vault, "GET", &format!("kv/secrets/db/{version}"), None).await.unwrap().1["value"],
        planted::SECRET
    );
    let versions = send(&vault, "GET", "kv/secrets/db/versions", None).await.unwrap().1;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    assert!(
        versions["value"].as_array().unwrap().iter().all(|item| item.get("value").is_none()),
        "lists have no values"
    );
    assert_eq!(send(&vault, "GET", "kv/secrets/none", None).await.unwrap().1["error"]["code"], "SecretNotFound");
    send(&vault, "PATCH", "kv/secrets/db", Some(json!({ "attributes": { "enabled": false } }))).await.unwrap();
    assert_eq!(send(&vault, "GET", "kv/secrets/db", None).await.unwrap().0, 403);
    let printed = vault.with_state(|state| format!("{state:?}"));
    assert!(!printed.contains(planted::MARK), "no value in Debug output");
}

#[tokio::test]
async fn a_deleted_secret_keeps_its_name_until_it_is_purged() {
    let vault = KeyVaults::new("t").secret("kv", "a", planted::SECRET).start().await.unwrap();
    assert_eq!(send(&vault, "DELETE", "kv/secrets/a", None).await.unwrap().0, 200);
    assert_eq!(send(&vault, "GET", "kv/secrets/a", None).await.unwrap().0, 404);
    let (status, body, _) =
        send(&vault, "PUT", "kv/secrets/a", Some(json!({ "value": planted::NEXT_SECRET }))).await.unwrap();
    assert_eq!((status, &body["error"]["innererror"]["code"]), (409, &json!("ObjectIsDeletedButRecoverable")));
    assert_eq!(send(&vault, "POST", "kv/deletedsecrets/a/recover", None).await.unwrap().0, 200);
    assert_eq!(send(&vault, "GET", "kv/secrets/a", None).await.unwrap().1["value"], planted::SECRET);
    send(&vault, "DELETE", "kv/secrets/a", None).await.unwrap();
    assert_eq!(send(&vault, "DELETE", "kv/deletedsecrets/a", None).await.unwrap().0, 204);
    assert_eq!(
        send(&vault, "PUT", "kv/secrets/a", Some(json!({ "value": planted::NEXT_SECRET }))).await.unwrap().0,
        200
    );
}

#[tokio::test]
async fn a_vaults_list_is_paged_by_its_next_link() {
    let mut vaults = KeyVaults::new("t");
    for at in 0..30 {
        vaults = vaults.secret("kv", &format!("s{at:02}"), planted::SECRET);
    }
    let vault = vaults.start().await.unwrap();
    let (mut names, mut path) = (Vec::new(), "kv/secrets".to_owned());
    loop {
        let page = send(&vault, "GET", &path, None).await.unwrap().1;
        names.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { break };
        path = next.replace("https://kv.vault.azure.net", &format!("{}/kv", vault.url()));
    }
    names.dedup();
    assert_eq!(names.len(), 30);
}

async fn arm() -> Double<Arm> {
    let arm = Arm::new("t1", "s1")
        .registered("Microsoft.KeyVault")
        .quota("standardDSv2Family", 96, 100)
        .start()
        .await
        .unwrap();
    assert_eq!(send(&arm, "PUT", GROUP, Some(json!({ "location": "westeurope" }))).await.unwrap().0, 201);
    arm
}

#[tokio::test]
async fn an_identity_gets_a_federated_credential_and_a_role_once() {
    let arm = arm().await;
    let identity = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id");
    let (status, made, _) = send(&arm, "PUT", &identity, Some(json!({ "location": "westeurope" }))).await.unwrap();
    assert_eq!(status, 201);
    let principal = made["properties"]["principalId"].clone();
    let again = send(&arm, "PUT", &identity, Some(json!({ "location": "westeurope" }))).await.unwrap();
    assert_eq!((again.0, &again.1["properties"]["principalId"]), (200, &principal), "the same identity");
    let credential = |subject: &str| {
        Some(
            json!({ "properties": { "issuer": "https://i", "subject": subject, "audiences": ["api://AzureADTokenExchange"] } }),
        )
    };
    assert_eq!(
        send(&arm, "PUT", &format!("{identity}/federatedIdentityCredentials/a"), credential("s")).await.unwrap().0,
        201
    );
    assert_eq!(
        send(&arm, "PUT", &format!("{identity}/federatedIdentityCredentials/b"), credential("s")).await.unwrap().0,
        409
    );
    assert_eq!(
        send(&arm, "PUT", &format!("{identity}/federatedIdentityCredentials/c"), credential("")).await.unwrap().0,
        400
    );
    let listed = send(&arm, "GET", &format!("{identity}/federatedIdentityCredentials"), None).await.unwrap().1;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);

    arm.with_state(|state| state.principal_unknown_first = 1);
    let roles = send(
        &arm,
        "GET",
        &format!("{GROUP}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq 'Contributor'"),
        None,
    )
    .await
    .unwrap()
    .1;
    let body = Some(
        json!({ "properties": { "roleDefinitionId": roles["value"][0]["id"], "principalId": principal, "principalType": "ServicePrincipal" } }),
    );
    let assignment = |name: &str| format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let one = "11111111-0000-4000-8000-000000000000";
    let early = send(&arm, "PUT", &assignment(one), body.clone()).await.unwrap();
    assert_eq!((early.0, &early.1["error"]["code"]), (400, &json!("PrincipalNotFound")));
    assert_eq!(send(&arm, "PUT", &assignment(one), body.clone()).await.unwrap().0, 201);
    assert_eq!(send(&arm, "PUT", &assignment(one), body.clone()).await.unwrap().0, 200);
    let doubled = send(&arm, "PUT", &assignment("22222222-0000-4000-8000-000000000000"), body).await.unwrap();
    assert_eq!((doubled.0, &doubled.1["error"]["code"]), (409, &json!("RoleAssignmentExists")));
    let path = format!(
        "{GROUP}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq '{}'",
        principal.as_str().unwrap()
    );
    assert_eq!(send(&arm, "GET", &path, None).await.unwrap().1["value"].as_array().unwrap().len(), 1);
    assert_eq!(send(&arm, "DELETE", &assignment(one), None).await.unwrap().0, 200);
    assert_eq!(send(&arm, "DELETE", &assignment(one), None).await.unwrap().0, 204);
}

fn deployment(location: &str) -> Option<Value> {
    Some(json!({ "properties": { "mode": "Incremental", "parameters": { "name": { "value": "kv1" } }, "template": {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": { "name": { "type": "string" } },
        "resources": [{ "type": "Microsoft.KeyVault/vaults", "apiVersion": "2026-02-01", "name": "[parameters('name')]", "location": location, "properties": { "enableRbacAuthorization": true } }],
        "outputs": { "id": { "type": "string", "value": "[resourceId('Microsoft.KeyVault/vaults', parameters('name'))]" } },
    } } }))
}

#[tokio::test]
async fn a_deployment_is_validated_foretold_and_carried_out() {
    let arm = arm().await;
    let path = format!("{GROUP}/providers/Microsoft.Resources/deployments/d");
    assert_eq!(
        send(&arm, "POST", &format!("{path}/validate"), Some(json!({ "properties": { "template": {} } })))
            .await
            .unwrap()
            .1["error"]["code"],
        "InvalidTemplate"
    );
    assert_eq!(send(&arm, "POST", &format!("{path}/validate"), deployment("westeurope")).await.unwrap().0, 200);
    let foretold = async |location: &str| {
        let (status, _, headers) = send(&arm, "POST", &format!("{path}/whatIf"), deployment(location)).await.unwrap();
        assert_eq!(status, 202);
        let location = headers["location"].to_str().unwrap().to_owned();
        loop {
            let (status, body, _) = send(&arm, "GET", &location, None).await.unwrap();
            if status == 200 {
                break body["properties"]["changes"][0]["changeType"].as_str().unwrap().to_owned();
            }
        }
    };
    assert_eq!(foretold("westeurope").await, "Create");
    let (status, made, _) = send(&arm, "PUT", &path, deployment("westeurope")).await.unwrap();
    assert_eq!((status, &made["properties"]["provisioningState"]), (201, &json!("Running")));
    let (status, refused, _) = send(&arm, "PUT", &path, deployment("westeurope")).await.unwrap();
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("DeploymentActive")), "it is not made over itself");
    send(&arm, "GET", &path, None).await.unwrap();
    assert_eq!(send(&arm, "GET", &path, None).await.unwrap().1["properties"]["provisioningState"], "Succeeded");
    let id = made["properties"]["outputs"]["id"]["value"].as_str().unwrap().to_owned();
    assert_eq!(
        send(&arm, "GET", id.trim_start_matches('/'), None).await.unwrap().1["properties"]["enableRbacAuthorization"],
        true
    );
    assert_eq!(
        send(&arm, "GET", &format!("{path}/operations"), None).await.unwrap().1["value"][0]["properties"]["targetResource"]
            ["resourceName"],
        "kv1"
    );
    assert_eq!(foretold("westeurope").await, "NoChange");
    assert_eq!(foretold("northeurope").await, "Modify");
}

#[tokio::test]
async fn a_double_has_the_faults_of_the_emulator_until_they_are_taken_away() {
    let arm = arm().await;
    let group = |tag: &str| Some(json!({ "location": "westeurope", "tags": { "a": tag } }));
    arm.add_fault(Fault::new("GET", "*", Action::StaleRead).always());
    arm.add_fault(Fault::new("PUT", "*", Action::RetryAfterOnSuccess { seconds: 0.5 }).nth(2).always());
    send(&arm, "PUT", GROUP, group("old")).await.unwrap();
    let (_, _, headers) = send(&arm, "PUT", GROUP, group("new")).await.unwrap();
    assert_eq!(headers["retry-after"], "0.5");
    assert_eq!(send(&arm, "GET", GROUP, None).await.unwrap().1["tags"]["a"], "old");
    let seen: Vec<u32> = arm.faults().iter().map(|fault| fault.seen).collect();
    assert_eq!(seen, [1, 2]);
    let met: Vec<String> = arm.requests().into_iter().flat_map(|entry| entry.faults).collect();
    assert_eq!(met, ["retryAfterOnSuccess", "staleRead"]);
    arm.clear_faults();
    arm.clear_requests();
    assert_eq!(send(&arm, "GET", GROUP, None).await.unwrap().1["tags"]["a"], "new");
    assert_eq!((arm.faults().len(), arm.requests().len()), (0, 1));
}

#[tokio::test]
async fn a_group_that_is_deleted_leaves_its_vaults_names_taken() {
    let arm = arm().await;
    send(&arm, "PUT", &format!("{GROUP}/providers/Microsoft.Resources/deployments/d"), deployment("westeurope"))
        .await
        .unwrap();
    let (status, _, headers) = send(&arm, "DELETE", GROUP, None).await.unwrap();
    assert_eq!(status, 202);
    let poll = headers["location"].to_str().unwrap().to_owned();
    assert_eq!(send(&arm, "GET", &poll, None).await.unwrap().0, 202);
    assert_eq!(send(&arm, "GET", &poll, None).await.unwrap().0, 200);
    assert_eq!(send(&arm, "GET", GROUP, None).await.unwrap().1["error"]["code"], "ResourceGroupNotFound");
    let check = Some(json!({ "name": "kv1", "type": "Microsoft.KeyVault/vaults" }));
    let answer =
        send(&arm, "POST", "subscriptions/s1/providers/Microsoft.KeyVault/checkNameAvailability", check.clone())
            .await
            .unwrap()
            .1;
    assert_eq!((&answer["nameAvailable"], &answer["reason"]), (&json!(false), &json!("AlreadyExists")));
    assert_eq!(
        send(&arm, "GET", "subscriptions/s1/providers/Microsoft.KeyVault/deletedVaults", None).await.unwrap().1["value"]
            [0]["name"],
        "kv1"
    );
    send(&arm, "PUT", GROUP, Some(json!({ "location": "westeurope" }))).await.unwrap();
    assert_eq!(
        send(&arm, "PUT", &format!("{GROUP}/providers/Microsoft.Resources/deployments/e"), deployment("westeurope"))
            .await
            .unwrap()
            .0,
        409
    );
    let purge = "subscriptions/s1/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1/purge";
    assert_eq!(send(&arm, "POST", purge, None).await.unwrap().0, 202);
    assert_eq!(
        send(&arm, "POST", "subscriptions/s1/providers/Microsoft.KeyVault/checkNameAvailability", check)
            .await
            .unwrap()
            .1["nameAvailable"],
        true
    );
}

#[tokio::test]
async fn providers_quota_and_faults_are_answered() {
    let arm = arm().await;
    let state = async |namespace: &str| {
        send(&arm, "GET", &format!("subscriptions/s1/providers/{namespace}"), None).await.unwrap().1["registrationState"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (state("Microsoft.KeyVault").await, state("Microsoft.MachineLearningServices").await),
        ("Registered".into(), "NotRegistered".into())
    );
    send(&arm, "POST", "subscriptions/s1/providers/Microsoft.MachineLearningServices/register", None).await.unwrap();
    assert_eq!(
        [state("Microsoft.MachineLearningServices").await, state("Microsoft.MachineLearningServices").await],
        ["Registering", "Registered"]
    );
    let usages = send(
        &arm,
        "GET",
        "subscriptions/s1/providers/Microsoft.MachineLearningServices/locations/westeurope/usages",
        None,
    )
    .await
    .unwrap()
    .1;
    let family =
        usages["value"].as_array().unwrap().iter().find(|row| row["name"]["value"] == "standardDSv2Family").unwrap();
    assert_eq!((&family["currentValue"], &family["limit"]), (&json!(96), &json!(100)));
    assert_eq!(
        send(&arm, "GET", "subscriptions/none/resourceGroups", None).await.unwrap().1["error"]["code"],
        "SubscriptionNotFound"
    );
    arm.add_fault(Fault::new("PUT", "*/resourceGroups/x", Action::ResetAfter));
    assert!(send(&arm, "PUT", "subscriptions/s1/resourceGroups/x", Some(json!({ "location": "l" }))).await.is_err());
    assert_eq!(send(&arm, "GET", "subscriptions/s1/resourceGroups/x", None).await.unwrap().0, 200);
    let effects: Vec<bool> =
        arm.requests().iter().filter(|entry| entry.path.ends_with("/x")).map(|entry| entry.effect).collect();
    assert_eq!(effects, [true, false]);
}
