//! What goes wrong, one thing at a time: the right stage fails, says what it is, and nothing is registered or released.

use std::fs;

use pipeline_runner::Outcome;
use serde_json::Value;

use crate::rendered::project::{KEY, Project};
use crate::rendered::release::{stage, trained, version, without_keys};

/// One thing that goes wrong.
struct Fault {
    name: &'static str,
    pipeline: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    /// File, what stands there, what stands there instead.
    changes: &'static [(&'static str, &'static str, &'static str)],
    /// The stage that fails.
    stage: &'static str,
    /// What the log says.
    says: &'static str,
}

const RELEASE: Fault = Fault {
    name: "",
    pipeline: "pipelines/release.yml",
    parameters: &[("modelVersion", "1"), ("again", "true")],
    changes: &[],
    stage: "Image",
    says: "",
};

const RETRAIN: Fault = Fault { pipeline: "pipelines/retrain.yml", parameters: &[], stage: "Train", ..RELEASE };

const BUILD: Fault = Fault { pipeline: "pipelines/build.yml", parameters: &[], stage: "Check", ..RELEASE };

/// Faults of the data, which the program itself finds before anything is published.
const DATA: [Fault; 5] = [
    Fault {
        name: "a wrong column",
        changes: &[("data/diabetes.csv", "age,sex,bmi,", "age,sex,weight,")],
        says: "FAILED   bmi: the column is there",
        ..BUILD
    },
    Fault {
        name: "a missing value",
        changes: &[("data/diabetes.csv", "\n-0.0018820165277906047,", "\n,")],
        says: "FAILED   age: no value is missing",
        ..BUILD
    },
    Fault {
        name: "a value that is no number",
        changes: &[("data/diabetes.csv", "\n-0.0018820165277906047,", "\nunknown,")],
        says: "FAILED   age: every value is a number",
        ..BUILD
    },
    Fault {
        name: "a value out of range",
        changes: &[("data/diabetes.csv", "\n-0.0018820165277906047,", "\n-18.8,")],
        says: "FAILED   age: every value is in range",
        ..BUILD
    },
    Fault {
        name: "a shifted distribution",
        changes: &[("data/diabetes.csv", ",0.05068011873981862,", ",0.15068011873981862,")],
        says: "FAILED   sex: the mean is as before",
        ..BUILD
    },
];

/// Faults before and at the image.
const EARLY: [Fault; 15] = [
    Fault {
        name: "a failing unit test",
        pipeline: "pipelines/build.yml",
        parameters: &[],
        changes: &[(
            "pipelines/scripts/unit-tests.sh",
            "mkdir -p \"$RESULTS\"\n",
            "mkdir -p \"$RESULTS\"\necho '<testsuite><testcase name=\"sums\"><failure message=\"4 is not 5\"/></testcase></testsuite>' >\"$RESULTS/x.junit.xml\"\n",
        )],
        stage: "Check",
        says: "failed: sums: 4 is not 5",
    },
    Fault {
        name: "a script with a syntax error",
        pipeline: "pipelines/build.yml",
        parameters: &[],
        changes: &[("pipelines/scripts/publish-training.sh", "set -euo pipefail", "set -euo pipefail\nif then")],
        stage: "Publish",
        says: "syntax error near unexpected token `then'",
    },
    Fault {
        name: "a component that is not there",
        pipeline: "pipelines/build.yml",
        parameters: &[],
        changes: &[("ml/pipelines/training.yml", "components/train.yml", "components/gone.yml")],
        stage: "Publish",
        says: "components/gone.yml",
    },
    Fault {
        name: "a parameter that is no number",
        parameters: &[("alpha", "a lot")],
        says: "parameter alpha must be a number",
        ..RETRAIN
    },
    Fault {
        name: "training past its time",
        changes: &[("pipelines/retrain.yml", "TIMEOUT_MINUTES: 60", "TIMEOUT_MINUTES: 0")],
        says: "is not done after 0 minutes of work: cancelled",
        ..RETRAIN
    },
    Fault {
        name: "a job that does not start",
        changes: &[("pipelines/scripts/submit-retrain.sh", "--file ml/jobs/published.yml", "--file ml/jobs/gone.yml")],
        says: "the training job could not be submitted",
        ..RETRAIN
    },
    Fault {
        name: "a model that this pipeline does not release",
        parameters: &[("modelVersion", "1"), ("modelName", "other")],
        stage: "Prepare",
        says: "this pipeline releases diabetes only",
        ..RELEASE
    },
    Fault {
        name: "a version that is none",
        parameters: &[("modelVersion", "1;rm")],
        stage: "Prepare",
        says: "this is no version of a model",
        ..RELEASE
    },
    Fault {
        name: "a version that is not registered",
        parameters: &[("modelVersion", "77")],
        stage: "Prepare",
        says: "diabetes:77 is not registered in diabetes-ml",
        ..RELEASE
    },
    Fault {
        name: "an image whose command fails",
        changes: &[("docker/scoring/Dockerfile", "EXPOSE 8080", "RUN echo no luck && exit 7\nEXPOSE 8080")],
        says: "ended with 7",
        ..RELEASE
    },
    Fault {
        name: "an image that needs a file that is not there",
        changes: &[("docker/scoring/Dockerfile", "COPY model/programs/score", "COPY model/programs/gone")],
        says: "COPY: there is no model/programs/gone",
        ..RELEASE
    },
    Fault {
        name: "an instruction that is none",
        changes: &[("docker/scoring/Dockerfile", "EXPOSE 8080", "EXPOSES 8080")],
        says: "EXPOSES",
        ..RELEASE
    },
    Fault {
        name: "a server that does not start",
        changes: &[("model/programs/score", "import http.server", "import nothing_like_that, http.server")],
        says: "no good answer within 10 s",
        ..RELEASE
    },
    Fault {
        name: "a wrong number of predictions",
        changes: &[("model/programs/score", "* len(rows)", "* 1")],
        says: "2 rows were sent, [1] predictions came back",
        ..RELEASE
    },
    Fault {
        name: "a scanner that is not there",
        changes: &[("pipelines/scripts/scan-image.sh", "docker run --rm", "docker run --rm --gone")],
        says: "does not know --gone",
        ..RELEASE
    },
];

/// Faults where an environment is meant to take the image.
const LATE: [Fault; 6] = [
    Fault {
        name: "a template that is none",
        changes: &[("infra/environments/qa/scoring.json", "\"resources\"", "\"resource\"")],
        stage: "Preview_Deploy_qa",
        says: "Required property 'resources' not found",
        ..RELEASE
    },
    Fault {
        name: "a function that templates do not have",
        changes: &[("infra/environments/qa/scoring.json", "[utcNow()]", "[utcThen()]")],
        stage: "Preview_Deploy_qa",
        says: "the template function 'utcThen' is not valid",
        ..RELEASE
    },
    Fault {
        name: "an answer that the contract does not promise, in QA",
        changes: &[(
            "model/programs/score",
            "ANSWER(rows, model)",
            "ANSWER(rows[1:] if 'AZURE_CLIENT_ID' in os.environ and 'SCORE_KEY_FILE' not in os.environ else rows, model)",
        )],
        stage: "Deploy_qa",
        says: "2 rows were sent, [1] predictions came back",
        ..RELEASE
    },
    Fault {
        name: "a smoke test that is not there",
        changes: &[("pipelines/scripts/smoke-container-group.sh", "tests/smoke/smoke.py", "tests/smoke/gone.py")],
        stage: "Deploy_qa",
        says: "gone.py",
        ..RELEASE
    },
    Fault {
        name: "a manifest of a kind that the cluster does not have",
        changes: &[("kubernetes/production/service.yml", "kind: Service", "kind: Servise")],
        stage: "Deploy_production",
        says: "the sandbox's cluster has no Servise",
        ..RELEASE
    },
    Fault {
        name: "a canary with wrong answers",
        changes: &[(
            "model/programs/score",
            "ANSWER(rows, model)",
            "ANSWER(rows[1:] if 'SCORE_KEY_FILE' in os.environ else rows, model)",
        )],
        stage: "Deploy_production",
        says: "deployment.apps \"diabetes-scoring-canary\" deleted",
        ..RELEASE
    },
];

/// What is registered and what is deployed: nothing of it may change.
fn standing(project: &Project) -> Value {
    // nothing is there before something is made
    let text = fs::read_to_string(project.sandbox.join("azure/state.json")).unwrap_or_default();
    let state: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut models = state["ml"]["diabetes-ml"]["models"].clone();
    for model in models["diabetes"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        // which run works on it is written on it; that is no release
        model["tags"].as_object_mut().map(|tags| tags.remove("release_run"));
    }
    models
}

/// Each so many-th is taken, or all where `MLOPS_GEN_FAULTS=whole`.
pub fn each_or_all(each: usize) -> usize {
    if std::env::var("MLOPS_GEN_FAULTS").is_ok_and(|value| value == "whole") { 1 } else { each }
}

/// Has each thing go wrong by itself in the project: all where `MLOPS_GEN_FAULTS=whole`, else each so many-th.
fn check(project: &Project, faults: &[Fault], each: usize) {
    let before = standing(project);
    for fault in faults.iter().step_by(each_or_all(each)) {
        for (file, from, to) in fault.changes {
            project.change(file, from, to);
        }
        let report = project.run(fault.pipeline, fault.parameters);
        let log = project.log();
        assert!(!report.is_good(), "{}: {log}", fault.name);
        assert_eq!(stage(&report, fault.stage), Outcome::Failed, "{}: {log}", fault.name);
        assert!(log.contains(fault.says), "{}: {}: {log}", fault.name, fault.says);
        assert_eq!(standing(project), before, "{}", fault.name);
        let behind = report.ended.stages.iter().skip_while(|(name, _)| name != fault.stage).skip(1);
        for (name, outcome) in behind {
            assert_eq!(*outcome, Outcome::Skipped, "{}: {name}: {log}", fault.name);
        }
        assert!(!log.contains(KEY), "{}: {log}", fault.name);
        for (file, from, to) in fault.changes {
            project.change(file, to, from);
        }
    }
}

#[test]
fn what_is_wrong_in_the_data_is_found_before_anything_is_published() {
    let project = Project::new();
    project.really_test_data();
    check(&project, &DATA, 1);
    let good = project.run("pipelines/build.yml", &[]);
    assert!(good.is_good(), "{}", project.log());
}

/// Processes that bear the sandbox's mark.
fn going(project: &Project) -> Vec<String> {
    let mark = format!("MLOPS_GEN_SANDBOX_FOLDER={}", project.sandbox.canonicalize().unwrap().display());
    let bears = |folder: &std::path::Path| {
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|pair| pair == mark.as_bytes())
    };
    let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(|folder| bears(folder));
    all.map(|folder| fs::read_to_string(folder.join("cmdline")).unwrap_or_default().replace('\0', " ")).collect()
}

#[test]
fn of_a_cancelled_run_nothing_goes_on_and_nothing_is_registered() {
    let project = Project::new();
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    project.change("model/programs/train", "set -eu\n", "set -eu\necho training has begun\n/bin/sleep 600\n");
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    let before = standing(&project);
    let report = project.run_until("pipelines/retrain.yml", &[], Some(": Running"));
    let log = project.log();
    assert_eq!(report.ended.outcome, Outcome::Canceled, "{log}");
    assert_eq!(stage(&report, "Train"), Outcome::Canceled, "{log}");
    assert_eq!(standing(&project), before, "{log}");
    let scope = "--resource-group diabetes-platform --workspace-name diabetes-ml";
    let status = || project.az(&format!("ml job list {scope} --query [].status --output tsv"));
    // the job hears of it and ends its step
    for _ in 0..200 {
        if status() == "Canceled" && going(&project).is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(status(), "Canceled", "{log}");
    assert_eq!(going(&project), Vec::<String>::new(), "{log}");
}

#[test]
fn a_job_past_its_time_is_ended_and_publishes_nothing() {
    let mut project = Project::new();
    // a minute of time limits lasts a moment
    project.minute = std::time::Duration::from_millis(1500);
    project.change("pipelines/templates/jobs/tests.yml", "timeoutInMinutes: 45", "timeoutInMinutes: 1");
    project.change("pipelines/scripts/lint.sh", "set -euo pipefail", "set -euo pipefail\n/bin/sleep 600 & wait");
    let before = standing(&project);
    let report = project.run("pipelines/build.yml", &[]);
    let log = project.log();
    let issues = report.issues.join("\n");
    assert!(issues.contains("ran longer than the maximum time of 1 minutes."), "{issues}\n{log}");
    assert!(!report.is_good(), "{log}");
    assert_eq!(stage(&report, "Check"), Outcome::Canceled, "{log}");
    assert_eq!(stage(&report, "Publish"), Outcome::Skipped, "{log}");
    assert_eq!((standing(&project), going(&project)), (before, Vec::new()), "{log}");
}

#[test]
#[ignore = "long: tests/conformance/long-tests.sh"]
fn what_is_wrong_before_the_image_is_pushed_deploys_nothing() {
    let project = without_keys();
    check(&project, &EARLY, 4);
    let text = fs::read_to_string(project.sandbox.join("azure/state.json")).unwrap();
    let state: Value = serde_json::from_str(&text).unwrap();
    assert!(state["container-groups"].is_null() && state["clusters"].is_null(), "{text}");
    assert!(state["images"]["pushed"].is_null(), "{text}");
}

#[test]
#[ignore = "a dozen runs one after the other: tests/conformance/faults.sh"]
fn what_is_wrong_in_an_environment_goes_no_further_and_what_is_live_stays() {
    let project = trained();
    let good = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    assert!(good.is_good(), "{}", project.log());
    check(&project, &LATE, 1);
    let query = "--query ipAddress.ports[0].port --output tsv";
    let qa = project.az(&format!("container show -g diabetes-qa -n diabetes-qa-mct4b {query}"));
    assert_eq!(version(&qa), "{\"version\": \"1\"}");

    // another key in the vault than the one that the group of variables had: callers are refused
    let set = |value: &str| {
        project.az(&format!(
            "keyvault secret set --vault-name diabetes-qa-mct4b --name scoring-key --value {value} -o none"
        ));
    };
    set("another");
    let refused = project.run("pipelines/release.yml", RELEASE.parameters);
    assert_eq!(stage(&refused, "Deploy_qa"), Outcome::Failed, "{}", project.log());
    assert!(project.log().contains("HTTP 401"), "{}", project.log());
    set(KEY);

    // a script that prints the key prints stars
    let file = "pipelines/scripts/smoke-container-group.sh";
    project.change(file, "set -euo pipefail", "set -euo pipefail\necho \"the key is $SCORING_KEY\"");
    let printed = project.run("pipelines/release.yml", RELEASE.parameters);
    let log = project.log();
    assert!(printed.is_good(), "{log}");
    assert!(log.contains("the key is ***") && !log.contains(KEY), "{log}");

    // a newer version is live: an older one does not take its place unseen
    assert!(project.run("pipelines/retrain.yml", &[("alpha", "0.1")]).is_good(), "{}", project.log());
    assert!(project.run("pipelines/release.yml", &[("modelVersion", "2")]).is_good(), "{}", project.log());
    let older = project.run("pipelines/release.yml", RELEASE.parameters);
    assert_eq!(stage(&older, "Deploy_qa"), Outcome::Failed, "{}", project.log());
    assert!(project.log().contains("version 2 is live and newer than 1"), "{}", project.log());
}
