//! Definitions, preview, runs, approvals.

use serde_json::{Value, json};

use crate::world::World;
use devops_emulator::{Advance, Emulator, Scripted, Unauthorized};

const PLAIN: &str = "trigger: none\nstages:\n- stage: build\n  jobs:\n  - job: test\n    steps:\n    - script: echo hi\n      displayName: Say hi\n    - publish: out\n      artifact: model\n- stage: release\n  jobs:\n  - deployment: ship\n    environment: prod\n    strategy:\n      runOnce:\n        deploy:\n          steps:\n          - script: echo ship\n";

#[tokio::test]
async fn definitions_have_unique_names_in_a_folder_and_are_changed_by_revision() {
    let world = World::new().await;
    world.push("main", &[("/p.yml", PLAIN)]).await;
    let id = world.pipeline("a").await;
    let repository = world.get("shop/_apis/git/repositories/shop").await.ok()["id"].clone();
    let again = json!({ "name": "A", "folder": "f", "configuration": { "type": "yaml", "path": "/p.yml", "repository": { "id": repository, "type": "azureReposGit" } } });
    world.post("shop/_apis/pipelines", again).await.refused(400, "DefinitionExistsException");
    let path = format!("shop/_apis/build/definitions/{id}");
    let mut definition = world.get(&path).await.ok();
    assert_eq!(
        (&definition["path"], &definition["revision"], &definition["process"]["yamlFilename"]),
        (&json!("\\f"), &json!(1), &json!("/p.yml"))
    );
    definition["path"] = json!("\\g");
    assert_eq!(world.put(&path, definition.clone()).await.ok()["revision"], 2);
    world.put(&path, definition).await.refused(409, "DefinitionRevisionConflictException");
    assert_eq!(world.get(&format!("{path}?revision=1")).await.ok()["path"], "\\f");
    assert_eq!(world.get("shop/_apis/build/definitions?name=a*&path=\\g").await.ok()["count"], 1);
    assert_eq!(world.get("shop/_apis/build/definitions?path=\\f").await.ok()["count"], 0);
    assert_eq!(world.delete(&path).await.status, 204);
    world.get(&path).await.refused(404, "DefinitionNotFoundException");
    world.get(&format!("shop/_apis/pipelines/{id}")).await.refused(404, "PipelineNotFoundException");
}

#[tokio::test]
async fn a_preview_expands_what_is_pushed_and_places_what_is_wrong() {
    let world = World::new().await;
    let main = "parameters:\n- name: env\n  default: qa\nsteps:\n- template: t/s.yml\n  parameters:\n    text: ${{ parameters.env }}\n";
    world
        .push(
            "main",
            &[
                ("/p.yml", main),
                ("/t/s.yml", "parameters:\n- name: text\nsteps:\n- script: echo ${{ parameters.text }}\n"),
            ],
        )
        .await;
    let path = format!("shop/_apis/pipelines/{}/preview", world.pipeline("p").await);
    let preview = async |body: Value| world.post(&path, body).await;
    let yaml = preview(json!({ "previewRun": true, "templateParameters": { "env": "prod" } })).await.ok()["finalYaml"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(yaml.contains("echo prod") && !yaml.contains("template"), "{yaml}");
    for (over, expected) in [
        ("steps:\n- script: x\n  env: [a,\n", "/p.yml (Line: "),
        ("steps:\n- task: NoSuch@1\n", "/p.yml (Line: 2, Col: 9): A task is missing."),
        ("steps:\n- template: none.yml\n", "/p.yml (Line: 2, Col: 13): File /none.yml not found"),
        (
            "steps:\n- template: t/s.yml\n",
            "/t/s.yml (Line: 1, Col: 1): A value for the 'text' parameter must be provided.",
        ),
    ] {
        let error = preview(json!({ "previewRun": true, "yamlOverride": over }))
            .await
            .refused(400, "PipelineValidationException");
        assert!(error["message"].as_str().unwrap().starts_with(expected), "{error}");
    }
    let unknown = preview(
        json!({ "previewRun": true, "resources": { "repositories": { "self": { "refName": "refs/heads/none" } } } }),
    )
    .await;
    unknown.refused(400, "PipelineValidationException");
    assert_eq!(world.get("shop/_apis/build/builds").await.ok()["count"], 0);
}

#[tokio::test]
async fn a_run_is_refused_without_permission_for_its_group_and_connection() {
    let world = World::new().await;
    let yaml = "trigger: none\nvariables:\n- group: g\nsteps:\n- task: AzureCLI@2\n  inputs: { azureSubscription: azure, scriptType: bash, scriptLocation: inlineScript, inlineScript: az }\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let pipeline = world.pipeline("p").await;
    let path = format!("shop/_apis/pipelines/{pipeline}/runs");
    let missing = world.post(&path, json!({})).await.refused(400, "BuildRequestValidationFailedException");
    assert_eq!(missing["customProperties"]["ValidationResults"].as_array().unwrap().len(), 2);
    let (group, connection) = (world.group("g").await, world.connection("azure").await);
    let denied = world.post(&path, json!({})).await.refused(400, "BuildRequestValidationFailedException");
    assert!(denied["message"].as_str().unwrap().contains("Variable group g was not found or is not authorized"));
    world.permit("variablegroup", &group.to_string(), pipeline).await;
    world.post(&path, json!({})).await.refused(400, "BuildRequestValidationFailedException");
    world.permit("endpoint", &connection, pipeline).await;
    let run = world.run(pipeline, json!({})).await;
    assert_eq!(world.finish(run).await["result"], "succeeded");
    let other = world.pipeline("other").await;
    world
        .post(&format!("shop/_apis/pipelines/{other}/runs"), json!({}))
        .await
        .refused(400, "BuildRequestValidationFailedException");
}

#[tokio::test]
async fn a_stage_is_held_until_its_environment_is_permitted() {
    let world = World::new().await;
    world.push("main", &[("/p.yml", PLAIN)]).await;
    let pipeline = world.pipeline("p").await;
    world
        .post(&format!("shop/_apis/pipelines/{pipeline}/runs"), json!({}))
        .await
        .refused(400, "BuildRequestValidationFailedException");
    let environment = world.environment("prod").await;
    let run = world.run(pipeline, json!({})).await;
    for _ in 0..20 {
        world.records(run).await;
    }
    assert_eq!(world.record(run, "Stage", "build").await, ("completed".into(), "succeeded".into()));
    assert_eq!(world.record(run, "Stage", "release").await.0, "pending");
    assert_eq!(world.record(run, "Checkpoint.Authorization", "Checkpoint.Authorization").await.0, "inProgress");
    world.permit("environment", &environment.to_string(), pipeline).await;
    assert_eq!(world.finish(run).await["result"], "succeeded");
    let records = world
        .get(&format!("shop/_apis/distributedtask/environments/{environment}/environmentdeploymentrecords"))
        .await
        .ok();
    assert_eq!((&records["count"], &records["value"][0]["result"]), (&json!(1), &json!("succeeded")));
}

#[tokio::test]
async fn groups_hold_too_when_the_organization_is_set_so() {
    let world =
        World::with(Emulator::builder().seed_project("shop").token("tok").unauthorized(Unauthorized::Hold)).await;
    world.push("main", &[("/p.yml", "trigger: none\nvariables:\n- group: g\nsteps:\n- script: echo\n")]).await;
    let (group, pipeline) = (world.group("g").await, world.pipeline("p").await);
    let run = world.run(pipeline, json!({})).await;
    for _ in 0..5 {
        world.records(run).await;
    }
    assert_eq!(world.record(run, "Stage", "__default").await.0, "pending");
    world.permit("variablegroup", &group.to_string(), pipeline).await;
    assert_eq!(world.finish(run).await["result"], "succeeded");
}

async fn with_approval(world: &World, extra: Value) -> (i64, i64) {
    world.push("main", &[("/p.yml", PLAIN)]).await;
    let pipeline = world.pipeline("p").await;
    let environment = world.environment("prod").await;
    world.permit("environment", &environment.to_string(), pipeline).await;
    let ann = world.get("_apis/identities?searchFilter=MailAddress&filterValue=ann@example.com").await.ok()["value"][0]
        ["id"]
        .clone();
    let mut settings = json!({ "approvers": [{ "id": ann }], "minRequiredApprovers": 1 });
    if let (Some(settings), Some(extra)) = (settings.as_object_mut(), extra.as_object()) {
        settings.extend(extra.clone());
    }
    let check = json!({ "type": { "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval" }, "settings": settings, "timeout": 43200, "resource": { "type": "environment", "id": environment.to_string() } });
    world.post("shop/_apis/pipelines/checks/configurations", check).await.ok();
    (pipeline, world.run(pipeline, json!({})).await)
}

async fn pending(world: &World) -> String {
    for _ in 0..30 {
        let found = world.get("shop/_apis/pipelines/approvals?state=pending&$expand=steps").await.ok();
        if let Some(id) = found["value"][0]["id"].as_str() {
            return id.to_owned();
        }
    }
    panic!("no approval is asked for");
}

#[tokio::test]
async fn an_approval_holds_the_stage_until_the_approver_agrees() {
    let mut world =
        World::with(Emulator::builder().seed_project("shop").token("tok").user("Ann", "ann@example.com", "ann")).await;
    let (_, run) = with_approval(&world, json!({})).await;
    let id = pending(&world).await;
    assert_eq!(world.record(run, "Checkpoint.Approval", "Checkpoint.Approval").await.0, "inProgress");
    let answer = |status: &str| json!([{ "approvalId": id, "status": status, "comment": "ok" }]);
    world.patch("shop/_apis/pipelines/approvals", answer("approved")).await.refused(403, "ApprovalUpdateException");
    world.token = "ann".to_owned();
    let approved = world.patch("shop/_apis/pipelines/approvals", answer("approved")).await.ok();
    assert_eq!(
        (&approved["value"][0]["status"], &approved["value"][0]["steps"][0]["comment"]),
        (&json!("approved"), &json!("ok"))
    );
    world.patch("shop/_apis/pipelines/approvals", answer("rejected")).await.refused(400, "ApprovalUpdateException");
    assert_eq!(world.finish(run).await["result"], "succeeded");
}

#[tokio::test]
async fn a_rejected_stage_fails_and_can_be_tried_again() {
    let mut world =
        World::with(Emulator::builder().seed_project("shop").token("tok").user("Ann", "ann@example.com", "ann")).await;
    let (_, run) = with_approval(&world, json!({})).await;
    world.token = "ann".to_owned();
    let first = pending(&world).await;
    world.patch("shop/_apis/pipelines/approvals", json!([{ "approvalId": first, "status": "rejected" }])).await.ok();
    assert_eq!(world.finish(run).await["result"], "failed");
    let stage = format!("shop/_apis/build/builds/{run}/stages/release");
    let retried = world.patch(&stage, json!({ "state": "retry", "forceRetryAllJobs": false })).await;
    assert_eq!((retried.status, retried.text.as_str()), (200, ""));
    let second = pending(&world).await;
    assert_ne!(first, second);
    world.patch("shop/_apis/pipelines/approvals", json!([{ "approvalId": second, "status": "approved" }])).await.ok();
    assert_eq!(world.finish(run).await["result"], "succeeded");
    let records = world.records(run).await;
    let stage = records.iter().find(|record| record["type"] == "Stage" && record["identifier"] == "release").unwrap();
    assert_eq!((&stage["attempt"], &stage["previousAttempts"][0]["attempt"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn who_started_a_run_may_be_kept_from_approving_it() {
    let mut world = World::with(Emulator::builder().seed_project("shop").user("Ann", "ann@example.com", "tok").user(
        "Bob",
        "bob@example.com",
        "bob",
    ))
    .await;
    let bob = world.get("_apis/identities?searchFilter=General&filterValue=Bob").await.ok()["value"][0]["id"].clone();
    let ann = world.get("_apis/identities?searchFilter=General&filterValue=Ann").await.ok()["value"][0]["id"].clone();
    with_approval(&world, json!({ "requesterCannotBeApprover": true, "approvers": [{ "id": ann }, { "id": bob }] }))
        .await;
    let id = pending(&world).await;
    let approve = json!([{ "approvalId": id, "status": "approved" }]);
    world.patch("shop/_apis/pipelines/approvals", approve.clone()).await.refused(403, "ApprovalUpdateException");
    world.token = "bob".to_owned();
    assert_eq!(world.patch("shop/_apis/pipelines/approvals", approve).await.ok()["value"][0]["status"], "approved");
}

#[tokio::test]
async fn branch_control_fails_a_stage_from_another_branch_and_a_lock_lets_one_run_in() {
    let world = World::new().await;
    world.push("main", &[("/p.yml", PLAIN)]).await;
    world.push("dev", &[("/p.yml", PLAIN)]).await;
    let pipeline = world.pipeline("p").await;
    let environment = world.environment("prod").await;
    world.permit("environment", &environment.to_string(), pipeline).await;
    let check = |id: &str, settings: Value| json!({ "type": { "id": id }, "settings": settings, "timeout": 60, "resource": { "type": "environment", "id": environment.to_string() } });
    let path = "shop/_apis/pipelines/checks/configurations";
    let branch = json!({ "displayName": "branch", "definitionRef": { "id": "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b", "name": "evaluatebranchProtection", "version": "0.0.1" }, "inputs": { "allowedBranches": "refs/heads/main", "ensureProtectionOfBranch": "false" } });
    world.post(path, check("fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", branch)).await.ok();
    world.post(path, check("2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", json!({}))).await.ok();
    let run = world
        .run(pipeline, json!({ "resources": { "repositories": { "self": { "refName": "refs/heads/dev" } } } }))
        .await;
    assert_eq!(world.finish(run).await["result"], "failed");
    assert_eq!(world.record(run, "Stage", "release").await.1, "failed");
    let (first, second) = (world.run(pipeline, json!({})).await, world.run(pipeline, json!({})).await);
    let mut together = false;
    for _ in 0..60 {
        let (one, two) = (world.record_or_none(first, "release").await, world.record_or_none(second, "release").await);
        together |= one == "inProgress" && two == "inProgress";
    }
    assert!(!together, "both were in the locked environment");
    assert_eq!(world.finish(first).await["result"], "succeeded");
    assert_eq!(world.finish(second).await["result"], "succeeded");
}

impl World {
    async fn record_or_none(&self, run: i64, stage: &str) -> String {
        let records = self.records(run).await;
        let found = records.iter().find(|record| record["type"] == "Stage" && record["identifier"] == stage);
        found.and_then(|record| record["state"].as_str()).unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_run_has_a_timeline_logs_and_artifacts_and_can_be_cancelled() {
    let world = World::new().await;
    world.push("main", &[("/p.yml", PLAIN)]).await;
    let pipeline = world.pipeline("p").await;
    let environment = world.environment("prod").await;
    world.permit("environment", &environment.to_string(), pipeline).await;
    let run = world
        .run(
            pipeline,
            json!({ "variables": { "pw": { "value": "echo", "isSecret": true } }, "stagesToSkip": ["release"] }),
        )
        .await;
    world.finish(run).await;
    let records = world.records(run).await;
    let kinds: Vec<&str> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "Task").count(), 7);
    assert_eq!(world.record(run, "Stage", "release").await.1, "skipped");
    let step = records.iter().find(|record| record["name"] == "Say hi").unwrap();
    let parent = records.iter().find(|record| record["id"] == step["parentId"]).unwrap();
    assert_eq!((parent["type"].as_str(), parent["result"].as_str()), (Some("Job"), Some("succeeded")));
    let log = world.get(&format!("shop/_apis/build/builds/{run}/logs/{}", step["log"]["id"])).await;
    assert!(log.header("content-type").unwrap().starts_with("text/plain"));
    assert!(log.text.contains("*** hi") && !log.text.contains("echo"), "secret values are masked: {}", log.text);
    let lines = log.text.lines().count();
    let tail = world.get(&format!("shop/_apis/build/builds/{run}/logs/{}?startLine=1", step["log"]["id"])).await;
    assert_eq!(tail.text.lines().count(), lines - 1);
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}/artifacts")).await.ok()["value"][0]["name"], "model");
    world
        .get(&format!("shop/_apis/build/builds/{run}/artifacts?artifactName=none"))
        .await
        .refused(404, "ArtifactNotFoundException");

    let run = world.run(pipeline, json!({})).await;
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}")).await.ok()["status"], "inProgress");
    world.patch(&format!("shop/_apis/build/builds/{run}"), json!({ "status": "cancelling" })).await.ok();
    assert_eq!(world.finish(run).await["result"], "canceled");
    world
        .patch(&format!("shop/_apis/build/builds/{run}"), json!({ "status": "cancelling" }))
        .await
        .refused(400, "BuildStatusInvalidChangeException");
}

#[tokio::test]
async fn the_timeline_is_empty_before_a_run_begins() {
    let world =
        World::with(Emulator::builder().seed_project("shop").token("tok").advance(Advance::EveryMillis(3_600_000)))
            .await;
    world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}/timeline")).await.status, 204);
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}")).await.ok()["status"], "notStarted");
}

#[tokio::test]
async fn runs_move_on_by_themselves_when_time_drives_them() {
    let world =
        World::with(Emulator::builder().seed_project("shop").token("tok").advance(Advance::EveryMillis(5))).await;
    world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let build = world.get(&format!("shop/_apis/build/builds/{run}")).await.ok();
    assert_eq!((&build["status"], &build["result"]), (&json!("completed"), &json!("succeeded")));
}

#[tokio::test]
async fn steps_fail_conditions_decide_and_outputs_reach_later_stages() {
    let yaml = "trigger: none\nstages:\n- stage: gate\n  jobs:\n  - job: j\n    steps:\n    - bash: echo \"##vso[task.setvariable variable=promote;isOutput=true]no\"\n      name: decide\n- stage: release\n  condition: and(succeeded(), eq(dependencies.gate.outputs['j.decide.promote'], 'yes'))\n  jobs:\n  - job: r\n    steps:\n    - script: echo\n- stage: report\n  dependsOn: gate\n  jobs:\n  - job: r\n    steps:\n    - script: echo\n      displayName: Break\n    - script: echo\n      displayName: Never\n    - script: echo\n      displayName: Always\n      condition: always()\n- stage: clean\n  dependsOn: report\n  condition: failed()\n  jobs:\n  - job: c\n    steps:\n    - script: echo\n";
    let scripted: Scripted =
        serde_json::from_value(json!({ "step": "Break", "result": "failed", "times": 1 })).unwrap();
    let world = World::with(Emulator::builder().seed_project("shop").token("tok").step(scripted)).await;
    world.push("main", &[("/p.yml", yaml)]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    assert_eq!(world.finish(run).await["result"], "failed");
    let result = async |kind: &str, identifier: &str| world.record(run, kind, identifier).await.1;
    assert_eq!(result("Stage", "release").await, "skipped");
    assert_eq!(result("Stage", "report").await, "failed");
    assert_eq!(result("Stage", "clean").await, "succeeded");
    assert_eq!(result("Task", "report.r.__default.step2").await, "skipped");
    assert_eq!(result("Task", "report.r.__default.step3").await, "succeeded");
    world.patch(&format!("shop/_apis/build/builds/{run}/stages/report"), json!({ "state": "retry" })).await.ok();
    assert_eq!(world.finish(run).await["result"], "succeeded");
}

#[tokio::test]
async fn a_push_starts_the_pipelines_whose_trigger_says_so() {
    let world = World::new().await;
    let yaml = "trigger:\n  branches: { include: [main] }\n  paths: { include: [src] }\nsteps:\n- script: echo\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    world.pipeline("p").await;
    world.push("main", &[("/docs/a", "a")]).await;
    assert_eq!(world.get("shop/_apis/build/builds").await.ok()["count"], 0);
    let tip = world.push("main", &[("/src/a", "a")]).await;
    let builds = world.get("shop/_apis/build/builds").await.ok();
    assert_eq!(
        (&builds["count"], &builds["value"][0]["reason"], &builds["value"][0]["sourceVersion"]),
        (&json!(1), &json!("individualCI"), &json!(tip))
    );
}

#[tokio::test]
async fn a_webhook_starts_its_pipelines_when_signature_and_filters_hold() {
    let world = World::new().await;
    let yaml = "trigger: none\nresources:\n  webhooks:\n  - webhook: registered\n    connection: hook\n    filters:\n    - path: data.name\n      value: diabetes\nsteps:\n- script: echo ${{ parameters.registered.data.version }}\n  displayName: Version\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let pipeline = world.pipeline("p").await;
    let body = json!({
        "name": "hook", "type": "incomingwebhook", "url": "https://dev.azure.com",
        "authorization": { "scheme": "None", "parameters": { "webhookname": "models", "secret": "key", "header": "X-Sig" } },
        "serviceEndpointProjectReferences": [{ "name": "hook", "projectReference": { "name": "shop" } }],
    });
    let endpoint = world.post("_apis/serviceendpoint/endpoints", body).await.ok()["id"].as_str().unwrap().to_owned();
    world.permit("endpoint", &endpoint, pipeline).await;
    let url = format!("{}/_apis/public/distributedtask/webhooks/models?api-version=6.0-preview", world.running.url());
    let send = async |payload: &str, signature: String| {
        world
            .client
            .post(&url)
            .header("content-type", "application/json")
            .header("X-Sig", signature)
            .body(payload.to_owned())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let sign = |payload: &str| devops_emulator::areas::webhooks::signature("key", payload.as_bytes());
    let payload = r#"{"data":{"name":"diabetes","version":"7"}}"#;
    assert_eq!(send(payload, "00".into()).await, 403);
    let other = r#"{"data":{"name":"other","version":"7"}}"#;
    assert_eq!(send(other, sign(other)).await, 200);
    assert_eq!(world.get("shop/_apis/build/builds").await.ok()["count"], 0);
    assert_eq!(send(payload, sign(payload)).await, 200);
    let builds = world.get("shop/_apis/build/builds").await.ok();
    let run = builds["value"][0]["id"].as_i64().unwrap();
    world.finish(run).await;
    let records = world.records(run).await;
    let log = records.iter().find(|record| record["name"] == "Version").unwrap()["log"]["id"].clone();
    assert!(world.get(&format!("shop/_apis/build/builds/{run}/logs/{log}")).await.text.contains("echo 7"));
}
