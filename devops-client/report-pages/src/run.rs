//! A run of a pipeline: its stages over time, who waited for what, the graph of its stages, tests, artifacts, steps, logs.

use crate::chart::graph::{Node, graph};
use crate::chart::timeline::{Row, span, timeline};
use crate::html::Html;
use crate::state::{Mood, state};

/// A run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Its pipeline and number.
    pub title: String,
    /// What is known of it besides.
    pub facts: Vec<(&'static str, Html)>,
    /// What has to be done by people, as it is to be shown.
    pub asks: Html,
    /// Its stages.
    pub stages: Vec<Part>,
    /// Results of tests.
    pub tests: Vec<Tests>,
    /// What share of lines tests reach, in percent: where that was measured, and how much.
    pub coverage: Vec<(String, f64)>,
    /// What it keeps: name, and where that is shown; empty where it is not.
    pub artifacts: Vec<(String, String)>,
}

/// A stage, a job or a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// The name shown.
    pub name: String,
    /// A name that others of its kind do not have: `stage.job.step`.
    pub id: String,
    /// How it went.
    pub mood: Mood,
    /// The same as a word.
    pub word: String,
    /// Ids of those that it comes after.
    pub after: Vec<String>,
    /// What else it waits, or waited, for: approvals, checks, agents.
    pub waits: Vec<String>,
    /// When nothing was left that it comes after, in seconds since the run was queued.
    pub ready: Option<f64>,
    /// When it began.
    pub start: Option<f64>,
    /// When it ended, or now while it goes.
    pub end: Option<f64>,
    /// Errors and warnings: kind and text.
    pub problems: Vec<(String, String)>,
    /// What it wrote.
    pub log: Log,
    /// What is in it.
    pub parts: Vec<Part>,
}

/// What a step wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// Nothing.
    #[default]
    None,
    /// It is shown there.
    At(String),
    /// The text itself.
    Text(String),
}

/// Results of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// What was tested.
    pub title: String,
    /// Where.
    pub place: String,
    /// How many there are.
    pub total: usize,
    /// How many were left out.
    pub skipped: usize,
    /// Those that failed: name and message.
    pub failed: Vec<(String, String)>,
}

impl Part {
    fn took(&self) -> Option<f64> {
        Some((self.end? - self.start?).max(0.0))
    }

    /// Seconds from when it could have begun until it did; `None` where that is not worth a word.
    fn waited(&self) -> Option<(f64, f64)> {
        let ready = self.ready?;
        let until = self.start.or(self.end)?;
        (until - ready >= 0.05).then_some((ready, until))
    }

    fn anchor(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        format!("part-{}", self.id.chars().map(plain).collect::<String>())
    }
}

/// The whole of a run.
pub fn view(run: &Run) -> Html {
    let mut body = Html::default();
    body.heading(1, &run.title);
    body.facts(&run.facts);
    body.put(&run.asks);
    if !run.stages.is_empty() {
        body.heading(2, "Timeline");
        over_time(run, &mut body);
        body.heading(2, "Stages and what they wait for");
        body.put(&stage_graph(&run.stages, ""));
    }
    test_results(run, &mut body);
    if !run.artifacts.is_empty() {
        body.heading(2, "Artifacts");
        body.tag("ul", |list| {
            for (name, to) in &run.artifacts {
                list.tag("li", |item| if to.is_empty() { item.text(name) } else { item.link(to, name) });
            }
        });
    }
    if !run.stages.is_empty() {
        body.heading(2, "Steps");
    }
    for stage in &run.stages {
        body.with("h3", &[("id", &stage.anchor())], |body| {
            body.text(&format!("{} ", stage.name));
            body.put(&state(stage.mood, &stage.word));
        });
        problems(stage, &mut body);
        for job in &stage.parts {
            body.with("h4", &[("id", &job.anchor())], |body| {
                body.text(&format!("{} ", job.name));
                body.put(&state(job.mood, &job.word));
            });
            problems(job, &mut body);
            steps(job, &mut body);
        }
    }
    body
}

/// The graph of stages; each leads to its steps on the page of the run, whose address is empty where that is this one.
pub fn stage_graph(stages: &[Part], page: &str) -> Html {
    let place = |id: &String| stages.iter().position(|stage| stage.id == *id);
    let mut edges = Vec::new();
    for (to, stage) in stages.iter().enumerate() {
        edges.extend(stage.after.iter().filter_map(place).map(|from| (from, to)));
    }
    let node = |stage: &Part| Node {
        name: stage.name.clone(),
        detail: match stage.took() {
            Some(took) => format!("{}, {}", stage.word, span(took)),
            None => stage.word.clone(),
        },
        mood: stage.mood,
        to: format!("{page}#{}", stage.anchor()),
    };
    graph("Graph of stages", &stages.iter().map(node).collect::<Vec<_>>(), &edges)
}

/// Bars and the table that says the same.
fn over_time(run: &Run, body: &mut Html) {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    let mut whole: f64 = 0.0;
    for stage in &run.stages {
        let jobs = stage.parts.iter().filter(|job| stage.parts.len() > 1 || job.name != stage.name);
        for (depth, part, all) in std::iter::once((0, stage, &run.stages)).chain(jobs.map(|job| (1, job, &stage.parts)))
        {
            let waits = waited_for(part, all);
            whole = [whole, part.end.unwrap_or(0.0), part.start.unwrap_or(0.0)].into_iter().fold(0.0, f64::max);
            rows.push(Row {
                name: part.name.clone(),
                depth,
                mood: part.mood,
                waited: part.waited(),
                ran: part.start.zip(part.end),
                note: if part.waits.is_empty() { String::new() } else { part.waits.join(", ") },
            });
            let seconds = |time: Option<f64>| Html::of(&time.map(span).unwrap_or_default());
            let name = if depth == 0 { part.name.clone() } else { format!("{} / {}", stage.name, part.name) };
            cells.push(vec![
                Html::of(&name),
                state(part.mood, &part.word),
                Html::of(&waits),
                seconds(part.waited().map(|(from, to)| to - from)),
                seconds(part.start),
                seconds(part.took()),
            ]);
        }
    }
    body.put(&timeline("Stages and jobs over time, in the table below as text", &rows, whole));
    let heads = ["Stage or job", "State", "Waited for", "Waited", "Began after", "Took"];
    body.table("Who waited for what; times since the run was queued", &heads, cells.into_iter());
}

/// What a part waited for, in words.
fn waited_for(part: &Part, all: &[Part]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for id in &part.after {
        names.push(all.iter().find(|other| other.id == *id).map_or(id, |other| &other.name));
    }
    names.extend(part.waits.iter().map(String::as_str));
    names.join(", ")
}

fn test_results(run: &Run, body: &mut Html) {
    if run.tests.is_empty() && run.coverage.is_empty() {
        return;
    }
    body.heading(2, "Tests");
    if !run.tests.is_empty() {
        let rows = run.tests.iter().map(|tests| {
            let passed = tests.total.saturating_sub(tests.failed.len() + tests.skipped);
            let (mood, word) = match tests.failed.len() {
                0 => (Mood::Good, "passed".to_owned()),
                failed => (Mood::Bad, format!("{failed} failed")),
            };
            let number = |number: usize| Html::of(&number.to_string());
            vec![
                Html::of(&tests.title),
                Html::of(&tests.place),
                state(mood, &word),
                number(passed),
                number(tests.skipped),
                number(tests.total),
            ]
        });
        body.table("Results of tests", &["Tests", "Where", "Result", "Passed", "Left out", "All"], rows);
    }
    for (name, message) in run.tests.iter().flat_map(|tests| &tests.failed) {
        body.with("div", &[("class", "note bad")], |note| {
            note.tag("p", |html| html.tag("strong", |html| html.text(name)));
            note.paragraph(message);
        });
    }
    for (place, percent) in &run.coverage {
        body.paragraph(&format!("{place}: tests reach {percent:.1} % of the lines"));
    }
}

fn problems(part: &Part, body: &mut Html) {
    for (kind, message) in &part.problems {
        let class = if kind == "warning" { "note warned" } else { "note bad" };
        body.with("p", &[("class", class)], |body| body.text(&format!("{kind}: {message}")));
    }
}

fn steps(job: &Part, body: &mut Html) {
    if job.parts.is_empty() {
        return;
    }
    body.tag("ol", |list| {
        for step in &job.parts {
            list.tag("li", |item| {
                match &step.log {
                    Log::At(to) => item.link(to, &step.name),
                    Log::None | Log::Text(_) => item.text(&step.name),
                }
                item.text(" ");
                item.put(&state(step.mood, &step.word));
                if let Some(took) = step.took() {
                    item.with("span", &[("class", "soft")], |html| html.text(&format!(" {}", span(took))));
                }
                problems(step, item);
                if let Log::Text(text) = &step.log {
                    item.tag("details", |details| {
                        details.tag("summary", |html| html.text(&format!("Log of {}", step.name)));
                        details.lines(&format!("Log of {}", step.name), text);
                    });
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(id: &str, after: &[&str], start: f64, end: f64) -> Part {
        Part {
            name: format!("Stage {id}"),
            id: id.to_owned(),
            mood: Mood::Good,
            word: "succeeded".to_owned(),
            after: after.iter().map(|id| (*id).to_owned()).collect(),
            ready: Some(0.0),
            start: Some(start),
            end: Some(end),
            ..Part::default()
        }
    }

    #[test]
    fn a_run_says_who_waited_for_what() {
        let mut second = part("B", &["A"], 9.0, 10.0);
        second.ready = Some(5.0);
        second.waits = vec!["approval by Ada".to_owned()];
        let run =
            Run { title: "release 1".to_owned(), stages: vec![part("A", &[], 0.0, 5.0), second], ..Run::default() };
        let shown = view(&run);
        let html = shown.as_str();
        assert!(html.contains("<td>Stage A, approval by Ada</td><td>4 s</td><td>9 s</td><td>1 s</td>"), "{html}");
        assert!(html.contains("<a href=\"#part-B\">") && html.contains("id=\"part-B\""), "{html}");
        assert_eq!(html.matches("class=\"edge\"").count(), 1);
    }

    #[test]
    fn tests_artifacts_and_logs_are_shown_and_are_text() {
        let mut stage = part("A", &[], 0.0, 1.0);
        let step =
            Part { name: "<b>".to_owned(), log: Log::Text("<i>line</i>".to_owned()), ..part("A.J.s", &[], 0.0, 1.0) };
        stage.parts = vec![Part { parts: vec![step], ..part("A.J", &[], 0.0, 1.0) }];
        let tests = Tests {
            title: "unit".to_owned(),
            total: 3,
            failed: vec![("t".to_owned(), "<no>".to_owned())],
            ..Tests::default()
        };
        let run = Run {
            stages: vec![stage],
            tests: vec![tests],
            coverage: vec![("Job".to_owned(), 81.25)],
            artifacts: vec![("report".to_owned(), "/a".to_owned()), ("<x>".to_owned(), String::new())],
            ..Run::default()
        };
        let shown = view(&run);
        let html = shown.as_str();
        for said in
            ["1 failed", "&lt;no&gt;", "81.2 %", "<a href=\"/a\">report</a>", "&lt;x&gt;", "&lt;i&gt;line", "&lt;b&gt;"]
        {
            assert!(html.contains(said), "{said}: {html}");
        }
        assert!(!html.contains("<i>") && !html.contains("<no>"), "{html}");
    }
}
