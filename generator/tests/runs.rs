//! Runs from the command line: the real program against an emulated organization.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs

use crate::terminal;
use crate::world;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use devops_emulator::state::runs::{Covered, Tests};
use devops_emulator::{Action, Fault};
use serde_json::json;
use terminal::OnTerminal;
use world::World;

const QUICK: [&str; 2] = ["--interval", "0.01"];

async fn watched(world: &World, arguments: &[&str]) -> world::Said {
    world.run(&[arguments, &["--watch"], &QUICK].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_succeeds_is_followed_to_its_end() {
    let world = World::new().await;
    let said = watched(&world, &["run", "build"]).await.code(0);
    let said =
        said.has(&["queued build ", "Check the code / Unit tests / Test: succeeded", "Upload | echo publishing"]);
    assert!(said.out.starts_with("stage                 result     took\n"), "{}", said.out);
    assert!(said.out.contains("Publish the pipeline  succeeded"), "{}", said.out);
    let told = said.err.matches("Check the code / Unit tests: succeeded").count();
    assert_eq!(told, 1, "{}", said.err);
    assert!(!said.out.contains("waiting"), "each job stands there once: {}", said.out);
    let again = world.run(&["runs", "watch", "1", "--json"]).await.code(0).json();
    assert_eq!((&again["run"]["state"], &again["run"]["pipeline"]), (&json!("succeeded"), &json!("build")));
    assert_eq!(again["stages"][0]["parts"][0]["name"], "Unit tests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_a_file_shows_its_tests_and_its_artifacts() {
    let world = World::new().await;
    watched(&world, &["run", "build"]).await.code(0);
    world.emulator.with_state(|state| {
        let build = state.builds.get_mut(&1).unwrap();
        let source = build.plan_id;
        build.publish("report", source);
        build.tests.push(Tests {
            job: "Checks.Unit.__default".to_owned(),
            title: "Unit tests of the run".to_owned(),
            total: 7,
            skipped: 2,
            failed: vec![("sums".to_owned(), "4 is not <5>".to_owned())],
        });
        build.coverage.push(Covered { job: "Checks.Unit.__default".to_owned(), covered: 30, valid: 40 });
    });
    let show = ["runs", "show", "1", "--html", "run.html"];
    let said = world.run(&show).await.code(0);
    assert!(!said.err.contains("without"), "{}", said.err);
    let page = std::fs::read_to_string(world.path("run.html")).unwrap();
    for part in [
        "Unit tests of the run</th><td>Checks / Unit</td>",
        "1 failed",
        "<td>4</td><td>2</td><td>7</td>",
        "<strong>sums</strong>",
        "4 is not &lt;5&gt;",
        "tests reach 75.0 % of the lines",
        ">report</a>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // a token that is good for runs alone is enough for the rest
    let (type_key, message) = ("AccessDeniedException".to_owned(), "Access is denied.".to_owned());
    let refused = Action::Error { status: 403, type_key, message };
    world.emulator.add_fault(Fault::new("GET", "*/_apis/test/*", refused).always());
    let said = world.run(&show).await.code(0);
    assert!(said.err.contains("the page is without results of tests") && said.err.contains("vso.test"), "{}", said.err);
    let page = std::fs::read_to_string(world.path("run.html")).unwrap();
    assert!(page.contains(">report</a>") && !page.contains("Unit tests of the run"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_ends_with_1_and_its_log_is_shown_without_effect() {
    let world = World::new().await;
    world.step("build", "Test", "failed", &["\u{1b}[31mboom\u{1b}[0m", "##vso[task.setvariable variable=PATH]/evil"]);
    let said = watched(&world, &["run", "build"]).await.code(1);
    let said = said.has(&[
        "Test | boom\n",
        "Test | ## vso[task.setvariable variable=PATH]/evil\n",
        "failed: Check the code / Unit tests / Test",
        "mlops-gen runs logs 1 --failed",
        "Publish the pipeline  skipped",
    ]);
    assert!(!said.err.contains('\u{1b}') && !said.out.contains('\u{1b}'), "{said:?}");
    let logs = world.run(&["runs", "logs", "1", "--failed"]).await.code(0);
    assert!(logs.out.starts_with("== Check the code / Unit tests / Test: failed\n"), "{}", logs.out);
    assert!(
        logs.out.contains("\nboom\n") && !logs.out.contains("##vso") && !logs.out.contains("Upload"),
        "{}",
        logs.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_do_not_fit_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    world.emulator.clear_requests();
    for (arguments, why) in [
        (vec!["-p", "modelVersoin=3"], "there is no parameter `modelVersoin`; did you mean `modelVersion`?"),
        (vec!["-p", "modelVersion=3", "-p", "again=perhaps"], "parameter `again` is true or false, not `perhaps`"),
        (vec![], "parameter `modelVersion` has no default: give it a value"),
    ] {
        let said = world.run(&[&["run", "release"], &arguments[..]].concat()).await.code(1);
        said.has(&[
            why,
            "release takes these parameters:",
            "modelVersion  string; must be given",
            "nothing was started",
        ]);
    }
    world.run(&["run", "infrastructure", "-p", "action=explode"]).await.code(1).has(&["validate, what-if, deploy"]);
    world.run(&["run", "build", "-p", "a=b"]).await.code(1).has(&["build takes no parameters"]);
    assert!(world.emulator.requests().is_empty(), "{:?}", world.emulator.requests());
    let refused = world.run(&["run", "release", "--json"]).await.code(1).json();
    assert_eq!(refused["parameters"][1]["name"], "modelVersion");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_is_not_there_is_named_with_what_makes_it() {
    let world = World::new().await;
    world.run(&["run", "retrain"]).await.code(2).has(&[
        "\\churn\\retrain",
        "it is not there",
        "`mlops-gen apply` makes it",
    ]);
    world.run(&["runs", "show", "99"]).await.code(2).has(&["there is no such run", "`mlops-gen runs list`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_stage_is_run_again_and_a_good_run_is_not() {
    let world = World::new().await;
    world.step("build", "Test", "failed", &[]);
    watched(&world, &["run", "build"]).await.code(1);
    world.run(&["runs", "retry", "1", "--stage", "Publish"]).await.code(1).has(&["no stage `Publish`"]);
    let said = watched(&world, &["runs", "retry", "1"]).await.code(0);
    said.has(&["retrying Check the code of run 1", "(attempt 2)", "Publish the pipeline  succeeded"]);
    world.run(&["runs", "retry", "1"]).await.code(1).has(&["nothing to retry"]);
    assert_eq!(world.runs(), 1, "a retry is no new run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_once() {
    let world = World::new().await;
    world.run(&["run", "release", "-p", "modelVersion=3"]).await.code(0).has(&["mlops-gen runs watch 1"]);
    world.run(&["runs", "cancel", "1"]).await.code(0).has(&["asked release"]);
    world.run(&["runs", "watch", "1", "--interval", "0.01"]).await.code(1).has(&["canceled"]);
    world.run(&["runs", "cancel", "1"]).await.code(1).has(&["refused: run 1 is over: it canceled"]);
}

/// A release that has come to its approval.
async fn waiting() -> World {
    let world = World::new().await;
    world.run(&["run", "release", "-p", "modelVersion=3"]).await.code(0);
    for _ in 0..200 {
        if world.run(&["runs", "show", "1"]).await.code(0).out.contains("mlops-gen approve 1") {
            return world;
        }
    }
    panic!("the release never came to its approval");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_shown_asked_for_and_given() {
    let world = waiting().await;
    let unasked = world.run(&["approve", "1"]).await.code(1);
    unasked.has(&[
        "Deploy to production waits for: Administrator",
        "instructions: compare first",
        "modelVersion: 3",
        "nobody is here to be asked",
        "mlops-gen approve 1 --yes",
    ]);
    world
        .run(&["approve", "1", "--yes", "--stage", "Deploy to qa"])
        .await
        .code(1)
        .has(&["waits for no approval at `Deploy to qa`"]);
    let given = world.run(&["approve", "1", "--yes", "--comment", "looks good"]).await.code(0);
    given.has(&["approved: Deploy to production goes on"]);
    let comments: Vec<String> = world.emulator.with_state(|state| {
        state.approvals.values().flat_map(|approval| &approval.steps).map(|step| step.comment.clone()).collect()
    });
    assert_eq!(comments, ["looks good"]);
    world.run(&["runs", "watch", "1", "--interval", "0.01"]).await.code(0).has(&["Deploy to production  succeeded"]);
    world.run(&["approve", "1", "--yes"]).await.code(1).has(&["waits for no approval; it is succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_an_approval_is_asked_for_and_no_is_the_answer_of_whoever_says_nothing() {
    let world = waiting().await;
    let decide = async |arguments: &[&str], answer: &str| {
        let mut command = world.command();
        command.args(arguments);
        let question = format!("{} this?", arguments[0]);
        let (code, text) = OnTerminal::answered(command, &[(&question, answer)]).await;
        assert!(!text.contains(world::TOKEN), "{text}");
        (code, text)
    };
    let given = || {
        world.emulator.with_state(|state| {
            let steps = state.approvals.values().flat_map(|approval| &approval.steps);
            steps.filter(|step| step.comment == "seen").count()
        })
    };
    let approve = ["approve", "1", "--comment", "seen"];
    for no in ["n", "\r"] {
        let (code, text) = decide(&approve, no).await;
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("instructions: compare first") && text.contains("modelVersion: 3"), "{text}");
        assert!(text.contains("declined; nothing was answered"), "{text}");
    }
    let (code, text) = decide(&["reject", "1", "--comment", "seen"], "n").await;
    assert!(code == Some(1) && text.contains("declined; nothing was answered"), "{text}");
    assert_eq!(given(), 0);
    let (code, text) = decide(&approve, "y").await;
    assert!(code == Some(0) && text.contains("approved: Deploy to production goes on"), "{text}");
    assert_eq!(given(), 1);
    world.run(&["runs", "watch", "1", "--interval", "0.01"]).await.code(0).has(&["Deploy to production  succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_run_fails() {
    let world = waiting().await;
    world
        .run(&["reject", "1", "--yes", "--comment", "worse"])
        .await
        .code(0)
        .has(&["rejected: Deploy to production does not run"]);
    world.run(&["runs", "watch", "1", "--interval", "0.01"]).await.code(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_shows_runs_versions_deployments_and_what_waits() {
    let world = World::new().await;
    let empty = world.run(&["status"]).await.code(0);
    empty.has(&[
        "build           never ran",
        "retrain         not there yet: mlops-gen apply",
        "production   nothing yet",
    ]);
    watched(&world, &["run", "build"]).await.code(0);
    world.run(&["run", "release", "-p", "modelVersion=3"]).await.code(0);
    let mut status = world.run(&["status", "--json"]).await.code(0).json();
    for _ in 0..200 {
        if status["status"]["approvals"] != json!([]) {
            break;
        }
        status = world.run(&["status", "--json"]).await.code(0).json();
    }
    let status = &status["status"];
    assert_eq!(status["approvals"][0]["stage"], "Deploy to production");
    assert_eq!(
        status["models"][0],
        json!({ "version": "3", "registeredBy": null, "release": [2, "running"], "live": ["qa"] })
    );
    assert_eq!(
        (&status["environments"][0]["deployed"]["version"], &status["environments"][1]["deployed"]),
        (&json!("3"), &json!(null))
    );
    let text = world.run(&["status"]).await.code(0);
    text.has(&["version 3", "mlops-gen approve 2"]);
    let list = world.run(&["runs", "list", "release"]).await.code(0);
    assert!(list.out.contains("release") && !list.out.contains("build"), "{}", list.out);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_watch_leaves_the_run_alone_and_says_how_to_come_back() {
    let world = waiting().await;
    let mut command = world.command();
    command.args(["runs", "watch", "1", "--interval", "0.01"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let said = tokio::task::spawn_blocking(move || {
        let mut reader = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("approve with") {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the watch ended by itself");
        }
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let rest: String = reader.lines().map(|line| line.unwrap() + "\n").collect();
        (child.wait().unwrap().code(), rest)
    });
    let (code, rest) = said.await.unwrap();
    assert_eq!(code, Some(2), "{rest}");
    assert!(rest.contains("run 1 goes on: `mlops-gen runs watch 1` comes back to it"), "{rest}");
    let open = world.emulator.with_state(|state| state.builds[&1].status_is_open());
    assert!(open, "the run was stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_at_its_time_and_bad_options_are_told() {
    let world = waiting().await;
    let said = world.run(&["runs", "watch", "1", "--timeout", "0"]).await.code(2);
    said.has(&["run 1 goes on; come back with: mlops-gen runs watch 1"]);
    world.run(&["runs", "watch", "1", "--interval", "0"]).await.code(2).has(&["a number of seconds above 0"]);
}
