//! Build validation of the default branch.

use devops_client::api::policies::{BUILD_VALIDATION, NewPolicy, Policy};
use devops_emulator::Running;
use mlops_gen::remote::kinds::branch_policy::PIPELINE;
use mlops_gen::remote::resource::{Key, Kind};
use serde_json::{Value, json};

use super::world::{Here, Ours, changed, emulator, writes};

async fn here(emulator: &Running) -> Here {
    let ours = Ours::new();
    let here = ours.at(emulator, &[]);
    here.converge().await;
    here.make_pipelines(&[PIPELINE, "build"]).await;
    let here = ours.at(emulator, &[PIPELINE]);
    here.converge().await;
    here
}

async fn policies(here: &Here) -> Vec<Policy> {
    here.site.devops.policies().list(None).all().await.unwrap()
}

#[tokio::test]
async fn pull_requests_into_the_default_branch_are_validated_and_a_second_apply_writes_nothing() {
    let emulator = emulator(true).await;
    let here = here(&emulator).await;
    let [policy] = policies(&here).await.try_into().unwrap();
    let pipeline = here.site.devops.pipelines().find(PIPELINE, "churn").await.unwrap().unwrap();
    assert!(policy.is_enabled && policy.is_blocking);
    assert_eq!(policy.settings["buildDefinitionId"], json!(pipeline.id));
    let scope = json!([{
        "repositoryId": here.repository_id().await,
        "refName": "refs/heads/main",
        "matchKind": "Exact",
    }]);
    assert_eq!(policy.settings["scope"], scope);
    emulator.clear_requests();
    here.converge().await;
    assert_eq!(writes(&emulator), 0);
}

#[tokio::test]
async fn each_setting_that_was_changed_by_hand_is_shown_and_set_back() {
    let emulator = emulator(true).await;
    let here = here(&emulator).await;
    let build = here.site.devops.pipelines().find("build", "churn").await.unwrap().unwrap();
    let setting = |name: &'static str, value: Value| move |policy: &mut Policy| policy.settings[name] = value.clone();
    type ByHand = Box<dyn Fn(&mut Policy)>;
    let changes: [(&str, ByHand); 8] = [
        ("isEnabled", Box::new(|policy| policy.is_enabled = false)),
        ("isBlocking", Box::new(|policy| policy.is_blocking = false)),
        ("settings.pipeline", Box::new(setting("buildDefinitionId", json!(build.id)))),
        ("settings.displayName", Box::new(setting("displayName", json!("by hand")))),
        ("settings.manualQueueOnly", Box::new(setting("manualQueueOnly", json!(true)))),
        ("settings.queueOnSourceUpdateOnly", Box::new(setting("queueOnSourceUpdateOnly", json!(false)))),
        ("settings.validDuration", Box::new(setting("validDuration", json!(0)))),
        ("settings.filenamePatterns", Box::new(setting("filenamePatterns", json!(["/docs/*"])))),
    ];
    let fields = here.desired.iter().find(|resource| resource.key.kind == Kind::BranchPolicy).unwrap().fields.len();
    assert_eq!(changes.len(), fields, "every field is tried");
    let [before] = policies(&here).await.try_into().unwrap();
    for (field, by_hand) in changes {
        let [mut policy] = policies(&here).await.try_into().unwrap();
        by_hand(&mut policy);
        here.site.devops.policies().update(&policy).await.unwrap();
        let plan = here.plan().await;
        assert_eq!(changed(&plan), [format!("branch-policy/main/build-validation {field}")]);
        here.carry_out(&plan).await.unwrap();
        let [after] = policies(&here).await.try_into().unwrap();
        assert_eq!((after.id, &after.settings), (before.id, &before.settings), "{field}");
    }
    here.converge().await;
}

#[tokio::test]
async fn policies_of_others_stay_and_are_not_taken_for_ours() {
    let emulator = emulator(true).await;
    let here = here(&emulator).await;
    let repository = here.repository_id().await;
    let build = here.site.devops.pipelines().find("build", "churn").await.unwrap().unwrap();
    let theirs = [
        NewPolicy::build_validation(build.id, "theirs", repository, "refs/heads/main"),
        NewPolicy::minimum_reviewers(1, repository, "refs/heads/main"),
    ];
    for policy in &theirs {
        here.site.devops.policies().create(policy).await.unwrap();
    }
    let before = policies(&here).await;
    here.converge().await;
    assert_eq!(policies(&here).await, before);

    let world = here.look().await;
    let key = Key::new(Kind::BranchPolicy, "main/build-validation");
    let things = mlops_gen::edge::remote::registry::of(Kind::BranchPolicy);
    for _ in 0..2 {
        things.delete(&here.site, &key, &world[&key]).await.unwrap();
    }
    let left = policies(&here).await;
    assert_eq!(left.len(), 2);
    assert!(theirs.iter().all(|policy| left.iter().any(|found| policy.is_in(found))));
}

#[tokio::test]
async fn a_policy_that_an_interrupted_apply_made_is_found_and_not_made_twice() {
    let emulator = emulator(true).await;
    let here = here(&emulator).await;
    let wanted = here.desired.iter().find(|resource| resource.key.kind == Kind::BranchPolicy).unwrap();
    let things = mlops_gen::edge::remote::registry::of(Kind::BranchPolicy);
    things.create(&here.site, wanted).await.unwrap();
    let found = here.site.devops.policies().list(Some(BUILD_VALIDATION)).all().await.unwrap();
    assert_eq!(found.len(), 1);
}
