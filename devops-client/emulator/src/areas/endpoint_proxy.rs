//! The endpoint proxy: the service asks Azure on behalf of a connection. TestConnection and the secrets of a vault.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, text, text_at};
use crate::core::locations::ENDPOINT_PROXY;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};

/// The routes.
pub const ROUTES: &[Route] = &[Route::query("{project}/_apis/serviceendpoint/endpointproxy", &ENDPOINT_PROXY, execute)];

/// Secrets on one page of a vault's list; the live vault gives 25.
const PAGE: usize = 25;

impl Organization {
    /// Puts a secret's name and attributes into the vault behind the endpoint proxy.
    pub fn add_vault_secret(&mut self, vault: &str, name: &str, attributes: Value) {
        self.vaults.entry(vault.to_lowercase()).or_default().insert(name.to_owned(), attributes);
    }
}

fn execute(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let id = call.request.query("endpointId").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
    let known = call.organization.endpoints.get(&id).is_some_and(|endpoint| endpoint.in_project(project));
    if !known {
        return Err(ServiceError::not_found(
            "Microsoft.VisualStudio.Services.ServiceEndpoints.WebApi",
            "ServiceEndpointNotFoundException",
            format!("Could not find the service connection with id {id}."),
        ));
    }
    let source = text_at(&body, &["dataSourceDetails", "dataSourceName"]).unwrap_or_default();
    Ok(match source {
        "TestConnection" => test_connection(call, id),
        "AzureKeyVaultSecrets" | "AzureKeyVaultSecretsWithSkipToken" => secrets(call, id, &body),
        other => failed(400, &format!("The data source '{other}' is not defined for this type of service connection.")),
    })
}

/// The proxy answers 200 whatever Azure answered; the outcome is in `statusCode`.
fn failed(status: u16, message: &str) -> Response {
    Response::ok(
        json!({ "result": [], "statusCode": status_name(status), "errorMessage": message, "activityId": null }),
    )
}

fn status_name(status: u16) -> Value {
    json!(match status {
        200 => "ok",
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "notFound",
        _ => "internalServerError",
    })
}

fn test_connection(call: &mut Call<'_>, id: Uuid) -> Response {
    if let Some(fault) = call.organization.endpoint_fault(id) {
        return failed(401, &fault);
    }
    let Some(endpoint) = call.organization.endpoints.get_mut(&id) else { return failed(404, "") };
    if endpoint.reads_left > 0 {
        return failed(400, "The service connection is not ready yet.");
    }
    if endpoint.tests_left > 0 {
        endpoint.tests_left -= 1;
        return failed(
            403,
            "Failed to query service connection API: 'https://management.azure.com/subscriptions'. Status Code: 'Forbidden', \
             Response from server: '{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client does not have \
             authorization to perform action 'Microsoft.Resources/subscriptions/read'. If access was recently granted, please \
             refresh your credentials.\"}}'",
        );
    }
    Response::ok(json!({ "result": [], "statusCode": status_name(200), "errorMessage": "" }))
}

fn secrets(call: &mut Call<'_>, id: Uuid, body: &Value) -> Response {
    if let Some(fault) = call.organization.endpoint_fault(id) {
        return failed(401, &fault);
    }
    let parameters = at(body, &["dataSourceDetails", "parameters"]).cloned().unwrap_or_default();
    let Some(name) = text(&parameters, "KeyVaultName").map(str::to_lowercase) else {
        return failed(400, "The parameter KeyVaultName is missing.");
    };
    let Some(vault) = call.organization.vaults.get(&name) else {
        return failed(404, &format!("The remote name could not be resolved: '{name}.vault.azure.net'"));
    };
    let after = text(&parameters, "SkipToken").and_then(|token| BASE64_STANDARD.decode(token).ok());
    let after = after.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let page: Vec<(&String, &Value)> = vault.iter().filter(|(secret, _)| **secret > after).take(PAGE + 1).collect();
    let entries: Vec<Value> = page
        .iter()
        .take(PAGE)
        .map(|(secret, attributes)| {
            let mut entry = json!({
                "id": format!("https://{name}.vault.azure.net/secrets/{secret}"),
                "attributes": attributes,
            });
            if let Some(content_type) = attributes.get("contentType") {
                entry["contentType"] = content_type.clone();
            }
            entry
        })
        .collect();
    let next = (page.len() > PAGE).then(|| {
        let token = BASE64_STANDARD.encode(page[PAGE - 1].0);
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        format!(
            "https://{name}.vault.azure.net:443/secrets?api-version=2016-10-01&$skiptoken={token}&maxresults={PAGE}"
        )
    });
    // without a result selector, the vault's own answer is the one element, a JSON document inside a string
    let answer = json!({ "value": entries, "nextLink": next }).to_string();
    Response::ok(json!({ "result": [answer], "statusCode": status_name(200), "errorMessage": "" }))
}
