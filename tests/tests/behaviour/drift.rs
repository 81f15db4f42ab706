//! Drift: which model is judged, what the run says, who hears of it, and that a retraining starts once.

use super::stand::Stand;
use system_tests::{render, root};

fn stand() -> Stand {
    let stand = Stand::new(&render(&root().join("tests/cases/drift/mlops.yaml")));
    stand.program("sleep", "");
    stand
}

const COMMON: [(&str, &str); 9] = [
    ("TRAINING_ENDPOINT", "t"),
    ("RESOURCE_GROUP", "r"),
    ("WORKSPACE", "w"),
    ("MODEL_NAME", "delivery"),
    ("MODEL_VERSION", "4"),
    ("DEFAULT_BRANCH", "refs/heads/main"),
    ("BUILD_BUILDID", "9"),
    ("BUILD_BUILDNUMBER", "n"),
    ("SYSTEM_JOBATTEMPT", "1"),
];

fn run(stand: &Stand, script: &str, more: &[(&str, &str)]) -> super::stand::Ended {
    stand.run(script, &[&COMMON[..], more].concat())
}

#[test]
fn the_model_that_was_released_last_is_judged() {
    let stand = stand();
    let submit = |released: &str| {
        let body = format!(
            "case \"$*\" in\n  *'model list'*) printf '{released}' ;;\n  *'defaults.deployment_name'*) echo v41 ;;\n  *'job show'*'query name'*) exit 1 ;;\n  *'job create'*) echo job ;;\nesac"
        );
        stand.program("az", &body);
        run(&stand, "submit-drift.sh", &[("DAYS", "14")])
    };
    // Not the highest version: an older one may be taken back.
    let ended = submit("2026-11-02T08:00:00Z\\t5\\n2026-11-20T08:00:00Z\\t4\\n");
    assert_eq!(ended.code, 0, "{}", ended.said);
    let create = ended.calls.iter().find(|call| call.contains("job create")).unwrap();
    assert!(create.contains("--file ml/jobs/drift.yml") && create.contains("inputs.days=14"), "{create}");
    assert!(create.contains("inputs.model.path=azureml:delivery:4"), "{create}");
    assert!(create.contains("environment=azureml:delivery-training:41"), "{create}");
    assert!(ended.said.contains("variable=modelVersion;isOutput=true]4"), "{}", ended.said);
    let ended = submit("");
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert!(ended.said.contains("no version of delivery is released yet"), "{}", ended.said);
    assert!(!ended.calls.iter().any(|call| call.contains("job create")), "{:?}", ended.calls);
    assert!(!ended.said.contains("DRIFT_JOB"), "{}", ended.said);
    let ended = run(&stand, "submit-drift.sh", &[("DAYS", "7; true")]);
    assert!(ended.code == 1 && ended.said.contains("days must be a whole number"), "{}", ended.said);
}

fn report(findings: &str, taken: bool) -> (Stand, super::stand::Ended) {
    let stand = stand();
    std::fs::write(stand.path().join("drift.json"), findings).unwrap();
    stand.program(
        "az",
        "case \"$*\" in\n  *'job download'*)\n    folder=$(grep -oP -- '--download-path \\K\\S+' <<<\"$*\")\n    cp drift.json \"$folder\"; echo page >\"$folder/drift.html\" ;;\n  *'resource show'*) echo 'InstrumentationKey=key-1;IngestionEndpoint=https://ingest.example/;LiveEndpoint=x' ;;\nesac",
    );
    let ends = if taken { 0 } else { 22 };
    stand.program("curl", &format!("cp \"$(grep -oP -- '--data @\\K\\S+' <<<\"$*\")\" sent.json; exit {ends}"));
    let more = [("APP_INSIGHTS", "insights"), ("JOB", "drift-9-1"), ("WORK", "work")];
    let ended = run(&stand, "report-drift.sh", &more);
    (stand, ended)
}

const DRIFTED: &str = r####"{"rows": 700, "malformed_lines": 2, "other_models": 0, "judged": true, "drift": true, "not_logged": [],
  "columns": [{"column": "distance", "psi": 0.41234, "missing": 0.1, "missing_before": 0, "unseen": 0, "failures": ["psi", "missing"]},
  {"column": "##vso[task.complete]|<b>", "psi": null, "missing": 0, "missing_before": 0, "unseen": 0, "failures": []}]}"####;

#[test]
fn drift_is_summed_up_warned_of_and_sent_as_an_event() {
    let (stand, ended) = report(DRIFTED, true);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let page = stand.read("work/drift.md");
    assert!(page.starts_with("## Drift: delivery:4") && page.contains("700 scored rows"), "{page}");
    assert!(page.contains("| distance | 0.412 | 10 % | 0 % | 0 % | psi, missing |"), "{page}");
    assert!(
        !page.contains("##vso[") && !page.contains("<b>") && !ended.said.contains("##vso[task.complete]|"),
        "{page}"
    );
    for said in [
        "##vso[task.uploadsummary]work/drift.md",
        "variable=drift;isOutput=true]true",
        "##vso[task.logissue type=warning]1 of the columns of delivery:4 have drifted",
        "##vso[task.complete result=SucceededWithIssues;]",
    ] {
        assert!(ended.said.contains(said), "{said}: {}", ended.said);
    }
    let sent: serde_json::Value = serde_json::from_str(&stand.read("sent.json")).unwrap();
    assert_eq!((&sent[0]["iKey"], &sent[0]["data"]["baseData"]["name"]), (&"key-1".into(), &"drift".into()));
    let post = ended.calls.iter().find(|call| call.starts_with("curl")).unwrap();
    assert!(post.ends_with("https://ingest.example/v2.1/track"), "{post}");
    assert!(!ended.said.contains("key-1"), "{}", ended.said);
}

#[test]
fn predictions_that_turned_out_wrong_are_drift_too() {
    let outcomes = r#""outcomes": {"metric": "rmse", "rows": 80, "waiting": 20, "strangers": 0, "judged": true, "value": 2.5,
      "before": 1.25, "failures": ["limit", "worse"]}"#;
    let calm = DRIFTED.replace(r#"["psi", "missing"]"#, "[]");
    let (stand, ended) = report(&calm.replacen("\"rows\"", &format!("{outcomes}, \"rows\""), 1), true);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let page = stand.read("work/drift.md");
    assert!(page.contains("| rmse | 2.5 | 1.25 | 80 | 20 | limit, worse |"), "{page}");
    assert!(ended.said.contains("by what turned out, the rmse of delivery:4 is beyond its limit"), "{}", ended.said);
    assert!(!ended.said.contains("columns of delivery:4 have drifted"), "{}", ended.said);
    let sent: serde_json::Value = serde_json::from_str(&stand.read("sent.json")).unwrap();
    assert_eq!(sent[0]["data"]["baseData"]["properties"]["metric"], "rmse");
    assert_eq!(sent[0]["data"]["baseData"]["measurements"]["columns"], 0);
}

#[test]
fn drift_that_nobody_hears_of_is_a_failure_and_no_drift_sends_nothing() {
    let (_, ended) = report(DRIFTED, false);
    assert!(ended.code == 1 && ended.said.contains("nobody gets mail of the drift"), "{}", ended.said);
    let calm = r#"{"rows": 3, "malformed_lines": 0, "other_models": 0, "judged": false, "drift": false, "not_logged": [], "columns": []}"#;
    let (stand, ended) = report(calm, true);
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert!(ended.said.contains("variable=drift;isOutput=true]false"), "{}", ended.said);
    assert!(!ended.calls.iter().any(|call| call.starts_with("curl")), "{:?}", ended.calls);
    assert!(stand.read("work/drift.md").contains("3 scored rows are too few to judge"));
}

/// What the service says: the tag of the model, the running runs, and whether it takes a new one.
fn queue(asked: &str, running: &str, taken: bool) -> super::stand::Ended {
    let stand = stand();
    stand.program("git", "");
    stand.program("az", &format!("case \"$*\" in *'model show'*) printf '%s' '{asked}' ;; esac"));
    let definitions = r#"{"value":[{"id":3,"process":{"yamlFilename":"/pipelines/release.yml"}},{"id":7,"process":{"yamlFilename":"/pipelines/retrain.yml"}}]}"#;
    let ends = if taken { "echo '{\"id\": 55}'" } else { "exit 22" };
    stand.program(
        "curl",
        &format!(
            "case \"$*\" in\n  *build/definitions*) echo '{definitions}' ;;\n  *build/builds*) echo '{{\"value\":[{running}]}}' ;;\n  *pipelines/7/runs*) {ends} ;;\n  *) exit 9 ;;\nesac"
        ),
    );
    let more = [
        ("SYSTEM_ACCESSTOKEN", "token-1"),
        ("SYSTEM_COLLECTIONURI", "https://dev.example/o/"),
        ("SYSTEM_TEAMPROJECTID", "p"),
        ("BUILD_REPOSITORY_ID", "repo"),
        ("PIPELINE", "retrain"),
    ];
    run(&stand, "queue-retrain.sh", &more)
}

#[test]
fn a_retraining_starts_once_for_a_version_and_not_beside_another() {
    let started = |ended: &super::stand::Ended| ended.calls.iter().any(|call| call.contains("pipelines/7/runs"));
    let claims = |ended: &super::stand::Ended| {
        let tags = ended.calls.iter().filter_map(|call| call.split("tags.drift_retrain=").nth(1));
        tags.map(|tag| tag.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ended = queue("", "", true);
    assert!(ended.code == 0 && started(&ended), "{ended:?}");
    assert_eq!(claims(&ended), ["9"]);
    assert!(ended.said.contains("started run 55") && !ended.said.contains("token-1"), "{}", ended.said);
    let ended = queue("8", "", true);
    assert!(ended.code == 0 && !started(&ended) && claims(&ended).is_empty(), "{ended:?}");
    let ended = queue("", r#"{"id":54}"#, true);
    assert!(ended.code == 0 && !started(&ended) && claims(&ended).is_empty(), "{ended:?}");
    assert!(ended.said.contains("run 54 of the retrain pipeline is waiting or running"), "{}", ended.said);
    // This run's own claim is no other's.
    assert!(started(&queue("9", "", true)));
    // Not taken: the claim is given back, and the message says what is missing.
    let ended = queue("", "", false);
    assert!(ended.code == 1 && ended.said.contains("needs the permission Queue builds"), "{ended:?}");
    assert_eq!(claims(&ended), ["9", ""]);
}

#[test]
fn in_a_folder_of_a_repository_the_pipeline_runs_its_own_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("mlops.yaml");
    let text = std::fs::read_to_string(root().join("tests/cases/drift/mlops.yaml")).unwrap();
    let own =
        text.replace("project: logistics}", "project: logistics, repository: models, directory: models/delivery}");
    assert_ne!(text, own);
    std::fs::write(&spec, own).unwrap();
    let tree = render(&spec);
    let (_, file) = tree.iter().find(|(path, _)| path.as_str() == "pipelines/drift.yml").unwrap();
    let text = file.text().unwrap();
    for script in ["submit-drift", "report-drift", "queue-retrain"] {
        let step = format!(
            "scriptPath: models/delivery/pipelines/scripts/{script}.sh\n              workingDirectory: models/delivery\n"
        );
        assert!(text.contains(&step), "{script}: {text}");
    }
}
