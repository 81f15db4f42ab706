//! Service connections, variable groups, environments, checks, permissions, policies, hooks, identities.

use serde_json::{Value, json};

use crate::planted;
use crate::world::{World, connection, group};
use devops_emulator::Emulator;

#[tokio::test]
async fn a_connection_becomes_ready_and_states_issuer_and_subject() {
    let world = World::new().await;
    let made = world.post("_apis/serviceendpoint/endpoints", connection("azure")).await.ok();
    assert_eq!(made["isReady"], false);
    let path = format!("shop/_apis/serviceendpoint/endpoints/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await.ok()["isReady"], false);
    let ready = world.get(&path).await.ok();
    assert_eq!((&ready["isReady"], &ready["operationStatus"]["state"]), (&json!(true), &json!("Ready")));
    let parameters = &ready["authorization"]["parameters"];
    assert_eq!(parameters["workloadIdentityFederationIssuer"], "https://login.microsoftonline.com/t/v2.0");
    assert!(parameters["workloadIdentityFederationSubject"].as_str().unwrap().contains("/sc/"));
    world
        .post("_apis/serviceendpoint/endpoints", connection("AZURE"))
        .await
        .refused(500, "DuplicateServiceConnectionException");
    let named = world.get("shop/_apis/serviceendpoint/endpoints?endpointNames=azure&includeFailed=true").await.ok();
    assert_eq!(named["count"], 1);
    let project = world.project().await;
    assert_eq!(
        world
            .delete(&format!(
                "_apis/serviceendpoint/endpoints/{}?projectIds={project}&deep=true",
                made["id"].as_str().unwrap()
            ))
            .await
            .status,
        204
    );
    let gone = world.get(&path).await;
    assert_eq!((gone.status, gone.json()), (200, Value::Null));
}

#[tokio::test]
async fn a_connections_secrets_never_come_back_not_even_in_the_printed_state() {
    let world = World::new().await;
    let body = json!({
        "name": "hook", "type": "incomingwebhook", "url": "https://dev.azure.com",
        "authorization": { "scheme": "None", "parameters": { "webhookname": "w", "secret": planted::NEXT_SECRET, "header": "X-Sig" } },
        "serviceEndpointProjectReferences": [{ "name": "hook", "projectReference": { "name": "shop" } }],
    });
    let made = world.post("_apis/serviceendpoint/endpoints", body).await;
    assert_eq!(made.ok()["authorization"]["parameters"]["secret"], Value::Null);
    world.group("g").await;
    let printed = world.running.state().print().unwrap().to_string();
    let debug = format!("{:?}", world.running.state());
    for text in [&made.text, &printed, &debug] {
        assert!(!text.contains(planted::MARK), "a secret is shown");
    }
}

#[tokio::test]
async fn the_endpoint_proxy_pages_through_the_secrets_of_a_vault() {
    let mut emulator = Emulator::builder().seed_project("shop").token(planted::TOKEN);
    for at in 0..60 {
        emulator = emulator.vault_secret(
            "Vault",
            &format!("s{at:02}"),
            json!({ "enabled": at != 3, "created": 1, "updated": 1 }),
        );
    }
    let world = World::with(emulator.settings(|settings| {
        settings.test_connection_fails_first = 1;
        settings.endpoint_ready_after_reads = 0;
    }))
    .await;
    let id = world.connection("azure").await;
    let path = format!("shop/_apis/serviceendpoint/endpointproxy?endpointId={id}");
    let ask = async |source: &str, parameters: Value| {
        world
            .post(&path, json!({ "dataSourceDetails": { "dataSourceName": source, "parameters": parameters } }))
            .await
            .ok()
    };
    assert_eq!(ask("TestConnection", json!({})).await["statusCode"], "forbidden");
    assert_eq!(ask("TestConnection", json!({})).await["statusCode"], "ok");
    let mut names = Vec::new();
    let mut answer = ask("AzureKeyVaultSecrets", json!({ "KeyVaultName": "vault" })).await;
    loop {
        let page: Value = serde_json::from_str(answer["result"][0].as_str().unwrap()).unwrap();
        for secret in page["value"].as_array().unwrap() {
            names.push(secret["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        }
        let Some(link) = page["nextLink"].as_str() else { break };
        let link = reqwest::Url::parse(link).unwrap();
        let token = link.query_pairs().find(|(name, _)| name == "$skiptoken").unwrap().1.into_owned();
        answer = ask("AzureKeyVaultSecretsWithSkipToken", json!({ "KeyVaultName": "vault", "SkipToken": token })).await;
    }
    assert_eq!(names.len(), 60);
    assert_eq!(ask("AzureKeyVaultSecrets", json!({ "KeyVaultName": "none" })).await["statusCode"], "notFound");
    assert!(
        world
            .running
            .requests()
            .iter()
            .filter(|entry| entry.path.ends_with("endpointproxy"))
            .all(|entry| !entry.effect)
    );
}

#[tokio::test]
async fn variable_groups_are_replaced_whole_but_keep_secrets_that_are_not_named_anew() {
    let world = World::new().await;
    let id = world.group("plain").await;
    world
        .post("_apis/distributedtask/variablegroups", group("Plain"))
        .await
        .refused(409, "VariableGroupExistsException");
    let mut change = group("plain");
    change["variables"] = json!({ "b": { "value": "2" }, "s": { "isSecret": true } });
    let changed = world.put(&format!("_apis/distributedtask/variablegroups/{id}"), change.clone()).await.ok();
    assert_eq!(changed["variables"], json!({ "b": { "value": "2" }, "s": { "value": null, "isSecret": true } }));
    let kept = world.running.with_state(|state| state.groups[&id].secrets["s"].expose() == planted::SECRET);
    assert!(kept, "the secret's value is kept");
    change["variables"] = json!({});
    world
        .put(&format!("_apis/distributedtask/variablegroups/{id}"), change)
        .await
        .refused(400, "InvalidVariableGroupException");
    let mut nowhere = group("nowhere");
    nowhere["variableGroupProjectReferences"] = json!([]);
    assert_eq!(world.post("_apis/distributedtask/variablegroups", nowhere).await.status, 400);
    let missing = world.get("shop/_apis/distributedtask/variablegroups/999").await;
    assert_eq!((missing.status, missing.text.as_str()), (200, "null"));
    assert_eq!(world.get("shop/_apis/distributedtask/variablegroups?groupName=pl*").await.ok()["count"], 1);
}

#[tokio::test]
async fn a_key_vault_group_needs_its_connection_and_takes_names_only() {
    let world = World::new().await;
    let body = |endpoint: &str, variables: Value| {
        let mut body = group("kv");
        body["type"] = json!("AzureKeyVault");
        body["providerData"] = json!({ "serviceEndpointId": endpoint, "vault": "v" });
        body["variables"] = variables;
        body
    };
    let named =
        json!({ "secret": { "value": null, "isSecret": true, "enabled": true, "contentType": "", "expires": null } });
    let unknown = body("7b1f5d0c-0000-4000-8000-000000000000", named.clone());
    world.post("_apis/distributedtask/variablegroups", unknown).await.refused(400, "InvalidVariableGroupException");
    let endpoint = world.connection("azure").await;
    let mixed = body(&endpoint, json!({ "plain": { "value": "x" } }));
    world.post("_apis/distributedtask/variablegroups", mixed).await.refused(400, "InvalidVariableGroupException");
    let made = world.post("_apis/distributedtask/variablegroups", body(&endpoint, named.clone())).await.ok();
    assert_eq!((&made["type"], &made["variables"]), (&json!("AzureKeyVault"), &named));
    assert_eq!(made["providerData"]["vault"], "v");
}

#[tokio::test]
async fn lists_are_paged_by_an_opaque_token_that_survives_changes_in_between() {
    let world = World::new().await;
    for at in 0..5 {
        world.environment(&format!("e{at}")).await;
    }
    let mut names = Vec::new();
    let mut token = None::<String>;
    loop {
        let more = token.as_ref().map(|token| format!("&continuationToken={token}")).unwrap_or_default();
        let page = world.get(&format!("shop/_apis/distributedtask/environments?$top=2{more}")).await;
        names.extend(
            page.ok()["value"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        if names.len() == 2 {
            // the one that the token stands for goes away
            assert_eq!(world.delete("shop/_apis/distributedtask/environments/2").await.status, 204);
        }
        match page.header("x-ms-continuationtoken") {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(names, ["e0", "e1", "e2", "e3", "e4"]);
}

#[tokio::test]
async fn environments_and_their_kubernetes_resources_have_unique_names() {
    let world = World::new().await;
    let id = world.environment("prod").await;
    world
        .post("shop/_apis/distributedtask/environments", json!({ "name": "Prod" }))
        .await
        .refused(409, "EnvironmentExistsException");
    let path = format!("shop/_apis/distributedtask/environments/{id}/providers/kubernetes");
    let made = world
        .post(&path, json!({ "name": "ns", "namespace": "ns", "clusterName": "c", "serviceEndpointId": "x" }))
        .await
        .ok();
    world.post(&path, json!({ "name": "ns" })).await.refused(409, "EnvironmentResourceExistsException");
    assert_eq!(world.get(&format!("{path}/{}", made["id"])).await.ok()["namespace"], "ns");
    let seen =
        world.get(&format!("shop/_apis/distributedtask/environments/{id}?expands=resourceReferences")).await.ok();
    assert_eq!(seen["resources"][0]["name"], "ns");
    assert_eq!(world.delete(&format!("{path}/{}", made["id"])).await.status, 204);
    assert_eq!(world.delete(&format!("shop/_apis/distributedtask/environments/{id}")).await.status, 204);
    world
        .get(&format!("shop/_apis/distributedtask/environments/{id}"))
        .await
        .refused(404, "EnvironmentNotFoundException");
}

#[tokio::test]
async fn checks_show_their_settings_only_when_asked_and_are_changed_by_version() {
    let world = World::new().await;
    let environment = world.environment("prod").await;
    let me = world.get("_apis/connectionData").await.ok()["authenticatedUser"]["id"].clone();
    let path = "shop/_apis/pipelines/checks/configurations";
    let body = json!({
        "type": { "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval" }, "timeout": 43200,
        "settings": { "approvers": [{ "id": me }], "minRequiredApprovers": 1, "executionOrder": "anyOrder" },
        "resource": { "type": "environment", "id": environment.to_string() },
    });
    let made = world.post(path, body.clone()).await.ok();
    world.post(path, body.clone()).await.refused(400, "CheckConfigurationValidationException");
    let mut nobody = body.clone();
    nobody["settings"]["approvers"] = json!([]);
    world.post(path, nobody).await.refused(400, "CheckConfigurationValidationException");
    let query = format!("{path}?resourceType=environment&resourceId={environment}");
    assert_eq!(world.get(&query).await.ok()["value"][0].get("settings"), None);
    let seen = world.get(&format!("{query}&$expand=settings")).await.ok();
    assert_eq!(seen["value"][0]["settings"]["approvers"][0]["id"], me);
    let one = format!("{path}/{}", made["id"]);
    let mut change = body;
    change["version"] = json!(1);
    change["timeout"] = json!(60);
    assert_eq!(world.patch(&one, change.clone()).await.ok()["version"], 2);
    world.patch(&one, change).await.refused(409, "CheckConfigurationConflictException");
    let released = world.get(&format!("{path}?api-version=7.1")).await;
    released.refused(400, "VssInvalidPreviewVersionException");
    assert_eq!(world.delete(&one).await.status, 204);
}

#[tokio::test]
async fn permissions_name_pipelines_that_exist_and_never_grow_by_repetition() {
    let world = World::new().await;
    world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let pipeline = world.pipeline("p").await;
    let group = world.group("g").await;
    world.permit("variablegroup", &group.to_string(), pipeline).await;
    world.permit("variablegroup", &group.to_string(), pipeline).await;
    let path = format!("shop/_apis/pipelines/pipelinepermissions/variablegroup/{group}");
    let seen = world.get(&path).await.ok();
    assert_eq!(seen["pipelines"].as_array().unwrap().len(), 1);
    assert_eq!(seen.get("allPipelines"), None);
    let unknown = json!({ "pipelines": [{ "id": 99, "authorized": true }] });
    world.patch(&path, unknown).await.refused(404, "DefinitionNotFoundException");
    let revoke = json!({ "pipelines": [{ "id": pipeline, "authorized": false }] });
    assert_eq!(world.patch(&path, revoke).await.ok()["pipelines"], json!([]));
    world
        .get("shop/_apis/pipelines/pipelinepermissions/variablegroup/99")
        .await
        .refused(404, "ResourceNotFoundException");
}

#[tokio::test]
async fn hooks_and_policies_are_kept_with_revisions_and_without_secrets() {
    let world = World::new().await;
    let hook = json!({ "publisherId": "tfs", "eventType": "build.complete", "consumerId": "webHooks", "consumerActionId": "httpRequest", "consumerInputs": { "url": "https://example.com", "basicAuthPassword": planted::SECRET } });
    let made = world.post("_apis/hooks/subscriptions", hook.clone()).await.ok();
    assert_eq!(
        (&made["status"], &made["consumerInputs"]["basicAuthPassword"]),
        (&json!("enabled"), &json!("********"))
    );
    let mut wrong = hook;
    wrong["eventType"] = json!("no.such");
    world.post("_apis/hooks/subscriptions", wrong).await.refused(400, "SubscriptionInputException");
    assert_eq!(world.delete(&format!("_apis/hooks/subscriptions/{}", made["id"].as_str().unwrap())).await.status, 204);
    let policy = json!({ "isEnabled": true, "isBlocking": false, "type": { "id": "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd" }, "settings": { "minimumApproverCount": 1, "scope": [{ "refName": "refs/heads/main", "matchKind": "Exact", "repositoryId": null }] } });
    let made = world.post("shop/_apis/policy/configurations", policy.clone()).await.ok();
    let one = format!("shop/_apis/policy/configurations/{}", made["id"]);
    assert_eq!(world.put(&one, policy).await.ok()["revision"], 2);
    assert_eq!(world.get(&format!("{one}/revisions")).await.ok()["count"], 2);
    assert_eq!(world.delete(&one).await.status, 204);
    world.get(&one).await.refused(404, "PolicyConfigurationNotFoundException");
}

#[tokio::test]
async fn people_are_found_by_mail_and_by_name() {
    let world = World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).user(
        "Ann Other",
        "ann@example.com",
        planted::OTHER_TOKEN,
    ))
    .await;
    for (filter, value) in [("MailAddress", "ANN@example.com"), ("General", "Ann Other"), ("DisplayName", "ann other")]
    {
        let found = world.get(&format!("_apis/identities?searchFilter={filter}&filterValue={value}")).await.ok();
        assert_eq!(found["value"][0]["providerDisplayName"], "Ann Other", "{filter}");
    }
    assert_eq!(world.get("_apis/identities?searchFilter=MailAddress&filterValue=nobody").await.ok()["count"], 0);
    let subject = world.post("_apis/graph/subjectquery", json!({ "query": "ann", "subjectKind": ["User"] })).await.ok();
    let descriptor = subject["value"][0]["descriptor"].as_str().unwrap().to_owned();
    let key =
        world.get(&format!("_apis/graph/storagekeys/{descriptor}")).await.ok()["value"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("_apis/graph/descriptors/{key}")).await.ok()["value"], json!(descriptor));
    assert_eq!(world.get(&format!("_apis/identities?identityIds={key}")).await.ok()["value"][0]["id"], json!(key));
}

#[tokio::test]
async fn a_service_principal_is_taken_in_put_into_groups_and_removed() {
    let world = World::new().await;
    let project = world.project().await;
    let scope = world.get(&format!("_apis/graph/descriptors/{project}")).await.ok()["value"].clone();
    let groups = world.get(&format!("_apis/graph/groups?scopeDescriptor={}", scope.as_str().unwrap())).await.ok();
    let group = |name: &str| {
        let found = groups["value"].as_array().unwrap().iter().find(|group| group["principalName"] == name);
        found.unwrap_or_else(|| panic!("{name}: {groups}"))["descriptor"].as_str().unwrap().to_owned()
    };
    let (contributors, readers) = (group("[shop]\\Contributors"), group("[shop]\\Readers"));
    let origin = json!({ "originId": "44444444-4444-4444-8444-444444444444" });
    let path = format!("_apis/graph/serviceprincipals?groupDescriptors={contributors}");
    let made = world.post(&path, origin.clone()).await.ok();
    let who = made["descriptor"].as_str().unwrap().to_owned();
    assert!(who.starts_with("aadsp."), "{who}");
    assert_eq!((&made["originId"], &made["subjectKind"]), (&origin["originId"], &json!("servicePrincipal")));
    assert_eq!(world.post(&path, origin.clone()).await.ok()["descriptor"], json!(who));
    assert_eq!(world.get("_apis/graph/serviceprincipals").await.ok()["count"], 1);
    let users = world.get("_apis/graph/users").await.ok().to_string();
    assert!(!users.contains(&who), "a service principal is no user: {users}");
    let (first, second) =
        (format!("_apis/graph/memberships/{who}/{contributors}"), format!("_apis/graph/memberships/{who}/{readers}"));
    assert_eq!(world.get(&first).await.ok()["containerDescriptor"], json!(contributors));
    world.get(&second).await.refused(404, "GraphMembershipNotFoundException");
    world.put(&second, Value::Null).await.ok();
    assert_eq!(world.get(&format!("_apis/graph/memberships/{who}")).await.ok()["count"], 2);
    let members = world.get(&format!("_apis/graph/memberships/{readers}?direction=down")).await.ok();
    assert_eq!((&members["count"], &members["value"][0]["memberDescriptor"]), (&json!(1), &json!(who)));
    assert_eq!(world.delete(&second).await.status, 200);
    world.delete(&second).await.refused(404, "GraphMembershipNotFoundException");
    let active = format!("_apis/graph/membershipstates/{who}");
    assert_eq!(world.get(&active).await.ok()["active"], true);
    assert_eq!(world.delete(&format!("_apis/graph/serviceprincipals/{who}")).await.status, 200);
    // it is still shown, as a member of nothing, until somebody takes it in again
    assert_eq!(world.get(&active).await.ok()["active"], false);
    assert_eq!(world.get(&format!("_apis/graph/serviceprincipals/{who}")).await.ok()["descriptor"], json!(who));
    assert_eq!(world.get(&format!("_apis/graph/memberships/{who}")).await.ok()["count"], 0);
    assert_eq!(world.put(&first, Value::Null).await.status, 400);
    world.post(&path, origin).await.ok();
    assert_eq!((&world.get(&active).await.ok()["active"], world.get(&first).await.status), (&json!(true), 200));
}

#[tokio::test]
async fn nobody_is_put_into_what_is_no_group_and_nobody_unknown_into_a_group() {
    let world = World::new().await;
    let users = world.get("_apis/graph/users").await.ok();
    let user = users["value"][0]["descriptor"].as_str().unwrap().to_owned();
    let groups = world.get("_apis/graph/groups").await.ok();
    let group = groups["value"][0]["descriptor"].as_str().unwrap().to_owned();
    let put = async |path: String| world.put(&path, Value::Null).await;
    assert_eq!(put(format!("_apis/graph/memberships/{user}/{user}")).await.status, 400);
    put(format!("_apis/graph/memberships/aadsp.none/{group}")).await.refused(404, "GraphSubjectNotFoundException");
    put(format!("_apis/graph/memberships/{user}/vssgp.none")).await.refused(404, "GraphSubjectNotFoundException");
    world.get("_apis/graph/groups?scopeDescriptor=scp.none").await.refused(404, "GraphSubjectNotFoundException");
    let wrong = world.post("_apis/graph/serviceprincipals", json!({ "originId": "somebody" })).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
}
