//! `release.yml`: the scoring image, and what becomes of it.

use std::io::{Read, Write};
use std::net::TcpStream;

use pipeline_runner::Outcome;

use crate::rendered::load::Load;
use crate::rendered::project::{KEY, Project};

/// A project with a first model, and the keys that a deployment reads.
pub fn trained() -> Project {
    let project = without_keys();
    for vault in ["diabetes-qa-mct4b", "diabm7j-production-mct4b"] {
        project.az(&format!("keyvault secret set --vault-name {vault} --name scoring-key --value {KEY} --output none"));
    }
    project
}

pub fn without_keys() -> Project {
    let project = Project::new();
    project.forward_ports_of_its_own();
    project.change("pipelines/scripts/smoke-kubernetes.sh", "--wait 60", "--wait 10");
    hurried(&project);
    train(&project);
    project
}

/// Has nobody wait for longer than it takes.
pub fn hurried(project: &Project) {
    // nobody waits long for a server that does not come
    project.change("pipelines/scripts/test-image.sh", "--wait 60", "--wait 10");
    // the machine is busy with other tests: what is slow here is slow by seconds
    project.change("tests/smoke/contract.json", "\"latency_ms\": 100", "\"latency_ms\": 2000");
    project.change("tests/smoke/contract.json", "\"requests\": 20", "\"requests\": 3");
    // beside the old version for as many requests as it takes, without the pauses in between
    project.change("pipelines/release.yml", "bakeMinutes: 10", "bakeMinutes: 0");
    project.change("tests/smoke/canary.py", "LATENCY_MARGIN_MS = 1.5, 5.0", "LATENCY_MARGIN_MS = 1.5, 2000.0");
    project.change("tests/smoke/canary.py", "type=float, default=1,", "type=float, default=0.01,");
}

/// A first model.
pub fn train(project: &Project) {
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    assert!(project.run("pipelines/retrain.yml", &[]).is_good(), "{}", project.log());
}

pub fn stage(report: &azure_sandbox::run::Report, name: &str) -> Outcome {
    report.ended.stages.iter().find(|(stage, _)| stage == name).map(|(_, outcome)| *outcome).unwrap()
}

/// What a service answers on a port: to whom it belongs, by the version of its model.
pub fn version(port: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.rsplit("\r\n").next().unwrap_or_default().to_owned()
}

/// The port of the Service in production.
fn production(project: &Project) -> String {
    let text = std::fs::read_to_string(project.sandbox.join("azure/state.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&text).unwrap();
    let service =
        &state["clusters"]["diabetes-production/diabetes-production"]["service"]["diabetes"]["diabetes-scoring"];
    service["status"]["host_port"].to_string()
}

#[test]
#[ignore = "long: tests/conformance/long-tests.sh"]
fn a_model_goes_through_qa_and_a_canary_to_production() {
    let project = trained();
    let report = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    let log = project.log();
    for name in ["Prepare", "Image", "Deploy_qa", "Deploy_production", "Record"] {
        assert_eq!(stage(&report, name), Outcome::Succeeded, "{name}: {log}");
    }
    for line in [
        "++ tests: Scoring image: 0 of 2 failed",
        "++ tests: Smoke test of diabetes-qa: 0 of 2 failed",
        "the canary's share is one of 3 replicas",
        "deployment \"diabetes-scoring-canary\" successfully rolled out",
        "++ tests: Smoke test of the canary in diabetes-production: 0 of 2 failed",
        "canary: 30 requests, 0 errors",
        "++ tests: Canary beside the baseline in diabetes-production: 0 of 3 failed",
        "deployment.apps \"diabetes-scoring-canary\" deleted",
        "++ tests: Smoke test of diabetes-production: 0 of 2 failed",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains(KEY), "{log}");
    let query = "--query ipAddress.ports[0].port --output tsv";
    let qa = project.az(&format!("container show -g diabetes-qa -n diabetes-qa-mct4b {query}"));
    assert_eq!(version(&qa), "{\"version\": \"1\"}");
    assert_eq!(version(&production(&project)), "{\"version\": \"1\"}");
    // a second event for the same version releases nothing, and is green
    let again = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    assert!(again.is_good());
    assert_eq!(stage(&again, "Image"), Outcome::Skipped, "{}", project.log());
    let gone = project.run("pipelines/release.yml", &[("modelVersion", "9")]);
    assert_eq!(stage(&gone, "Prepare"), Outcome::Failed);
    assert!(project.log().contains("diabetes:9 is not registered in diabetes-ml"), "{}", project.log());

    // the next version fails when it has served for a while: the gate beside the old version sees it
    let answers = "FAILS = lambda answered: False";
    project.change(
        "model/programs/score",
        answers,
        "FAILS = lambda answered: 'SCORE_KEY_FILE' in os.environ and answered > 12",
    );
    let failing = project.run("pipelines/release.yml", &[("modelVersion", "1"), ("again", "true")]);
    let log = project.log();
    assert_eq!(stage(&failing, "Deploy_production"), Outcome::Failed, "{log}");
    for line in [
        "++ tests: Smoke test of the canary in diabetes-production: 0 of 2 failed",
        "baseline: 30 requests, 0 errors",
        " are errors, 0.0% of the baseline's",
        "deployment.apps \"diabetes-scoring-baseline\" deleted",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert_eq!(version(&production(&project)), "{\"version\": \"1\"}");
    project.change(
        "model/programs/score",
        "FAILS = lambda answered: 'SCORE_KEY_FILE' in os.environ and answered > 12",
        answers,
    );

    // the next version fails in the cluster alone: its canary goes, and what is live stays
    assert!(project.run("pipelines/retrain.yml", &[("alpha", "0.1")]).is_good(), "{}", project.log());
    project.change("model/programs/score", answers, "FAILS = lambda answered: 'SCORE_KEY_FILE' in os.environ");
    let port = production(&project).parse().unwrap();
    let headers = format!("authorization: Bearer {KEY}\r\n");
    let load = Load::on(port, &headers);
    let bad = project.run("pipelines/release.yml", &[("modelVersion", "2")]);
    let answered = load.off();
    let log = project.log();
    assert_eq!(stage(&bad, "Deploy_qa"), Outcome::Succeeded, "{log}");
    assert_eq!(stage(&bad, "Deploy_production"), Outcome::Failed, "{log}");
    assert_eq!(stage(&bad, "Record"), Outcome::Skipped, "{log}");
    assert!(log.contains("deployment.apps \"diabetes-scoring-canary\" deleted"), "{log}");
    // of a steady load the canary fails its share at the most, one of three, the stable pods fail nothing, and no request is lost;
    // with the canary's rejection that is over
    assert!(answered.failed > 0 && answered.failed * 3 <= answered.all() && answered.lost == 0, "{answered:?}\n{log}");
    let after = Load::on(port, &headers).after(50);
    assert_eq!(after.well, after.all(), "{after:?}");
    assert_eq!(version(&production(&project)), "{\"version\": \"1\"}");

    // it passes as a canary and fails when it serves alone: the version before comes back
    project.change("model/programs/score", "FAILS = lambda answered: 'SCORE_KEY_FILE' in os.environ", answers);
    let whole = "set -euo pipefail\n";
    let fails = format!("{whole}if [[ $TARGET == service/* ]]; then echo 'the service answers wrongly'; exit 1; fi\n");
    project.change("pipelines/scripts/smoke-kubernetes.sh", whole, &fails);
    let undone = project.run("pipelines/release.yml", &[("modelVersion", "2"), ("again", "true")]);
    let log = project.log();
    assert_eq!(stage(&undone, "Deploy_production"), Outcome::Failed, "{log}");
    assert_eq!(stage(&undone, "Record"), Outcome::Skipped, "{log}");
    for line in [
        "++ tests: Canary beside the baseline in diabetes-production: 0 of 3 failed",
        "the service answers wrongly",
        "deployment.apps/diabetes-scoring rolled back",
        "deployment \"diabetes-scoring\" successfully rolled out",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert_eq!(version(&production(&project)), "{\"version\": \"1\"}");

    // QA lives for twelve hours
    project.change(
        "pipelines/scripts/remove-expired-group.sh",
        "now=$(date -u +%s)",
        "now=$(($(date -u +%s) + 50000))",
    );
    let gone = project.run("pipelines/cleanup.yml", &[]);
    assert_eq!(stage(&gone, "Expire_qa"), Outcome::Succeeded, "{}", project.log());
    assert_eq!(project.az("container list -g diabetes-qa --query [].name --output tsv"), "");
}

#[test]
#[ignore = "long: tests/conformance/long-tests.sh"]
fn an_image_that_is_too_slow_is_neither_pushed_nor_deployed() {
    let project = trained();
    project.change("model/programs/score", "PAUSE = 0.0", "PAUSE = 2.2");
    let report = project.run("pipelines/release.yml", &[("modelVersion", "1"), ("again", "true")]);
    let log = project.log();
    assert!(log.contains("2000 ms are allowed"), "{log}");
    assert_eq!(stage(&report, "Image"), Outcome::Failed, "{log}");
    assert_eq!(stage(&report, "Deploy_qa"), Outcome::Skipped, "{log}");
}

#[test]
fn a_key_that_is_missing_in_the_vault_stops_the_deployment() {
    let project = without_keys();
    let report = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    let log = project.log();
    assert_eq!(stage(&report, "Preview_Deploy_qa"), Outcome::Failed, "{log}");
    assert!(log.contains("'scoring-key' is not in vault 'diabetes-qa-mct4b'"), "{log}");
    for left in ["Deploy_qa", "Deploy_production"] {
        assert_eq!(stage(&report, left), Outcome::Skipped, "{log}");
    }
}
