//! A run's timeline as it is carried out.

use jiff::Timestamp;
use pipeline_runner::{Outcome, Plan, Step, Where, Work};
use uuid::Uuid;

use crate::core::Organization;
use crate::core::ids::IdSource;
use crate::pipelines::progress;
use crate::pipelines::records::{Record, State};
use crate::state::runs::Build;

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Skipped => "skipped",
        Outcome::Succeeded => "succeeded",
        Outcome::SucceededWithIssues => "succeededWithIssues",
        Outcome::Canceled => "canceled",
        Outcome::Failed => "failed",
    }
}

fn phase_name(place: &Where) -> String {
    format!("{}.{}", place.stage, place.job)
}

/// The identifier of a job.
pub(super) fn job_name(place: &Where) -> String {
    let instance = if place.instance.is_empty() || place.instance == "deploy" { "__default" } else { &place.instance };
    format!("{}.{instance}", phase_name(place))
}

fn find(build: &Build, kind: &str, identifier: &str) -> Option<Uuid> {
    let found =
        build.records.iter().find(|record| record.kind == kind && record.identifier.eq_ignore_ascii_case(identifier));
    found.map(|record| record.id)
}

/// The record of a job.
pub(super) fn job(build: &Build, place: &Where) -> Option<Uuid> {
    find(build, "Job", &job_name(place))
}

fn step(build: &Build, place: &Where, index: usize) -> Option<Uuid> {
    let parent = job(build, place)?;
    let order = u32::try_from(index).ok()? + 1;
    let own = |record: &&Record| record.parent == Some(parent) && record.kind == "Task" && record.order == order;
    build.records.iter().find(own).map(|record| record.id)
}

pub(super) fn stage_began(build: &mut Build, stage: &str, now: Timestamp) {
    if let Some(id) = find(build, "Stage", stage) {
        build.with(id, |record| record.begin(now));
    }
}

/// Ends a stage, and what of it never began.
pub(super) fn stage_ended(build: &mut Build, stage: &str, outcome: Outcome, reason: Option<&str>, now: Timestamp) {
    let prefix = format!("{stage}.");
    for record in &mut build.records {
        if record.kind == "Stage" && record.identifier.eq_ignore_ascii_case(stage) {
            record.issues.extend(reason.map(|reason| ("error".to_owned(), reason.to_owned())));
            record.end(word(outcome), now);
        } else if record.identifier.starts_with(&prefix) && record.state == State::Pending {
            record.end("skipped", now);
        }
    }
}

/// The steps of a job of that matrix entry or hook.
fn steps<'a>(plan: &'a Plan, place: &Where) -> &'a [Step] {
    let stage = plan.stages.iter().find(|stage| stage.name == place.stage);
    match stage.and_then(|stage| stage.jobs.iter().find(|job| job.name == place.job)).map(|job| &job.work) {
        Some(Work::Steps(steps, _)) => steps,
        Some(Work::Deployment { hooks, .. }) => {
            let name = |hook: &str| hook.replace('.', "_");
            let of = |hook: &&pipeline_runner::Hook| {
                place.instance == name(&hook.name) || place.instance.starts_with(&format!("{}_", name(&hook.name)))
            };
            hooks.iter().find(of).map_or(&[], |hook| &hook.steps)
        }
        None => &[],
    }
}

/// Begins a job; its records are those of its steps.
pub(super) fn job_began(build: &mut Build, plan: &Plan, place: &Where, ids: &mut IdSource, now: Timestamp) {
    let Some(phase) = find(build, "Phase", &phase_name(place)) else { return };
    build.with(phase, |record| {
        record.state = State::InProgress;
        record.start.get_or_insert(now);
    });
    let name = job_name(place);
    let id = find(build, "Job", &name).unwrap_or_else(|| {
        let id = ids.guid();
        let shown = format!("{} {}", place.job, place.instance);
        let order = build.records.iter().filter(|record| record.parent == Some(phase)).count();
        build.records.push(Record::new(id, Some(phase), "Job", &shown, &name, u32::try_from(order + 1).unwrap_or(1)));
        id
    });
    build.with(id, |record| record.begin(now));
    build.records.retain(|record| record.parent != Some(id) || record.kind != "Task");
    for (at, step) in steps(plan, place).iter().enumerate() {
        let own = step.name.clone().unwrap_or_else(|| format!("step{}", at + 1));
        let order = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let mut record = Record::new(ids.guid(), Some(id), "Task", &step.display, &format!("{name}.{own}"), order);
        record.task = Some(step.task.clone());
        build.records.push(record);
    }
}

pub(super) fn job_ended(build: &mut Build, place: &Where, outcome: Outcome, reason: Option<&str>, now: Timestamp) {
    let (phase, job) = (find(build, "Phase", &phase_name(place)), job(build, place));
    for id in [job, phase].into_iter().flatten() {
        build.with(id, |record| {
            record.issues.extend(reason.map(|reason| ("error".to_owned(), reason.to_owned())));
            // a phase of several jobs is as good as the worst of them
            let before = record.result.clone().filter(|_| Some(id) == phase);
            let worse = before.filter(|before| before == "failed" || before == "canceled");
            record.end(worse.as_deref().unwrap_or(word(outcome)), now);
        });
    }
    let parents: Vec<Uuid> = [job].into_iter().flatten().collect();
    for record in &mut build.records {
        if record.parent.is_some_and(|parent| parents.contains(&parent)) && record.state != State::Completed {
            record.end("skipped", now);
        }
    }
}

pub(super) fn step_began(build: &mut Build, place: &Where, index: usize, display: &str, now: Timestamp) {
    if let Some(id) = step(build, place, index) {
        build.with(id, |record| {
            display.clone_into(&mut record.name);
            record.begin(now);
        });
    }
}

pub(super) fn step_ended(build: &mut Build, place: &Where, index: usize, outcome: Outcome, now: Timestamp) {
    if let Some(id) = step(build, place, index) {
        build.with(id, |record| record.end(word(outcome), now));
    }
}

/// A line of the log of a step, or of its job.
pub(super) fn line(build: &mut Build, place: &Where, index: Option<usize>, text: &str, now: Timestamp) {
    let id = match index {
        Some(index) => step(build, place, index),
        None => job(build, place),
    };
    if let Some(id) = id {
        build.write_log(id, &[text.to_owned()], now);
    }
}

pub(super) fn issue(build: &mut Build, place: &Where, index: usize, kind: &str, text: &str) {
    let id = step(build, place, index).or_else(|| job(build, place));
    if let Some(id) = id {
        build.with(id, |record| record.issues.push((kind.to_owned(), text.to_owned())));
    }
}

/// What waits for people at a stage does not wait any more.
pub(super) fn withdraw(organization: &mut Organization, build: &mut Build, stage: &str, now: Timestamp) {
    progress::cancel(organization, build, Some(stage), now);
}

/// Notes a deployment at its environment.
pub(super) fn deployed(
    organization: &mut Organization,
    build: &Build,
    place: &Where,
    outcome: Outcome,
    now: Timestamp,
) {
    let stage = build.plan.stages.iter().find(|stage| stage.name == place.stage).cloned();
    let Some(stage) = stage else { return };
    let found = stage.jobs.iter().find(|job| job.name == place.job).filter(|_| place.instance == "deploy").cloned();
    let record = job(build, place).and_then(|id| build.records.iter().find(|record| record.id == id)).cloned();
    if let (Some(job), Some(record)) = (found, record) {
        progress::record_deployment(organization, build, &stage, &job, &record, word(outcome), now);
    }
}
