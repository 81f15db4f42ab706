//! From the service's terms to values that can be shown. Text that people or services wrote is made printable here.

use devops_client::api::IdentityRef;
use devops_client::api::approvals::{Approval, ApprovalStatus};
use devops_client::api::builds::{Build, BuildResult, BuildStatus};
use devops_client::api::timelines::{RecordKind, RecordResult, RecordState, TimelineRecord};
use devops_client::{RecordId, Timestamp};
use serde_json::Value;

use crate::remote::runs::log::{clean, one_line};
use crate::remote::runs::timeline::{Level, Part};
use crate::remote::runs::{PendingApproval, Run, State};

/// A run.
pub(super) fn run(build: &Build) -> Run {
    let strings = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(Value::as_str).map(one_line).collect()
    };
    let link = || build.extra.get("_links")?.pointer("/web/href")?.as_str();
    Run {
        id: build.id.0,
        number: one_line(&build.build_number),
        pipeline: build.definition.as_ref().map_or_else(String::new, |pipeline| one_line(&pipeline.name)),
        state: run_state(build),
        branch: build.source_branch.as_deref().map(|name| one_line(name.strip_prefix("refs/heads/").unwrap_or(name))),
        commit: build.source_version.as_deref().map(one_line),
        reason: build.reason.as_deref().map(one_line),
        requested_by: build.requested_for.as_ref().and_then(name),
        queued: moment(build.queue_time.as_ref()),
        started: moment(build.start_time.as_ref()),
        finished: moment(build.finish_time.as_ref()),
        parameters: build.template_parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        tags: strings(build.extra.get("tags")),
        problems: build.validation_results.iter().map(|problem| one_line(&problem.message)).collect(),
        url: link().map(one_line),
    }
}

fn name(who: &IdentityRef) -> Option<String> {
    who.display_name.as_deref().or(who.unique_name.as_deref()).map(one_line)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), one_line)
}

pub(super) fn moment(time: Option<&Timestamp>) -> Option<jiff::Timestamp> {
    jiff::Timestamp::try_from(time?.instant()?).ok()
}

fn run_state(build: &Build) -> State {
    match (&build.status, &build.result) {
        (BuildStatus::Completed, Some(BuildResult::Succeeded)) => State::Succeeded,
        (BuildStatus::Completed, Some(BuildResult::PartiallySucceeded)) => State::SucceededWithIssues,
        (BuildStatus::Completed, Some(BuildResult::Canceled)) => State::Canceled,
        // A run that is over with a result that nobody knows is not taken for a good one.
        (BuildStatus::Completed, _) => State::Failed,
        (BuildStatus::Cancelling, _) => State::Stopping,
        (BuildStatus::NotStarted | BuildStatus::Postponed, _) => State::Waiting,
        _ => State::Running,
    }
}

/// What came of a record or of a deployment.
pub(super) fn result_state(result: Option<&RecordResult>) -> State {
    match result {
        Some(RecordResult::Succeeded) => State::Succeeded,
        Some(RecordResult::SucceededWithIssues) => State::SucceededWithIssues,
        Some(RecordResult::Canceled) => State::Canceled,
        Some(RecordResult::Skipped) => State::Skipped,
        _ => State::Failed,
    }
}

/// The stages, jobs and steps among records. A phase whose job does not stand there yet is shown as that job.
pub(super) fn parts(records: &[TimelineRecord]) -> Vec<Part> {
    records.iter().filter_map(|record| part(record, records)).collect()
}

/// The part that a record is, if it is one, seen among all records of its run.
pub(super) fn part(record: &TimelineRecord, all: &[TimelineRecord]) -> Option<Part> {
    let is_in = |id: RecordId| move |other: &&TimelineRecord| other.parent_id == Some(id);
    let level = match record.kind {
        RecordKind::Stage => Level::Stage,
        RecordKind::Job => Level::Job,
        RecordKind::Phase if !all.iter().filter(is_in(record.id)).any(|other| other.kind == RecordKind::Job) => {
            Level::Job
        }
        RecordKind::Task => Level::Step,
        _ => return None,
    };
    // A job stands in its phase, which is not shown: it is in the phase's stage.
    let above = all.iter().find(|other| Some(other.id) == record.parent_id);
    let phase = above.filter(|above| level == Level::Job && above.kind == RecordKind::Phase);
    let parent = phase.map_or(record.parent_id, |phase| phase.parent_id);
    let state = match record.state {
        Some(RecordState::Completed) => result_state(record.result.as_ref()),
        Some(RecordState::InProgress) => State::Running,
        _ => State::Waiting,
    };
    let errors = record.issues.iter().filter(|issue| issue.kind.eq_ignore_ascii_case("error"));
    let waits = if level == Level::Stage && state == State::Waiting { waits(record.id, all) } else { Vec::new() };
    Some(Part {
        id: record.id.to_string(),
        parent: parent.map(|id| id.to_string()),
        phase: phase.map(|phase| phase.id.to_string()),
        level,
        name: one_line(&record.name),
        identifier: record.identifier.clone(),
        state,
        started: moment(record.start_time.as_ref()),
        finished: moment(record.finish_time.as_ref()),
        order: phase.or(Some(record)).and_then(|record| record.order).unwrap_or(0),
        attempt: record.attempt.unwrap_or(1),
        problems: errors.map(|issue| clean(&one_line(&issue.message))).collect(),
        waits,
        log: record.log.as_ref().map(|log| log.id.0),
    })
}

/// The checks at a stage's gate that have not passed, in words.
fn waits(stage: RecordId, all: &[TimelineRecord]) -> Vec<String> {
    let gates = all.iter().filter(|record| record.parent_id == Some(stage) && record.kind == RecordKind::Checkpoint);
    let open = |record: &&TimelineRecord| record.state != Some(RecordState::Completed);
    let at = |gate: &TimelineRecord| {
        let gate = gate.id;
        all.iter().filter(move |record| record.parent_id == Some(gate)).filter(open).map(check)
    };
    let mut found: Vec<String> = gates.filter(open).flat_map(at).collect();
    found.sort();
    found.dedup();
    found
}

fn check(record: &TimelineRecord) -> String {
    match record.kind.as_str() {
        "Checkpoint.Approval" => "approval".to_owned(),
        "Checkpoint.Authorization" => {
            let said = record.issues.first().map(|issue| one_line(&issue.message));
            said.unwrap_or_else(|| "a permission".to_owned())
        }
        "Checkpoint.ExclusiveLock" => "the exclusive lock".to_owned(),
        _ => one_line(&record.name).to_lowercase(),
    }
}

/// The approval, if the service says which run waits for it.
pub(super) fn approval(approval: &Approval) -> Option<PendingApproval> {
    let pipeline = approval.extra.get("pipeline");
    let named = |pointer: &str| pipeline.and_then(|p| p.pointer(pointer)).and_then(Value::as_str).map(one_line);
    let open = approval.steps.iter().filter(|step| step.status.as_ref().is_none_or(|s| *s == ApprovalStatus::Pending));
    let who = open.filter_map(|step| step.assigned_approver.as_ref()).filter_map(name);
    Some(PendingApproval {
        id: approval.id.to_string(),
        run: approval.run_id()?.0,
        pipeline: named("/name").unwrap_or_default(),
        pipeline_id: named("/id").and_then(|id| id.parse().ok()),
        number: named("/owner/name").unwrap_or_default(),
        stage: None,
        approvers: who.collect(),
        instructions: approval.instructions.as_deref().map(one_line).filter(|text| !text.is_empty()),
    })
}

/// The name of the stage that waits for an approval.
pub(super) fn stage_of(records: &[TimelineRecord], approval: &str) -> Option<String> {
    let by_id = |id: RecordId| records.iter().find(|record| record.id == id);
    let mut record = records.iter().find(|record| record.id.to_string().eq_ignore_ascii_case(approval))?;
    for _ in 0..4 {
        if record.kind == RecordKind::Stage {
            return Some(one_line(&record.name));
        }
        record = by_id(record.parent_id?)?;
    }
    None
}
