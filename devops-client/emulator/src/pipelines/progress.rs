//! Runs moving on: one tick starts what can start and ends what runs.

use jiff::Timestamp;
use serde_json::{Map, json};
use uuid::Uuid;

use super::conditions::condition;
use super::gates::{Gate, pass};
use super::model::{Job, Stage};
use super::records::{Record, State};
use super::scripts;
use crate::core::Organization;
use crate::core::organization::Advance;
use crate::state::runs::{Build, Status};

/// A run was read: moves it on if runs move with reads.
pub fn on_read(organization: &mut Organization, build: i64, now: Timestamp) {
    if organization.settings.advance == Advance::OnRead {
        tick(organization, build, now);
    }
}

/// Something that depends on a project's runs was read.
pub fn on_read_of_project(organization: &mut Organization, project: Uuid, now: Timestamp) {
    let open = organization.builds.values().filter(|build| build.project == project && build.status_is_open());
    for build in open.map(|build| build.id).collect::<Vec<_>>() {
        on_read(organization, build, now);
    }
}

/// Moves every run on by the time that has gone by, if runs move with time.
pub fn by_time(organization: &mut Organization, now: Timestamp) {
    let Advance::EveryMillis(millis) = organization.settings.advance else { return };
    let millis = i64::try_from(millis.max(1)).unwrap_or(i64::MAX);
    let open = organization.builds.values().filter(|build| build.status_is_open());
    for id in open.map(|build| build.id).collect::<Vec<_>>() {
        // bounded, so that a run that waits for somebody does not cost a tick for each moment of its waiting
        for _ in 0..10_000 {
            let Some(build) = organization.builds.get_mut(&id).filter(|build| build.status_is_open()) else { break };
            let due = build.last_tick.as_millisecond() + millis;
            if due > now.as_millisecond() {
                break;
            }
            let at = Timestamp::from_millisecond(due).unwrap_or(now);
            build.last_tick = at;
            let before = build.change;
            tick(organization, id, at);
            if let Some(build) = organization.builds.get_mut(&id)
                && build.change == before
            {
                build.last_tick = now;
                break;
            }
        }
    }
}

/// One tick of one run.
pub fn tick(organization: &mut Organization, id: i64, now: Timestamp) {
    // runs that are really carried out move by themselves
    if organization.settings.executed {
        return;
    }
    let Some(mut build) = organization.builds.remove(&id) else { return };
    let before = (build.records.clone(), build.status);
    advance(organization, &mut build, now);
    if (&build.records, build.status) != (&before.0, before.1) {
        build.change += 1;
        build.changed = now;
    }
    organization.builds.insert(id, build);
}

fn advance(organization: &mut Organization, build: &mut Build, now: Timestamp) {
    match build.status {
        Status::Completed => return,
        Status::NotStarted => {
            build.status = Status::InProgress;
            build.started = Some(now);
            return;
        }
        Status::Cancelling => {
            cancel(organization, build, None, now);
        }
        Status::InProgress => {
            for stage in build.plan.stages.clone() {
                advance_stage(organization, build, &stage, now);
            }
        }
    }
    let stages: Vec<&Record> = build.records.iter().filter(|record| record.kind == "Stage").collect();
    if stages.iter().all(|record| record.state == State::Completed) {
        let result = if build.status == Status::Cancelling { "canceled" } else { build_result(&stages) };
        build.result = Some(result.to_owned());
        build.status = Status::Completed;
        build.finished = Some(now);
    }
}

fn build_result(stages: &[&Record]) -> &'static str {
    let any = |wanted: &str| stages.iter().any(|record| record.result.as_deref() == Some(wanted));
    if any("failed") {
        "failed"
    } else if any("canceled") {
        "canceled"
    } else if any("succeededWithIssues") {
        "partiallySucceeded"
    } else {
        "succeeded"
    }
}

/// Ends everything that is open, or what is below one stage.
pub fn cancel(organization: &mut Organization, build: &mut Build, stage: Option<&str>, now: Timestamp) {
    let below = |identifier: &str| {
        stage.is_none_or(|stage| identifier == stage || identifier.starts_with(&format!("{stage}.")))
    };
    let own: Option<Uuid> = stage.and_then(|stage| build.stage_record(stage)).map(|record| record.id);
    let gates: Vec<Uuid> = build
        .records
        .iter()
        .filter(|record| record.kind == "Checkpoint" && (own.is_none() || record.parent == own))
        .map(|record| record.id)
        .collect();
    for record in &mut build.records {
        let meant = if record.kind.starts_with("Checkpoint") {
            gates.contains(&record.id) || record.parent.is_some_and(|parent| gates.contains(&parent))
        } else {
            below(&record.identifier)
        };
        if meant && record.state != State::Completed {
            let result = if record.state == State::Pending && record.kind != "Stage" { "skipped" } else { "canceled" };
            record.end(result, now);
        }
    }
    for approval in organization.approvals.values_mut() {
        if approval.build == build.id
            && approval.status == "pending"
            && stage.is_none_or(|stage| approval.stage == stage)
        {
            approval.settle("canceled");
        }
    }
}

fn advance_stage(organization: &mut Organization, build: &mut Build, stage: &Stage, now: Timestamp) {
    let Some(record) = build.stage_record(&stage.name).cloned() else { return };
    match record.state {
        State::Completed => {}
        State::Pending => {
            // a stage that was left out on request does not count against those after it
            let left_out = |name: &&String| build.skip.iter().any(|skipped| skipped.eq_ignore_ascii_case(name));
            let needed = stage.depends_on.iter().filter(|name| !left_out(name));
            let before: Vec<Record> = needed.filter_map(|name| build.stage_record(name).cloned()).collect();
            if before.iter().any(|record| record.state != State::Completed) {
                return;
            }
            match condition(build, stage, None, stage.condition.as_deref(), &before) {
                Ok(true) => {}
                Ok(false) => return end_stage(build, &record, "skipped", None, now),
                Err(message) => return end_stage(build, &record, "failed", Some(message), now),
            }
            match pass(organization, build, stage, now) {
                Gate::Held => {}
                Gate::Shut(result, reason) => end_stage(build, &record, result, Some(reason), now),
                Gate::Open => build.with(record.id, |record| record.begin(now)),
            }
        }
        State::InProgress => {
            for job in &stage.jobs {
                advance_job(organization, build, stage, job, now);
            }
            let phases: Vec<Record> = build
                .records
                .iter()
                .filter(|other| other.parent == Some(record.id) && other.kind == "Phase")
                .cloned()
                .collect();
            if phases.iter().all(|phase| phase.state == State::Completed) {
                let result = combined(&phases);
                build.with(record.id, |record| record.end(result, now));
            }
        }
    }
}

/// The result of what has those parts.
fn combined(parts: &[Record]) -> &'static str {
    let any = |wanted: &str| parts.iter().any(|record| record.result.as_deref() == Some(wanted));
    if any("failed") {
        "failed"
    } else if any("canceled") {
        "canceled"
    } else if any("succeededWithIssues") {
        "succeededWithIssues"
    } else if !parts.is_empty() && parts.iter().all(|record| record.result.as_deref() == Some("skipped")) {
        "skipped"
    } else {
        "succeeded"
    }
}

/// Ends a stage that will not run; what is below it is skipped.
fn end_stage(build: &mut Build, stage: &Record, result: &str, reason: Option<String>, now: Timestamp) {
    let prefix = format!("{}.", stage.identifier);
    for record in &mut build.records {
        if record.id == stage.id {
            record.issues.extend(reason.iter().map(|reason| ("error".to_owned(), reason.clone())));
            record.end(result, now);
        } else if record.identifier.starts_with(&prefix) && record.state != State::Completed {
            record.end("skipped", now);
        }
    }
}

fn advance_job(organization: &mut Organization, build: &mut Build, stage: &Stage, job: &Job, now: Timestamp) {
    let identifier = format!("{}.{}", stage.name, job.name);
    let find = |build: &Build, kind: &str| {
        build
            .records
            .iter()
            .find(|record| {
                record.kind == kind
                    && (record.identifier == identifier || record.identifier == format!("{identifier}.__default"))
            })
            .cloned()
    };
    let (Some(phase), Some(own)) = (find(build, "Phase"), find(build, "Job")) else { return };
    match own.state {
        State::Completed => {}
        State::Pending => {
            let before: Vec<Record> = job
                .depends_on
                .iter()
                .filter_map(|name| {
                    let identifier = format!("{}.{name}", stage.name);
                    build
                        .records
                        .iter()
                        .find(|record| record.kind == "Phase" && record.identifier == identifier)
                        .cloned()
                })
                .collect();
            if before.iter().any(|record| record.state != State::Completed) {
                return;
            }
            if condition(build, stage, Some(job), job.condition.as_deref(), &before) == Ok(true) {
                build.with(phase.id, |record| record.begin(now));
                build.with(own.id, |record| record.begin(now));
            } else {
                for record in build.records.iter_mut().filter(|record| {
                    record.identifier == identifier || record.identifier.starts_with(&format!("{identifier}."))
                }) {
                    record.end("skipped", now);
                }
            }
        }
        State::InProgress => {
            if advance_tasks(organization, build, stage, job, &own, now) {
                let tasks: Vec<Record> =
                    build.records.iter().filter(|record| record.parent == Some(own.id)).cloned().collect();
                let result = match combined(&tasks) {
                    "skipped" => "succeeded",
                    other => other,
                };
                for id in [own.id, phase.id] {
                    build.with(id, |record| record.end(result, now));
                }
                build.write_log(own.id, &[format!("##[section]Finishing: {}", job.display)], now);
                record_deployment(organization, build, stage, job, &own, result, now);
            }
        }
    }
}

/// Ends the running task and starts the next one; true when none is left.
fn advance_tasks(
    organization: &mut Organization,
    build: &mut Build,
    stage: &Stage,
    job: &Job,
    own: &Record,
    now: Timestamp,
) -> bool {
    let tasks: Vec<Record> =
        build.records.iter().filter(|record| record.parent == Some(own.id) && record.kind == "Task").cloned().collect();
    if let Some(running) = tasks.iter().find(|record| record.state == State::InProgress) {
        let step = step_of(job, running);
        let pipeline = organization
            .definitions
            .get(&build.definition)
            .map(|definition| definition.name().to_owned())
            .unwrap_or_default();
        let done = match step {
            Some(step) => scripts::run(organization, &pipeline, step),
            None => {
                scripts::Done { result: "succeeded".to_owned(), outputs: Map::new(), log: Vec::new(), tags: Vec::new() }
            }
        };
        let mut lines = vec![format!("##[section]Starting: {}", running.name)];
        lines.extend(step.iter().flat_map(|step| step.script.lines()).map(str::to_owned));
        lines.extend(done.log.iter().cloned());
        lines.push(format!("##[section]Finishing: {}", running.name));
        let masked: Vec<String> = lines.iter().map(|line| build.masked(line)).collect();
        build.write_log(running.id, &masked, now);
        for tag in done.tags {
            if !build.tags.contains(&tag) {
                build.tags.push(tag);
            }
        }
        if let Some(step) = step {
            let prefix = step.name.clone().unwrap_or_default();
            for (name, value) in done.outputs {
                build.outputs.insert(format!("{}.{}.{prefix}.{name}", stage.name, job.name), value);
            }
            if let Some(artifact) = step.artifact.as_ref().filter(|_| done.result != "failed") {
                build.publish(artifact, running.id);
            }
        }
        build.with(running.id, |record| {
            if done.result != "succeeded" {
                let kind = if done.result == "failed" { "error" } else { "warning" };
                record.issues.push((kind.to_owned(), format!("{} ended with result {}.", record.name, done.result)));
            }
            record.end(&done.result, now);
        });
    }
    let ended: Vec<Record> = build
        .records
        .iter()
        .filter(|record| record.parent == Some(own.id) && record.state == State::Completed)
        .cloned()
        .collect();
    for task in tasks.iter().filter(|record| record.state == State::Pending) {
        let step = step_of(job, task);
        let system = step.is_none();
        let stated = step.and_then(|step| step.condition.as_deref());
        if system || condition(build, stage, Some(job), stated, &ended) == Ok(true) {
            build.with(task.id, |record| record.begin(now));
            return false;
        }
        build.with(task.id, |record| record.end("skipped", now));
    }
    true
}

fn step_of<'a>(job: &'a Job, record: &Record) -> Option<&'a super::model::Step> {
    record.task.as_ref()?;
    job.steps.get(usize::try_from(record.order).ok()?.checked_sub(2)?)
}

/// Notes what a job has deployed at its environment.
pub(crate) fn record_deployment(
    organization: &mut Organization,
    build: &Build,
    stage: &Stage,
    job: &Job,
    own: &Record,
    result: &str,
    now: Timestamp,
) {
    let Some((name, _)) = &job.environment else { return };
    let Some(id) = organization.find_environment(build.project, name).map(|environment| environment.id) else { return };
    let definition = organization.definitions.get(&build.definition).map(|definition| definition.name().to_owned());
    let record_id = organization.next("deployment");
    if let Some(environment) = organization.environments.get_mut(&id) {
        environment.deployments.push(json!({
            "id": record_id,
            "environmentId": id,
            "planId": build.plan_id,
            "planType": "Build",
            "stageName": stage.name,
            "jobName": job.name,
            "stageAttempt": own.attempt,
            "jobAttempt": own.attempt,
            "requestIdentifier": own.identifier,
            "definition": { "id": build.definition, "name": definition },
            "owner": { "id": build.id, "name": build.number },
            "result": result,
            "startTime": own.start.map(crate::core::json::time_text),
            "finishTime": crate::core::json::time_text(now),
            "queueTime": own.start.map(crate::core::json::time_text),
        }));
    }
}
