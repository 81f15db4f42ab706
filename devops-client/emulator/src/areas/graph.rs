//! Service principals and memberships of the Graph (document `graph.json`).

use serde_json::{Value, json};
use uuid::Uuid;

use super::identities::{by_descriptor, list, not_found};
use crate::core::json::text;
use crate::core::locations::{
    GRAPH_MEMBERSHIP_STATES, GRAPH_MEMBERSHIPS, GRAPH_MEMBERSHIPS_OF, GRAPH_SERVICE_PRINCIPALS,
};
use crate::core::response::Body;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::people::{Identity, Standing};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/graph/serviceprincipals", &GRAPH_SERVICE_PRINCIPALS, list_principals),
    Route::post("_apis/graph/serviceprincipals", &GRAPH_SERVICE_PRINCIPALS, add_principal),
    Route::get("_apis/graph/serviceprincipals/{descriptor}", &GRAPH_SERVICE_PRINCIPALS, get_principal),
    Route::delete("_apis/graph/serviceprincipals/{descriptor}", &GRAPH_SERVICE_PRINCIPALS, disable_principal),
    Route::get("_apis/graph/memberships/{subject}", &GRAPH_MEMBERSHIPS_OF, list_memberships),
    Route::get("_apis/graph/memberships/{subject}/{container}", &GRAPH_MEMBERSHIPS, get_membership),
    Route::get("_apis/graph/membershipstates/{subject}", &GRAPH_MEMBERSHIP_STATES, state),
    Route::put("_apis/graph/memberships/{subject}/{container}", &GRAPH_MEMBERSHIPS, add_membership),
    Route::delete("_apis/graph/memberships/{subject}/{container}", &GRAPH_MEMBERSHIPS, remove_membership),
];

/// 200 without a body, as the document has it for what is removed.
fn removed() -> Response {
    Response { body: Body::Empty, ..Response::ok(Value::Null) }
}

fn list_principals(call: &mut Call<'_>) -> Outcome {
    list(call, |identity| identity.principal.is_some())
}

fn principal<'a>(call: &'a Call<'_>) -> Result<&'a Identity, ServiceError> {
    let key = call.param("descriptor");
    let found = by_descriptor(call.organization, key).filter(|identity| identity.principal.is_some());
    found.ok_or_else(|| not_found(key))
}

fn get_principal(call: &mut Call<'_>) -> Outcome {
    Ok(Response::ok(principal(call)?.subject(&call.root())))
}

/// Takes a service principal of Entra into the organization, or back into it, and into groups. Entra is taken to know
/// whoever is named.
fn add_principal(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let origin = text(&body, "originId").ok_or_else(|| ServiceError::missing("originId"))?;
    let origin = Uuid::parse_str(origin).map_err(|_| {
        ServiceError::invalid(format!("VS860016: Could not find originId {origin} in the backing domain."))
    })?;
    let named = call.request.query("groupDescriptors").unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let groups = named.map(|name| group(call, name)).collect::<Result<Vec<Uuid>, _>>()?;
    let name = origin.to_string();
    let id = call.organization.add_identity(&name, &name, false);
    let mut changed = false;
    if let Some(identity) = call.organization.identities.iter_mut().find(|identity| identity.id == id) {
        changed = identity.principal.replace(Standing::Active) != Some(Standing::Active);
    }
    for group in groups {
        changed |= call.organization.memberships.insert((id, group));
    }
    let root = call.root();
    let made = call.organization.identity(id).ok_or_else(|| not_found(&name))?;
    Ok(Response::ok(made.subject(&root)).with_effect(changed))
}

fn disable_principal(call: &mut Call<'_>) -> Outcome {
    let id = principal(call)?.id;
    if let Some(identity) = call.organization.identities.iter_mut().find(|identity| identity.id == id) {
        identity.principal = Some(Standing::Disabled);
    }
    call.organization.memberships.retain(|(member, _)| *member != id);
    Ok(removed())
}

/// Somebody who can be a member.
fn member(call: &Call<'_>) -> Result<Uuid, ServiceError> {
    let key = call.param("subject");
    by_descriptor(call.organization, key).map(|identity| identity.id).ok_or_else(|| not_found(key))
}

/// The group of a descriptor.
fn group(call: &Call<'_>, key: &str) -> Result<Uuid, ServiceError> {
    let found = by_descriptor(call.organization, key).ok_or_else(|| not_found(key))?;
    let no_group = || ServiceError::invalid(format!("The subject {key} is no group, so it has no members."));
    found.group.then_some(found.id).ok_or_else(no_group)
}

fn membership(call: &Call<'_>, member: &str, container: &str) -> Value {
    let url = call.url(&format!("_apis/Graph/Memberships/{member}/{container}"));
    let link = |area: &str, key: &str| json!({ "href": call.url(&format!("_apis/Graph/{area}/{key}")) });
    json!({
        "containerDescriptor": container,
        "memberDescriptor": member,
        "_links": {
            "self": { "href": url },
            "member": link("Subjects", member),
            "container": link("Groups", container),
        },
    })
}

/// Groups that a subject is in, or with `direction=down` members that a group has.
fn list_memberships(call: &mut Call<'_>) -> Outcome {
    let id = member(call)?;
    let down = call.request.query("direction").is_some_and(|direction| direction.eq_ignore_ascii_case("down"));
    let organization = &call.organization;
    let descriptor = |id: &Uuid| organization.identity(*id).map(Identity::descriptor).unwrap_or_default();
    let wanted =
        organization.memberships.iter().filter(|(member, group)| if down { *group == id } else { *member == id });
    Ok(Response::list(
        wanted.map(|(member, group)| membership(call, &descriptor(member), &descriptor(group))).collect(),
    ))
}

/// Whether a subject is active: everybody is but service principals that were removed.
fn state(call: &mut Call<'_>) -> Outcome {
    let id = member(call)?;
    let active = call.organization.identity(id).is_some_and(|one| one.principal != Some(Standing::Disabled));
    let url = call.url(&format!("_apis/Graph/MembershipStates/{}", call.param("subject")));
    Ok(Response::ok(json!({ "active": active, "_links": { "self": { "href": url } } })))
}

/// Member and group of the address.
fn pair(call: &Call<'_>) -> Result<(Uuid, Uuid), ServiceError> {
    Ok((member(call)?, group(call, call.param("container"))?))
}

fn existing(call: &Call<'_>) -> Result<(Uuid, Uuid), ServiceError> {
    let pair = pair(call)?;
    call.organization.memberships.contains(&pair).then_some(pair).ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.VisualStudio.Services.Graph",
            "GraphMembershipNotFoundException",
            format!("The subject {} is no member of {}.", call.param("subject"), call.param("container")),
        )
    })
}

fn get_membership(call: &mut Call<'_>) -> Outcome {
    existing(call)?;
    Ok(Response::ok(membership(call, call.param("subject"), call.param("container"))))
}

fn add_membership(call: &mut Call<'_>) -> Outcome {
    let pair = pair(call)?;
    if call.organization.identity(pair.0).is_some_and(|member| member.principal == Some(Standing::Disabled)) {
        return Err(ServiceError::invalid(format!("The subject {} is not active.", call.param("subject"))));
    }
    let changed = call.organization.memberships.insert(pair);
    Ok(Response::ok(membership(call, call.param("subject"), call.param("container"))).with_effect(changed))
}

fn remove_membership(call: &mut Call<'_>) -> Outcome {
    let pair = existing(call)?;
    call.organization.memberships.remove(&pair);
    Ok(removed())
}
