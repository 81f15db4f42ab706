//! Endpoints: the callable retraining, batch scoring, and online scoring of the environments that want one.

use serde::Serialize;

use super::super::docker::scoring;
use super::super::docker::settings::{self, Setting};
use super::super::kubernetes::quantity;
use super::super::{Artifact, Language};
use super::names;
use crate::project::Project;
use crate::project::environment::{Environment, Target};
use crate::project::name::{ComputeName, EndpointName};
use crate::project::network::Network;
use crate::project::scoring::Authentication;

/// View of `ml/endpoints/{training,batch-scoring}/endpoint.yml`.
#[derive(Debug, Serialize)]
struct BatchEndpointView<'a> {
    /// Name of the endpoint.
    name: &'a str,
    /// What it does.
    description: String,
    /// The project.
    project: &'a str,
    /// Newest version of the data asset, for the comment.
    data_path: String,
}

/// View of `ml/endpoints/{training,batch-scoring}/deployment.yml`.
#[derive(Debug, Serialize)]
struct BatchDeploymentView<'a> {
    /// Name of the deployment.
    name: &'static str,
    /// Its endpoint.
    endpoint: &'a str,
    /// The cluster.
    compute: String,
}

/// View of `ml/endpoints/online/endpoint.yml`.
#[derive(Debug, Serialize)]
struct OnlineEndpointView<'a> {
    /// Name of the endpoint.
    name: &'a str,
    /// What it does.
    description: String,
    /// The attached cluster, for a Kubernetes endpoint.
    compute: Option<String>,
    /// `key` or `aad_token`.
    auth_mode: &'static str,
    /// What only a managed endpoint has.
    managed: Option<ManagedEndpoint>,
    /// The project.
    project: &'a str,
    /// The environment.
    environment: &'a str,
}

/// What only a managed endpoint has.
#[derive(Debug, Serialize)]
struct ManagedEndpoint {
    /// `enabled` or `disabled`.
    public_network_access: &'static str,
    /// Resource id of the scoring server's identity.
    identity: String,
}

/// View of `ml/endpoints/online/deployment.yml`.
#[derive(Debug, Serialize)]
struct OnlineDeploymentView<'a> {
    /// The rendered file.
    file: String,
    /// Name of the deployment.
    name: &'static str,
    /// Its endpoint.
    endpoint: &'a str,
    /// Image with a tag that the release pipeline replaces.
    image: String,
    /// Name of the scoring server's identity, for the comment.
    identity_name: &'a str,
    /// Routes and port.
    contract: Routes<'a>,
    /// Settings of the scoring server.
    variables: Vec<Setting>,
    /// What only a managed deployment has.
    managed: Option<ManagedDeployment<'a>>,
    /// What only a Kubernetes deployment has.
    kubernetes: Option<KubernetesDeployment>,
    /// Replicas, where no autoscaler counts them.
    instance_count: u32,
    /// Time after which the endpoint gives up on a request, in milliseconds.
    request_timeout_ms: u32,
    /// Requests that one replica is given at a time.
    max_concurrent_requests: u32,
}

/// Routes and port of the scoring server.
#[derive(Debug, Serialize)]
struct Routes<'a> {
    liveness: &'static str,
    readiness: &'static str,
    route: &'a str,
    port: u16,
}

/// What only a managed deployment has.
#[derive(Debug, Serialize)]
struct ManagedDeployment<'a> {
    /// Size of a node.
    instance_type: &'a str,
}

/// What only a Kubernetes deployment has.
#[derive(Debug, Serialize)]
struct KubernetesDeployment {
    /// CPU of one replica.
    cpu: String,
    /// Memory of one replica.
    memory: String,
    /// Whether a replica asks for a GPU.
    gpu: bool,
    /// The autoscaler, if the number of replicas moves.
    scale: Option<Scale>,
}

/// Limits and aim of the autoscaler.
#[derive(Debug, Serialize)]
struct Scale {
    min: u32,
    max: u32,
    /// CPU utilisation in percent.
    target: u32,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = training(project);
    files.extend(batch_scoring(project));
    for environment in &project.environments {
        match &environment.target {
            Target::ManagedEndpoint { endpoint, .. } => files.extend(online(project, environment, endpoint, None)),
            Target::KubernetesEndpoint { endpoint, compute, .. } => {
                files.extend(online(project, environment, endpoint, Some(compute)));
            }
            Target::ContainerInstances { .. } | Target::Kubernetes(_) => {}
        }
    }
    files
}

fn yaml(template: &'static str, view: impl Serialize, because: &[&'static str]) -> Artifact {
    Artifact::template(template, Language::Yaml, template, view).because(because)
}

fn training(project: &Project) -> Vec<Artifact> {
    let endpoint = BatchEndpointView {
        name: project.training.endpoint.as_str(),
        description: format!("Starts a retraining of {}", project.name),
        project: project.name.as_str(),
        data_path: names::latest(&project.data.asset),
    };
    let deployment = BatchDeploymentView {
        name: "training",
        endpoint: project.training.endpoint.as_str(),
        compute: format!("azureml:{}", project.training.compute.name),
    };
    vec![
        yaml("ml/endpoints/training/endpoint.yml", endpoint, &["project.name", "training.endpoint", "data.asset"]),
        yaml("ml/endpoints/training/deployment.yml", deployment, &["training.endpoint", "training.compute"]),
    ]
}

fn batch_scoring(project: &Project) -> Vec<Artifact> {
    let Some(batch) = &project.batch else { return Vec::new() };
    let endpoint = BatchEndpointView {
        name: batch.endpoint.as_str(),
        description: format!("Scores files with {}", project.model.name),
        project: project.name.as_str(),
        data_path: names::latest(&project.data.asset),
    };
    let deployment = BatchDeploymentView {
        name: "scoring",
        endpoint: batch.endpoint.as_str(),
        compute: format!("azureml:{}", batch.compute.name),
    };
    vec![
        yaml("ml/endpoints/batch-scoring/endpoint.yml", endpoint, &["project.name", "model.name", "batch"]),
        yaml("ml/endpoints/batch-scoring/deployment.yml", deployment, &["batch"]),
    ]
}

fn online(
    project: &Project,
    environment: &Environment,
    endpoint: &EndpointName,
    compute: Option<&ComputeName>,
) -> Vec<Artifact> {
    let folder = format!("ml/endpoints/{}", environment.name);
    let managed = compute.is_none();
    let endpoint_view = OnlineEndpointView {
        name: endpoint.as_str(),
        description: format!("{} answers here in {}", project.model.name, environment.name),
        compute: compute.map(|name| format!("azureml:{name}")),
        auth_mode: match project.scoring.authentication {
            Authentication::Entra => "aad_token",
            Authentication::Key | Authentication::None => "key",
        },
        managed: managed.then(|| ManagedEndpoint {
            public_network_access: match project.network {
                Network::Public => "enabled",
                Network::Private(_) => "disabled",
            },
            identity: names::identity(&environment.place, &environment.identity),
        }),
        project: project.name.as_str(),
        environment: environment.name.as_str(),
    };
    let deployment_view = deployment(project, environment, endpoint, managed, format!("{folder}/deployment.yml"));
    let because = ["project", "azure", "model.name", "scoring", "environments", "network"];
    let file = |name: &str, template, view| {
        Artifact::template(&format!("{folder}/{name}.yml"), Language::Yaml, template, view).because(&because)
    };
    let value = |view: serde_json::Result<serde_json::Value>| view.expect("a view struct serialises");
    vec![
        file("endpoint", "ml/endpoints/online/endpoint.yml", value(serde_json::to_value(endpoint_view))),
        file("deployment", "ml/endpoints/online/deployment.yml", value(serde_json::to_value(deployment_view))),
    ]
}

fn deployment<'a>(
    project: &'a Project,
    environment: &'a Environment,
    endpoint: &'a EndpointName,
    managed: bool,
    file: String,
) -> OnlineDeploymentView<'a> {
    let scoring = &project.scoring;
    OnlineDeploymentView {
        file,
        name: "scoring",
        endpoint: endpoint.as_str(),
        image: format!("{}:{}", scoring::image(project), scoring::UNRELEASED),
        identity_name: environment.identity.as_str(),
        contract: Routes {
            liveness: scoring::LIVENESS,
            readiness: scoring::READINESS,
            route: scoring.contract.route.as_str(),
            port: scoring::PORT,
        },
        variables: settings::behind_endpoint(project, environment),
        managed: managed.then(|| ManagedDeployment { instance_type: scoring.node.managed.as_str() }),
        kubernetes: (!managed).then(|| KubernetesDeployment {
            cpu: quantity::cpu(scoring.cpu),
            memory: quantity::memory(scoring.memory_gib),
            gpu: scoring.node.gpu,
            scale: (scoring.replicas.min < scoring.replicas.max).then_some(Scale {
                min: scoring.replicas.min,
                max: scoring.replicas.max,
                target: scoring.replicas.target_cpu_percent,
            }),
        }),
        instance_count: scoring.replicas.min.max(1),
        request_timeout_ms: scoring.contract.latency_ms.clamp(20_000, 180_000),
        max_concurrent_requests: 64,
    }
}
