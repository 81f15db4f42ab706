//! What a stage must pass before it starts: authorisation of its resources, and their checks.

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::authorization::{unauthorized, used};
use super::model::Stage;
use super::records::{Record, State};
use crate::areas::checks::{APPROVAL, BRANCH_CONTROL, EXCLUSIVE_LOCK, TASK_CHECK};
use crate::core::Organization;
use crate::core::json::{flag, items, number, text, text_at, wildcard};
use crate::state::checks::{Approval, Check, Step};
use crate::state::runs::Build;

/// What became of a stage at its gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It may start.
    Open,
    /// It waits.
    Held,
    /// It will not start: result and reason.
    Shut(&'static str, String),
}

/// Puts a stage to its gate. The build is not among the organization's while this runs.
pub fn pass(organization: &mut Organization, build: &mut Build, stage: &Stage, now: Timestamp) -> Gate {
    let Some(definition) = organization.definitions.get(&build.definition).cloned() else {
        return Gate::Shut("failed", "The pipeline does not exist any more.".to_owned());
    };
    let resources = match used(organization, &definition, &build.plan, stage) {
        Ok(resources) => resources,
        Err(missing) => return Gate::Shut("failed", missing.join(" ")),
    };
    let waiting = unauthorized(organization, &definition, &build.plan, stage);
    if !waiting.is_empty() {
        let names: Vec<&str> = waiting.iter().map(|used| used.name.as_str()).collect();
        let text =
            format!("This pipeline needs permission to access {} before this run can continue", names.join(", "));
        checkpoint(organization, build, stage, "Checkpoint.Authorization", None, now).issues =
            vec![("warning".to_owned(), text)];
        return Gate::Held;
    }
    settle(build, stage, "Checkpoint.Authorization", None, "succeeded", now);
    let checks: Vec<Check> = organization
        .checks
        .values()
        .filter(|check| {
            check.project == build.project
                && !check.disabled
                && resources.iter().any(|used| check.is_on(used.kind, &used.id))
        })
        .cloned()
        .collect();
    let mut gate = Gate::Open;
    // locks are taken last, when everything else is open
    for last in [false, true] {
        for check in checks.iter().filter(|check| (check.type_id() == EXCLUSIVE_LOCK) == last) {
            if last && gate != Gate::Open {
                return gate;
            }
            match one(organization, build, stage, check, now) {
                Gate::Open => {}
                Gate::Held => gate = Gate::Held,
                shut @ Gate::Shut(..) => {
                    settle(build, stage, "Checkpoint", None, "failed", now);
                    return shut;
                }
            }
        }
    }
    if gate == Gate::Open {
        settle(build, stage, "Checkpoint", None, "succeeded", now);
    }
    gate
}

fn one(organization: &mut Organization, build: &mut Build, stage: &Stage, check: &Check, now: Timestamp) -> Gate {
    match check.type_id() {
        APPROVAL => approval(organization, build, stage, check, now),
        EXCLUSIVE_LOCK => lock(organization, build, stage, check, now),
        TASK_CHECK
            if text_at(&check.settings, &["definitionRef", "id"])
                .is_some_and(|id| id.eq_ignore_ascii_case(BRANCH_CONTROL)) =>
        {
            branch_control(build, check)
        }
        // other task checks call out to services that are not here: they pass
        _ => Gate::Open,
    }
}

fn branch_control(build: &Build, check: &Check) -> Gate {
    let allowed = text_at(&check.settings, &["inputs", "allowedBranches"]).unwrap_or("*");
    let allowed = allowed.split(',').map(str::trim).any(|pattern| wildcard(pattern, &build.branch));
    if allowed {
        return Gate::Open;
    }
    Gate::Shut("failed", format!("Branch control: {} is not among the allowed branches of the resource.", build.branch))
}

fn approval(organization: &mut Organization, build: &mut Build, stage: &Stage, check: &Check, now: Timestamp) -> Gate {
    let attempt = build.stage_record(&stage.name).map_or(1, |record| record.attempt);
    let known = organization.approvals.values_mut().find(|approval| {
        approval.build == build.id
            && approval.stage == stage.name
            && approval.check == check.id
            && approval.attempt == attempt
    });
    if let Some(approval) = known {
        let id = approval.id;
        let late = now > approval.created.saturating_add(check.timeout.minutes()).unwrap_or(Timestamp::MAX);
        if approval.status == "pending" && late {
            approval.settle("timedOut");
        }
        return match approval.status.as_str() {
            "pending" => Gate::Held,
            "approved" => {
                settle(build, stage, "Checkpoint.Approval", Some(id), "succeeded", now);
                Gate::Open
            }
            other => {
                let reason = format!("The approval was {other}.");
                settle(build, stage, "Checkpoint.Approval", Some(id), "failed", now);
                Gate::Shut("failed", reason)
            }
        };
    }
    let id = organization.ids.guid();
    let approvers =
        items(&check.settings, "approvers").iter().filter_map(|approver| Uuid::parse_str(text(approver, "id")?).ok());
    let approval = Approval {
        id,
        project: build.project,
        build: build.id,
        stage: stage.name.clone(),
        attempt,
        check: check.id,
        status: "pending".to_owned(),
        instructions: text(&check.settings, "instructions").unwrap_or_default().to_owned(),
        required: usize::try_from(number(&check.settings, "minRequiredApprovers").unwrap_or(0)).unwrap_or(0),
        in_sequence: text(&check.settings, "executionOrder")
            .is_some_and(|order| order.eq_ignore_ascii_case("inSequence")),
        requester_excluded: flag(&check.settings, "requesterCannotBeApprover").unwrap_or(false),
        requester: build.requested_by,
        steps: approvers
            .map(|approver| Step {
                approver,
                actual: None,
                status: "pending".to_owned(),
                comment: String::new(),
                modified: now,
            })
            .collect(),
        created: now,
        modified: now,
    };
    organization.approvals.insert(id, approval);
    checkpoint(organization, build, stage, "Checkpoint.Approval", Some(id), now);
    Gate::Held
}

/// One run at a time on a resource: earlier ones first, or only the latest, as the pipeline's `lockBehavior` says.
fn lock(organization: &mut Organization, build: &mut Build, stage: &Stage, check: &Check, now: Timestamp) -> Gate {
    let on_resource = |other: &Build, wanted: State| {
        let Some(definition) = organization.definitions.get(&other.definition) else { return false };
        other.status_is_open()
            && other.plan.stages.iter().any(|stage| {
                other.stage_record(&stage.name).is_some_and(|record| record.state == wanted)
                    && used(organization, definition, &other.plan, stage)
                        .is_ok_and(|used| used.iter().any(|used| check.is_on(used.kind, &used.id)))
            })
    };
    let held = organization.builds.values().any(|other| on_resource(other, State::InProgress));
    let latest = stage.lock_behavior.as_deref() == Some("runLatest");
    let newer = organization
        .builds
        .values()
        .any(|other| other.id > build.id && other.definition == build.definition && on_resource(other, State::Pending));
    let earlier = organization.builds.values().any(|other| other.id < build.id && other.is_at_lock(check.id));
    if latest && newer {
        return Gate::Shut("canceled", "A newer run took this one's place at the exclusive lock.".to_owned());
    }
    if held || (!latest && earlier) {
        let record = checkpoint(organization, build, stage, "Checkpoint.ExclusiveLock", None, now);
        record.identifier = format!("lock {}", check.id);
        return Gate::Held;
    }
    settle(build, stage, "Checkpoint.ExclusiveLock", None, "succeeded", now);
    Gate::Open
}

/// The record of one check below the stage's checkpoint, made if it is not there.
fn checkpoint<'a>(
    organization: &mut Organization,
    build: &'a mut Build,
    stage: &Stage,
    kind: &str,
    id: Option<Uuid>,
    now: Timestamp,
) -> &'a mut Record {
    let (parent, attempt) =
        build.stage_record(&stage.name).map_or((None, 1), |record| (Some(record.id), record.attempt));
    let position = |build: &Build, kind: &str, parent: Option<Uuid>, id: Option<Uuid>| {
        build
            .records
            .iter()
            .position(|record| record.kind == kind && record.parent == parent && id.is_none_or(|id| record.id == id))
    };
    let above = position(build, "Checkpoint", parent, None).unwrap_or_else(|| {
        let mut record = Record::new(organization.ids.guid(), parent, "Checkpoint", "Checkpoint", "Checkpoint", 0);
        record.attempt = attempt;
        record.begin(now);
        build.records.push(record);
        build.records.len() - 1
    });
    let parent = Some(build.records[above].id);
    let at = position(build, kind, parent, id).unwrap_or_else(|| {
        let id = id.unwrap_or_else(|| organization.ids.guid());
        let mut record = Record::new(id, parent, kind, kind, kind, 1);
        record.attempt = attempt;
        record.begin(now);
        build.records.push(record);
        build.records.len() - 1
    });
    &mut build.records[at]
}

/// Ends the open records of one kind below a stage.
fn settle(build: &mut Build, stage: &Stage, kind: &str, id: Option<Uuid>, result: &str, now: Timestamp) {
    let Some(stage) = build.stage_record(&stage.name).map(|record| record.id) else { return };
    let above: Vec<Uuid> =
        build.records.iter().filter(|record| record.parent == Some(stage)).map(|record| record.id).collect();
    for record in &mut build.records {
        let below = record.parent == Some(stage) || record.parent.is_some_and(|parent| above.contains(&parent));
        let meant = record.kind == kind && id.is_none_or(|id| record.id == id);
        if below && meant && record.state != State::Completed {
            record.end(result, now);
        }
    }
}
