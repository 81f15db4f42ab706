//! The search for parameters as a sweep of Azure ML: each combination is a trial, a job of its own.

use serde::Serialize;

use super::super::fragment::Fragment;
use crate::project::Project;
use crate::project::parameter::{ParameterValue, Search, Strategy};

/// Trials at a time (azure-ai-ml, `SweepJobLimits.max_concurrent_trials`: 1 to 100).
const MOST_AT_A_TIME: u32 = 100;

/// What makes the training job a sweep.
#[derive(Debug, Serialize)]
pub(super) struct SweepView {
    /// `grid` or `random`.
    sampling: &'static str,
    /// Parameters with their values.
    space: Vec<ChoiceView>,
    /// `minimize` or `maximize`.
    goal: &'static str,
    /// The metric that each trial logs.
    metric: &'static str,
    /// Whether the worst two thirds of the trials end each time that they have said how good they are.
    halving: bool,
    /// Trials in all.
    trials: u32,
    /// Trials at a time.
    at_a_time: u32,
    /// Longest time of all together, in seconds: whoever waits for the training job waits no longer.
    timeout_seconds: u32,
}

/// A parameter with its values.
#[derive(Debug, Serialize)]
struct ChoiceView {
    /// The parameter.
    name: Fragment,
    /// Its values.
    values: Vec<Value>,
}

/// A value: a number as it stands, or text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Code(Fragment),
    Text(String),
}

/// The sweep, if the search is one.
pub(super) fn view(project: &Project) -> Option<SweepView> {
    let search = project.model.search.as_ref().filter(|search| search.sweep)?;
    let trials = search.trials();
    let at_a_time = project.training.compute.max_nodes.clamp(1, MOST_AT_A_TIME).min(trials);
    Some(SweepView {
        sampling: if search.strategy == Strategy::Random { "random" } else { "grid" },
        space: space(search),
        goal: project.model.metric.direction().as_str(),
        metric: project.model.metric.name.as_str(),
        halving: search.strategy == Strategy::Halving,
        trials,
        at_a_time,
        timeout_seconds: project.training.timeout_minutes * 60,
    })
}

fn space(search: &Search) -> Vec<ChoiceView> {
    let value = |value: &ParameterValue| match value {
        ParameterValue::Integer(_) | ParameterValue::Number(_) => Value::Code(Fragment::new(value.to_string())),
        ParameterValue::Boolean(_) | ParameterValue::Word(_) => Value::Text(value.to_string()),
    };
    let choice = |one: &crate::project::parameter::Candidates| ChoiceView {
        name: Fragment::new(one.name.as_str()),
        values: one.values.iter().map(value).collect(),
    };
    search.candidates.iter().map(choice).collect()
}
