//! Scripts of the pipelines, and the smoke test with its contract.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::infra::api_versions::ApiVersions;
use super::super::infra::{WINDOW_MINUTES, peers};
use super::super::ml;
use super::super::parameters::{self, TrainingInput};
use super::super::{Artifact, Language};
use super::cleanup::expiring;
use super::common::{all_ids, entra, fetch_key, ids, looks, needs_key, scoring_key};
use super::release::{Issuer, any_router, issuers};
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::environment::{Environment, Target};
use crate::project::model::Runtime;

/// View of every script under `pipelines/scripts/`.
#[derive(Debug, Serialize)]
struct ScriptView {
    /// API versions by resource type.
    api: ApiVersions,
    /// Whether programs are Rust's.
    rust: bool,
    /// Whether the scoring server takes what Python exported.
    native: bool,
    /// Whether callers of the scoring server present a key.
    scoring_key: bool,
    /// Whether callers of the scoring server present an Entra token.
    entra: bool,
    /// Whether scoring runs on GPUs.
    gpu: bool,
    /// Whether scripts take the key from the vault themselves.
    fetch_key: bool,
    /// Whether servers prove themselves with a certificate of a vault.
    tls: bool,
    /// Whether a router of our own, with a certificate of a vault, stands before an endpoint.
    router: bool,
    /// Whether a cluster has the router of an endpoint, with a certificate or without.
    routes: bool,
    /// Whether pipelines look for work themselves.
    looks: bool,
    /// Minutes without another file after which those that have arrived are all.
    settle: String,
    /// Parameters of the algorithm.
    parameters: Vec<TrainingInput>,
    /// Whether batch scoring has a schedule.
    schedule: bool,
    /// Ids that Azure ML files leave open.
    ids: Vec<Fragment>,
    /// Ids that files of endpoints leave open.
    endpoint_ids: Vec<Fragment>,
    /// Clusters whose tenant is known at run time only.
    entra_issuers: Vec<Issuer>,
}

impl ScriptView {
    fn new(project: &Project) -> Self {
        let parameters = parameters::inputs(project);
        Self {
            api: ApiVersions::of(project),
            rust: project.model.runtime == Runtime::Rust,
            native: project.scoring.native,
            scoring_key: scoring_key(project),
            entra: entra(project),
            gpu: project.scoring.node.gpu,
            fetch_key: fetch_key(project),
            tls: project.scoring.tls,
            router: any_router(project),
            routes: project.environments.iter().any(|e| matches!(e.target, Target::KubernetesEndpoint { .. })),
            looks: looks(project),
            settle: WINDOW_MINUTES.to_string(),
            parameters,
            schedule: project.batch.as_ref().is_some_and(|batch| batch.schedule.is_some()),
            ids: all_ids(project),
            endpoint_ids: ids(project.environments.iter().filter(|e| is_endpoint(e)).map(|e| &e.place)),
            entra_issuers: issuers(project),
        }
    }
}

/// What every project's pipelines call.
const COMMON: [&str; 25] = [
    "pipelines/scripts/build-image.sh",
    "pipelines/scripts/cancel-job.sh",
    "pipelines/scripts/claim-release.sh",
    "pipelines/scripts/compile-infrastructure.sh",
    "pipelines/scripts/deploy-infrastructure.sh",
    "pipelines/scripts/destroy-infrastructure.sh",
    "pipelines/scripts/download-model.sh",
    "pipelines/scripts/install-azure-ml.sh",
    "pipelines/scripts/lint.sh",
    "pipelines/scripts/pin-version.sh",
    "pipelines/scripts/publish-training.sh",
    "pipelines/scripts/push-image.sh",
    "pipelines/scripts/record-release.sh",
    "pipelines/scripts/refuse-older.sh",
    "pipelines/scripts/report-retrain.sh",
    "pipelines/scripts/retry.sh",
    "pipelines/scripts/scan-image.sh",
    "pipelines/scripts/show-changes.sh",
    "pipelines/scripts/submit-retrain.sh",
    "pipelines/scripts/tag-model.sh",
    "pipelines/scripts/test-image.sh",
    "pipelines/scripts/unit-tests.sh",
    "pipelines/scripts/validate-infrastructure.sh",
    "pipelines/scripts/wait-for-job.sh",
    "pipelines/scripts/what-if.sh",
];

/// What the stage of a container group calls.
const CONTAINER_GROUP: [&str; 3] = [
    "pipelines/scripts/deploy-container-group.sh",
    "pipelines/scripts/preview-container-group.sh",
    "pipelines/scripts/smoke-container-group.sh",
];

/// What the stage of a cluster calls.
const KUBERNETES: [&str; 5] = [
    "pipelines/scripts/bake-kubernetes.sh",
    "pipelines/scripts/note-version.sh",
    "pipelines/scripts/prepare-namespace.sh",
    "pipelines/scripts/rollback-kubernetes.sh",
    "pipelines/scripts/smoke-kubernetes.sh",
];

/// What the stage of an online endpoint calls.
const ENDPOINT: [&str; 7] = [
    "pipelines/scripts/bake-endpoint.sh",
    "pipelines/scripts/delete-deployment.sh",
    "pipelines/scripts/deploy-endpoint.sh",
    "pipelines/scripts/find-identity.sh",
    "pipelines/scripts/rollback-endpoint.sh",
    "pipelines/scripts/shift-traffic.sh",
    "pipelines/scripts/smoke-endpoint.sh",
];

fn is_endpoint(environment: &Environment) -> bool {
    matches!(environment.target, Target::ManagedEndpoint { .. } | Target::KubernetesEndpoint { .. })
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let view = ScriptView::new(project);
    let mut files: Vec<Artifact> = names(project).into_iter().map(|name| script(name, &view)).collect();
    if project.model.runtime == Runtime::Rust {
        let name = "pipelines/nextest.toml";
        files.push(Artifact::template(name, Language::Toml, name, ()).because(&["model.runtime"]));
    }
    files.push(Artifact::template("tests/smoke/smoke.py", Language::Python, "pipelines/smoke/smoke.py", ()));
    if project.environments.iter().any(|e| !matches!(e.target, Target::ContainerInstances { .. })) {
        let (path, template) = ("tests/smoke/canary.py", "pipelines/smoke/canary.py");
        files.push(Artifact::template(path, Language::Python, template, ()).because(&["environments"]));
    }
    files.push(contract(project));
    files
}

/// The scripts that this project's pipelines call.
fn names(project: &Project) -> Vec<&'static str> {
    let mut names = COMMON.to_vec();
    names.push(match project.model.runtime {
        Runtime::Rust => "pipelines/scripts/install-rust.sh",
        Runtime::Python => "pipelines/scripts/install-python.sh",
    });
    if matches!(project.data.source, DataSource::Repository(_)) {
        names.push("pipelines/scripts/data-tests.sh");
    }
    if project.environments.iter().any(|environment| needs_key(project, environment)) {
        names.push("pipelines/scripts/ensure-scoring-key.sh");
    }
    let certificates = || project.environments.iter().filter_map(|environment| environment.certificate.as_ref());
    if certificates().any(|certificate| certificate.self_signed) {
        names.push("pipelines/scripts/ensure-certificate.sh");
    }
    if certificates().next().is_some() {
        names.push("pipelines/scripts/fetch-certificate.sh");
    }
    if let Some(drift) = &project.monitoring.drift {
        names.extend(["pipelines/scripts/report-drift.sh", "pipelines/scripts/submit-drift.sh"]);
        names.extend(drift.retrain.then_some("pipelines/scripts/queue-retrain.sh"));
    }
    if project.batch.is_some() {
        names.push("pipelines/scripts/publish-batch-scoring.sh");
    }
    let targets = || project.environments.iter().map(|environment| &environment.target);
    if targets().any(|target| matches!(target, Target::ContainerInstances { .. })) {
        names.extend(CONTAINER_GROUP);
    }
    if targets().any(|target| matches!(target, Target::Kubernetes(_))) {
        names.extend(KUBERNETES);
        if project.scoring.node.gpu {
            names.push("pipelines/scripts/install-device-plugin.sh");
        }
    }
    if project.environments.iter().any(is_endpoint) {
        names.extend(ENDPOINT);
    }
    if targets().any(|target| matches!(target, Target::KubernetesEndpoint { .. })) {
        names.push("pipelines/scripts/deploy-router.sh");
    }
    if !looks(project) {
        names.push("pipelines/scripts/find-pipelines.sh");
    }
    if looks(project) && project.training.on_new_data.is_some() {
        names.push("pipelines/scripts/look-for-data.sh");
    }
    if peers(project) {
        names.push("pipelines/scripts/sync-peerings.sh");
    }
    if any_router(project) {
        names.push("pipelines/scripts/find-router.sh");
    }
    if expiring(project).any(|(environment, _)| matches!(environment.target, Target::ContainerInstances { .. })) {
        names.push("pipelines/scripts/remove-expired-group.sh");
    }
    if expiring(project).any(|(environment, _)| matches!(environment.target, Target::ManagedEndpoint { .. })) {
        names.push("pipelines/scripts/remove-expired-endpoint.sh");
    }
    names
}

fn script(name: &'static str, view: &ScriptView) -> Artifact {
    let because: &[&'static str] = match name.rsplit('/').next().unwrap_or(name) {
        "lint.sh" | "unit-tests.sh" | "install-rust.sh" | "install-python.sh" => &["model.runtime"],
        "data-tests.sh" => &["model.runtime", "data.path"],
        "look-for-data.sh" => &["network", "training.onNewData"],
        "claim-release.sh" | "push-image.sh" | "sync-peerings.sh" => &["network"],
        "submit-retrain.sh" => &["model.algorithm", "model.parameters", "model.search"],
        "publish-training.sh" => &["azure"],
        "publish-batch-scoring.sh" => &["batch"],
        "report-drift.sh" | "submit-drift.sh" | "queue-retrain.sh" => &["monitoring.drift"],
        "deploy-infrastructure.sh" | "destroy-infrastructure.sh" => &["pins.apiVersions"],
        "ensure-certificate.sh" | "fetch-certificate.sh" => &["scoring.transport", "environments"],
        "ensure-scoring-key.sh" => &["scoring.authentication", "environments"],
        "smoke-container-group.sh" | "smoke-kubernetes.sh" | "bake-kubernetes.sh" => {
            &["scoring.authentication", "environments"]
        }
        "smoke-endpoint.sh" | "bake-endpoint.sh" | "deploy-router.sh" | "find-router.sh" => {
            &["scoring.transport", "environments"]
        }
        "what-if.sh" => &["environments"],
        "prepare-namespace.sh" | "deploy-endpoint.sh" => &["scoring.authentication", "environments"],
        name if CONTAINER_GROUP.iter().chain(&KUBERNETES).chain(&ENDPOINT).any(|path| path.ends_with(name)) => {
            &["environments"]
        }
        "install-device-plugin.sh" => &["scoring.node", "environments"],
        "remove-expired-group.sh" | "remove-expired-endpoint.sh" => &["environments"],
        _ => &[],
    };
    Artifact::template(name, Language::Shell, name, view).because(because)
}

/// What the smoke test holds a service against.
fn contract(project: &Project) -> Artifact {
    let contract = &project.scoring.contract;
    let mut document = serde_json::json!({
        "route": contract.route.as_str(),
        "request": ml::rows(&contract.request),
        "requests": contract.smoke_requests,
        "latency_ms": contract.latency_ms,
    });
    if project.model.task.classifies() {
        document["task"] = "classification".into();
    }
    if let Some(response) = &contract.response {
        document["response"] = response.iter().map(ml::cell).collect();
    }
    let mut text = serde_json::to_string_pretty(&document).expect("a tree of numbers and strings serialises");
    text.push('\n');
    Artifact::verbatim("tests/smoke/contract.json", "scoring.contract of mlops.yaml", text.into_bytes())
        .because(&["scoring.contract", "model.task"])
}
