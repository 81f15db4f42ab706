//! README of the project: the architecture as a picture, and what to do in which order.

use serde::Serialize;

use super::super::docker::scoring;
use super::super::fragment::Fragment;
use super::super::ml::names;
use super::super::pipelines::agents::programs;
use super::super::{Artifact, Language, kubernetes, parameters};
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::devops::Agent;
use crate::project::environment::{Environment, Target};
use crate::project::model::Runtime;
use crate::project::network::{Agents, Network};
use crate::project::scoring::Authentication;
use crate::project::variables::{GroupContent, PipelineKind, VariableGroup, VaultOwner};

/// What the README's template sees. Fragments come from newtypes that hold nothing special in Markdown or Mermaid.
#[derive(Serialize)]
struct View {
    name: Fragment,
    description: String,
    rust: bool,
    /// Whether the scoring server is in Rust and training in Python.
    native: bool,
    kubernetes: bool,
    organization: String,
    devops_project: String,
    repository: String,
    branch: Fragment,
    /// Folder of the repository that the project is, unless it is the top.
    directory: Option<String>,
    folder: String,
    resource_group: Fragment,
    endpoint: Fragment,
    asset: Fragment,
    /// Container that is watched for new data.
    on_new_data: Option<Fragment>,
    /// Cron expressions of retraining.
    schedules: Vec<Fragment>,
    environments: Vec<EnvironmentView>,
    /// The team's own agents, where jobs run on them.
    agents: Option<AgentsView>,
    connections: Vec<Connection>,
    groups: Vec<Group>,
    /// Names of the pipelines, with commas.
    pipelines: Fragment,
    /// Import name of the Python package.
    package: Fragment,
    /// Path of the data as a word of a shell.
    data_path: Fragment,
    local_data: bool,
    /// Whether the data are made up until the team puts its own there.
    sample: bool,
    /// Flags of `train` that set the parameters.
    parameters: Fragment,
    route: Fragment,
    /// What a private network needs from others.
    network: Option<NetworkView>,
    /// Pool of the agents, where they are the team's own.
    pool: String,
    /// How the services that have an address of their own are called.
    calls: Vec<Call>,
    /// What is looked at for drift, if anything is.
    drift: Option<DriftView>,
    /// Whether callers present a key.
    key: bool,
    /// Whether callers present an Entra token.
    entra: bool,
}

/// What is looked at by the clock.
#[derive(Serialize)]
struct DriftView {
    /// Environment whose scoring log is read.
    environment: Fragment,
    /// Whether a retraining starts.
    retrain: bool,
    /// What turned out to be true, if it is looked at.
    outcomes: Option<OutcomesView>,
}

/// Where outcomes are put, and what is in them.
#[derive(Serialize)]
struct OutcomesView {
    /// The blob container.
    container: Fragment,
    /// The metric.
    metric: Fragment,
    /// Whether rows are told apart by columns rather than by the request's id.
    by_columns: bool,
    /// Days of the log.
    days: u32,
}

/// What the network team provides.
#[derive(Serialize)]
struct NetworkView {
    /// Range of the agents' subnet, where it is in the platform's network.
    subnet: Option<Fragment>,
    /// Id of the agents' network, where it is another.
    agents: Option<Fragment>,
    /// Whether there is a hub.
    hub: bool,
    /// Whether the hub keeps the private DNS zones.
    zones: bool,
    /// Address of the hub's firewall.
    firewall: Option<Fragment>,
    /// Range of the project's networks.
    range: Fragment,
}

/// A call of one environment's service.
#[derive(Serialize)]
struct Call {
    environment: Fragment,
    /// What has to be known beside the command.
    note: Option<Fragment>,
    vault: Fragment,
    /// Certificate that is pinned, where the server has one.
    certificate: Option<Fragment>,
    /// Whether a key or a token is presented.
    key: bool,
    url: Fragment,
    /// Words that name the endpoint to `az ml`, where Azure ML keeps address and key.
    endpoint: Option<Fragment>,
}

#[derive(Serialize)]
struct EnvironmentView {
    devops_environment: String,
    /// Label of the node in the picture.
    label: Fragment,
    /// What stands before this environment.
    gate: Fragment,
    /// Approvals and checks, in words.
    checks: Vec<String>,
    /// Storage account of the scoring logs, if they are kept.
    logs: Option<Fragment>,
}

#[derive(Serialize)]
struct AgentsView {
    pool: String,
    programs: Vec<ProgramView>,
    /// Names of those that an agent does not find by itself, with commas.
    by_hand: Fragment,
}

#[derive(Serialize)]
struct ProgramView {
    name: Fragment,
    purpose: Fragment,
}

#[derive(Serialize)]
struct Connection {
    name: String,
    resource_group: String,
    role: String,
}

#[derive(Serialize)]
struct Group {
    name: String,
    kind: String,
    pipelines: Fragment,
}

pub(super) fn artifact(project: &Project) -> Artifact {
    let because = [
        "project",
        "azure",
        "devops",
        "data",
        "model",
        "training",
        "scoring",
        "environments",
        "variableGroups",
        "monitoring.drift",
    ];
    Artifact::template("README.md", Language::Markdown, "project/README.md", view(project)).seed().because(&because)
}

fn view(project: &Project) -> View {
    let platform = &project.platform;
    let (data_path, local_data) = match &project.data.source {
        DataSource::Repository(path) => (path.as_str(), true),
        DataSource::Remote(_) => ("DATA.csv", false),
    };
    let connections = std::iter::once(Connection {
        name: platform.service_connection.to_string(),
        resource_group: platform.place.resource_group.to_string(),
        role: "the platform: training, registry, model registry".to_owned(),
    });
    let of_environments = project.environments.iter().map(|environment| Connection {
        name: environment.service_connection.to_string(),
        resource_group: environment.place.resource_group.to_string(),
        role: format!("the environment {}", environment.name),
    });
    View {
        name: Fragment::new(project.name.as_str()),
        description: project.description.to_string(),
        rust: project.model.runtime == Runtime::Rust,
        native: project.scoring.native,
        kubernetes: project.environments.iter().any(|e| matches!(e.target, Target::Kubernetes(_))),
        organization: project.devops.organization.to_string(),
        devops_project: project.devops.project.to_string(),
        repository: project.devops.repository.to_string(),
        branch: Fragment::new(project.devops.branch.as_str()),
        directory: Some(project.devops.directory.as_str().to_owned()).filter(|folder| !folder.is_empty()),
        folder: project.devops.folder.as_str().to_owned(),
        resource_group: Fragment::new(platform.place.resource_group.as_str()),
        endpoint: Fragment::new(project.training.endpoint.as_str()),
        asset: Fragment::new(project.data.asset.as_str()),
        on_new_data: project.training.on_new_data.as_ref().map(|new| Fragment::new(new.container.as_str())),
        schedules: project.training.schedules.iter().map(|s| Fragment::new(s.cron.as_str())).collect(),
        environments: project.environments.iter().map(|e| environment_view(e, project)).collect(),
        agents: agents(project),
        connections: connections.chain(of_environments).collect(),
        groups: project.variable_groups.iter().map(group).collect(),
        pipelines: Fragment::new(pipelines(project)),
        package: Fragment::new(names::package(project)),
        data_path: Fragment::new(shell_word(data_path)),
        local_data,
        sample: local_data && !super::example::is_example(project),
        parameters: Fragment::new(parameters::words(project)),
        route: Fragment::new(project.scoring.contract.route.as_str()),
        network: network(project),
        pool: match &project.devops.agent {
            Agent::Pool { name, .. } => name.as_str().to_owned(),
            Agent::Hosted { .. } => String::new(),
        },
        calls: project.environments.iter().filter_map(|environment| call(project, environment)).collect(),
        drift: project.monitoring.drift.as_ref().map(|drift| DriftView {
            environment: Fragment::new(drift.environment.as_str()),
            retrain: drift.retrain,
            outcomes: drift.outcomes.as_ref().map(|outcomes| OutcomesView {
                container: Fragment::new(outcomes.container.as_str()),
                metric: Fragment::new(outcomes.metric.as_str()),
                by_columns: !outcomes.key.is_empty(),
                days: outcomes.days,
            }),
        }),
        key: project.scoring.authentication == Authentication::Key,
        entra: project.scoring.authentication == Authentication::Entra,
    }
}

fn agents(project: &Project) -> Option<AgentsView> {
    let Agent::Pool { name, .. } = &project.devops.agent else { return None };
    let programs = programs(project);
    let by_hand: Vec<&str> = programs.iter().filter(|one| !one.found).map(|one| one.name).collect();
    Some(AgentsView {
        pool: name.to_string(),
        by_hand: Fragment::new(by_hand.join(", ")),
        programs: programs
            .iter()
            .map(|one| ProgramView { name: Fragment::new(one.name), purpose: Fragment::new(one.purpose) })
            .collect(),
    })
}

/// What a private network needs from who keeps the networks around it.
fn network(project: &Project) -> Option<NetworkView> {
    let Network::Private(network) = &project.network else { return None };
    let (subnet, agents) = match &network.agents {
        Agents::Subnet(range) => (Some(Fragment::new(range.to_string())), None),
        Agents::Network(id) => (None, Some(Fragment::new(id.as_str()))),
    };
    let hub = network.hub.as_ref();
    Some(NetworkView {
        subnet,
        agents,
        hub: hub.is_some(),
        zones: hub.is_some_and(|hub| hub.zones.is_some()),
        firewall: hub.and_then(|hub| hub.firewall.as_ref()).map(|address| Fragment::new(address.to_string())),
        range: Fragment::new(network.address_space.to_string()),
    })
}

/// How the service of an environment is called, where it has an address that is known before it is made.
fn call(project: &Project, environment: &Environment) -> Option<Call> {
    let private = matches!(project.network, Network::Private(_));
    let location = &environment.place.location;
    let certificate = environment.certificate.as_ref();
    let (host, port) = match (&environment.target, certificate) {
        (Target::ManagedEndpoint { .. } | Target::KubernetesEndpoint { .. }, None) => return None,
        (Target::ManagedEndpoint { .. }, Some(_)) => return None,
        (Target::KubernetesEndpoint { .. }, Some(certificate)) => (certificate.host.to_string(), 443),
        (Target::ContainerInstances { .. }, Some(certificate)) => (certificate.host.to_string(), scoring::PORT),
        (Target::ContainerInstances { group }, None) => {
            (format!("{group}.{location}.azurecontainer.io"), scoring::PORT)
        }
        (Target::Kubernetes(_), Some(certificate)) => {
            (certificate.host.to_string(), kubernetes::service_port(environment))
        }
        (Target::Kubernetes(_), None) => ("ADDRESS".to_owned(), kubernetes::service_port(environment)),
    };
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let port = if port == 443 || port == 80 { String::new() } else { format!(":{port}") };
    let own_name = certificate.is_some_and(|certificate| !certificate.self_signed);
    let note = if own_name {
        Some("your DNS leads the name there")
    } else if private {
        Some("its name is known to the certificate only: add `--resolve NAME:PORT:ADDRESS` with its private address")
    } else {
        None
    };
    Some(Call {
        environment: Fragment::new(environment.name.as_str()),
        note: note.map(Fragment::new),
        vault: Fragment::new(environment.key_vault.as_str()),
        certificate: certificate.map(|certificate| Fragment::new(certificate.name.as_str())),
        key: project.scoring.authentication != Authentication::None,
        url: Fragment::new(format!("{scheme}://{host}{port}{}", project.scoring.contract.route.as_str())),
        endpoint: match &environment.target {
            Target::KubernetesEndpoint { endpoint, .. } => Some(Fragment::new(format!(
                "--name {endpoint} --resource-group {} --workspace-name {}",
                project.platform.place.resource_group, project.platform.workspace
            ))),
            _ => None,
        },
    })
}

fn environment_view(environment: &Environment, project: &Project) -> EnvironmentView {
    let target = match environment.target {
        Target::ContainerInstances { .. } => "Container Instances",
        Target::Kubernetes(_) => "Kubernetes",
        Target::ManagedEndpoint { .. } => "managed endpoint",
        Target::KubernetesEndpoint { .. } => "Kubernetes endpoint",
    };
    EnvironmentView {
        devops_environment: environment.devops_environment.to_string(),
        label: Fragment::new(format!("{}: {target}, smoke test", environment.name)),
        gate: Fragment::new(if environment.approvals.is_some() { "approval" } else { "tests passed" }),
        checks: checks(environment),
        logs: project.scoring.logging.as_ref().map(|_| Fragment::new(environment.storage.as_str())),
    }
}

fn checks(environment: &Environment) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(approvals) = &environment.approvals {
        let names: Vec<&str> = approvals.approvers.iter().map(|who| who.as_str()).collect();
        all.push(format!("{} of {} must approve", approvals.required, names.join(", ")));
    }
    if environment.checks.exclusive_lock {
        all.push("exclusive lock".to_owned());
    }
    if let Some(hours) = &environment.checks.business_hours {
        all.push(format!("business hours {} to {} ({})", hours.start, hours.end, hours.time_zone));
    }
    if !environment.checks.branches.is_empty() {
        let branches: Vec<&str> = environment.checks.branches.iter().map(|branch| branch.as_str()).collect();
        all.push(format!("only from {}", branches.join(", ")));
    }
    if all.is_empty() { vec!["no approval, no checks".to_owned()] } else { all }
}

fn group(group: &VariableGroup) -> Group {
    let kind = match &group.content {
        GroupContent::KeyVault { vault: VaultOwner::Platform, .. } => "Key Vault of the platform".to_owned(),
        GroupContent::KeyVault { vault: VaultOwner::Environment(name), .. } => format!("Key Vault of {name}"),
        GroupContent::Plain(_) => "plain values".to_owned(),
        GroupContent::Named(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!("values that only you know, {}", names.join(", "))
        }
    };
    let pipelines: Vec<&str> = group.pipelines.iter().map(|kind| kind.as_str()).collect();
    Group { name: group.name.to_string(), kind, pipelines: Fragment::new(pipelines.join(", ")) }
}

fn pipelines(project: &Project) -> String {
    use PipelineKind::{Build, Cleanup, Drift, Infrastructure, PullRequest, Release, Retrain};
    let cleanup = project.environments.iter().any(|environment| environment.time_to_live_hours.is_some());
    let all = [Build, Retrain, Release, Infrastructure, PullRequest].into_iter().chain(cleanup.then_some(Cleanup));
    let all = all.chain(project.monitoring.drift.as_ref().map(|_| Drift));
    all.map(PipelineKind::as_str).collect::<Vec<_>>().join(", ")
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
