//! Service hook subscriptions.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, text, time_text};
use crate::core::locations::{HOOK_CONSUMERS, HOOK_PUBLISHERS, HOOK_SUBSCRIPTIONS};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::resources::Subscription;

/// Consumer inputs that are never given back.
const SECRET_INPUTS: &[&str] = &["basicAuthPassword", "apiToken", "accessToken", "connectionString", "accountKey"];

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/hooks/subscriptions", &HOOK_SUBSCRIPTIONS, list),
    Route::post("_apis/hooks/subscriptions", &HOOK_SUBSCRIPTIONS, create),
    Route::put("_apis/hooks/subscriptions", &HOOK_SUBSCRIPTIONS, create),
    Route::get("_apis/hooks/subscriptions/{subscriptionId}", &HOOK_SUBSCRIPTIONS, get),
    Route::put("_apis/hooks/subscriptions/{subscriptionId}", &HOOK_SUBSCRIPTIONS, update),
    Route::delete("_apis/hooks/subscriptions/{subscriptionId}", &HOOK_SUBSCRIPTIONS, delete),
    Route::get("_apis/hooks/publishers", &HOOK_PUBLISHERS, publishers),
    Route::get("_apis/hooks/consumers", &HOOK_CONSUMERS, consumers),
];

/// Publishers with their events.
const PUBLISHERS: &[(&str, &str, &[&str])] = &[
    (
        "tfs",
        "Azure DevOps Services",
        &["build.complete", "git.push", "git.pullrequest.created", "git.pullrequest.merged", "git.pullrequest.updated"],
    ),
    (
        "pipelines",
        "Azure Pipelines",
        &[
            "ms.vss-pipelines.run-state-changed-event",
            "ms.vss-pipelines.stage-state-changed-event",
            "ms.vss-pipelinechecks-events.approval-pending",
        ],
    ),
];

/// Consumers with their actions.
const CONSUMERS: &[(&str, &str, &[&str])] = &[
    ("webHooks", "Web Hooks", &["httpRequest"]),
    ("azureServiceBus", "Azure Service Bus", &["serviceBusQueueSend"]),
    ("azureStorageQueue", "Azure Storage", &["enqueue"]),
];

impl Subscription {
    fn to_json(&self, call: &Call<'_>) -> Value {
        let url = call.url(&format!("_apis/hooks/subscriptions/{}", self.id));
        let mut body = self.body.clone();
        crate::core::json::merge(
            &mut body,
            &json!({
                "id": self.id,
                "url": url,
                "probationRetries": 0,
                "eventDescription": "Any event",
                "actionDescription": "",
                "createdBy": call.identity_ref(self.created.0),
                "createdDate": time_text(self.created.1),
                "modifiedBy": call.identity_ref(self.modified.0),
                "modifiedDate": time_text(self.modified.1),
                "_links": { "self": { "href": url } },
            }),
        );
        if at(&body, &["status"]).is_none() {
            body["status"] = json!("enabled");
        }
        body
    }
}

fn refused(message: String) -> ServiceError {
    ServiceError::new(400, "Microsoft.VisualStudio.Services.ServiceHooks.WebApi", "SubscriptionInputException", message)
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.VisualStudio.Services.ServiceHooks.WebApi",
        "SubscriptionNotFoundException",
        format!("The subscription with id {id} could not be found."),
    )
}

fn checked(call: &Call<'_>) -> Result<Value, ServiceError> {
    let mut body = call.body()?;
    let publisher = text(&body, "publisherId").unwrap_or_default();
    let event = text(&body, "eventType").unwrap_or_default();
    let known = PUBLISHERS.iter().find(|(id, ..)| *id == publisher);
    let known = known.ok_or_else(|| refused(format!("The publisher '{publisher}' does not exist.")))?;
    if !known.2.contains(&event) {
        return Err(refused(format!("The publisher '{publisher}' has no event type '{event}'.")));
    }
    let consumer = text(&body, "consumerId").unwrap_or_default();
    let action = text(&body, "consumerActionId").unwrap_or_default();
    let known = CONSUMERS.iter().any(|(id, _, actions)| *id == consumer && actions.contains(&action));
    if !known {
        return Err(refused(format!("The consumer '{consumer}' has no action '{action}'.")));
    }
    if consumer == "webHooks" && at(&body, &["consumerInputs", "url"]).is_none() {
        return Err(refused("The input 'url' of the consumer is required.".to_owned()));
    }
    if let Some(inputs) = body.get_mut("consumerInputs").and_then(Value::as_object_mut) {
        for (name, value) in inputs {
            if SECRET_INPUTS.contains(&name.as_str()) {
                *value = json!("********");
            }
        }
    }
    Ok(body)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = checked(call)?;
    let id = call.organization.ids.guid();
    let stamp = (call.caller, call.now);
    let subscription = Subscription { id, body, created: stamp, modified: stamp };
    let answer = subscription.to_json(call);
    call.organization.subscriptions.insert(id, subscription);
    Ok(Response::ok(answer))
}

fn id_of(call: &Call<'_>) -> Result<Uuid, ServiceError> {
    let key = call.param("subscriptionId");
    let id = Uuid::parse_str(key).map_err(|_| not_found(key))?;
    call.organization.subscriptions.contains_key(&id).then_some(id).ok_or_else(|| not_found(key))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    let body = checked(call)?;
    let modified = (call.caller, call.now);
    if let Some(subscription) = call.organization.subscriptions.get_mut(&id) {
        subscription.body = body;
        subscription.modified = modified;
    }
    Ok(Response::ok(call.organization.subscriptions[&id].to_json(call)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    Ok(Response::ok(call.organization.subscriptions[&id].to_json(call)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    call.organization.subscriptions.remove(&id);
    Ok(Response::no_content())
}

fn list(call: &mut Call<'_>) -> Outcome {
    let wanted = |subscription: &&Subscription| {
        ["publisherId", "eventType", "consumerId", "consumerActionId"]
            .iter()
            .all(|key| call.request.query(key).is_none_or(|value| text(&subscription.body, key) == Some(value)))
    };
    Ok(Response::list(call.organization.subscriptions.values().filter(wanted).map(|one| one.to_json(call)).collect()))
}

fn publishers(call: &mut Call<'_>) -> Outcome {
    let rows = PUBLISHERS.iter().map(|(id, name, events)| {
        let events: Vec<Value> = events.iter().map(|event| json!({ "id": event, "publisherId": id, "name": event })).collect();
        json!({ "id": id, "name": name, "url": call.url(&format!("_apis/hooks/publishers/{id}")), "supportedEvents": events })
    });
    Ok(Response::list(rows.collect()))
}

fn consumers(call: &mut Call<'_>) -> Outcome {
    let rows = CONSUMERS.iter().map(|(id, name, actions)| {
        let actions: Vec<Value> =
            actions.iter().map(|action| json!({ "id": action, "consumerId": id, "name": action })).collect();
        json!({ "id": id, "name": name, "url": call.url(&format!("_apis/hooks/consumers/{id}")), "actions": actions })
    });
    Ok(Response::list(rows.collect()))
}
