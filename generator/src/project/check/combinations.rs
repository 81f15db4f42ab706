//! What cannot be had together.

use super::canary;
use super::issues::Issues;
use crate::spec::located::path::Path;
use crate::spec::{AuthenticationSpec, EnvironmentSpec, NetworkKind, NetworkSpec, SpecFile, TargetSpec};

/// Checks that the parts of `spec` go together.
pub(super) fn check(spec: &SpecFile, issues: &mut Issues) {
    for (i, environment) in spec.environments.iter().flatten().enumerate() {
        let at = Path::root().key("environments").index(i);
        match environment.target {
            Some(TargetSpec::ContainerInstances) => container_instances(environment, spec, &at, issues),
            Some(TargetSpec::Kubernetes) => kubernetes(environment, spec, &at, issues),
            Some(TargetSpec::ManagedEndpoint) => managed_endpoint(environment, spec, &at, issues),
            Some(TargetSpec::KubernetesEndpoint) => kubernetes_endpoint(environment, spec, &at, issues),
            None => {}
        }
        names_without_use(environment, &at, issues);
        if environment.canary_bake_minutes.is_some() && environment.canary_percent.is_none() {
            issues
                .add(&at.key("canaryBakeMinutes"), "there is no canary that could bake")
                .on_key()
                .help("add `canaryPercent`, or take `canaryBakeMinutes` away");
        }
    }
    if matches!(spec.network, NetworkSpec::Kind(NetworkKind::Private) | NetworkSpec::Ranges(_)) {
        private(spec, issues);
    }
}

fn container_instances(environment: &EnvironmentSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) {
    let target = at.key("target");
    if spec.scoring.node.gpu {
        issues
            .add(&target, "container instances have no GPU: Azure has retired them")
            .about(Path::root().keys(&["scoring", "node", "gpu"]))
            .help("choose `kubernetes` or `managed-endpoint`, or `scoring: {node: {gpu: false}}`");
    }
    no_canary(environment, "container instances run one version at a time", at, issues);
    no_cluster(environment, at, issues);
    // Microsoft Learn, "Resource availability & quota limits for ACI".
    for (key, value, limit, unit) in
        [("cpu", spec.scoring.cpu, 4.0, "CPU cores"), ("memoryGiB", spec.scoring.memory_gib, 16.0, "GiB of memory")]
    {
        if value > limit {
            issues
                .add(&target, format!("a container instance has at most {limit} {unit}, and scoring asks for {value}"))
                .about(Path::root().keys(&["scoring", key]));
        }
    }
}

fn kubernetes(environment: &EnvironmentSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) {
    nodes(environment, at, issues);
    no_time_to_live(environment, at, issues);
    canary::check(environment, &spec.scoring.replicas, at, issues);
}

fn managed_endpoint(environment: &EnvironmentSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) {
    no_cluster(environment, at, issues);
    if spec.scoring.authentication == AuthenticationSpec::None {
        authenticated("a managed endpoint", "`key` or `entra`", at, issues);
    }
}

fn kubernetes_endpoint(environment: &EnvironmentSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) {
    nodes(environment, at, issues);
    no_time_to_live(environment, at, issues);
    match spec.scoring.authentication {
        AuthenticationSpec::Key => {}
        AuthenticationSpec::None => authenticated("a Kubernetes endpoint", "`key`", at, issues),
        AuthenticationSpec::Entra => {
            issues
                .add(&at.key("target"), "a Kubernetes endpoint of Azure ML takes no Entra tokens")
                .about(Path::root().keys(&["scoring", "authentication"]))
                .help("choose `managed-endpoint` or `kubernetes`, or `authentication: key`");
        }
    }
}

fn authenticated(what: &str, choices: &str, at: &Path, issues: &mut Issues) {
    issues
        .add(&at.key("target"), format!("{what} of Azure ML always asks who calls, and `authentication` is `none`"))
        .about(Path::root().keys(&["scoring", "authentication"]))
        .help(format!("choose {choices} as `scoring.authentication`, or another target"));
}

fn nodes(environment: &EnvironmentSpec, at: &Path, issues: &mut Issues) {
    if let Some(cluster) = environment.cluster.filter(|c| c.min_nodes > c.max_nodes) {
        let message = format!("at least {} nodes are more than at most {}", cluster.min_nodes, cluster.max_nodes);
        issues.add(&at.keys(&["cluster", "minNodes"]), message).about(at.keys(&["cluster", "maxNodes"]));
    }
}

fn no_canary(environment: &EnvironmentSpec, why: &str, at: &Path, issues: &mut Issues) {
    if environment.canary_percent.is_some() {
        issues
            .add(&at.key("canaryPercent"), format!("no canary is possible here: {why}"))
            .on_key()
            .about(at.key("target"))
            .help("take `canaryPercent` away, or choose `target: kubernetes`");
    }
}

fn no_cluster(environment: &EnvironmentSpec, at: &Path, issues: &mut Issues) {
    if environment.cluster.is_some() {
        issues
            .add(&at.key("cluster"), "this environment has no cluster")
            .on_key()
            .about(at.key("target"))
            .help("take `cluster` away, or choose `target: kubernetes`");
    }
}

fn no_time_to_live(environment: &EnvironmentSpec, at: &Path, issues: &mut Issues) {
    if environment.time_to_live_hours.is_some() {
        issues
            .add(
                &at.key("timeToLiveHours"),
                "a time to live takes down container instances and managed endpoints; a cluster would stay, and cost",
            )
            .on_key()
            .about(at.key("target"))
            .help("take `timeToLiveHours` away, or choose `target: container-instances`");
    }
}

/// A name for what the environment's target does not have is a slip that would otherwise pass in silence.
fn names_without_use(environment: &EnvironmentSpec, at: &Path, issues: &mut Issues) {
    use TargetSpec::*;
    let Some(target) = environment.target else { return };
    let names = &environment.names;
    let endpoint = matches!(target, ManagedEndpoint | KubernetesEndpoint);
    let cluster = matches!(target, Kubernetes | KubernetesEndpoint);
    let uses = [
        ("containerGroup", names.container_group.is_some(), target == ContainerInstances),
        ("endpoint", names.endpoint.is_some(), endpoint),
        ("compute", names.compute.is_some(), target == KubernetesEndpoint),
        ("cluster", names.cluster.is_some(), cluster),
        ("namespace", names.namespace.is_some(), cluster),
    ];
    for (key, given, used) in uses {
        if given && !used {
            issues
                .add(&at.keys(&["names", key]), format!("`{key}` names nothing in an environment with this target"))
                .on_key()
                .about(at.key("target"));
        }
    }
}

fn private(spec: &SpecFile, issues: &mut Issues) {
    let network = Path::root().key("network");
    if spec.devops.as_ref().is_some_and(|d| d.agent.pool.is_none()) {
        issues
            .add(&network, "Microsoft's agents cannot reach a private network")
            .about(Path::root().keys(&["devops", "agent"]))
            .help("add `devops: {agent: {pool: …}}` with agents inside the network, or choose `network: public`");
    }
    let Some(home) = spec.azure.as_ref().and_then(|a| a.location.as_deref()) else { return };
    for (i, environment) in spec.environments.iter().flatten().enumerate() {
        if environment.azure.location.as_deref().is_some_and(|l| l != home) {
            let at = Path::root().key("environments").index(i).keys(&["azure", "location"]);
            issues
                .add(&at, format!("the private network lies in {home}, and scoring runs inside it"))
                .about(Path::root().keys(&["azure", "location"]))
                .help("leave the location out, or choose `network: public`");
        }
    }
}
