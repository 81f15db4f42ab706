//! User-assigned managed identities and their federated credentials.

use serde_json::{Value, json};

use super::resources;
use super::state::{Arm, body_of, error};
use crate::core::{Method, Request, Response};

/// The audience that federation with Azure DevOps needs.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Answers PUT of an identity or of a federated credential; everything else is as with other resources.
pub fn answer(arm: &mut Arm, request: &Request, parts: &[&str]) -> Option<Response> {
    let tail = &parts[parts.iter().position(|part| *part == "microsoft.managedidentity")?..];
    if request.method != Method::Put {
        return None;
    }
    let id = format!("/{}", request.path.join("/"));
    match tail {
        [_, "userassignedidentities", _] => {
            let group = format!("/{}", parts[..4].join("/"));
            if !arm.resources.contains_key(&group) {
                return Some(error(
                    404,
                    "ResourceGroupNotFound",
                    &format!("Resource group '{}' could not be found.", parts[3]),
                ));
            }
            let mut body = body_of(request);
            body["properties"] = json!({});
            Some(resources::put(arm, &id, parts, body))
        }
        [_, "userassignedidentities", _, "federatedidentitycredentials", name] => {
            Some(federate(arm, &id, parts, name, body_of(request)))
        }
        _ => None,
    }
}

fn federate(arm: &mut Arm, id: &str, parts: &[&str], name: &str, body: Value) -> Response {
    let identity = format!("/{}", parts[..parts.len() - 2].join("/"));
    if !arm.resources.contains_key(&identity) {
        return error(
            404,
            "ParentResourceNotFound",
            &format!("The identity of the federated credential '{name}' could not be found."),
        );
    }
    let text = |key: &str| body["properties"][key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let (Some(issuer), Some(subject)) = (text("issuer"), text("subject")) else {
        return error(400, "BadRequest", "The federated identity credential needs an issuer and a subject.");
    };
    if body["properties"]["audiences"].as_array().is_none_or(|audiences| audiences.len() != 1) {
        return error(
            400,
            "BadRequest",
            &format!("The federated identity credential needs exactly one audience, e.g. {AUDIENCE}."),
        );
    }
    let below = format!("{identity}/federatedidentitycredentials/");
    let doubled = arm.resources.iter().any(|(key, other)| {
        key.starts_with(&below)
            && *key != id.to_lowercase()
            && other["properties"]["issuer"] == json!(issuer)
            && other["properties"]["subject"] == json!(subject)
    });
    if doubled {
        return error(409, "Conflict", "Issuer and subject combination already exists for this Managed Identity.");
    }
    resources::put(arm, id, parts, body)
}
