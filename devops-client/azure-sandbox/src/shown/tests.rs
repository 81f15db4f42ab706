//! What is shown of a made-up state.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Endpoint, Reply, drift, endpoints, models};
use crate::deployed::{Deployed, Kind, batch, deployed, secret};
use crate::store::Store;

fn keep(folder: &Path, state: Value) {
    let store = Store::open(folder).unwrap();
    store
        .change(|place| {
            *place = state;
            Ok::<(), String>(())
        })
        .unwrap();
}

fn output(folder: &Path, name: &str, file: &str, content: &Value) -> String {
    let place = folder.join("outputs").join(name);
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join(file), content.to_string()).unwrap();
    place.display().to_string()
}

#[test]
fn models_stand_with_their_metrics_and_the_comparison_that_decided() {
    let folder = tempfile::tempdir().unwrap();
    let evaluation = json!({
        "promote": true, "reason": "better: <mse>", "metric": "mse", "challenger": 2900.5, "champion": 3000.0, "rows": 89,
        "challenger_metrics": { "rows": 89, "mse": 2900.5, "r2": 0.45 }, "champion_metrics": { "rows": 89, "mse": 3000.0 },
    });
    let place = output(folder.path(), "evaluation", "evaluation.json", &evaluation);
    let run = |value: f64| json!({ "data": { "metrics": [{ "key": "mse", "value": value }] } });
    let version =
        |run: &str| json!({ "run_id": run, "tags": { "commit": "abc", "data_version": "d1", "build_id": "3" } });
    keep(
        folder.path(),
        json!({
            "ml": { "ws": {
                "models": { "demo": { "1": version("r1"), "10": version("r2"), "2": version("r1") } },
                "jobs": { "retrain-1": { "output_folders": { "evaluation": place } }, "other": {} },
            } },
            "mlflow": { "ws": { "runs": { "r1": run(3000.0), "r2": run(2900.5) } } },
        }),
    );
    let shown = models(folder.path()).unwrap();
    let html = shown.as_str();
    for expected in
        ["demo in ws", "mse 2900.5", "promoted", "better: &lt;mse&gt;", "retrain-1", "0.45", "mse by version"]
    {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    let place = |text: &str| html.find(text).unwrap();
    assert!(place(">version 10<") < place(">version 2<"), "the newest comes first: {html}");
    assert!(!html.contains("<mse>"), "{html}");
}

#[test]
fn drift_stands_beside_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let column = |name: &str, psi: f64, failures: Value| json!({ "column": name, "psi": psi, "missing": 0.5, "missing_before": 0.0, "unseen": 0.0, "failures": failures });
    let found = json!({
        "rows": 300, "judged": true, "drift": true,
        "columns": [column("age", 0.05, json!([])), column("<bmi>", 0.31, json!(["psi"]))],
    });
    let place = output(folder.path(), "findings", "drift.json", &found);
    let job =
        json!({ "command": "drift --rows 200 --psi 0.25 --missing 0.1", "output_folders": { "findings": place } });
    keep(folder.path(), json!({ "ml": { "ws": { "jobs": { "drift-1": job } } } }));
    let shown = drift(folder.path()).unwrap();
    let html = shown.as_str();
    for expected in ["limit 0.25", "&lt;bmi&gt;", "50.0 %", "300 scored rows", "box bad"] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    assert!(html.find("&lt;bmi&gt;").unwrap() < html.find(">age<").unwrap(), "{html}");
}

#[test]
fn nothing_is_said_of_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(models(folder.path()).unwrap().as_str().contains("No model is registered yet"));
    assert!(drift(folder.path()).unwrap().as_str().contains("Nothing was measured yet"));
    assert!(endpoints(&[], &[], "/e", None).as_str().contains("Nothing is deployed yet"));
}

#[test]
fn an_endpoint_has_a_form_and_keeps_what_was_sent() {
    let service = Deployed {
        group: "g".to_owned(),
        name: "n".to_owned(),
        image: "i@sha256:1".to_owned(),
        port: 8080,
        ..Deployed::default()
    };
    let endpoint = Endpoint {
        service,
        environment: "qa".to_owned(),
        route: "/score".to_owned(),
        example: "{\"data\": []}".to_owned(),
    };
    let shown = endpoints(std::slice::from_ref(&endpoint), &[], "/e", None);
    assert!(shown.as_str().contains("{&quot;data&quot;: []}"), "{}", shown.as_str());
    let reply = Reply {
        of: endpoint.id(),
        route: "/other".to_owned(),
        sent: "</textarea><script>".to_owned(),
        answer: Ok((422, "<no>".to_owned())),
        took: 3,
    };
    let shown = endpoints(&[endpoint], &[], "/e", Some(&reply));
    let html = shown.as_str();
    for expected in ["422", "&lt;no&gt;", "value=\"/other\"", "&lt;/textarea&gt;&lt;script&gt;"] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    assert!(!html.contains("<script"), "{html}");
}

#[test]
fn endpoints_of_a_workspace_stand_with_their_shares_and_the_jobs_that_score_files() {
    let folder = tempfile::tempdir().unwrap();
    let of = |image: &str| json!({ "environment": { "image": image } });
    let online = json!({
        "group": "platform", "port": 8081, "traffic": { "v1-1": 80, "v2-4": 20 }, "secrets": { "primaryKey": "k" },
        "deployments": { "v1-1": of("i@sha256:1"), "v2-4": of("i@sha256:2") },
    });
    let scoring = json!({
        "description": "Scores <folders>", "deployments": { "d1": {}, "d2": {} }, "defaults": { "deployment_name": "d2" },
    });
    let empty = json!({ "deployments": {}, "defaults": {} });
    let batches = json!({ "files": scoring, "training": empty });
    keep(
        folder.path(),
        json!({ "ml": { "ws": { "online-endpoints": { "energy": online }, "batch-endpoints": batches } } }),
    );
    let found = deployed(folder.path()).unwrap();
    let service = Deployed {
        kind: Kind::OnlineEndpoint,
        group: "platform".to_owned(),
        name: "energy".to_owned(),
        image: "i@sha256:1".to_owned(),
        port: 8081,
        shares: vec![("v1-1".to_owned(), 80), ("v2-4".to_owned(), 20)],
    };
    assert_eq!(found, std::slice::from_ref(&service));
    assert_eq!(secret(folder.path(), &service).unwrap().as_deref(), Some("k"));
    assert_eq!(secret(folder.path(), &Deployed { kind: Kind::Service, ..service.clone() }), Ok(None));
    let (environment, route, example) = ("production".to_owned(), "/score".to_owned(), String::new());
    let all = [Endpoint { service, environment, route, example }];
    let shown = endpoints(&all, &batch(folder.path()).unwrap(), "/e", None);
    let html = shown.as_str();
    for expected in [
        "energy in production",
        "v1-1 80 %, v2-4 20 %",
        "online endpoint of Azure ML",
        "Scores &lt;folders&gt;",
        "no deployment yet",
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    assert!(html.contains("<td>d2</td><td>d1</td>"), "{html}");
}
