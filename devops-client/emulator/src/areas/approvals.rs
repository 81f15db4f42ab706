//! Approvals that wait for people: made when a stage reaches a resource with an approval check.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{text, time_text};
use crate::core::locations::APPROVALS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::checks::{Approval, Step};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/pipelines/approvals", &APPROVALS, list),
    Route::patch("{project}/_apis/pipelines/approvals", &APPROVALS, update),
    Route::get("{project}/_apis/pipelines/approvals/{approvalId}", &APPROVALS, get),
];

impl Approval {
    fn to_json(&self, call: &Call<'_>, steps: bool) -> Value {
        let build = call.organization.builds.get(&self.build);
        let definition = build.and_then(|build| call.organization.definitions.get(&build.definition));
        let mut body = json!({
            "id": self.id,
            "status": self.status,
            "createdOn": time_text(self.created),
            "lastModifiedOn": time_text(self.modified),
            "executionOrder": if self.in_sequence { "inSequence" } else { "anyOrder" },
            "minRequiredApprovers": self.required,
            "instructions": self.instructions,
            "blockedApprovers": [],
            "permissions": "view, update",
            "pipeline": {
                "owner": { "id": self.build, "name": build.map(|build| build.number.as_str()) },
                "id": build.map(|build| build.definition.to_string()),
                "name": definition.map(|definition| definition.name()),
            },
            "_links": { "self": { "href": call.project_url(self.project, &format!("_apis/pipelines/approvals/{}", self.id)) } },
        });
        if steps {
            body["steps"] = self
                .steps
                .iter()
                .enumerate()
                .map(|(order, step)| {
                    let mut body = json!({
                        "assignedApprover": call.identity_ref(step.approver),
                        "status": step.status,
                        "comment": step.comment,
                        "order": order + 1,
                        "initiatedOn": time_text(self.created),
                        "lastModifiedOn": time_text(step.modified),
                        "permissions": "view, update",
                        "history": [],
                    });
                    if let Some(actual) = step.actual {
                        body["actualApprover"] = call.identity_ref(actual);
                        body["lastModifiedBy"] = call.identity_ref(actual);
                    }
                    body
                })
                .collect();
        }
        body
    }

    /// Takes in one approver's word; `for_all` when the caller may speak for any of them. Errors: 400 if it is settled,
    /// 403 if it is not theirs to give.
    fn answer(
        &mut self,
        caller: Uuid,
        for_all: bool,
        status: &str,
        comment: &str,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        if self.status != "pending" {
            return Err(refused(
                400,
                format!("The approval {} is already {} and cannot be changed.", self.id, self.status),
            ));
        }
        if self.requester_excluded && caller == self.requester && !for_all {
            return Err(refused(403, "The person who started the run cannot approve it.".to_owned()));
        }
        let turn = self.steps.iter().position(|step| step.status == "pending");
        let theirs = |step: &Step| for_all || step.approver == caller;
        let own = self.steps.iter().position(|step| step.status == "pending" && theirs(step));
        let index = own.filter(|own| !self.in_sequence || Some(*own) == turn);
        let index = index.ok_or_else(|| {
            refused(
                403,
                "You do not have permission to approve or reject: you are not among the approvers whose turn it is."
                    .to_owned(),
            )
        })?;
        let step = &mut self.steps[index];
        step.status = status.to_owned();
        step.actual = Some(caller);
        step.comment = comment.to_owned();
        step.modified = now;
        self.modified = now;
        let approved = self.steps.iter().filter(|step| step.status == "approved").count();
        let needed = if self.required == 0 { self.steps.len() } else { self.required.min(self.steps.len()) };
        if status == "rejected" {
            self.settle("rejected");
        } else if approved >= needed {
            self.settle("approved");
        }
        Ok(())
    }
}

fn refused(status: u16, message: String) -> ServiceError {
    ServiceError::new(status, "Microsoft.Azure.Pipelines.Approval.WebApi", "ApprovalUpdateException", message)
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.Azure.Pipelines.Approval.WebApi",
        "ApprovalNotFoundException",
        format!("Approval with id {id} could not be found."),
    )
}

fn wants_steps(call: &Call<'_>) -> bool {
    call.request.query("$expand").is_some_and(|expand| expand.to_lowercase().contains("steps"))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    crate::pipelines::progress::on_read_of_project(call.organization, project, call.now);
    let ids: Option<Vec<String>> = call
        .request
        .query("approvalIds")
        .map(|ids| ids.split(',').map(|id| id.trim().to_lowercase()).filter(|id| !id.is_empty()).collect());
    let state = call.request.query("state").map(str::to_lowercase);
    let top = call.request.query_number("top").map_or(usize::MAX, |top| top.max(0) as usize);
    let steps = wants_steps(call);
    let found = call.organization.approvals.values().filter(|approval| {
        approval.project == project
            && ids.as_ref().is_none_or(|ids| ids.contains(&approval.id.to_string()))
            && state.as_deref().is_none_or(|state| state == "all" || approval.status.eq_ignore_ascii_case(state))
    });
    Ok(Response::list(found.take(top).map(|approval| approval.to_json(call, steps)).collect()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let key = call.param("approvalId");
    let id = Uuid::parse_str(key).unwrap_or_default();
    let found = call.organization.approvals.get(&id).filter(|approval| approval.project == project);
    found.map(|approval| Response::ok(approval.to_json(call, wants_steps(call)))).ok_or_else(|| not_found(key))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let (caller, now) = (call.caller, call.now);
    let for_all = call.organization.settings.one_person;
    let mut changed = Vec::new();
    for change in body.as_array().map_or(&[][..], Vec::as_slice) {
        let key = text(change, "approvalId").unwrap_or_default();
        let id = Uuid::parse_str(key).unwrap_or_default();
        let status = text(change, "status").unwrap_or_default().to_lowercase();
        if !matches!(status.as_str(), "approved" | "rejected") {
            return Err(refused(
                400,
                format!("The status '{status}' cannot be given: it is either approved or rejected."),
            ));
        }
        let approval = call.organization.approvals.get(&id).filter(|approval| approval.project == project);
        let mut approval = approval.cloned().ok_or_else(|| not_found(key))?;
        approval.answer(caller, for_all, &status, text(change, "comment").unwrap_or_default(), now)?;
        changed.push(approval);
    }
    let answers = changed.iter().map(|approval| approval.to_json(call, true)).collect();
    for approval in changed {
        call.organization.approvals.insert(approval.id, approval);
    }
    Ok(Response::list(answers))
}
