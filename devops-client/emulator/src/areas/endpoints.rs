//! Service connections: Azure Resource Manager, container registry, Kubernetes, incoming webhook and others.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::references::resolve_references;
use crate::core::json::{at, flag, items, same, text, text_at};
use crate::core::locations::{ENDPOINTS_ORG, ENDPOINTS_PROJECT};
use crate::core::route::Route;
use crate::core::secret::Secret;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::resources::Endpoint;
use crate::state::resources::reference_project;

/// Authorization parameters that are never given back.
const SECRET_PARAMETERS: &[&str] = &[
    "serviceprincipalkey",
    "servicePrincipalCertificate",
    "password",
    "apitoken",
    "accesstoken",
    "secret",
    "kubeconfig",
    "certificate",
    "clientcertificatedata",
    "registrypassword",
];

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::post("_apis/serviceendpoint/endpoints", &ENDPOINTS_ORG, create),
    Route::put("_apis/serviceendpoint/endpoints/{endpointId}", &ENDPOINTS_ORG, update),
    Route::patch("_apis/serviceendpoint/endpoints/{endpointId}", &ENDPOINTS_ORG, share),
    Route::delete("_apis/serviceendpoint/endpoints/{endpointId}", &ENDPOINTS_ORG, delete),
    Route::get("{project}/_apis/serviceendpoint/endpoints", &ENDPOINTS_PROJECT, list),
    Route::get("{project}/_apis/serviceendpoint/endpoints/{endpointId}", &ENDPOINTS_PROJECT, get),
];

impl Endpoint {
    /// The answer's form; secrets are null in it.
    fn to_json(&self, call: &Call<'_>, project: Option<Uuid>) -> Value {
        let mut body = self.body.clone();
        body["id"] = json!(self.id);
        if let Some(project) = project {
            body["name"] = json!(self.name_in(project));
        }
        body["createdBy"] = call.identity_ref(self.created_by);
        body["isReady"] = json!(self.is_ready());
        body["serviceEndpointProjectReferences"] = json!(self.references);
        body["operationStatus"] = match &self.failure {
            Some(failure) => json!({ "state": "Failed", "statusMessage": failure }),
            None if self.reads_left > 0 => json!({ "state": "InProgress", "statusMessage": "" }),
            None => json!({ "state": "Ready", "statusMessage": "" }),
        };
        if let Some(parameters) = body.pointer_mut("/authorization/parameters").and_then(Value::as_object_mut) {
            for name in self.secrets.keys() {
                parameters.insert(name.clone(), Value::Null);
            }
        }
        body
    }
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.VisualStudio.Services.ServiceEndpoints.WebApi",
        "ServiceEndpointNotFoundException",
        format!("Could not find the service connection with id {id}."),
    )
}

/// The error for a name that is taken in a project: a 500, as third parties have seen it.
fn duplicate(name: &str, project: &str) -> ServiceError {
    ServiceError::new(
        500,
        "Microsoft.VisualStudio.Services.ServiceEndpoints.WebApi",
        "DuplicateServiceConnectionException",
        format!(
            "Service connection with name {name} already exists. Only a user having Administrator/User role permissions on service connection {name} can see it. Project: {project}."
        ),
    )
}

fn check_names(organization: &Organization, own: Option<Uuid>, references: &[Value]) -> Result<(), ServiceError> {
    for reference in references {
        let (Some(project), Some(name)) = (reference_project(reference), text(reference, "name")) else { continue };
        let taken = organization
            .endpoints
            .values()
            .any(|other| Some(other.id) != own && other.in_project(project) && same(other.name_in(project), name));
        if taken {
            return Err(duplicate(name, text_at(reference, &["projectReference", "name"]).unwrap_or_default()));
        }
    }
    Ok(())
}

fn take_secrets(body: &mut Value, kept: &mut BTreeMap<String, Secret>) {
    let Some(parameters) = body.pointer_mut("/authorization/parameters").and_then(Value::as_object_mut) else { return };
    let names: Vec<String> = parameters
        .keys()
        .filter(|name| SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)))
        .cloned()
        .collect();
    for name in names {
        if let Some(Value::String(value)) = parameters.remove(&name)
            && !value.is_empty()
        {
            kept.insert(name, Secret::new(value));
        }
    }
}

/// What the service adds to a connection with workload identity federation: issuer and subject, in the new form.
fn federate(organization: &Organization, id: Uuid, body: &mut Value) {
    if text_at(body, &["authorization", "scheme"]) != Some("WorkloadIdentityFederation") {
        return;
    }
    let tenant = ["tenantid", "tenantId"]
        .iter()
        .find_map(|name| text_at(body, &["authorization", "parameters", name]))
        .map_or_else(|| organization.tenant.to_string(), str::to_owned);
    let prefix = crate::core::ids::named(&format!("entra prefix {tenant}")).simple().to_string();
    if let Some(parameters) = body.pointer_mut("/authorization/parameters").and_then(Value::as_object_mut) {
        parameters.insert(
            "workloadIdentityFederationIssuer".to_owned(),
            json!(format!("https://login.microsoftonline.com/{tenant}/v2.0")),
        );
        parameters.insert(
            "workloadIdentityFederationSubject".to_owned(),
            json!(format!("/eid1/c/pub/t/{}/a/{}/sc/{}/{id}", &prefix[..22], &prefix[10..32], organization.id)),
        );
        parameters.entry("workloadIdentityFederationIssuerType").or_insert(json!("EntraID"));
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut body = call.body()?;
    let name = text(&body, "name")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ServiceError::missing("endpoint.Name"))?
        .to_owned();
    if text(&body, "type").is_none_or(str::is_empty) {
        return Err(ServiceError::missing("endpoint.Type"));
    }
    if at(&body, &["authorization", "scheme"]).is_none() {
        return Err(ServiceError::missing("endpoint.Authorization"));
    }
    let references = resolve_references(call, items(&body, "serviceEndpointProjectReferences"), &name)?;
    check_names(call.organization, None, &references)?;
    let id = call.organization.ids.guid();
    let mut secrets = BTreeMap::new();
    take_secrets(&mut body, &mut secrets);
    federate(call.organization, id, &mut body);
    let fields = body.as_object_mut().map(std::mem::take).unwrap_or_default();
    let mut body = json!({ "data": {}, "description": "", "isShared": false, "owner": "library", "isOutdated": false });
    crate::core::json::merge(&mut body, &Value::Object(fields));
    let endpoint = Endpoint {
        id,
        body,
        references,
        secrets,
        created_by: call.caller,
        reads_left: call.organization.settings.endpoint_ready_after_reads,
        tests_left: call.organization.settings.test_connection_fails_first,
        failure: None,
    };
    let answer = endpoint.to_json(call, None);
    call.organization.endpoints.insert(id, endpoint);
    Ok(Response::ok(answer))
}

fn id_of(call: &Call<'_>) -> Result<Uuid, ServiceError> {
    let id = Uuid::parse_str(call.param("endpointId")).map_err(|_| not_found(call.param("endpointId")))?;
    call.organization.endpoints.contains_key(&id).then_some(id).ok_or_else(|| not_found(&id.to_string()))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    let mut body = call.body()?;
    let name = text(&body, "name").ok_or_else(|| ServiceError::missing("endpoint.Name"))?.to_owned();
    let given = items(&body, "serviceEndpointProjectReferences").to_vec();
    let old = call.organization.endpoints[&id].clone();
    let references = if given.is_empty() { old.references.clone() } else { resolve_references(call, &given, &name)? };
    check_names(call.organization, Some(id), &references)?;
    if text(&body, "type").is_some_and(|kind| kind != old.kind()) {
        return Err(ServiceError::new(
            400,
            "System",
            "ArgumentException",
            "The type of a service connection cannot be changed.",
        ));
    }
    let mut secrets = old.secrets;
    take_secrets(&mut body, &mut secrets);
    federate(call.organization, id, &mut body);
    let endpoint = Endpoint { body, references, secrets, ..call.organization.endpoints[&id].clone() };
    let answer = endpoint.to_json(call, None);
    call.organization.endpoints.insert(id, endpoint);
    Ok(Response::ok(answer))
}

/// PATCH with a list of project references: the connection is shared with those projects.
fn share(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    let body = call.body()?;
    let name = call.organization.endpoints[&id].name().to_owned();
    let references = resolve_references(call, body.as_array().map_or(&[], Vec::as_slice), &name)?;
    check_names(call.organization, Some(id), &references)?;
    if let Some(endpoint) = call.organization.endpoints.get_mut(&id) {
        for reference in references {
            if let Some(project) = reference_project(&reference) {
                endpoint.leave_project(project);
            }
            endpoint.references.push(reference);
        }
    }
    Ok(Response::no_content())
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = id_of(call)?;
    let projects: Vec<Uuid> = call
        .request
        .query("projectIds")
        .map(|ids| ids.split(',').filter_map(|id| Uuid::parse_str(id.trim()).ok()).collect())
        .unwrap_or_default();
    if projects.is_empty() {
        return Err(ServiceError::missing("projectIds"));
    }
    if let Some(endpoint) = call.organization.endpoints.get_mut(&id) {
        projects.iter().for_each(|project| endpoint.leave_project(*project));
        if endpoint.references.is_empty() {
            call.organization.endpoints.remove(&id);
        }
    }
    for project in projects {
        call.organization.forget_resource(project, "endpoint", &id.to_string());
    }
    Ok(Response::no_content())
}

/// Counts a read of those that are not ready yet.
fn count_reads(organization: &mut Organization, ids: &[Uuid]) {
    for id in ids {
        if let Some(endpoint) = organization.endpoints.get_mut(id) {
            endpoint.reads_left = endpoint.reads_left.saturating_sub(1);
        }
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let split = |name: &str| -> Option<Vec<String>> {
        call.request.query(name).map(|list| list.split(',').map(|item| item.trim().to_lowercase()).collect())
    };
    let (names, ids, kind, owner) =
        (split("endpointNames"), split("endpointIds"), call.request.query("type"), call.request.query("owner"));
    let failed_too = call.request.query_flag("includeFailed");
    let found: Vec<Uuid> = call
        .organization
        .endpoints
        .values()
        .filter(|endpoint| endpoint.in_project(project))
        .filter(|endpoint| names.as_ref().is_none_or(|names| names.contains(&endpoint.name_in(project).to_lowercase())))
        .filter(|endpoint| ids.as_ref().is_none_or(|ids| ids.contains(&endpoint.id.to_string())))
        .filter(|endpoint| kind.is_none_or(|kind| endpoint.kind().eq_ignore_ascii_case(kind)))
        .filter(|endpoint| {
            owner.is_none_or(|owner| text(&endpoint.body, "owner").is_none_or(|own| own.eq_ignore_ascii_case(owner)))
        })
        .filter(|endpoint| failed_too || endpoint.failure.is_none())
        .map(|endpoint| endpoint.id)
        .collect();
    let answer = found.iter().map(|id| call.organization.endpoints[id].to_json(call, Some(project))).collect();
    count_reads(call.organization, &found);
    Ok(Response::list(answer))
}

/// One connection; `200 null` if the project has none with that id.
fn get(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let id = Uuid::parse_str(call.param("endpointId")).map_err(|_| not_found(call.param("endpointId")))?;
    let found = call.organization.endpoints.get(&id).filter(|endpoint| endpoint.in_project(project));
    let answer = found.map_or(Value::Null, |endpoint| endpoint.to_json(call, Some(project)));
    count_reads(call.organization, &[id]);
    Ok(Response::ok(answer))
}

impl Organization {
    /// A project's service connection by name or id.
    pub fn find_endpoint(&self, project: Uuid, key: &str) -> Option<&Endpoint> {
        self.endpoints.values().find(|endpoint| {
            endpoint.in_project(project) && (same(endpoint.name_in(project), key) || endpoint.id.to_string() == key)
        })
    }

    /// Marks a service connection as failed, as when the service principal could not be made.
    pub fn fail_endpoint(&mut self, id: Uuid, reason: &str) {
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            endpoint.failure = Some(reason.to_owned());
        }
    }

    /// Whether the connection requires something that it does not have (used by TestConnection).
    pub fn endpoint_fault(&self, id: Uuid) -> Option<String> {
        let endpoint = self.endpoints.get(&id)?;
        if let Some(failure) = &endpoint.failure {
            return Some(failure.clone());
        }
        let creation = text_at(&endpoint.body, &["data", "creationMode"]);
        let client = text_at(&endpoint.body, &["authorization", "parameters", "serviceprincipalid"]);
        if endpoint.kind() == "AzureRM" && creation == Some("Manual") && client.is_none_or(str::is_empty) {
            return Some("Failed to obtain the Json Web Token(JWT) using service principal client ID.".to_owned());
        }
        flag(&endpoint.body, "isDisabled")
            .filter(|disabled| *disabled)
            .map(|_| "The service connection is disabled.".to_owned())
    }
}
