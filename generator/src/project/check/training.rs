//! `training:`, and clusters and schedules.

use super::azure::Namer;
use super::derive::Names;
use super::issues::Issues;
use super::reserved;
use crate::project::name::{ComputeName, ContainerName, EndpointName, EnvironmentName};
use crate::project::text::Text;
use crate::project::training::{
    Compute, Cron, Distribution, DistributionKind, NewData, Priority, Runner, Schedule, ScoringLogs, Sku, Training,
};
use crate::spec::located::path::Path;
use crate::spec::{
    ComputeSpec, DistributionKindSpec, NewDataSpec, PrioritySpec, RunnerSpec, ScheduleSpec, ScoringLogsSpec, SpecFile,
    TrainingDistributionSpec, did_you_mean, listed,
};

/// How and when the model is learned.
pub(super) fn check(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Option<Training> {
    let training = &spec.training;
    let at = Path::root().key("training");
    let compute = compute(&training.compute, "cpu-cluster", &at.key("compute"), "training", issues);
    if training.instances > training.compute.max_nodes {
        let message = format!(
            "a job of {} instances never starts on a cluster of at most {} nodes",
            training.instances, training.compute.max_nodes
        );
        issues.add(&at.key("instances"), message).about(at.keys(&["compute", "maxNodes"]));
    }
    let schedules: Vec<Option<Schedule>> = training
        .schedules
        .iter()
        .enumerate()
        .map(|(i, s)| schedule(s, &at.key("schedules").index(i), issues))
        .collect();
    let on_new_data = training.on_new_data.as_ref().map(|n| new_data(n, spec, &at.key("onNewData"), issues));
    let scoring_logs = training.scoring_logs.as_ref().map(|s| scoring_logs(s, spec, &at.key("scoringLogs"), issues));
    let mut namer =
        Namer { issues, at: &at, fallback: Path::root().keys(&["project", "name"]), owner: "training".to_owned() };
    let endpoint = namer.get("endpoint", &training.endpoint, names.global("train", 32), EndpointName::parse);
    namer.claim("endpoint", "endpoint", endpoint.as_ref().map(EndpointName::as_str), training.endpoint.is_some());
    Some(Training {
        compute: compute?,
        timeout_minutes: whole(training.timeout_minutes),
        instances: whole(training.instances),
        distribution: lift(training.distribution.as_ref().map(distribution))?,
        schedules: schedules.into_iter().collect::<Option<_>>()?,
        on_new_data: lift(on_new_data)?,
        scoring_logs: lift(scoring_logs)?,
        endpoint: endpoint?,
    })
}

/// Azure ML's own distribution; who may have one is checked where the model is known.
fn distribution(distribution: &TrainingDistributionSpec) -> Option<Distribution> {
    let kind = match distribution.kind? {
        DistributionKindSpec::Pytorch => DistributionKind::Pytorch,
        DistributionKindSpec::Mpi => DistributionKind::Mpi,
        DistributionKindSpec::Ray => DistributionKind::Ray,
    };
    Some(Distribution { kind, processes: distribution.processes_per_instance.map_or(1, whole) })
}

/// A number that the schema keeps within `u32`.
pub(super) fn whole(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `Some(None)` is a part that is there and wrong.
pub(super) fn lift<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(Some(part)) => Some(Some(part)),
        Some(None) => None,
    }
}

/// A cluster of `owner`.
pub(super) fn compute(
    compute: &ComputeSpec,
    default_name: &str,
    at: &Path,
    owner: &'static str,
    issues: &mut Issues,
) -> Option<Compute> {
    let name = compute.name.as_deref().unwrap_or(default_name);
    let name = issues.parse(&at.key("name"), name, ComputeName::parse);
    if let Some(name) = &name {
        issues.claims.take("compute cluster", name.as_str(), owner, &at.key("name"), compute.name.is_some());
    }
    let sku = issues.parse(&at.key("sku"), &compute.sku, Sku::parse);
    if compute.min_nodes > compute.max_nodes {
        let message = format!("at least {} nodes are more than at most {}", compute.min_nodes, compute.max_nodes);
        issues.add(&at.key("minNodes"), message).about(at.key("maxNodes"));
    }
    Some(Compute {
        name: name?,
        sku: sku?,
        min_nodes: whole(compute.min_nodes),
        max_nodes: whole(compute.max_nodes),
        priority: match compute.priority {
            PrioritySpec::Dedicated => Priority::Dedicated,
            PrioritySpec::LowPriority => Priority::LowPriority,
        },
        idle_seconds: whole(compute.idle_seconds),
    })
}

/// A schedule; its name is also the name of a file.
pub(super) fn schedule(schedule: &ScheduleSpec, at: &Path, issues: &mut Issues) -> Option<Schedule> {
    let parse = |text: &str| {
        reserved::file(text)?;
        EndpointName::parse(text).map_err(|why| why.replace("endpoint name", "schedule name"))
    };
    let name = issues.parse_some(&at.key("name"), schedule.name.as_deref(), parse);
    if let Some(name) = &name {
        issues.claims.take("schedule", name.as_str(), "", &at.key("name"), true);
    }
    let cron = issues.parse_some(&at.key("cron"), schedule.cron.as_deref(), Cron::parse);
    let runner = match schedule.runner {
        Some(RunnerSpec::AzureMl) => Runner::AzureMl,
        Some(RunnerSpec::AzurePipelines) | None => Runner::AzurePipelines,
    };
    Some(Schedule { name: name?, cron: cron?, always: schedule.always, runner })
}

fn new_data(new_data: &NewDataSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<NewData> {
    let names = spec.azure.as_ref().map(|a| &a.names);
    let data = names.and_then(|n| n.data_container.as_deref()).unwrap_or("data");
    let models = names.and_then(|n| n.models_container.as_deref()).unwrap_or("models");
    let container = new_data.container.as_deref().unwrap_or(data);
    let prefix = issues.parse(&at.key("prefix"), &new_data.prefix, prefix);
    if container == models {
        let message = "each training writes into the container of models, so it would start itself again and again";
        issues.add(&at.key("container"), message);
        return None;
    }
    let container = issues.parse(&at.key("container"), container, ContainerName::parse);
    Some(NewData { container: container?, prefix: prefix? })
}

/// A prefix of blob names: Event Grid compares it as it stands.
fn prefix(text: &str) -> Result<Text, String> {
    if text.starts_with('/') {
        return Err("a prefix of blob names has no slash in front".to_owned());
    }
    if text.chars().count() > 1024 {
        return Err("the name of a blob has at most 1024 characters".to_owned());
    }
    Text::parse(text)
}

fn scoring_logs(logs: &ScoringLogsSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<ScoringLogs> {
    let outcomes = issues.parse(&at.key("outcomesContainer"), &logs.outcomes_container, ContainerName::parse);
    if let Some(name) = &outcomes {
        issues.claims.take("blob container", name.as_str(), "the outcomes", &at.key("outcomesContainer"), true);
    }
    if spec.scoring.logging.is_none() {
        issues
            .add(at, "no logs are kept: scoring has no `logging`")
            .on_key()
            .about(Path::root().keys(&["scoring", "logging"]))
            .help("add `scoring: {logging: {}}`, or take `scoringLogs` away");
    } else if spec.scoring.logging.as_ref().is_some_and(|l| !l.omit.is_empty()) {
        issues
            .add(at, "the logs leave columns out, and nothing can be learned from rows that lack a feature")
            .on_key()
            .about(Path::root().keys(&["scoring", "logging", "omit"]))
            .help("empty `scoring.logging.omit`, or take `scoringLogs` away");
    }
    let environment = logged_environment(logs.environment.as_deref(), spec, &at.key("environment"), issues);
    Some(ScoringLogs { outcomes_container: outcomes?, environment: environment? })
}

/// The environment whose scoring log is meant: the one that is named, or the last.
pub(super) fn logged_environment(
    name: Option<&str>,
    spec: &SpecFile,
    at: &Path,
    issues: &mut Issues,
) -> Option<EnvironmentName> {
    let environments: Vec<&str> = spec.environments.iter().flatten().filter_map(|e| e.name.as_deref()).collect();
    match name {
        None => environments.last().and_then(|name| EnvironmentName::parse(name).ok()),
        Some(name) if environments.contains(&name) => EnvironmentName::parse(name).ok(),
        Some(name) => {
            let help = did_you_mean(name, environments.iter().copied())
                .unwrap_or_else(|| format!("the environments are {}", listed(environments.iter().copied())));
            issues
                .add(at, format!("no environment is called `{name}`"))
                .help(help)
                .about(Path::root().key("environments"));
            None
        }
    }
}
