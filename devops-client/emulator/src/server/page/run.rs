//! One run: its stages over time, who waited for what, its tests, artifacts, steps, logs.

use jiff::Timestamp;
use report_pages::run::{Log as Wrote, Part, Run, Tests, view as whole};
use report_pages::{Html, state};

use super::frame::ROOT;
use super::words::{of_record, of_run, seconds};
use super::{environments, runs};
use crate::core::Organization;
use crate::core::json::{shown, time_text};
use crate::pipelines::records::Record;
use crate::state::checks::Approval;
use crate::state::runs::{Build, Log};

pub(super) fn view(organization: &Organization, build: &Build) -> Html {
    whole(&Run {
        title: format!("{} {}", runs::name(organization, build), build.number),
        facts: facts(organization, build),
        asks: environments::asks(organization, Some(build.id)),
        stages: stages(organization, build),
        tests: build.tests.iter().map(|tests| tests_of(build, tests)).collect(),
        coverage: build.coverage.iter().map(|found| (job_name(build, &found.job), found.percent())).collect(),
        artifacts: artifacts(build),
    })
}

fn facts(organization: &Organization, build: &Build) -> Vec<(&'static str, Html)> {
    let (mood, word) = of_run(build);
    let by = organization.identity(build.requested_by).map_or("", |person| person.display_name.as_str());
    let mut facts = vec![
        ("State", state(mood, &word)),
        ("Why", Html::of(&format!("{}, by {by}", build.reason))),
        ("Branch", Html::of(build.branch.trim_start_matches("refs/heads/"))),
        ("Commit", Html::code(&format!("{:.10}", build.commit.to_string()))),
        ("Queued", Html::of(&time_text(build.queued))),
    ];
    if let Some(finished) = build.finished {
        let took = report_pages::chart::timeline::span(seconds(build.queued, finished).max(0.0));
        facts.push(("Took", Html::of(&took)));
    }
    if !build.parameters.is_empty() {
        let pair = |(name, value): (&String, &serde_json::Value)| format!("{name} = {}", shown(value));
        let text = build.parameters.iter().map(pair).collect::<Vec<_>>().join(", ");
        facts.push(("Parameters", Html::of(&build.masked(&text))));
    }
    if !build.tags.is_empty() {
        facts.push(("Tags", Html::of(&build.tags.join(", "))));
    }
    facts
}

fn artifacts(build: &Build) -> Vec<(String, String)> {
    let to = |artifact: &crate::state::runs::Artifact| match artifact.folder {
        Some(_) => format!("{ROOT}/runs/{}/artifacts/{}", build.id, artifact.id),
        None => String::new(),
    };
    build.artifacts.iter().map(|artifact| (artifact.name.clone(), to(artifact))).collect()
}

fn tests_of(build: &Build, tests: &crate::state::runs::Tests) -> Tests {
    Tests {
        title: tests.title.clone(),
        place: job_name(build, &tests.job),
        total: tests.total,
        skipped: tests.skipped,
        failed: tests.failed.iter().map(|(name, why)| (name.clone(), build.masked(why))).collect(),
    }
}

/// The name shown of a job with that identifier.
fn job_name(build: &Build, job: &str) -> String {
    let found = build.records.iter().find(|record| record.kind == "Job" && record.identifier == job);
    found.map_or_else(|| job.to_owned(), |record| record.name.clone())
}

/// The stages of a run with their jobs and steps; times in seconds since it was queued.
pub(super) fn stages(organization: &Organization, build: &Build) -> Vec<Part> {
    let now = if build.status_is_open() { Timestamp::now() } else { build.finished.unwrap_or(build.changed) };
    let at = |time: Timestamp| seconds(build.queued, time).max(0.0);
    let records = build.records.iter().filter(|record| record.kind == "Stage");
    records
        .map(|stage| {
            let known = build.plan.stages.iter().find(|known| known.name == stage.identifier);
            let after = known.map(|known| known.depends_on.clone()).unwrap_or_default();
            // as soon as the last of them has ended; a run's first stages wait for nothing
            let ends: Option<Vec<Timestamp>> = after.iter().map(|name| build.stage_record(name)?.finish).collect();
            let ready = ends.and_then(|ends| ends.into_iter().max().or(build.started)).map(at);
            let mut part = part(build, stage, now);
            part.id.clone_from(&stage.identifier);
            part.waits = approvals(organization, build, &stage.identifier);
            part.waits.extend(locks(build, stage));
            part.ready = ready.filter(|_| stage.result.as_deref() != Some("skipped"));
            if part.start.is_none() && part.ready.is_some() {
                // it waits until now, or did until somebody said no
                part.end = Some(at(stage.finish.unwrap_or(now)));
            }
            part.after = after;
            let prefix = format!("{}.", stage.identifier);
            let jobs = build.records.iter().filter(|job| job.kind == "Job" && job.identifier.starts_with(&prefix));
            part.parts = jobs.map(|record| job(build, known, stage, record, now)).collect();
            part
        })
        .collect()
}

fn job(
    build: &Build,
    stage: Option<&crate::pipelines::model::Stage>,
    above: &Record,
    record: &Record,
    now: Timestamp,
) -> Part {
    let name_of = |identifier: &str| identifier.split('.').nth(1).unwrap_or_default().to_owned();
    let name = name_of(&record.identifier);
    let known = stage.and_then(|stage| stage.jobs.iter().find(|job| job.name == name));
    let before = known.map(|job| job.depends_on.clone()).unwrap_or_default();
    let others = build.records.iter().filter(|other| {
        other.kind == "Job"
            && other.identifier.split('.').next() == record.identifier.split('.').next()
            && before.contains(&name_of(&other.identifier))
    });
    let others: Vec<&Record> = others.collect();
    let ready = others.iter().filter_map(|other| other.finish).max().or(above.start);
    let mut part = part(build, record, now);
    part.after = others.iter().map(|other| other.identifier.clone()).collect();
    part.ready = ready.map(|time| seconds(build.queued, time).max(0.0));
    let gap = part.start.zip(part.ready).map_or(0.0, |(start, ready)| start - ready);
    if gap >= 0.05 && known.is_some_and(|job| !job.server) {
        part.waits.push("an agent".to_owned());
    }
    let mut steps: Vec<&Record> =
        build.records.iter().filter(|step| step.parent == Some(record.id) && step.kind == "Task").collect();
    steps.sort_by_key(|step| step.order);
    part.parts = steps.into_iter().map(|step| self::part(build, step, now)).collect();
    part
}

fn part(build: &Build, record: &Record, now: Timestamp) -> Part {
    let (mood, word) = of_record(record);
    let at = |time: Timestamp| seconds(build.queued, time).max(0.0);
    Part {
        name: record.name.clone(),
        id: record.identifier.clone(),
        mood,
        word,
        start: record.start.map(at),
        end: record.start.map(|_| at(record.finish.unwrap_or(now))),
        problems: record.issues.iter().map(|(kind, text)| (kind.clone(), build.masked(text))).collect(),
        log: match record.log {
            Some(log) => Wrote::At(format!("{ROOT}/runs/{}/logs/{log}", build.id)),
            None => Wrote::None,
        },
        ..Part::default()
    }
}

/// The approvals that a stage waits or waited for.
fn approvals(organization: &Organization, build: &Build, stage: &str) -> Vec<String> {
    let own = organization.approvals.values().filter(|one| one.build == build.id && one.stage == stage);
    let word = |approval: &Approval| {
        let asked =
            approval.steps.iter().filter_map(|step| organization.identity(step.actual.unwrap_or(step.approver)));
        let names = asked.map(|person| person.display_name.as_str()).collect::<Vec<_>>().join(" or ");
        match approval.status.as_str() {
            "pending" => format!("approval by {names}"),
            status => format!("{status} by {names}"),
        }
    };
    own.map(word).collect()
}

/// Exclusive locks that a stage waits for.
fn locks(build: &Build, stage: &Record) -> Option<String> {
    let above = build.records.iter().find(|record| record.parent == Some(stage.id) && record.kind == "Checkpoint")?;
    let of = |record: &&Record| record.parent == Some(above.id) && record.kind == "Checkpoint.ExclusiveLock";
    build.records.iter().find(of).map(|_| "its turn at the environment".to_owned())
}

pub(super) fn log(build: &Build, log: &Log) -> Html {
    let mut body = Html::default();
    let name = build.records.iter().find(|record| record.id == log.record).map_or("Log", |record| record.name.as_str());
    body.heading(1, name);
    body.tag("p", |html| html.link(&format!("{ROOT}/runs/{}", build.id), &format!("Run {}", build.number)));
    let text: String = log.lines.iter().map(|line| build.masked(line) + "\n").collect();
    body.lines(&format!("Log of {name}"), &text);
    body
}
