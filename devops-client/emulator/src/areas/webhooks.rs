//! Incoming webhooks: an unauthenticated POST that starts the pipelines which have the hook as a resource.

use serde_json::{Value, json};

use crate::core::json::text_at;
use crate::core::locations::WEBHOOKS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};

/// The routes.
pub const ROUTES: &[Route] = &[Route::post("_apis/public/distributedtask/webhooks/{webHookId}", &WEBHOOKS, receive)];

/// HMAC-SHA1 of a body, in lower-case hexadecimal digits, as the sender's header carries it.
pub fn signature(secret: &str, body: &[u8]) -> String {
    use hmac::{KeyInit, Mac};
    let Ok(mut mac) = hmac::Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Takes the event in. A body whose signature is wrong is refused; without a secret every body is taken.
fn receive(call: &mut Call<'_>) -> Outcome {
    let name = call.param("webHookId").to_owned();
    let endpoint = call.organization.endpoints.values().find(|endpoint| {
        endpoint.kind().eq_ignore_ascii_case("incomingwebhook")
            && text_at(&endpoint.body, &["authorization", "parameters", "webhookname"])
                .is_some_and(|own| own.eq_ignore_ascii_case(&name))
    });
    let Some(endpoint) = endpoint else {
        return Err(ServiceError::not_found(
            "Microsoft.TeamFoundation.DistributedTask.WebApi",
            "WebHookNotFoundException",
            format!("The incoming webhook {name} could not be found."),
        ));
    };
    if let Some(secret) = endpoint.secrets.get("secret") {
        let header = text_at(&endpoint.body, &["authorization", "parameters", "header"])
            .unwrap_or("X-Hub-Signature")
            .to_lowercase();
        let stated = call.request.header(&header).unwrap_or_default().to_lowercase();
        let stated = stated.trim_start_matches("sha1=");
        if stated != signature(secret.expose(), &call.request.body) {
            return Err(ServiceError::forbidden(format!(
                "The payload's signature in header {header} is not that of the webhook {name}."
            )));
        }
    }
    let connection = endpoint.name().to_owned();
    let payload: Value = serde_json::from_slice(&call.request.body).unwrap_or(Value::Null);
    let queued = crate::pipelines::triggers::on_webhook(call, &name, &connection, &payload);
    Ok(Response::ok(json!({ "count": queued.len(), "value": queued })).with_effect(!queued.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_the_published_test_vector() {
        // RFC 2202, test case 2
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }
}
