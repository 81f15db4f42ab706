use super::verify;
use crate::artifacts::sample::{broken, full, load, project, tree};

/// Asserts that the sample with `old` replaced in `path` is refused with `message`.
fn refused(path: &str, old: &str, new: &str, message: &str) {
    let project = project();
    let tree = broken(&tree(&project), path, old, new);
    let found: Vec<String> = verify(&tree, &project).iter().map(|f| format!("{}: {}", f.path, f.message)).collect();
    assert!(found.iter().any(|found| found.starts_with(path) && found.contains(message)), "{found:?}: {message:?}");
}

const DEPLOYMENT: &str = "kubernetes/production/deployment.yml";
const DOCKERFILE: &str = "docker/scoring/Dockerfile";
const ONLINE: &str = "ml/endpoints/managed/deployment.yml";

#[test]
fn what_is_rendered_agrees() {
    for project in [project(), full()] {
        assert_eq!(verify(&tree(&project), &project), []);
    }
}

#[test]
fn another_port_of_the_image_is_refused_everywhere() {
    refused(DOCKERFILE, "EXPOSE 8080", "EXPOSE 8000", "EXPOSE must be the server's port");
    refused(DOCKERFILE, "0.0.0.0:8080", "0.0.0.0:8000", "SCORE_LISTEN must be `0.0.0.0:8080`");
    refused(DEPLOYMENT, "containerPort: 8080", "containerPort: 8000", "no containerPort is 8080");
    refused(ONLINE, "port: 8080", "port: 8000", "liveness_route.port must be 8080");
    refused("infra/environments/qa/scoring.bicep", "port: 8080", "port: 8000", "answers at 8080");
}

#[test]
fn another_probe_is_refused_everywhere() {
    refused(DEPLOYMENT, "path: /livez", "path: /", "livenessProbe.httpGet.path is `/`, expected `/livez`");
    refused(DEPLOYMENT, "path: /readyz", "path: /ready", "readinessProbe.httpGet.path");
    refused(ONLINE, "path: /livez", "path: /live", "liveness_route.path");
    refused("infra/environments/qa/scoring.bicep", "'/livez'", "'/live'", "livenessPath: is '/live'");
}

#[test]
fn another_route_than_the_contract_is_refused() {
    refused(DOCKERFILE, "SCORE_ROUTE=\"/score\"", "SCORE_ROUTE=\"/predict\"", "SCORE_ROUTE must be `/score`");
    refused(ONLINE, "path: /score", "path: /predict", "scoring_route.path is `/predict`");
}

#[test]
fn the_route_of_the_spec_reaches_image_and_endpoint() {
    let spec = "version: 1\nproject: {name: prices}\nazure: {location: westeurope}\n\
                devops: {organization: contoso, project: ml}\nmodel: {runtime: rust}\n\
                data: {path: data/prices.csv, target: y, columns: [x, y]}\n\
                scoring: {contract: {route: /v1/predict}}\n\
                environments: [{name: live, target: managed-endpoint}]\n";
    let project = load(spec);
    let tree = tree(&project);
    assert_eq!(verify(&tree, &project), []);
    let text = |path: &str| tree.get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
    assert!(text(DOCKERFILE).contains("SCORE_ROUTE=\"/v1/predict\""));
    assert!(text("ml/endpoints/live/deployment.yml").contains("path: /v1/predict"));
}

#[test]
fn another_image_is_refused() {
    refused(DEPLOYMENT, "-scoring:unreleased", "-scoring:1", "image is");
    refused(ONLINE, "-scoring:unreleased", "-scores:unreleased", "environment.image is");
}

#[test]
fn an_identity_that_trusts_another_account_is_refused() {
    let path = "infra/environments/production/main.bicepparam";
    refused(path, "'diabetes-scoring'", "'other'", "the scoring identity trusts the pods' service account");
}

#[test]
fn a_data_contract_of_other_data_is_refused() {
    refused("data/data-contract.json", "\"max\": 0.2", "\"max\": 2", "is not that of the spec's data");
    refused("data/data-contract.json", "\"version\": 2,", "\"version\": 1", "this is not JSON");
}
