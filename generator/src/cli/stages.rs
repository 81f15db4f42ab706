//! Stages of a run, for programs.

use mlops_gen::remote::runs::timeline::{Part, Timeline};
use serde_json::Value;

/// Stages with their jobs with their steps, for programs.
pub(super) fn nested(timeline: &Timeline, parent: Option<&str>) -> Value {
    let one = |part: &Part| {
        let mut value = serde_json::to_value(part).unwrap_or_default();
        let below = nested(timeline, Some(&part.id));
        if below.as_array().is_some_and(|below| !below.is_empty()) {
            value["parts"] = below;
        }
        value
    };
    timeline.children(parent).into_iter().map(one).collect()
}
