//! One run: its stages over time, who waited for what, its steps, its logs.

use jiff::Timestamp;

use super::html::Html;
use crate::core::Organization;
use crate::core::json::time_text;
use crate::pipelines::records::{Record, State};
use crate::state::runs::{Build, Log, Status};

/// What a run is, or what it came to.
pub(super) fn state(build: &Build) -> Html {
    let word = match (build.status, build.result.as_deref()) {
        (Status::Completed, Some(result)) => result,
        (Status::NotStarted, _) => "queued",
        (Status::Cancelling, _) => "canceling",
        _ => "in progress",
    };
    marked(word)
}

fn marked(word: &str) -> Html {
    let mut html = Html::default();
    html.with("span", &[("class", word)], |html| html.text(word));
    html
}

fn of_record(record: &Record) -> Html {
    marked(match record.state {
        State::Pending => "waits",
        State::InProgress => "in progress",
        State::Completed => record.result.as_deref().unwrap_or("completed"),
    })
}

/// Seconds between two times.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_millisecond() - from.as_millisecond()).max(0) as f64 / 1000.0
}

pub(super) fn view(organization: &Organization, build: &Build) -> Html {
    let mut body = Html::default();
    body.link("/_emulator/page", "All runs");
    let name = organization.definitions.get(&build.definition).map_or("", |definition| definition.name());
    body.tag("h1", |body| body.text(&format!("{name} {}", build.number)));
    body.tag("p", |body| {
        body.put(&state(build));
        let branch = build.branch.trim_start_matches("refs/heads/");
        body.text(&format!(
            ", {} at {branch} {:.10}, queued {}",
            build.reason,
            build.commit.to_string(),
            time_text(build.queued)
        ));
    });
    if !build.tags.is_empty() {
        body.tag("p", |body| body.text(&format!("Tags: {}", build.tags.join(", "))));
    }
    if !build.artifacts.is_empty() {
        let names: Vec<&str> = build.artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
        body.tag("p", |body| body.text(&format!("Artifacts: {}", names.join(", "))));
    }
    body.tag("h2", |body| body.text("Stages"));
    timeline(build, &mut body);
    for stage in build.records.iter().filter(|record| record.kind == "Stage") {
        body.tag("h2", |body| {
            body.text(&format!("{} ", stage.name));
            body.put(&of_record(stage));
        });
        issues(stage, &mut body);
        let prefix = format!("{}.", stage.identifier);
        for job in build.records.iter().filter(|record| record.kind == "Job" && record.identifier.starts_with(&prefix))
        {
            body.tag("h3", |body| {
                body.text(&format!("{} ", job.name));
                body.put(&of_record(job));
            });
            issues(job, &mut body);
            steps(build, job, &mut body);
        }
    }
    body
}

fn issues(record: &Record, body: &mut Html) {
    for (kind, message) in &record.issues {
        body.tag("p", |body| body.text(&format!("{kind}: {message}")));
    }
}

/// A bar for each stage from its start to its end, and what it waited for.
fn timeline(build: &Build, body: &mut Html) {
    let begin = build.started.unwrap_or(build.queued);
    let end = build.finished.unwrap_or(build.changed);
    let whole = seconds(begin, end).max(0.001);
    let stages = build.records.iter().filter(|record| record.kind == "Stage");
    let rows = stages.map(|stage| {
        let waits = build.plan.stages.iter().find(|known| known.name == stage.identifier);
        let waits = waits.map(|known| known.depends_on.join(", ")).unwrap_or_default();
        let mut bar = Html::default();
        let took = match (stage.start, stage.finish) {
            (Some(start), finish) => {
                let took = seconds(start, finish.unwrap_or(end));
                let style = format!(
                    "margin-left:{:.1}%;width:{:.1}%",
                    seconds(begin, start) * 100.0 / whole,
                    took * 100.0 / whole
                );
                bar.with("span", &[("class", "bar"), ("style", &style), ("aria-hidden", "true")], |_| {});
                format!("{took:.1} s")
            }
            (None, _) => String::new(),
        };
        vec![Html::of(&stage.name), of_record(stage), Html::of(&waits), Html::of(&took), bar]
    });
    body.table(&["Stage", "State", "After", "Took", "When"], rows);
}

fn steps(build: &Build, job: &Record, body: &mut Html) {
    let mut own: Vec<&Record> =
        build.records.iter().filter(|record| record.parent == Some(job.id) && record.kind == "Task").collect();
    own.sort_by_key(|record| record.order);
    body.tag("ol", |list| {
        for step in own {
            list.tag("li", |item| {
                match step.log {
                    Some(log) => item.link(&format!("/_emulator/page/runs/{}/logs/{log}", build.id), &step.name),
                    None => item.text(&step.name),
                }
                item.text(" ");
                item.put(&of_record(step));
                issues(step, item);
            });
        }
    });
}

pub(super) fn log(build: &Build, log: &Log) -> Html {
    let mut body = Html::default();
    body.link(&format!("/_emulator/page/runs/{}", build.id), &format!("Run {}", build.number));
    let name = build.records.iter().find(|record| record.id == log.record).map_or("Log", |record| record.name.as_str());
    body.tag("h1", |body| body.text(name));
    body.with("pre", &[("tabindex", "0")], |body| {
        for line in &log.lines {
            body.text(&build.masked(line));
            body.text("\n");
        }
    });
    body
}
