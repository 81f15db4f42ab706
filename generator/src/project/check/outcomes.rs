//! `monitoring.drift.outcomes`

use super::issues::Issues;
use super::metric;
use super::training::whole;
use crate::project::data::Data;
use crate::project::model::{Direction, Model};
use crate::project::monitoring::Outcomes;
use crate::project::name::{ColumnName, ContainerName};
use crate::spec::located::path::Path;
use crate::spec::{DriftOutcomesSpec, SpecFile, did_you_mean, listed};

/// What turned out to be true, and what the metric is held against.
pub(super) fn check(
    outcomes: &DriftOutcomesSpec,
    spec: &SpecFile,
    data: &Data,
    model: &Model,
    at: &Path,
    issues: &mut Issues,
) -> Option<Outcomes> {
    let before = issues.count();
    let container = container(outcomes, spec, at, issues);
    let key: Vec<Option<ColumnName>> =
        outcomes.key.iter().enumerate().map(|(i, _)| key(outcomes, i, spec, data, at, issues)).collect();
    let name = outcomes.metric.map_or(model.metric.name, metric::named);
    if !metric::fits(name, &model.task, &at.key("metric"), issues) {
        return None;
    }
    let own = metric::floor(name, outcomes.minimum, outcomes.maximum, at, at.key("metric"), issues);
    let limit = own.or(model.metric.floor.filter(|_| name == model.metric.name));
    if limit.is_none() && outcomes.worse.is_none() && issues.count() == before {
        let side = match name.direction() {
            Direction::Minimize => "maximum",
            Direction::Maximize => "minimum",
        };
        issues
            .add(at, format!("nothing says which {} is good: neither a limit nor `worse`", name.as_str()))
            .on_key()
            .about(Path::root().keys(&["model", "metric"]))
            .help(format!("add `{side}: …`, or `worse: …`, or give `model.metric` its `{side}`"));
    }
    (issues.count() == before).then_some(())?;
    Some(Outcomes {
        container: container?,
        key: key.into_iter().collect::<Option<_>>()?,
        metric: name,
        limit,
        worse: outcomes.worse,
        days: whole(outcomes.days),
        min_rows: whole(outcomes.min_rows),
    })
}

/// The container of the files; training from scoring logs reads the same ones.
fn container(outcomes: &DriftOutcomesSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<ContainerName> {
    let here = at.key("container");
    let collected = spec.training.scoring_logs.as_ref().map(|logs| logs.outcomes_container.as_str());
    let name = outcomes.container.as_deref().or(collected).unwrap_or("outcomes");
    if let Some(collected) = collected.filter(|collected| *collected != name) {
        issues
            .add(&here, format!("training reads the outcomes in `{collected}`, and drift would read others"))
            .about(Path::root().keys(&["training", "scoringLogs"]))
            .help("leave `container` out");
        return None;
    }
    let container = issues.parse(&here, name, ContainerName::parse);
    if let (Some(container), None) = (&container, collected) {
        issues.claims.take("blob container", container.as_str(), "the outcomes", &here, outcomes.container.is_some());
    }
    container
}

/// One column of the key: a feature that the log has.
fn key(
    outcomes: &DriftOutcomesSpec,
    index: usize,
    spec: &SpecFile,
    data: &Data,
    at: &Path,
    issues: &mut Issues,
) -> Option<ColumnName> {
    let (name, here) = (&outcomes.key[index], at.key("key").index(index));
    let features = || data.features().map(|column| column.name.as_str());
    let Some(column) = data.features().find(|column| column.name.as_str() == name) else {
        let help = did_you_mean(name, features()).unwrap_or_else(|| format!("the columns are {}", listed(features())));
        let message = if data.target.as_str() == name {
            format!("`{name}` is the target, which is what turns out")
        } else {
            format!("no column is called `{name}`")
        };
        issues.add(&here, message).about(Path::root().keys(&["data", "columns"])).help(help);
        return None;
    };
    if outcomes.key[..index].contains(name) {
        issues.add(&here, format!("`{name}` is here already"));
        return None;
    }
    let omitted = spec
        .scoring
        .logging
        .as_ref()
        .is_some_and(|logging| logging.omit.iter().any(|omit| *omit == *name || *omit == *column.alias.as_str()));
    if omitted {
        issues
            .add(&here, format!("the log leaves `{name}` out, so no row can be found by it"))
            .about(Path::root().keys(&["scoring", "logging", "omit"]))
            .help("take it out of `scoring.logging.omit`, or leave `key` out");
        return None;
    }
    Some(column.name.clone())
}
