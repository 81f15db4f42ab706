//! People and groups: the identity service and the Graph, which on the live service are another host.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{items, same, text};
use crate::core::locations::{
    GRAPH_DESCRIPTORS, GRAPH_GROUPS, GRAPH_STORAGE_KEYS, GRAPH_SUBJECT_QUERY, GRAPH_USERS, IDENTITIES,
};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::people::{Identity, Standing};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/identities", &IDENTITIES, search),
    Route::get("_apis/identities/{identityId}", &IDENTITIES, read),
    Route::get("_apis/graph/users", &GRAPH_USERS, list_users),
    Route::get("_apis/graph/users/{descriptor}", &GRAPH_USERS, get_subject),
    Route::get("_apis/graph/groups", &GRAPH_GROUPS, list_groups),
    Route::get("_apis/graph/groups/{descriptor}", &GRAPH_GROUPS, get_subject),
    Route::get("_apis/graph/descriptors/{storageKey}", &GRAPH_DESCRIPTORS, descriptor),
    Route::get("_apis/graph/storagekeys/{descriptor}", &GRAPH_STORAGE_KEYS, storage_key),
    Route::query("_apis/graph/subjectquery", &GRAPH_SUBJECT_QUERY, subject_query),
];

/// Whoever has a descriptor.
pub fn by_descriptor<'a>(organization: &'a Organization, descriptor: &str) -> Option<&'a Identity> {
    organization.identities.iter().find(|identity| identity.descriptor() == descriptor)
}

/// That there is nobody of that descriptor or key.
pub fn not_found(key: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.VisualStudio.Services.Graph",
        "GraphSubjectNotFoundException",
        format!("VS860019: The following subject could not be found: {key}."),
    )
}

/// Makes the person or group that is searched for, where one person plays everybody.
fn make_on_demand(call: &mut Call<'_>) {
    let Some(value) = call.request.query("filterValue").map(str::trim).filter(|value| !value.is_empty()) else {
        return;
    };
    let known = |identity: &Identity| {
        same(&identity.unique_name, value) || identity.display_name.to_lowercase().contains(&value.to_lowercase())
    };
    if call.organization.settings.one_person && !call.organization.identities.iter().any(known) {
        call.organization.add_identity(value, value, !value.contains('@'));
    }
}

fn search(call: &mut Call<'_>) -> Outcome {
    make_on_demand(call);
    let request = call.request;
    let all = call.organization.identities.iter();
    let split = |name: &str| -> Option<Vec<String>> {
        request.query(name).map(|ids| ids.split(',').map(|id| id.trim().to_owned()).collect())
    };
    let found: Vec<Value> = if let Some(ids) = split("identityIds") {
        all.filter(|identity| ids.contains(&identity.id.to_string())).map(Identity::identity).collect()
    } else if let Some(descriptors) = split("subjectDescriptors") {
        all.filter(|identity| descriptors.contains(&identity.descriptor())).map(Identity::identity).collect()
    } else if let Some(value) = request.query("filterValue") {
        let filter = request.query("searchFilter").unwrap_or("General").to_lowercase();
        all.filter(|identity| match filter.as_str() {
            "mailaddress" | "accountname" => !identity.group && same(&identity.unique_name, value),
            "displayname" | "localgroupname" => same(&identity.display_name, value),
            _ => {
                same(&identity.unique_name, value)
                    || identity.display_name.to_lowercase().contains(&value.to_lowercase())
                    || identity.id.to_string() == value
            }
        })
        .map(Identity::identity)
        .collect()
    } else {
        return Err(ServiceError::missing("searchFactor"));
    };
    Ok(Response::list(found))
}

fn read(call: &mut Call<'_>) -> Outcome {
    let key = call.param("identityId");
    let found = Uuid::parse_str(key).ok().and_then(|id| call.organization.identity(id));
    found.map(|identity| Response::ok(identity.identity())).ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.VisualStudio.Services.Identity",
            "IdentityNotFoundException",
            format!("TF14045: The identity with ID '{key}' could not be found."),
        )
    })
}

/// The subjects that `wanted` says yes to.
pub fn list(call: &Call<'_>, wanted: impl Fn(&Identity) -> bool) -> Outcome {
    let root = call.root();
    let items = call.organization.identities.iter().filter(|identity| wanted(identity));
    let mut items: Vec<_> = items.map(|identity| (identity.id, identity.subject(&root))).collect();
    items.sort_by_key(|(id, _)| *id);
    Ok(page(call, items, call.organization.settings.page_size, false))
}

fn list_users(call: &mut Call<'_>) -> Outcome {
    list(call, |identity| identity.kind() == "user")
}

fn list_groups(call: &mut Call<'_>) -> Outcome {
    let scope = match call.request.query("scopeDescriptor") {
        None => None,
        Some(text) => {
            let project = call.organization.projects.keys().find(|id| scope_descriptor(**id) == text);
            Some(format!("vstfs:///{}/", project.ok_or_else(|| not_found(text))?))
        }
    };
    list(call, |identity| identity.group && scope.as_ref().is_none_or(|scope| identity.unique_name.starts_with(scope)))
}

fn get_subject(call: &mut Call<'_>) -> Outcome {
    let descriptor = call.param("descriptor");
    let found = by_descriptor(call.organization, descriptor);
    found.map(|identity| Response::ok(identity.subject(&call.root()))).ok_or_else(|| not_found(descriptor))
}

/// The Graph's descriptor of a project, in which its groups are.
fn scope_descriptor(project: Uuid) -> String {
    format!("scp.{}", BASE64_STANDARD_NO_PAD.encode(project.to_string()))
}

fn descriptor(call: &mut Call<'_>) -> Outcome {
    let key = call.param("storageKey");
    let id = Uuid::parse_str(key).map_err(|_| not_found(key))?;
    let found = match call.organization.identity(id) {
        Some(identity) => identity.descriptor(),
        None if call.organization.projects.contains_key(&id) => scope_descriptor(id),
        None => return Err(not_found(key)),
    };
    let url = call.url(&format!("_apis/Graph/Descriptors/{key}"));
    Ok(Response::ok(json!({ "value": found, "_links": { "self": { "href": url } } })))
}

fn storage_key(call: &mut Call<'_>) -> Outcome {
    let key = call.param("descriptor");
    let found = by_descriptor(call.organization, key).ok_or_else(|| not_found(key))?;
    let url = call.url(&format!("_apis/Graph/StorageKeys/{key}"));
    Ok(Response::ok(json!({ "value": found.id, "_links": { "self": { "href": url } } })))
}

fn subject_query(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let query = text(&body, "query").ok_or_else(|| ServiceError::missing("subjectQuery"))?.to_lowercase();
    let kinds: Vec<&str> = items(&body, "subjectKind").iter().filter_map(Value::as_str).collect();
    let root = call.root();
    let found = call.organization.identities.iter().filter(|identity| {
        (kinds.is_empty() || kinds.iter().any(|wanted| wanted.eq_ignore_ascii_case(identity.kind())))
            && (identity.display_name.to_lowercase().contains(&query)
                || identity.unique_name.to_lowercase().contains(&query))
    });
    Ok(Response::list(found.map(|identity| identity.subject(&root)).collect()))
}
