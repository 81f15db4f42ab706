//! All runs: what waits for people, the newest over time, the table.

use jiff::Timestamp;
use report_pages::chart::timeline::{Row, timeline};
use report_pages::{Html, state};

use super::frame::ROOT;
use super::{environments, words};
use crate::core::Organization;
use crate::core::json::time_text;
use crate::state::runs::Build;

/// How many runs are drawn.
const DRAWN: usize = 20;
/// How many runs are listed.
const LISTED: usize = 200;
/// Seconds between two runs beyond which the earlier one is another day's work, and not drawn.
const APART: f64 = 3.0 * 3600.0;

pub(super) fn view(organization: &Organization) -> Html {
    let mut body = Html::default();
    body.heading(1, "Runs");
    body.put(&environments::asks(organization, None));
    if organization.builds.is_empty() {
        body.paragraph("Nothing has run yet.");
        return body;
    }
    let now = Timestamp::now();
    body.put(&over_time(organization, now));
    let rows = organization.builds.values().rev().take(LISTED).map(|build| row(organization, build, true));
    body.table("Runs, the newest first", &HEADS, rows);
    body
}

/// The headings of [`row`].
pub(super) const HEADS: [&str; 7] = ["Run", "Pipeline", "State", "Why", "Branch", "Queued", "Waits for"];

/// A run as cells of a table; the pipeline is one of them where that is not said already.
pub(super) fn row(organization: &Organization, build: &Build, pipeline: bool) -> Vec<Html> {
    let (mood, word) = words::of_run(build);
    let mut cells = vec![Html::linked(&format!("{ROOT}/runs/{}", build.id), &build.number)];
    if pipeline {
        let to = format!("{ROOT}/pipelines/{}", build.definition);
        cells.push(Html::linked(&to, name(organization, build)));
    }
    cells.extend([
        state(mood, &word),
        Html::of(&build.reason),
        Html::of(build.branch.trim_start_matches("refs/heads/")),
        Html::of(&time_text(build.queued)),
        Html::of(&waits(organization, build).join(", ")),
    ]);
    cells
}

/// The name of a run's pipeline.
pub(super) fn name<'a>(organization: &'a Organization, build: &Build) -> &'a str {
    organization.definitions.get(&build.definition).map_or("", |definition| definition.name())
}

/// Stages of a run that wait for people.
fn waits(organization: &Organization, build: &Build) -> Vec<String> {
    let own = organization.approvals.values().filter(|one| one.build == build.id && one.status == "pending");
    own.map(|approval| format!("approval of {}", environments::stage_name(build, &approval.stage))).collect()
}

/// The newest runs that came soon after one another, each a bar.
fn over_time(organization: &Organization, now: Timestamp) -> Html {
    let mut newest: Vec<&Build> = Vec::new();
    for build in organization.builds.values().rev().take(DRAWN) {
        let near = newest.last().is_none_or(|later| words::seconds(end(build, now), later.queued) < APART);
        if !near {
            break;
        }
        newest.push(build);
    }
    let Some(begin) = newest.iter().map(|build| build.queued).min() else { return Html::default() };
    let at = |time: Timestamp| words::seconds(begin, time);
    let whole = newest.iter().map(|build| at(end(build, now))).fold(0.0, f64::max);
    let rows: Vec<Row> = newest
        .iter()
        .rev()
        .map(|build| {
            let (mood, word) = words::of_run(build);
            let waits = waits(organization, build);
            Row {
                name: format!("{} {}", name(organization, build), build.number),
                depth: 0,
                mood,
                waited: Some((at(build.queued), at(build.started.unwrap_or(end(build, now))))),
                ran: build.started.map(|started| (at(started), at(end(build, now)))),
                note: if waits.is_empty() { word } else { format!("waits for {}", waits.join(", ")) },
            }
        })
        .collect();
    timeline("The newest runs over time, in the table below as text", &rows, whole)
}

/// When a run ended, or now.
fn end(build: &Build, now: Timestamp) -> Timestamp {
    build.finished.unwrap_or(if build.status_is_open() { now } else { build.changed })
}
