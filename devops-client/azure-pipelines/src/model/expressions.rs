//! Conditions and `$[ ]` of an expanded pipeline: each can be read, and names what there is at that time.

use crate::expression::{Context, parse};
use crate::place::{Problem, What};
use crate::template::runtime;
use crate::value::Node;

/// Checks every condition and every runtime expression.
pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    node(root, "", problems);
}

fn node(value: &Node, key: &str, problems: &mut Vec<Problem>) {
    if let Some(text) = value.text().filter(|text| !text.contains("${{")) {
        if key == "condition" && !text.trim().is_empty() && runtime(text).is_none() {
            expression(value, text, Context::Condition, problems);
        } else if let Some(body) = runtime(text) {
            // A condition that is written as a runtime expression is one all the same.
            let context = if key == "condition" { Context::Condition } else { Context::Runtime };
            expression(value, body, context, problems);
        }
    }
    for item in value.items() {
        node(item, key, problems);
    }
    for (name, below) in value.entries() {
        let name = name.text().unwrap_or_default();
        // What tasks make of their inputs is theirs.
        if !matches!(name, "inputs" | "script" | "bash" | "pwsh" | "powershell") {
            node(below, name, problems);
        }
    }
}

fn expression(node: &Node, text: &str, context: Context, problems: &mut Vec<Problem>) {
    if let Err(error) = parse::<&str>(text, context, &[]) {
        let what = error.unknown_name.map_or(What::Expression, What::UnknownName);
        problems.push(Problem::new(&node.place, what, error.message));
    }
}
