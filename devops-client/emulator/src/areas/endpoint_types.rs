//! The types of service connections that there are.

use serde_json::{Value, json};

use crate::core::locations::ENDPOINT_TYPES;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response};

/// The routes.
pub const ROUTES: &[Route] = &[Route::get("_apis/serviceendpoint/types", &ENDPOINT_TYPES, types)];

fn types(call: &mut Call<'_>) -> Outcome {
    const TYPES: &[(&str, &str, &[&str])] = &[
        (
            "AzureRM",
            "Azure Resource Manager",
            &["ServicePrincipal", "ManagedServiceIdentity", "WorkloadIdentityFederation"],
        ),
        ("dockerregistry", "Docker Registry", &["UsernamePassword", "ServicePrincipal", "WorkloadIdentityFederation"]),
        ("kubernetes", "Kubernetes", &["Kubernetes", "Token", "UsernamePassword"]),
        ("incomingwebhook", "Incoming WebHook", &["None"]),
        ("generic", "Generic", &["UsernamePassword"]),
        ("github", "GitHub", &["PersonalAccessToken", "OAuth"]),
    ];
    let wanted = call.request.query("type");
    let rows = TYPES.iter().filter(|(name, ..)| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)));
    let rows = rows.map(|(name, display, schemes)| {
        let schemes: Vec<Value> =
            schemes.iter().map(|scheme| json!({ "scheme": scheme, "displayName": scheme })).collect();
        json!({ "name": name, "displayName": display, "authenticationSchemes": schemes, "dataSources": [] })
    });
    Ok(Response::list(rows.collect()))
}
