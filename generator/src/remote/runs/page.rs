//! A run as a page for people, in a file of its own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use report_pages::run::{Log, Part as Shown, Run as View, view};
use report_pages::{Html, Mood, Page, state};

use super::timeline::{Level, Part, Timeline, approval, is_unnamed};
use super::{PendingApproval, Run, State, Tests};
use crate::spec::counted;

/// Lines of a log that are shown; of a longer one the last count.
const LINES: usize = 2000;

/// What is known of a run.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its stages, jobs and steps.
    pub timeline: &'a Timeline,
    /// What it waits for.
    pub waiting: &'a [PendingApproval],
    /// What it has published: each artifact's name and the address that it is got from, if it says one.
    pub artifacts: &'a [(String, Option<String>)],
    /// Results of tests that it has published.
    pub tests: &'a [Tests],
    /// What share of lines its tests reach, in percent: where that was measured, and how much.
    pub coverage: &'a [(String, f64)],
    /// Its logs, by their ids.
    pub logs: &'a BTreeMap<i64, String>,
    /// Stages that each stage comes after, by their names in the YAML; a stage that is not there is not known.
    pub after: &'a BTreeMap<String, Vec<String>>,
}

/// A file of its own that shows a run as it is `now`.
pub fn file(known: &Known<'_>, now: Timestamp) -> String {
    let title = format!("{} {}", known.run.pipeline, known.run.number);
    let body = view(&View {
        title: title.clone(),
        facts: facts(known.run, now),
        asks: asks(known.waiting),
        stages: stages(known, now),
        artifacts: known.artifacts.iter().map(|(name, url)| (name.clone(), url.clone().unwrap_or_default())).collect(),
        tests: known.tests.to_vec(),
        coverage: known.coverage.to_vec(),
    });
    Page { title, body, ..Page::default() }.html()
}

fn mood(state: State) -> Mood {
    match state {
        State::Waiting => Mood::Waiting,
        State::Running => Mood::Going,
        State::Stopping | State::SucceededWithIssues | State::Canceled => Mood::Warned,
        State::Succeeded => Mood::Good,
        State::Failed => Mood::Bad,
        State::Skipped => Mood::Quiet,
    }
}

fn facts(run: &Run, now: Timestamp) -> Vec<(&'static str, Html)> {
    let mut facts = vec![("State", state(mood(run.state), run.state.word())), ("Run", Html::of(&run.id.to_string()))];
    let texts = [("Why", &run.reason), ("By", &run.requested_by), ("Branch", &run.branch), ("Commit", &run.commit)];
    facts.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Html::of(text.as_ref()?)))));
    facts.extend(run.queued.map(|queued| ("Queued", Html::of(&queued.to_string()))));
    if let Some(took) = super::seconds(run.started, run.finished, now) {
        facts.push(("Took", Html::of(&super::clock(took))));
    }
    for (name, value) in &run.parameters {
        facts.push(("Parameter", Html::of(&format!("{name} = {value}"))));
    }
    if !run.tags.is_empty() {
        facts.push(("Tags", Html::of(&run.tags.join(", "))));
    }
    facts.extend(run.problems.iter().map(|problem| ("Problem", Html::of(problem))));
    facts.extend(run.url.iter().map(|url| ("At", Html::linked(url, url))));
    facts.push(("As of", Html::of(&now.strftime("%Y-%m-%d %H:%M:%SZ").to_string())));
    facts
}

fn asks(waiting: &[PendingApproval]) -> Html {
    let mut body = Html::default();
    for pending in waiting {
        body.with("div", &[("class", "note waiting")], |note| {
            note.paragraph(&approval(pending));
            pending.instructions.iter().for_each(|text| note.paragraph(text));
        });
    }
    body
}

fn stages(known: &Known<'_>, now: Timestamp) -> Vec<Shown> {
    let begin = known.run.queued.or(known.run.started).unwrap_or(now);
    let at = |time: Timestamp| ((time.as_millisecond() - begin.as_millisecond()) as f64 / 1000.0).max(0.0);
    let all = known.timeline.children(None);
    let end = |name: &String| {
        let same = |part: &&&Part| part.identifier.as_ref() == Some(name);
        all.iter().find(same).and_then(|part| part.finished)
    };
    all.iter()
        .filter(|part| part.level == Level::Stage)
        .map(|stage| {
            let name = stage.identifier.clone().unwrap_or_else(|| stage.name.clone());
            let after = known.after.get(&name).cloned().unwrap_or_default();
            let mut shown = part(known, stage, &name, now, &at);
            // as soon as the last of them has ended; a run's first stages wait for nothing
            let ends: Option<Vec<Timestamp>> = after.iter().map(end).collect();
            let ready = ends.and_then(|ends| ends.into_iter().max().or(known.run.started));
            let told = known.after.contains_key(&name) && stage.state != State::Skipped;
            shown.ready = ready.filter(|_| told).map(at);
            if shown.start.is_none() && shown.ready.is_some() {
                shown.end = Some(at(stage.finished.unwrap_or(now)));
            }
            shown.after = after;
            shown
        })
        .collect()
}

/// A part with all that is in it.
fn part(known: &Known<'_>, own: &Part, id: &str, now: Timestamp, at: &impl Fn(Timestamp) -> f64) -> Shown {
    let below = known.timeline.children(Some(&own.id));
    let parts = below.iter().enumerate().map(|(number, below)| {
        let mut shown = part(known, below, &format!("{id}.{number}"), now, at);
        if below.level == Level::Job {
            shown.ready = own.started.map(at);
        }
        shown
    });
    let log = own.log.and_then(|log| known.logs.get(&log));
    Shown {
        name: if is_unnamed(&own.name) { "Job".to_owned() } else { own.name.clone() },
        id: id.to_owned(),
        mood: mood(own.state),
        word: own.state.word().to_owned(),
        waits: own.waits.clone(),
        start: own.started.map(at),
        end: own.started.map(|_| at(own.finished.unwrap_or(now))),
        problems: own.problems.iter().map(|problem| (kind(own).to_owned(), problem.clone())).collect(),
        log: log.map_or(Log::None, |text| Log::Text(last(text))),
        parts: parts.collect(),
        ..Shown::default()
    }
}

fn kind(part: &Part) -> &'static str {
    if part.state.is_good() { "warning" } else { "error" }
}

/// The last lines of a log, and how many were left out.
fn last(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left = lines.len().saturating_sub(LINES);
    let mut shown = if left > 0 { format!("… {} before\n", counted(left, "line")) } else { String::new() };
    for line in &lines[left..] {
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, run, timeline};
    use super::*;

    #[test]
    fn a_run_is_a_file_with_stages_logs_and_what_waits() {
        let (run, timeline) = (run(7, "release", State::Running), timeline());
        let logged = timeline.parts().iter().find_map(|part| part.log).unwrap_or(1);
        let logs = BTreeMap::from([(logged, "one <b>\ntwo\n".to_owned())]);
        let pending = PendingApproval {
            id: "a".to_owned(),
            run: 7,
            pipeline: "release".to_owned(),
            pipeline_id: None,
            number: "20270115.7".to_owned(),
            stage: Some("Deploy to production".to_owned()),
            approvers: vec!["Ada".to_owned()],
            instructions: Some("look at QA".to_owned()),
        };
        let artifacts = [("re<port>".to_owned(), Some("https://x/y".to_owned())), ("notes".to_owned(), None)];
        let after = BTreeMap::new();
        let known = Known {
            run: &run,
            timeline: &timeline,
            waiting: &[pending],
            artifacts: &artifacts,
            tests: &[],
            coverage: &[],
            logs: &logs,
            after: &after,
        };
        let page = file(&known, at(100));
        for expected in [
            "<h1>release 20270115.7</h1>",
            "Bash exited with code 1",
            "mlops-gen approve 7",
            "look at QA",
            "Deploy to production",
            "<a href=\"https://x/y\">re&lt;port&gt;</a>",
            "notes",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("<b>") && !page.contains("src="), "{page}");
    }

    #[test]
    fn a_long_log_says_what_is_left_out() {
        let text: String = (0..LINES + 3).map(|line| format!("{line}\n")).collect();
        let shown = last(&text);
        assert!(shown.starts_with("… 3 lines before\n3\n"), "{}", &shown[..60]);
        assert_eq!(shown.lines().count(), LINES + 1);
    }
}
