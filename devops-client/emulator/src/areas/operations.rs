//! Long-running operations: queued, in progress, succeeded, one step with each poll.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::locations::OPERATIONS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::projects::{Operation, Work};

/// The routes.
pub const ROUTES: &[Route] = &[Route::get("_apis/operations/{operationId}", &OPERATIONS, get)];

/// Starts an operation and answers 202 with its reference.
pub fn start(call: &mut Call<'_>, work: Work) -> Outcome {
    let id = call.organization.ids.guid();
    let polls_left = call.organization.settings.operation_polls;
    call.organization.operations.insert(id, Operation { id, work, polls_left, seen: false, done: false });
    let mut response = Response::ok(reference(call, id, "queued"));
    response.status = 202;
    Ok(response)
}

fn reference(call: &Call<'_>, id: Uuid, status: &str) -> Value {
    json!({ "id": id, "status": status, "url": call.url(&format!("_apis/operations/{id}")) })
}

/// Moves an operation on by one poll; gives back its status, if there is such an operation.
fn step(call: &mut Call<'_>, id: Uuid) -> Option<&'static str> {
    let operation = call.organization.operations.get_mut(&id)?;
    let status = if operation.polls_left > 0 {
        operation.polls_left -= 1;
        let status = if operation.seen { "inProgress" } else { "queued" };
        operation.seen = true;
        status
    } else {
        "succeeded"
    };
    if status == "succeeded" && !operation.done {
        operation.done = true;
        let work = operation.work.clone();
        match work {
            Work::CreateProject(project) => call.organization.finish_project(project, call.now),
            Work::DeleteProject(project) => call.organization.remove_project(project),
            Work::UpdateProject(_) => {}
        }
    }
    Some(status)
}

/// Moves the making of a project on: it goes on whether or not anybody asks for its operation.
pub fn look_at_project(call: &mut Call<'_>, project: Uuid) {
    let making = |operation: &&Operation| !operation.done && operation.work == Work::CreateProject(project);
    if let Some(id) = call.organization.operations.values().find(making).map(|operation| operation.id) {
        step(call, id);
    }
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = Uuid::parse_str(call.param("operationId")).unwrap_or_default();
    let Some(status) = step(call, id) else {
        return Err(ServiceError::not_found(
            "Microsoft.VisualStudio.Services.Operations",
            "OperationNotFoundException",
            format!("VS403003: The operation with ID {id} does not exist."),
        ));
    };
    let mut body = reference(call, id, status);
    body["_links"] = json!({ "self": { "href": body["url"] } });
    body["resultMessage"] = json!("");
    body["detailedMessage"] = json!("");
    Ok(Response::ok(body))
}
