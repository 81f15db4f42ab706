//! A plan as text, for people to read before they agree to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::plan::{Action, FieldChange, RemotePlan, Step};
use super::resource::{Key, Kind};

/// Longest value that is printed in full, in characters.
const LONGEST: usize = 100;

/// How a plan is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look<'a> {
    /// What is foretold of single steps, as lines below each.
    pub told: Option<&'a BTreeMap<Key, Vec<String>>>,
    /// How many lines of a file come and go: `+30 −8`, by path. Without it, hashes are shown.
    pub lines: Option<&'a BTreeMap<String, String>>,
    /// Only resources of these kinds; all where there is none.
    pub kinds: &'a [Kind],
    /// The colours of a terminal: green for what is made, yellow for what changes, red for what goes.
    pub colors: bool,
}

impl Look<'_> {
    pub(super) fn shows(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    pub(super) fn told(&self, key: &Key) -> impl Iterator<Item = &String> {
        self.told.and_then(|told| told.get(key)).into_iter().flatten()
    }

    pub(super) fn color(&self, action: Action) -> (&'static str, &'static str) {
        if self.colors { (color(action), "\u{1b}[0m") } else { ("", "") }
    }

    /// What happens to a file of a push.
    pub(super) fn lines(&self, change: &FieldChange) -> String {
        let known = self.lines.and_then(|lines| lines.get(&change.field)).cloned();
        known.unwrap_or_else(|| {
            let word = match (&change.before, &change.after) {
                (None, _) => "new",
                (_, None) => "gone",
                _ => "changed",
            };
            word.to_owned()
        })
    }
}

/// The plan in the manner of terraform: a sign and a key for each step, its fields below, a summary at the end.
pub fn text(plan: &RemotePlan) -> String {
    look(plan, &Look::default())
}

/// The same, looked at in a certain way.
pub fn look(plan: &RemotePlan, look: &Look<'_>) -> String {
    let mut out = String::new();
    let due: BTreeSet<&Key> = plan.due().map(|step| &step.key).collect();
    for step in plan.changes().filter(|step| look.shows(step.key.kind)) {
        if !due.contains(&step.key) {
            let _ = match step.waits_for() {
                Some(address) => writeln!(out, "  . {} (waits in a pull request: {address})", step.key),
                None => writeln!(out, "  . {} (waits for what waits)", step.key),
            };
            continue;
        }
        let (on, off) = look.color(step.action);
        let _ = writeln!(out, "  {on}{}{off} {}{}", sign(step.action), step.key, note(step.action));
        fields(step, look, &mut out);
        for line in look.told(&step.key) {
            let _ = writeln!(out, "      | {line}");
        }
    }
    let _ = writeln!(out, "{}", summary(plan));
    out
}

/// One line: how many resources are made, changed, removed, left.
pub fn summary(plan: &RemotePlan) -> String {
    let unchanged = plan.steps.iter().filter(|step| step.action == Action::Unchanged).count();
    let waiting = plan.changes().count() - plan.due().count();
    let count = |action: Action| plan.due().filter(|step| step.action == action).count();
    if plan.steps.is_empty() {
        return "nothing to do: nothing is there".to_owned();
    }
    if plan.is_empty() {
        return format!("nothing to do: {} resources are as the spec wants them", plan.steps.len());
    }
    if plan.is_settled() {
        return format!(
            "nothing to do now: {unchanged} resources are as the spec wants them, {waiting} waiting for what is said above"
        );
    }
    let parts = [
        (count(Action::Create), "to create"),
        (count(Action::Update), "to update"),
        (count(Action::Adopt), "to adopt"),
        (count(Action::Replace), "to replace"),
        (count(Action::Delete), "to delete"),
        (waiting, "waiting"),
        (unchanged, "unchanged"),
    ];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("plan: {}", said.join(", "))
}

pub(super) fn sign(action: Action) -> &'static str {
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

fn fields(step: &Step, look: &Look<'_>, out: &mut String) {
    let width = step.changes.iter().map(|change| change.field.chars().count()).max().unwrap_or(0);
    if step.key.kind == Kind::Files && look.lines.is_some() {
        for change in &step.changes {
            // What is said of the push itself is no file, and no path holds a colon.
            let said = match change.before.as_ref().filter(|_| change.field.contains(':')) {
                Some(before) => short(before),
                None => look.lines(change),
            };
            let _ = writeln!(out, "      {:width$}  {said}", change.field);
        }
        return;
    }
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
