//! Definitions, preview, runs, triggers.

use serde_json::{Value, json};

use crate::planted;
use crate::world::World;
use devops_emulator::{Advance, Emulator, Scripted};

/// A pipeline with a job that builds and a deployment to `prod`.
pub const PLAIN: &str = "trigger: none\nstages:\n- stage: build\n  jobs:\n  - job: test\n    steps:\n    - script: echo hi\n      displayName: Say hi\n    - publish: out\n      artifact: model\n- stage: release\n  jobs:\n  - deployment: ship\n    environment: prod\n    strategy:\n      runOnce:\n        deploy:\n          steps:\n          - script: echo ship\n";

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
            "/p.yml (Line: 2, Col: 13): A value for the 'text' parameter must be provided.",
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
async fn a_run_has_a_timeline_logs_and_artifacts_and_can_be_cancelled() {
    let world = World::new().await;
    let said = PLAIN.replace("echo hi", &["echo ", planted::TOKEN, " hi"].concat());
    world.push("main", &[("/p.yml", &said)]).await;
    let pipeline = world.pipeline("p").await;
    let environment = world.environment("prod").await;
    world.permit("environment", &environment.to_string(), pipeline).await;
    let run = world
        .run(
            pipeline,
            json!({ "variables": { "pw": { "value": planted::TOKEN, "isSecret": true } }, "stagesToSkip": ["release"] }),
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
    assert!(log.text.contains("echo *** hi") && !log.text.contains(planted::MARK), "masked: {}", log.text);
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
    let world = World::with(
        Emulator::builder().seed_project("shop").token(planted::TOKEN).advance(Advance::EveryMillis(3_600_000)),
    )
    .await;
    world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}/timeline")).await.status, 204);
    assert_eq!(world.get(&format!("shop/_apis/build/builds/{run}")).await.ok()["status"], "notStarted");
}

#[tokio::test]
async fn runs_move_on_by_themselves_when_time_drives_them() {
    let world =
        World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).advance(Advance::EveryMillis(5)))
            .await;
    world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    let build = loop {
        let build = world.get(&format!("shop/_apis/build/builds/{run}")).await.ok();
        if build["status"] == "completed" {
            break build;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!((&build["status"], &build["result"]), (&json!("completed"), &json!("succeeded")));
}

#[tokio::test]
async fn steps_fail_conditions_decide_and_outputs_reach_later_stages() {
    let yaml = "trigger: none\nstages:\n- stage: gate\n  jobs:\n  - job: j\n    steps:\n    - bash: echo \"##vso[task.setvariable variable=promote;isOutput=true]no\"\n      name: decide\n- stage: release\n  condition: and(succeeded(), eq(dependencies.gate.outputs['j.decide.promote'], 'yes'))\n  jobs:\n  - job: r\n    steps:\n    - script: echo\n- stage: report\n  dependsOn: gate\n  jobs:\n  - job: r\n    steps:\n    - script: echo\n      displayName: Break\n    - script: echo\n      displayName: Never\n    - script: echo\n      displayName: Always\n      condition: always()\n- stage: clean\n  dependsOn: report\n  condition: failed()\n  jobs:\n  - job: c\n    steps:\n    - script: echo\n";
    let scripted: Scripted =
        serde_json::from_value(json!({ "step": "Break", "result": "failed", "times": 1 })).unwrap();
    let world = World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).step(scripted)).await;
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
        "authorization": { "scheme": "None", "parameters": { "webhookname": "models", "secret": planted::SECRET, "header": "X-Sig" } },
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
    let sign = |payload: &str| devops_emulator::areas::webhooks::signature(planted::SECRET, payload.as_bytes());
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
