//! A plan as a page for people: what is to be done, the graph of what needs what, each step with its fields.

use std::collections::{BTreeMap, BTreeSet};

use report_pages::chart::graph::{Node, graph};
use report_pages::{Html, Mood, Page, state};
use serde_json::Value;

use super::plan::{Action, FieldChange, RemotePlan, Step};
use super::resource::Key;

/// Longest value that is shown in full, in characters.
const LONGEST: usize = 200;

/// The plan of a project.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The project.
    pub project: &'a str,
    /// Its organization.
    pub organization: &'a str,
    /// The plan.
    pub plan: &'a RemotePlan,
}

/// A file of its own that shows plans.
pub fn file(plans: &[Shown<'_>]) -> String {
    let title = match plans {
        [one] => format!("Plan of {}", one.project),
        _ => "Plans".to_owned(),
    };
    Page { title, body: view(plans), ..Page::default() }.html()
}

/// Plans, from a heading of level 1 on.
pub fn view(plans: &[Shown<'_>]) -> Html {
    let mut body = Html::default();
    match plans {
        [one] => body.heading(1, &format!("Plan of {}", one.project)),
        _ => body.heading(1, "Plans"),
    }
    for (number, shown) in plans.iter().enumerate() {
        if plans.len() > 1 {
            body.heading(2, shown.project);
        }
        one(shown, number, &mut body);
    }
    body
}

fn one(shown: &Shown<'_>, number: usize, body: &mut Html) {
    let plan = shown.plan;
    body.facts(&[("Organization", Html::of(shown.organization)), ("To do", counts(plan))]);
    for address in plan.waits_for() {
        body.with("p", &[("class", "note waiting")], |note| {
            note.text("Waits for a pull request: ");
            note.link(address, address);
        });
    }
    body.heading(2, "What needs what");
    body.put(&drawing(plan, number));
    body.heading(2, "Steps");
    let heads = ["Resource", "What happens", "Needs", "Fields"];
    let rows = plan.changes().map(|step| {
        let needs = step.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        vec![resource(step, number), word(step.action), Html::of(&needs), fields(step)]
    });
    if plan.is_empty() {
        body.paragraph("There is nothing to do: everything is as the spec wants it.");
    } else {
        body.table("Steps that do something", &heads, rows);
    }
    let kept: Vec<&Step> = plan.steps.iter().filter(|step| step.action == Action::Unchanged).collect();
    if !kept.is_empty() {
        body.table(
            "Resources that stay as they are",
            &["Resource", "Needs"],
            kept.iter().map(|step| {
                let needs = step.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                vec![resource(step, number), Html::of(&needs)]
            }),
        );
    }
}

fn anchor(key: &Key, number: usize) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    format!("step-{number}-{}", key.to_string().chars().map(plain).collect::<String>())
}

fn resource(step: &Step, number: usize) -> Html {
    let mut html = Html::default();
    html.with("span", &[("id", &anchor(&step.key, number))], |html| html.text(&step.key.to_string()));
    html
}

fn counts(plan: &RemotePlan) -> Html {
    let mut html = Html::default();
    let all = [Action::Create, Action::Update, Action::Adopt, Action::Replace, Action::Delete, Action::Unchanged];
    for action in all {
        let count = plan.steps.iter().filter(|step| step.action == action).count();
        if count > 0 {
            html.put(&state(mood(action), &format!("{count} {}", said(action))));
            html.text(" ");
        }
    }
    html
}

fn mood(action: Action) -> Mood {
    match action {
        Action::Create => Mood::Good,
        Action::Update => Mood::Warned,
        Action::Adopt => Mood::Waiting,
        Action::Replace | Action::Delete => Mood::Bad,
        Action::Unchanged => Mood::Quiet,
    }
}

fn said(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to change",
        Action::Adopt => "to take over",
        Action::Replace => "to make anew",
        Action::Delete => "to remove",
        Action::Unchanged => "unchanged",
    }
}

fn word(action: Action) -> Html {
    state(mood(action), said(action))
}

fn drawing(plan: &RemotePlan, number: usize) -> Html {
    let places: BTreeMap<&Key, usize> = plan.steps.iter().enumerate().map(|(at, step)| (&step.key, at)).collect();
    let mut edges = Vec::new();
    for (to, step) in plan.steps.iter().enumerate() {
        edges.extend(step.needs.iter().filter_map(|need| places.get(need)).map(|from| (*from, to)));
    }
    let nodes: Vec<Node> = plan
        .steps
        .iter()
        .map(|step| Node {
            name: step.key.name.clone(),
            detail: format!("{}, {}", step.key.kind.as_str(), said(step.action)),
            mood: mood(step.action),
            to: format!("#{}", anchor(&step.key, number)),
        })
        .collect();
    graph("Graph of the plan: what an arrow comes from is done first", &nodes, &direct(nodes.len(), &edges))
}

/// The edges that say something: those that no longer way says as well.
fn direct(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut next = vec![BTreeSet::new(); count];
    for (from, to) in edges {
        next[*from].insert(*to);
    }
    let reached = |from: usize, without: usize| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = next[from].iter().copied().filter(|to| *to != without).collect();
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(&next[node]);
            }
        }
        seen.contains(&without)
    };
    edges.iter().copied().filter(|(from, to)| !reached(*from, *to)).collect()
}

/// The fields of a step, each before and after.
fn fields(step: &Step) -> Html {
    let mut html = Html::default();
    if step.changes.is_empty() {
        html.text("–");
        return html;
    }
    html.tag("details", |details| {
        let count = step.changes.len();
        let words = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
        details.tag("summary", |html| html.text(&words));
        details.tag("ul", |list| {
            for change in &step.changes {
                list.tag("li", |item| field(change, item));
            }
        });
    });
    html
}

fn field(change: &FieldChange, item: &mut Html) {
    item.put(&Html::code(&change.field));
    item.text(": ");
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => item.text(&format!("{} → {}", value(before), value(after))),
        (None, Some(after)) => item.text(&value(after)),
        (Some(before), None) => item.text(&format!("{} → gone", value(before))),
        (None, None) => item.text("–"),
    }
}

/// A value in few characters.
fn value(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::remote::resource::Kind;

    fn step(kind: Kind, name: &str, action: Action, needs: &[&Key], changes: Vec<FieldChange>) -> Step {
        Step { key: Key::new(kind, name), action, changes, needs: needs.iter().map(|key| (*key).clone()).collect() }
    }

    fn plan() -> RemotePlan {
        let (project, group) = (Key::new(Kind::Project, "p"), Key::new(Kind::VariableGroup, "g"));
        let change = FieldChange { field: "f".to_owned(), before: Some(json!("<old>")), after: Some(json!(["new"])) };
        RemotePlan {
            version: 1,
            state: String::new(),
            steps: vec![
                step(Kind::Project, "p", Action::Unchanged, &[], vec![]),
                step(Kind::VariableGroup, "g", Action::Update, &[&project], vec![change]),
                step(Kind::Pipeline, "</text><script>", Action::Create, &[&project, &group], vec![]),
            ],
        }
    }

    #[test]
    fn a_plan_shows_steps_needs_and_fields_as_text() {
        let page = file(&[Shown { project: "demo", organization: "contoso", plan: &plan() }]);
        for expected in [
            "<h1>Plan of demo</h1>",
            "1 to create",
            "1 to change",
            "1 unchanged",
            "variable-group/g",
            "&lt;old&gt; → [&quot;new&quot;]",
            "project/p, variable-group/g",
            "href=\"#step-0-variable-group-g\"",
            "id=\"step-0-variable-group-g\"",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("<old>"), "{page}");
    }

    #[test]
    fn an_arrow_that_a_longer_way_says_too_is_left_out() {
        assert_eq!(direct(3, &[(0, 1), (1, 2), (0, 2)]), [(0, 1), (1, 2)]);
        let page = file(&[Shown { project: "demo", organization: "contoso", plan: &plan() }]);
        assert_eq!(page.matches("class=\"edge\"").count(), 2);
    }

    #[test]
    fn a_plan_with_nothing_to_do_says_so() {
        let mut plan = plan();
        plan.steps.retain(|step| step.action == Action::Unchanged);
        let page = file(&[Shown { project: "demo", organization: "contoso", plan: &plan }]);
        assert!(page.contains("There is nothing to do") && !page.contains("Steps that do something"), "{page}");
    }
}
