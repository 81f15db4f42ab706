//! What holds a stage: permissions, approvals, branch control, locks.

use serde_json::{Value, json};

use crate::pipelines::PLAIN;
use crate::planted;
use crate::world::World;
use devops_emulator::{Emulator, Unauthorized};

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
        World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).unauthorized(Unauthorized::Hold))
            .await;
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

pub async fn with_approval(world: &World, extra: Value) -> (i64, i64) {
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

pub async fn pending(world: &World) -> String {
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
    let mut world = World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).user(
        "Ann",
        "ann@example.com",
        planted::OTHER_TOKEN,
    ))
    .await;
    let (_, run) = with_approval(&world, json!({})).await;
    let id = pending(&world).await;
    assert_eq!(world.record(run, "Checkpoint.Approval", "Checkpoint.Approval").await.0, "inProgress");
    let answer = |status: &str| json!([{ "approvalId": id, "status": status, "comment": "ok" }]);
    world.patch("shop/_apis/pipelines/approvals", answer("approved")).await.refused(403, "ApprovalUpdateException");
    world.token = planted::OTHER_TOKEN.to_owned();
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
    let mut world = World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).user(
        "Ann",
        "ann@example.com",
        planted::OTHER_TOKEN,
    ))
    .await;
    let (_, run) = with_approval(&world, json!({})).await;
    world.token = planted::OTHER_TOKEN.to_owned();
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
    let mut world =
        World::with(Emulator::builder().seed_project("shop").user("Ann", "ann@example.com", planted::TOKEN).user(
            "Bob",
            "bob@example.com",
            planted::OTHER_TOKEN,
        ))
        .await;
    let bob = world.get("_apis/identities?searchFilter=General&filterValue=Bob").await.ok()["value"][0]["id"].clone();
    let ann = world.get("_apis/identities?searchFilter=General&filterValue=Ann").await.ok()["value"][0]["id"].clone();
    with_approval(&world, json!({ "requesterCannotBeApprover": true, "approvers": [{ "id": ann }, { "id": bob }] }))
        .await;
    let id = pending(&world).await;
    let approve = json!([{ "approvalId": id, "status": "approved" }]);
    world.patch("shop/_apis/pipelines/approvals", approve.clone()).await.refused(403, "ApprovalUpdateException");
    world.token = planted::OTHER_TOKEN.to_owned();
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
