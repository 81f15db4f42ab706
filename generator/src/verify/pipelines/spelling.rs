//! Values arrive as they are written: the service prints numbers anew, and the agent dates.

use azure_pipelines::Value;

use super::super::Finding;
use super::files::{Files, finding};
use crate::project::rules::looks_like_a_moment;

/// Checks every scalar of every file.
pub fn check(files: &Files<'_>, findings: &mut Vec<Finding>) {
    for (_, file) in files.iter() {
        file.walk(&mut |node, _| {
            let Some(text) = node.text() else { return };
            if looks_like_a_moment(text) {
                let message = format!("`{text}` reaches a script as a date in the agent's own language, quoted or not");
                findings.push(finding(&node.place, message));
            }
            let printed = node.value.to_text();
            if let (Value::Number(_), Some(printed)) = (&node.value, printed)
                && &*printed != text
            {
                findings.push(finding(&node.place, format!("`{text}` arrives as `{printed}`: put it in quotes")));
            }
        });
    }
}
