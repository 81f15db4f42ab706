//! `release.yml` where environments are managed online endpoints of Azure ML: a deployment beside the one that serves, its share
//! of the traffic, the way back, and the end of what has lived its time.

use pipeline_runner::Outcome;
use serde_json::Value;

use crate::rendered::load::{Load, ask};
use crate::rendered::project::{Project, spec};
use crate::rendered::release::{hurried, stage, train};

const SCOPE: &str = "--resource-group diabetes-platform --workspace-name diabetes-ml";

/// The worked example with endpoints in both environments.
fn project() -> Project {
    let spec = spec();
    let (before, environments) = spec.split_once("\nenvironments:\n").unwrap();
    let (_, behind) = environments.split_once("\nvariableGroups:\n").unwrap();
    let own = "  - {name: qa, target: managed-endpoint, timeToLiveHours: 12}\n  - name: production\n    target: managed-endpoint\n    \
               canaryPercent: 20\n    approvals: {approvers: [ml-leads@contoso.example]}\n";
    let project = Project::of(&format!("{before}\nenvironments:\n{own}\nvariableGroups:\n{behind}"));
    hurried(&project);
    train(&project);
    project
}

/// Name, port and key of the endpoint that an environment has.
fn endpoint(project: &Project, environment: &str) -> (String, u16, String) {
    let text = project.az(&format!("ml online-endpoint list {SCOPE}"));
    let all: Value = serde_json::from_str(&text).unwrap();
    let own = all.as_array().unwrap().iter().find(|endpoint| endpoint["tags"]["environment"] == environment);
    let name = own.unwrap_or_else(|| panic!("{environment}: {text}"))["name"].as_str().unwrap().to_owned();
    let uri = project.az(&format!("ml online-endpoint show {SCOPE} --name {name} --query scoring_uri --output tsv"));
    let port = uri.split(':').nth(2).and_then(|rest| rest.strip_suffix("/score")).unwrap().parse().unwrap();
    let key = project
        .az(&format!("ml online-endpoint get-credentials {SCOPE} --name {name} --query primaryKey --output tsv"));
    (name, port, key)
}

/// Deployments with traffic, and all there are.
fn deployments(project: &Project, name: &str) -> (String, usize) {
    let traffic = project.az(&format!("ml online-endpoint show {SCOPE} --name {name} --query traffic --output json"));
    let all =
        project.az(&format!("ml online-deployment list {SCOPE} --endpoint-name {name} --query [].name --output tsv"));
    (traffic.split_whitespace().collect(), all.lines().count())
}

#[test]
#[ignore = "long: tests/conformance/long-tests.sh"]
fn a_model_goes_behind_endpoints_and_comes_back_where_it_fails_beside_the_one_that_serves() {
    let project = project();
    let first = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    let log = project.log();
    for name in ["Image", "Deploy_qa", "Deploy_production", "Record"] {
        assert_eq!(stage(&first, name), Outcome::Succeeded, "{name}: {log}");
    }
    for line in ["stands beside nothing, without traffic", "++ tests: Smoke test of the new deployment in", "=100"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    let (name, port, key) = endpoint(&project, "production");
    assert!(!log.contains(&key), "{log}");
    let headers = format!("authorization: Bearer {key}\r\n");
    let headers_of_nobody = format!("{headers}azureml-model-deployment: gone\r\n");
    let asked = ["", headers.as_str(), headers_of_nobody.as_str()].map(|headers| ask(port, headers));
    assert_eq!(asked, [Some(401), Some(200), Some(404)]);
    let (traffic, count) = deployments(&project, &name);
    assert!(traffic.ends_with(":100}") && count == 1, "{traffic} {count}");

    // the next version fails when it has served for a while, which the requests through the endpoint see
    assert!(project.run("pipelines/retrain.yml", &[("alpha", "0.1")]).is_good(), "{}", project.log());
    let answers = "FAILS = lambda answered: False";
    let fails = "FAILS = lambda answered: model['alpha'] == 0.1 and answered > 12";
    project.change("model/programs/score", answers, fails);
    let load = Load::on(port, &headers);
    let failing = project.run("pipelines/release.yml", &[("modelVersion", "2")]);
    let log = project.log();
    let answered = load.off();
    assert_eq!(stage(&failing, "Deploy_qa"), Outcome::Succeeded, "{log}");
    assert_eq!(stage(&failing, "Deploy_production"), Outcome::Failed, "{log}");
    for line in
        ["=80 v2-", "++ tests: Canary beside the baseline in", " are errors, 0.0% of the baseline's", "serving: v1-"]
    {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert_eq!(deployments(&project, &name), (traffic, 1), "{log}");
    // a fifth of the traffic at the most, and nothing of it once the share was taken back
    assert!(answered.failed > 0 && answered.failed * 5 <= answered.all() && answered.lost == 0, "{answered:?}");
    let after = Load::on(port, &headers).after(50);
    assert_eq!(after.well, after.all(), "{after:?}");

    // mended, it takes over, and the one before is gone
    project.change("model/programs/score", fails, answers);
    let mended = project.run("pipelines/release.yml", &[("modelVersion", "2"), ("again", "true")]);
    assert!(mended.is_good(), "{}", project.log());
    let (traffic, count) = deployments(&project, &name);
    assert!(traffic.contains("v2-") && traffic.ends_with(":100}") && count == 1, "{traffic} {count}");
    assert_eq!(ask(port, &headers), Some(200));

    // an older version does not take its place unseen
    let older = project.run("pipelines/release.yml", &[("modelVersion", "1"), ("again", "true")]);
    assert_eq!(stage(&older, "Deploy_qa"), Outcome::Failed, "{}", project.log());
    assert!(project.log().contains("version 2 is live and newer than 1"), "{}", project.log());

    // a server that does not start never gets traffic, and what it said is in the log
    let starts = "served = {200: 0, 401: 0, 500: 0}";
    let dies = format!("{starts}\nif key is None: raise SystemExit('no luck behind endpoints')");
    project.change("model/programs/score", starts, &dies);
    let dead = project.run("pipelines/release.yml", &[("modelVersion", "2"), ("again", "true")]);
    let log = project.log();
    assert_eq!(stage(&dead, "Deploy_qa"), Outcome::Failed, "{log}");
    assert!(log.contains("no luck behind endpoints") && log.contains("crashed or terminated"), "{log}");
    assert_eq!(deployments(&project, &name).0, traffic);

    // QA lives for twelve hours
    let kept = project.run("pipelines/cleanup.yml", &[]);
    assert!(kept.is_good() && project.log().contains("h old and lives 12 h"), "{}", project.log());
    project.change(
        "pipelines/scripts/remove-expired-endpoint.sh",
        "now=$(date -u +%s)",
        "now=$(($(date -u +%s) + 50000))",
    );
    let gone = project.run("pipelines/cleanup.yml", &[]);
    assert_eq!(stage(&gone, "Expire_qa"), Outcome::Succeeded, "{}", project.log());
    let left = project.az(&format!("ml online-endpoint list {SCOPE} --query [].name --output tsv"));
    assert_eq!(left, name);
}

#[test]
fn a_first_model_goes_behind_endpoints_that_answer_to_their_keys_alone() {
    let project = project();
    let report = project.run("pipelines/release.yml", &[("modelVersion", "1")]);
    let log = project.log();
    for name in ["Image", "Deploy_qa", "Deploy_production", "Record"] {
        assert_eq!(stage(&report, name), Outcome::Succeeded, "{name}: {log}");
    }
    for environment in ["qa", "production"] {
        let (name, port, key) = endpoint(&project, environment);
        let headers = format!("authorization: Bearer {key}\r\n");
        assert_eq!(["", headers.as_str()].map(|headers| ask(port, headers)), [Some(401), Some(200)]);
        let (traffic, count) = deployments(&project, &name);
        assert!(traffic.ends_with(":100}") && count == 1 && !log.contains(&key), "{traffic} {count}: {log}");
    }
}
