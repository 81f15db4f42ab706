//! A plan as text, for people to read before they agree to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::plan::{Action, RemotePlan, Step};
use super::resource::Key;

/// Longest value that is printed in full, in characters.
const LONGEST: usize = 100;

/// The plan in the manner of terraform: a sign and a key for each step, its fields below, a summary at the end.
pub fn text(plan: &RemotePlan) -> String {
    written(plan, &BTreeMap::new(), false)
}

/// The same with what is foretold of single steps, as lines below each.
pub fn text_with(plan: &RemotePlan, told: &BTreeMap<Key, Vec<String>>) -> String {
    written(plan, told, false)
}

/// The same with the colours of a terminal: green for what is made, yellow for what changes, red for what goes.
pub fn colored(plan: &RemotePlan, told: &BTreeMap<Key, Vec<String>>) -> String {
    written(plan, told, true)
}

fn written(plan: &RemotePlan, told: &BTreeMap<Key, Vec<String>>, colors: bool) -> String {
    let mut out = String::new();
    for step in plan.changes() {
        let (on, off) = if colors { (color(step.action), "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(out, "  {on}{}{off} {}{}", sign(step.action), step.key, note(step.action));
        fields(step, &mut out);
        for line in told.get(&step.key).into_iter().flatten() {
            let _ = writeln!(out, "      | {line}");
        }
    }
    let _ = writeln!(out, "{}", summary(plan));
    out
}

/// One line: how many resources are made, changed, removed, left.
pub fn summary(plan: &RemotePlan) -> String {
    let count = |action: Action| plan.steps.iter().filter(|step| step.action == action).count();
    if plan.steps.is_empty() {
        return "nothing to do: nothing is there".to_owned();
    }
    if plan.is_empty() {
        return format!("nothing to do: {} resources are as the spec wants them", plan.steps.len());
    }
    let parts = [
        (count(Action::Create), "to create"),
        (count(Action::Update), "to update"),
        (count(Action::Adopt), "to adopt"),
        (count(Action::Replace), "to replace"),
        (count(Action::Delete), "to delete"),
        (count(Action::Unchanged), "unchanged"),
    ];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("plan: {}", said.join(", "))
}

fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update | Action::Adopt => "~",
        Action::Replace => "-/+",
        Action::Delete => "-",
        Action::Unchanged => " ",
    }
}

fn color(action: Action) -> &'static str {
    match action {
        Action::Create => "\u{1b}[32m",
        Action::Update | Action::Adopt => "\u{1b}[33m",
        Action::Replace | Action::Delete => "\u{1b}[31m",
        Action::Unchanged => "",
    }
}

fn note(action: Action) -> &'static str {
    match action {
        Action::Adopt => " (somebody else made it; ours from now on)",
        Action::Replace => " (made anew: what differs cannot be changed)",
        _ => "",
    }
}

fn fields(step: &Step, out: &mut String) {
    let width = step.changes.iter().map(|change| change.field.chars().count()).max().unwrap_or(0);
    for change in &step.changes {
        let after = change.after.as_ref().map_or_else(|| "(gone)".to_owned(), short);
        let _ = match &change.before {
            None => writeln!(out, "      {:width$}  {after}", change.field),
            Some(before) => writeln!(out, "      {:width$}  {} -> {after}", change.field, short(before)),
        };
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}… ({} characters)", text.chars().count())
}
