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
        None | Some(MetricKind::Mse) => MetricName::Mse,
        Some(MetricKind::Rmse) => MetricName::Rmse,
        Some(MetricKind::Mae) => MetricName::Mae,
        Some(MetricKind::R2) => MetricName::R2,
        Some(MetricKind::Mape) => MetricName::Mape,
        Some(MetricKind::Auc) => MetricName::Auc,
        Some(MetricKind::LogLoss) => MetricName::LogLoss,
        Some(MetricKind::F1) => MetricName::F1,
        Some(MetricKind::Accuracy) => MetricName::Accuracy,
        Some(MetricKind::Brier) => MetricName::Brier,
        Some(MetricKind::BalancedAccuracy) => MetricName::BalancedAccuracy,
    };
    let before = issues.count();
    if name.classifies() != task.classifies() {
        let (measures, other) =
            if name.classifies() { ("classes", "classification") } else { ("numbers", "regression") };
        let task_at = Path::root().keys(&["model", "task"]);
        let fitting: Vec<&str> = of(task).iter().map(|name| name.as_str()).collect();
        issues
            .add(&at.key("name"), format!("{} measures {measures}, and the task is a {}", name.as_str(), task.as_str()))
            .about(task_at)
            .help(format!("choose one of {}, or `task: {other}`", fitting.join(", ")));
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
    let floor = match (natural, metric.minimum, metric.maximum) {
        (Direction::Maximize, minimum, None) => minimum.map(Floor::Minimum),
        (Direction::Minimize, None, maximum) => maximum.map(Floor::Maximum),
        (Direction::Maximize, _, Some(_)) => {
            wrong_side(name, "maximum", "minimum", at, issues);
            None
        }
        (Direction::Minimize, Some(_), _) => {
            wrong_side(name, "minimum", "maximum", at, issues);
            None
        }
    };
    (issues.count() == before).then_some(Metric {
        name,
        margin: metric.margin,
        floor,
        keep_incomparable: metric.incomparable == IncomparableSpec::Keep,
    })
}

/// The metrics of the task.
fn of(task: &Task) -> &'static [MetricName] {
    if task.classifies() { &MetricName::CLASSIFICATION } else { &MetricName::REGRESSION }
}

/// A floor on the side where models are good.
fn wrong_side(name: MetricName, given: &str, meant: &str, at: &Path, issues: &mut Issues) {
    let better = if meant == "minimum" { "greater" } else { "smaller" };
    let message = format!("{} is better when it is {better}, so its floor is a `{meant}`", name.as_str());
    issues.add(&at.key(given), message).on_key().about(at.key("name")).help(format!("write `{meant}`"));
}
