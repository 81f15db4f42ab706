//! `model.metric`

use super::issues::Issues;
use crate::project::model::{Direction, Floor, Metric, MetricName, Task};
use crate::spec::located::path::Path;
use crate::spec::{DirectionSpec, IncomparableSpec, MetricKind, MetricSpec};

/// Whether the metric that the spec names measures classes.
pub(super) fn of_classes(metric: &MetricSpec) -> bool {
    let numbers = [MetricKind::Mse, MetricKind::Rmse, MetricKind::Mae, MetricKind::R2, MetricKind::Mape];
    metric.name.is_some_and(|name| !numbers.contains(&name))
}

/// The metric that decides promotion.
pub(super) fn check(metric: &MetricSpec, task: &Task, at: &Path, issues: &mut Issues) -> Option<Metric> {
    let name = match metric.name {
        None if task.classifies() => MetricName::LogLoss,
        None => MetricName::Mse,
        Some(kind) => named(kind),
    };
    let before = issues.count();
    if !fits(name, task, &at.key("name"), issues) {
        return None;
    }
    let natural = name.direction();
    let better = if natural == Direction::Minimize { "smaller" } else { "greater" };
    let against = match metric.direction {
        Some(DirectionSpec::Minimize) => natural != Direction::Minimize,
        Some(DirectionSpec::Maximize) => natural != Direction::Maximize,
        None => false,
    };
    if against {
        issues
            .add(&at.key("direction"), format!("{} is better when it is {better}", name.as_str()))
            .help("leave `direction` out: it follows from the metric")
            .about(at.key("name"));
    }
    let floor = floor(name, metric.minimum, metric.maximum, at, at.key("name"), issues);
    (issues.count() == before).then_some(Metric {
        name,
        margin: metric.margin,
        floor,
        keep_incomparable: metric.incomparable == IncomparableSpec::Keep,
    })
}

/// The metric of a word.
pub(super) fn named(kind: MetricKind) -> MetricName {
    match kind {
        MetricKind::Mse => MetricName::Mse,
        MetricKind::Rmse => MetricName::Rmse,
        MetricKind::Mae => MetricName::Mae,
        MetricKind::R2 => MetricName::R2,
        MetricKind::Mape => MetricName::Mape,
        MetricKind::Auc => MetricName::Auc,
        MetricKind::LogLoss => MetricName::LogLoss,
        MetricKind::F1 => MetricName::F1,
        MetricKind::Accuracy => MetricName::Accuracy,
        MetricKind::Brier => MetricName::Brier,
        MetricKind::BalancedAccuracy => MetricName::BalancedAccuracy,
    }
}

/// Whether a metric measures what the task predicts; if not, says so at its place.
pub(super) fn fits(name: MetricName, task: &Task, at: &Path, issues: &mut Issues) -> bool {
    if name.classifies() == task.classifies() {
        return true;
    }
    let (measures, other) = if name.classifies() { ("classes", "classification") } else { ("numbers", "regression") };
    let task_at = Path::root().keys(&["model", "task"]);
    let fitting: Vec<&str> = of(task).iter().map(|name| name.as_str()).collect();
    issues
        .add(at, format!("{} measures {measures}, and the task is a {}", name.as_str(), task.as_str()))
        .about(task_at)
        .help(format!("choose one of {}, or `task: {other}`", fitting.join(", ")));
    false
}

/// The floor of a metric that is named at a place: `minimum` or `maximum` of `at`, on the side where models are bad.
pub(super) fn floor(
    name: MetricName,
    minimum: Option<f64>,
    maximum: Option<f64>,
    at: &Path,
    named_at: Path,
    issues: &mut Issues,
) -> Option<Floor> {
    match (name.direction(), minimum, maximum) {
        (Direction::Maximize, minimum, None) => minimum.map(Floor::Minimum),
        (Direction::Minimize, None, maximum) => maximum.map(Floor::Maximum),
        (Direction::Maximize, _, Some(_)) => {
            wrong_side(name, "maximum", "minimum", (at, named_at), issues);
            None
        }
        (Direction::Minimize, Some(_), _) => {
            wrong_side(name, "minimum", "maximum", (at, named_at), issues);
            None
        }
    }
}

/// The metrics of the task.
fn of(task: &Task) -> &'static [MetricName] {
    if task.classifies() { &MetricName::CLASSIFICATION } else { &MetricName::REGRESSION }
}

/// A floor on the side where models are good.
fn wrong_side(name: MetricName, given: &str, meant: &str, (at, named_at): (&Path, Path), issues: &mut Issues) {
    let better = if meant == "minimum" { "greater" } else { "smaller" };
    let message = format!("{} is better when it is {better}, so its floor is a `{meant}`", name.as_str());
    issues.add(&at.key(given), message).on_key().about(named_at).help(format!("write `{meant}`"));
}
