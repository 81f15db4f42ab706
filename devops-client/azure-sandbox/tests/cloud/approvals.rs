//! The worked example pushed by git and carried out by the double of Azure DevOps, up to the approval of production: who may not
//! give it is refused, a rejected one releases nothing, and a given one goes on.

use std::process::Command;
use std::time::{Duration, Instant};

use devops_emulator::{Execution, RunSettings};
use serde_json::{Value, json};

use crate::cloud::project::{KEY, Project};
use crate::cloud::world::{TOKEN, World, ask};
use crate::rendered::release::hurried;

/// How long anything may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(300);

const AREA: &str = "/contoso/health-ml/_apis/pipelines";

fn executing() -> (World, Project) {
    let project = Project::new();
    hurried(&project);
    project.forward_ports_of_its_own();
    let mut settings = RunSettings::new(&project.sandbox);
    (settings.environment, settings.tools) = project.machine();
    let world = World::with(Some(Execution::new(settings)));
    world.announce(&project.sandbox);
    // the example's main branch takes pull requests alone, and here nobody reviews
    world.doubles.devops.with_state(|state| state.policies.clear());
    (world, project)
}

/// Pushes the folder of the project as the newest commit of main.
fn push(world: &World, project: &Project) {
    let git = |arguments: &[&str]| {
        let header = format!("http.extraHeader=Authorization: Bearer {TOKEN}");
        let identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", &header];
        let output = Command::new("git").args(identity).args(arguments).current_dir(&project.root).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let url = format!("{}/health-ml/_git/diabetes", world.doubles.devops.url());
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["fetch", "--quiet", &url, "main"]);
    git(&["reset", "--quiet", "--soft", "FETCH_HEAD"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "small programs"]);
    git(&["push", "--quiet", &url, "HEAD:refs/heads/main"]);
}

fn call(world: &World, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = world.doubles.devops.url();
    ask(url.trim_end_matches("/contoso"), None, method, path, body)
}

/// Starts a pipeline; gives back the run.
fn start(world: &World, pipeline: &str, parameters: &Value) -> i64 {
    let id = world
        .doubles
        .devops
        .with_state(|state| *state.definitions.iter().find(|(_, definition)| definition.name() == pipeline).unwrap().0);
    let path = format!("{AREA}/{id}/runs?api-version=7.1");
    let (status, run) = call(world, "POST", &path, &json!({ "templateParameters": parameters }));
    assert_eq!(status, 200, "{run}");
    run["id"].as_i64().unwrap()
}

/// Waits until something is so.
fn until<T>(what: &str, world: &World, look: impl Fn(&World) -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look(world) {
            return found;
        }
        assert!(Instant::now() < end, "{what}: {}", said(world));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What all runs have said.
fn said(world: &World) -> String {
    world.doubles.devops.with_state(|state| {
        let logs = state.builds.values().flat_map(|build| {
            let issues = build.records.iter().flat_map(|record| record.issues.iter().map(|(_, text)| text.clone()));
            let lines = build.logs.iter().flat_map(|log| log.lines.iter().map(|line| format!("{line:?}")));
            issues.chain(lines).collect::<Vec<_>>()
        });
        logs.collect::<Vec<_>>().join("\n")
    })
}

/// The result of a run, when it is over.
fn result(world: &World, run: i64) -> Option<String> {
    world.doubles.devops.with_state(|state| state.builds.get(&run).and_then(|build| build.result.clone()))
}

/// The approval that a run waits for: its id, and the stage.
fn waiting(world: &World, run: i64) -> Option<(String, String)> {
    world.doubles.devops.with_state(|state| {
        let mut own = state.approvals.values().filter(|approval| approval.build == run && approval.status == "pending");
        own.next().map(|approval| (approval.id.to_string(), approval.stage.clone()))
    })
}

fn answer(world: &World, approval: &str, status: &str) -> (u16, Value) {
    let body = json!([{ "approvalId": approval, "status": status, "comment": "looked at QA" }]);
    call(world, "PATCH", &format!("{AREA}/approvals?api-version=7.1"), &body)
}

/// What a stage of a run came to.
fn stage(world: &World, run: i64, name: &str) -> Option<String> {
    world.doubles.devops.with_state(|state| {
        let records = &state.builds[&run].records;
        let found = records.iter().find(|record| record.kind == "Stage" && record.identifier == name)?;
        found.result.clone()
    })
}

#[test]
fn production_waits_for_the_right_person_and_a_rejection_releases_nothing() {
    let (world, project) = executing();
    push(&world, &project);
    // the push itself starts the build
    let built = until("the build of the push", &world, |world| {
        world.doubles.devops.with_state(|state| {
            let mut builds =
                state.builds.values().filter(|build| build.reason == "individualCI" || build.reason == "batchedCI");
            builds.find_map(|build| {
                let name = state.definitions.get(&build.definition)?.name();
                (name == "build").then(|| build.result.clone()).flatten()
            })
        })
    });
    assert_eq!(built, "succeeded", "{}", said(&world));
    let retrain = start(&world, "retrain", &json!({}));
    let result_of = |run: i64| until("a run's end", &world, |world| result(world, run));
    assert_eq!(result_of(retrain), "succeeded", "{}", said(&world));

    let release = start(&world, "release", &json!({ "modelVersion": "1" }));
    let (approval, at) = until("the approval of production", &world, |world| waiting(world, release));
    assert_eq!(at, "Deploy_production");
    assert_eq!(stage(&world, release, "Deploy_qa").as_deref(), Some("succeeded"), "{}", said(&world));
    // who has started it is refused, and so is somebody who may do everything else and is none of the approvers
    world.doubles.devops.with_state(|state| state.settings.one_person = false);
    let refused = |says: &str| {
        let (status, refused) = answer(&world, &approval, "approved");
        assert_eq!(status, 403, "{refused}");
        assert!(refused["message"].as_str().unwrap().contains(says), "{refused}");
    };
    refused("The person who started the run cannot approve it.");
    world.doubles.devops.with_state(|state| {
        for approval in state.approvals.values_mut() {
            approval.requester = approval.steps[0].approver;
        }
    });
    refused("you are not among the approvers whose turn it is");
    assert_eq!(waiting(&world, release), Some((approval.clone(), at)));
    let live = || {
        let text = std::fs::read_to_string(project.sandbox.join("azure/state.json")).unwrap();
        let state: Value = serde_json::from_str(&text).unwrap();
        state["clusters"]["diabetes-production/diabetes-production"]["deployment"].clone()
    };
    assert_eq!(live(), Value::Null);

    // the right one says no
    world.doubles.devops.with_state(|state| state.settings.one_person = true);
    assert_eq!(answer(&world, &approval, "rejected").0, 200);
    assert_eq!(result_of(release), "failed", "{}", said(&world));
    assert_eq!(stage(&world, release, "Deploy_production").as_deref(), Some("failed"), "{}", said(&world));
    assert_eq!(stage(&world, release, "Record").as_deref(), Some("skipped"), "{}", said(&world));
    assert_eq!(live(), Value::Null);
    let (status, _) = answer(&world, &approval, "approved");
    assert_eq!(status, 400, "what is settled stays so");

    // and yes
    let again = start(&world, "release", &json!({ "modelVersion": "1", "again": true }));
    let (approval, _) = until("the second approval", &world, |world| waiting(world, again));
    assert_eq!(answer(&world, &approval, "approved").0, 200);
    assert_eq!(result_of(again), "succeeded", "{}", said(&world));
    assert!(live().is_object());
    assert!(!said(&world).contains(KEY));
}
