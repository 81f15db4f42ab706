//! A plan in few lines: what changes first and field by field, then what is made, one line for each kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{Action, FieldChange, RemotePlan, Step};
use super::resource::{KINDS, Kind};
use super::show::{Look, sign, summary};

/// Width of a line, in characters.
const WIDTH: usize = 110;

/// Fields of a step, or files of a push, that are named; the others are counted.
const NAMED: usize = 8;

/// Steps of a kind that are told one by one; more of them are told together.
const SINGLE: usize = 6;

/// The plan in few lines.
pub fn text(plan: &RemotePlan, look: &Look<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", summary(plan));
    if !plan.is_empty() {
        let _ = writeln!(out, "{}", counted(plan));
    }
    for action in [Action::Replace, Action::Delete, Action::Update, Action::Adopt, Action::Create] {
        for kind in KINDS {
            let steps: Vec<&Step> = plan
                .changes()
                .filter(|step| step.action == action && step.key.kind == kind && look.shows(kind))
                .collect();
            if action == Action::Create && kind != Kind::Files || steps.len() > SINGLE {
                together(kind, action, &steps, look, &mut out);
            } else {
                steps.iter().for_each(|step| single(step, look, &mut out));
            }
        }
    }
    out
}

/// How many steps of each kind do what, in words.
fn counted(plan: &RemotePlan) -> String {
    let mut parts = Vec::new();
    for kind in KINDS {
        let steps = plan.changes().filter(|step| step.key.kind == kind).count();
        if steps > 0 {
            parts.push(format!("{steps} {}", kind.as_str()));
        }
    }
    format!("by kind: {}", parts.join(", "))
}

/// How many steps of each kind do what.
pub fn counts(plan: &RemotePlan) -> Value {
    let mut all: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for step in plan.changes() {
        *all.entry(step.key.kind.as_str()).or_default().entry(word(step.action)).or_default() += 1;
    }
    json!(all)
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Unchanged => "unchanged",
    }
}

fn together(kind: Kind, action: Action, steps: &[&Step], look: &Look<'_>, out: &mut String) {
    if steps.is_empty() {
        return;
    }
    let (on, off) = look.color(action);
    let head = format!("{} {} {}: ", sign(action), steps.len(), kind.as_str());
    let names = steps.iter().map(|step| step.key.name.as_str());
    let _ = writeln!(out, "  {on}{head}{off}{}", fitted(names, WIDTH - 2 - head.chars().count()));
}

fn single(step: &Step, look: &Look<'_>, out: &mut String) {
    let (on, off) = look.color(step.action);
    let _ = write!(out, "  {on}{}{off} {}", sign(step.action), step.key);
    if step.key.kind == Kind::Files {
        files(step, look, out);
    } else if matches!(step.action, Action::Update | Action::Replace | Action::Adopt) {
        let _ = writeln!(out, "  {}", fields(&step.changes));
    } else {
        out.push('\n');
    }
    for line in look.told(&step.key) {
        let _ = writeln!(out, "      | {line}");
    }
}

/// The fields that differ, in a line; what goes stands first, since the others may only be counted.
fn fields(changes: &[FieldChange]) -> String {
    let mut changes: Vec<&FieldChange> = changes.iter().collect();
    changes.sort_by_key(|change| change.after.is_some());
    let one = |change: &FieldChange| {
        let side = |value: &Option<Value>| value.as_ref().map_or_else(|| "(none)".to_owned(), brief);
        format!("{}: {} -> {}", change.field, side(&change.before), side(&change.after))
    };
    let texts: Vec<String> = changes.into_iter().map(one).collect();
    fitted(texts.iter().map(String::as_str), WIDTH - 30)
}

/// The files of a push: how many, and the first of them.
fn files(step: &Step, look: &Look<'_>, out: &mut String) {
    let number = step.changes.len();
    let _ = writeln!(out, "  {number} {}", if number == 1 { "file" } else { "files" });
    if step.action == Action::Create {
        return;
    }
    for change in step.changes.iter().take(NAMED) {
        let _ = writeln!(out, "      {}  {}", change.field, look.lines(change));
    }
    if number > NAMED {
        let _ = writeln!(out, "      and {} more", number - NAMED);
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

/// As many of `parts` as fit into `width`, with commas; the others are counted.
fn fitted<'a>(parts: impl Iterator<Item = &'a str>, width: usize) -> String {
    let parts: Vec<&str> = parts.collect();
    let mut line = String::new();
    for (index, part) in parts.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        if index > 0 && line.chars().count() + part.chars().count() + 14 > width {
            line.push_str(&format!(" and {} more", parts.len() - index));
            break;
        }
        line.push_str(comma);
        line.push_str(part);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{counts, text};
    use crate::remote::plan::{Action, FieldChange, RemotePlan, Step};
    use crate::remote::resource::{Key, Kind};
    use crate::remote::show::Look;

    fn step(kind: Kind, name: &str, action: Action, fields: &[&str]) -> Step {
        let change = |field: &&str| FieldChange {
            field: (*field).to_owned(),
            before: (action == Action::Update).then(|| 1.into()),
            after: Some(2.into()),
        };
        Step { key: Key::new(kind, name), action, changes: fields.iter().map(change).collect(), needs: Vec::new() }
    }

    #[test]
    fn what_changes_stands_before_what_is_made_and_kinds_are_told_together() {
        let steps = vec![
            step(Kind::Environment, "a-qa", Action::Create, &["description"]),
            step(Kind::Environment, "a-live", Action::Create, &["description"]),
            step(Kind::Check, "a-qa/lock", Action::Update, &["timeout"]),
            step(Kind::Files, "main", Action::Update, &["README.md"]),
            step(Kind::Pipeline, "build", Action::Unchanged, &[]),
        ];
        let plan = RemotePlan { version: 1, state: String::new(), steps };
        let said = text(&plan, &Look::default());
        let expected = "plan: 2 to create, 2 to update, 1 unchanged\nby kind: 2 environment, 1 check, 1 files\n  \
                        ~ check/a-qa/lock  timeout: 1 -> 2\n  ~ files/main  1 file\n      README.md  changed\n  \
                        + 2 environment: a-qa, a-live\n";
        assert_eq!(said, expected);
        assert_eq!(counts(&plan)["environment"]["create"], 2);
        let mut group =
            step(Kind::VariableGroup, "settings", Action::Update, &["a-long-name", "b-long-name", "c-long-name"]);
        let gone = FieldChange { field: "variables.PASS".to_owned(), before: Some("secret".into()), after: None };
        group.changes.push(gone);
        let group = RemotePlan { version: 1, state: String::new(), steps: vec![group] };
        let said = text(&group, &Look::default());
        assert!(said.contains("settings  variables.PASS: \"secret\" -> (none), a-long-name: 1 -> 2"), "{said}");
        let only = text(&plan, &Look { kinds: &[Kind::Check], ..Look::default() });
        assert!(only.contains("check/a-qa/lock") && !only.contains("files/main"), "{only}");
    }
}
