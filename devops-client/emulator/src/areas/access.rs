//! Access control lists: who may do what with which thing. (Document: security.) Of what they say one thing is enforced:
//! whether a job may start another pipeline with the token of its run.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::core::json::{flag, items, number, text};
use crate::core::locations::{ACCESS_CONTROL_ENTRIES, ACCESS_CONTROL_LISTS, SECURITY_PERMISSIONS};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::post("_apis/accesscontrolentries/{securityNamespaceId}", &ACCESS_CONTROL_ENTRIES, set),
    Route::get("_apis/accesscontrollists/{securityNamespaceId}", &ACCESS_CONTROL_LISTS, list),
    Route::delete("_apis/permissions/{securityNamespaceId}/{permissions}", &SECURITY_PERMISSIONS, remove),
];

/// Who jobs sign in as.
pub const BUILD_SERVICE: &str = "Project Collection Build Service";
/// The namespace of pipelines, and its bit for starting one.
const BUILD: &str = "33344d9c-fc72-4d6f-aba5-fa317101a7e9";
const QUEUE_BUILDS: i64 = 128;

/// Whether the caller may start a pipeline; a job may where the build service of the project was given that.
pub fn may_queue(call: &Call<'_>, project: Uuid, pipeline: i64) -> Result<(), ServiceError> {
    let organization = &*call.organization;
    if organization.identity(call.caller).is_none_or(|caller| caller.display_name != BUILD_SERVICE) {
        return Ok(());
    }
    let service = format!("Microsoft.TeamFoundation.ServiceIdentity;{}:Build:{project}", organization.id);
    let (start, end) = (key(BUILD, &project.to_string()), format!("/{pipeline}"));
    let gives = |(place, entries): (&String, &std::collections::BTreeMap<String, (i64, i64)>)| {
        let here = place.starts_with(&start) && place.ends_with(&end);
        here && entries.get(&service).is_some_and(|(allow, deny)| allow & !deny & QUEUE_BUILDS != 0)
    };
    if organization.acls.iter().any(gives) {
        return Ok(());
    }
    let name = organization.projects.get(&project).map_or("", |project| project.name.as_str());
    let what = organization.definitions.get(&pipeline).map_or("", |definition| definition.name());
    Err(ServiceError::new(
        403,
        "Microsoft.TeamFoundation.Build.WebApi",
        "AccessDeniedException",
        format!(
            "TF215106: Access denied. {name} Build Service ({}) needs Queue builds permissions for build pipeline {what} in team \
             project {name} to perform the action. For more information, contact the Azure DevOps Server administrator.",
            organization.name
        ),
    ))
}

fn key(namespace: &str, token: &str) -> String {
    format!("{}/{token}", namespace.to_lowercase())
}

fn entry(descriptor: &str, (allow, deny): (i64, i64)) -> Value {
    json!({ "descriptor": descriptor, "allow": allow, "deny": deny, "extendedInfo": {} })
}

fn set(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let token = text(&body, "token").ok_or_else(|| ServiceError::missing("token"))?;
    let place = key(call.param("securityNamespaceId"), token);
    let merge = flag(&body, "merge").unwrap_or(false);
    let entries = call.organization.acls.entry(place).or_default();
    let mut made = Vec::new();
    for given in items(&body, "accessControlEntries") {
        let descriptor = text(given, "descriptor").ok_or_else(|| ServiceError::missing("descriptor"))?;
        let (allow, deny) = (number(given, "allow").unwrap_or(0), number(given, "deny").unwrap_or(0));
        let old = entries.get(descriptor).copied().filter(|_| merge).unwrap_or((0, 0));
        let now = ((old.0 | allow) & !deny, (old.1 | deny) & !allow);
        entries.insert(descriptor.to_owned(), now);
        made.push(entry(descriptor, now));
    }
    Ok(Response::list(made))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let token = call.request.query("token").unwrap_or_default();
    let wanted: Option<Vec<&str>> = call.request.query("descriptors").map(|text| text.split(',').collect());
    let found = call.organization.acls.get(&key(call.param("securityNamespaceId"), token));
    let is_wanted = |descriptor: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(&descriptor));
    let entries: Map<String, Value> = found
        .into_iter()
        .flatten()
        .filter(|(descriptor, _)| is_wanted(descriptor))
        .map(|(descriptor, bits)| (descriptor.clone(), entry(descriptor, *bits)))
        .collect();
    if entries.is_empty() {
        return Ok(Response::list(Vec::new()));
    }
    Ok(Response::list(vec![json!({ "inheritPermissions": true, "token": token, "acesDictionary": entries })]))
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let bits = call.number("permissions")?;
    let token = call.request.query("token").unwrap_or_default();
    let descriptor = call.request.query("descriptor").unwrap_or_default();
    let place = key(call.param("securityNamespaceId"), token);
    let found = call.organization.acls.get_mut(&place).and_then(|entries| entries.get_mut(descriptor));
    let now = found.map_or((0, 0), |found| {
        *found = (found.0 & !bits, found.1 & !bits);
        *found
    });
    Ok(Response::ok(entry(descriptor, now)))
}
