//! The front of an online endpoint: it knows its callers, chooses one of the deployments behind it by their shares of the traffic
//! or by the caller's wish, and answers as Azure does for a model that does not. (Documents: "Authenticate clients for online
//! endpoints", "Safe rollout for online endpoints", "HTTP status codes for online endpoints".)

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Ask, Way, ask};
use crate::http::{self, Request, Response};
use crate::store::{Store, at, slot};

/// The header by which a caller wishes for one deployment, and that says which one has answered.
const CHOICE: &str = "azureml-model-deployment";

/// The path that every endpoint scores at, whatever its deployments' own route is.
const ROUTE: &str = "/score";

/// Shares are percent; steps of this size, which 100 is no multiple of, spread them over all requests.
const SPREAD: u64 = 37;

/// How long a model has for an answer unless its deployment says so.
const PATIENCE: u64 = 5000;

/// Where an endpoint is kept.
pub(crate) fn place<'a>(workspace: &'a str, endpoint: &'a str) -> [&'a str; 4] {
    ["ml", workspace, "online-endpoints", endpoint]
}

/// Answers for an endpoint until the process is ended.
///
/// # Errors
/// If it cannot listen, or there is no such endpoint.
pub(crate) fn serve(store: &Store, workspace: &str, endpoint: &str) -> Result<(), String> {
    let (own, whole) = (store.clone(), (workspace.to_owned(), endpoint.to_owned()));
    let turn = AtomicU64::new(0);
    let address = http::serve(move |request| {
        let found = own.read(|state| at(state, &place(&whole.0, &whole.1)).cloned());
        match found {
            Ok(Some(endpoint)) => answer(&own, &endpoint, turn.fetch_add(1, Ordering::Relaxed), &request),
            _ => refused(404, "there is no such endpoint"),
        }
    })?;
    store.change(|state| {
        let place = slot(state, &place(workspace, endpoint));
        if place.is_null() {
            return Err(format!("there is no endpoint {endpoint}"));
        }
        place["scoring_uri"] = json!(format!("http://{address}{ROUTE}"));
        place["port"] = json!(address.port());
        Ok(())
    })?;
    loop {
        thread::park();
    }
}

fn refused(status: u16, why: &str) -> Response {
    Response::from((status, json!({ "error": { "code": status.to_string(), "message": why } }).to_string()))
}

fn answer(store: &Store, endpoint: &Value, turn: u64, request: &Request) -> Response {
    let mode = endpoint["auth_mode"].as_str().unwrap_or("key");
    let secrets = endpoint["secrets"].as_object().into_iter().flatten().filter_map(|(_, secret)| secret.as_str());
    let shown = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    if !secrets.into_iter().any(|secret| shown == Some(secret)) {
        return refused(401, if mode == "key" { "key_auth_access_denied" } else { "token_auth_access_denied" });
    }
    let Some((name, deployment)) = chosen(endpoint, request.header(CHOICE), turn) else {
        return refused(404, "The endpoint doesn't have any valid deployment with positive weight.");
    };
    let route = deployment["environment"]["inference_config"]["scoring_route"]["path"].as_str().unwrap_or(ROUTE);
    if request.path != ROUTE && request.path != route {
        return refused(404, "an endpoint scores, and does nothing else");
    }
    let containers: Vec<&str> =
        deployment["containers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let port = |container: &str| {
        let found = store.read(|state| at(state, &["containers", container, "host_port"]).and_then(Value::as_u64));
        found.ok().flatten().and_then(|port| u16::try_from(port).ok())
    };
    let first = usize::try_from(turn).unwrap_or(0);
    let ports = (0..containers.len()).filter_map(|at| port(containers[(first + at) % containers.len()]));
    let limit = deployment["request_settings"]["request_timeout_ms"].as_u64().unwrap_or(PATIENCE);
    let relayed = ["content-type", "accept", "x-ms-client-request-id", "traceparent"];
    let headers: Vec<(&str, &str)> = relayed.iter().filter_map(|name| Some((*name, request.header(name)?))).collect();
    for port in ports {
        let asked = ask(&Ask {
            method: &request.method,
            address: ("127.0.0.1", port),
            path: route,
            headers: &headers,
            body: &request.body,
            way: &Way::Clear,
            timeout: Duration::from_millis(limit),
        });
        let said = match asked {
            Ok(said) => said,
            // one that ends just now refuses: then it is the next one's turn
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => continue,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) => {
                return refused(408, "the model's execution took longer than the timeout of the deployment");
            }
            Err(error) => return refused(502, &error.to_string()),
        };
        let mut headers = vec![(CHOICE.to_owned(), name.to_owned())];
        for relayed in ["content-type", "server-timing"] {
            headers.extend(said.header(relayed).map(|value| (relayed.to_owned(), value.to_owned())));
        }
        // what a model says beside 200 is an error of the model for the endpoint
        let status = if (200..300).contains(&said.status) { said.status } else { 424 };
        if status == 424 {
            headers.push(("ms-azureml-model-error-statuscode".to_owned(), said.status.to_string()));
        }
        return Response { status, headers, body: said.body };
    }
    refused(502, "no instance of the deployment answers")
}

/// The deployment that is wished for, or the one whose turn it is.
fn chosen<'a>(endpoint: &'a Value, wish: Option<&'a str>, turn: u64) -> Option<(&'a str, &'a Value)> {
    let all = endpoint["deployments"].as_object()?;
    if let Some(wish) = wish {
        return all.get_key_value(wish).map(|(name, deployment)| (name.as_str(), deployment));
    }
    let at = turn.wrapping_mul(SPREAD) % 100;
    let mut until = 0;
    endpoint["traffic"].as_object()?.iter().find_map(|(name, share)| {
        until += share.as_u64().unwrap_or(0);
        (at < until).then(|| all.get_key_value(name)).flatten().map(|(name, deployment)| (name.as_str(), deployment))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_by_shares_of_the_traffic_and_by_wish() {
        let endpoint = json!({
            "traffic": { "old": 80, "new": 20 }, "deployments": { "old": { "at": 1 }, "new": { "at": 2 } },
        });
        let went = |turns: std::ops::Range<u64>| {
            turns.filter(|turn| chosen(&endpoint, None, *turn).unwrap().0 == "new").count()
        };
        assert_eq!(went(0..100), 20);
        assert!((1..=4).contains(&went(0..10)), "{}", went(0..10));
        assert_eq!(chosen(&endpoint, Some("new"), 0).unwrap().0, "new");
        assert_eq!(chosen(&endpoint, Some("gone"), 0), None);
        let none = json!({ "traffic": { "old": 0 }, "deployments": { "old": {} } });
        assert_eq!(chosen(&none, None, 7), None);
    }
}
