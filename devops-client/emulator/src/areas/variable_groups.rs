//! Variable groups: plain (`Vsts`) and linked to a Key Vault (`AzureKeyVault`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::references::resolve_references;
use crate::core::json::{at, flag, items, same, text, time_text, wildcard};
use crate::core::locations::{VARIABLE_GROUPS_ORG, VARIABLE_GROUPS_PROJECT};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::secret::Secret;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::resources::VariableGroup;
use crate::state::resources::reference_project;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::post("_apis/distributedtask/variablegroups", &VARIABLE_GROUPS_ORG, create),
    Route::put("_apis/distributedtask/variablegroups/{groupId}", &VARIABLE_GROUPS_ORG, update),
    Route::patch("_apis/distributedtask/variablegroups", &VARIABLE_GROUPS_ORG, share),
    Route::delete("_apis/distributedtask/variablegroups/{groupId}", &VARIABLE_GROUPS_ORG, delete),
    Route::get("{project}/_apis/distributedtask/variablegroups", &VARIABLE_GROUPS_PROJECT, list),
    Route::get("{project}/_apis/distributedtask/variablegroups/{groupId}", &VARIABLE_GROUPS_PROJECT, get),
];

impl VariableGroup {
    fn to_json(&self, call: &Call<'_>, project: Option<Uuid>) -> Value {
        let name = project.map_or(self.name.as_str(), |project| self.name_in(project));
        let mut body = json!({
            "variables": self.variables,
            "id": self.id,
            "type": self.kind,
            "name": name,
            "description": self.description,
            "createdBy": call.identity_ref(self.created.0),
            "createdOn": time_text(self.created.1),
            "modifiedBy": call.identity_ref(self.modified.0),
            "modifiedOn": time_text(self.modified.1),
            "isShared": self.references.len() > 1,
            "variableGroupProjectReferences": self.references,
        });
        if !self.provider_data.is_null() {
            body["providerData"] = self.provider_data.clone();
        }
        body
    }
}

fn refused(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "Microsoft.TeamFoundation.DistributedTask.WebApi", "InvalidVariableGroupException", message)
}

fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "VariableGroupNotFoundException",
        format!("Variable group with id {id} could not be found."),
    )
}

/// Checks a group's body and takes it apart; `old` is what a PUT replaces.
fn parse(call: &Call<'_>, id: i64, body: &Value, old: Option<&VariableGroup>) -> Result<VariableGroup, ServiceError> {
    let name = text(body, "name")
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ServiceError::missing("group.Name"))?;
    let kind = text(body, "type").unwrap_or("Vsts");
    let given = at(body, &["variables"]).and_then(Value::as_object);
    let given = given.filter(|variables| !variables.is_empty());
    let given = given.ok_or_else(|| {
        refused("The variable group must have at least one variable.\r\nParameter name: group.Variables")
    })?;
    let references = match (items(body, "variableGroupProjectReferences"), old) {
        ([], Some(old)) => old.references.clone(),
        (references, _) => resolve_references(call, references, name)?,
    };
    let provider_data = at(body, &["providerData"]).cloned().unwrap_or_default();
    if kind.eq_ignore_ascii_case("AzureKeyVault") {
        check_vault(call, &provider_data, &references)?;
    } else if !kind.eq_ignore_ascii_case("Vsts") {
        return Err(refused(format!("The variable group type {kind} is not supported.")));
    }
    let vault = kind.eq_ignore_ascii_case("AzureKeyVault");
    let mut variables = Map::new();
    let mut secrets = BTreeMap::new();
    for (key, variable) in given {
        let secret = flag(variable, "isSecret").unwrap_or(false);
        let value = text(variable, "value");
        if vault && (value.is_some_and(|value| !value.is_empty()) || (!secret && value.is_some())) {
            return Err(refused(format!(
                "The variable {key} has a value of its own: variables of a group that is linked to a key vault are the names of its secrets."
            )));
        }
        let mut kept = variable.clone();
        if secret && !vault {
            let stored = old.and_then(|old| old.secrets.get(key));
            match (value.filter(|value| !value.is_empty()), stored) {
                (Some(value), _) => _ = secrets.insert(key.clone(), Secret::new(value)),
                (None, Some(stored)) => _ = secrets.insert(key.clone(), stored.clone()),
                (None, None) => {}
            }
            kept = json!({ "value": null, "isSecret": true });
        } else if !vault {
            kept = json!({ "value": value.unwrap_or_default() });
            if let Some(read_only) = flag(variable, "isReadOnly") {
                kept["isReadOnly"] = json!(read_only);
            }
        }
        variables.insert(key.clone(), kept);
    }
    let stamp = (call.caller, call.now);
    Ok(VariableGroup {
        id,
        name: name.to_owned(),
        description: text(body, "description").unwrap_or_default().to_owned(),
        kind: if vault { "AzureKeyVault" } else { "Vsts" }.to_owned(),
        provider_data,
        variables,
        secrets,
        references,
        created: old.map_or(stamp, |old| old.created),
        modified: stamp,
    })
}

/// A linked group must name a vault and an Azure connection that each of its projects sees.
fn check_vault(call: &Call<'_>, provider_data: &Value, references: &[Value]) -> Result<(), ServiceError> {
    let endpoint = text(provider_data, "serviceEndpointId");
    let endpoint = endpoint.ok_or_else(|| refused("The key vault variable group has no service connection."))?;
    if text(provider_data, "vault").is_none_or(str::is_empty) {
        return Err(refused("The key vault variable group has no vault."));
    }
    let projects = references.iter().filter_map(reference_project);
    for project in projects {
        if call.organization.find_endpoint(project, endpoint).is_none_or(|found| found.kind() != "AzureRM") {
            return Err(refused(format!(
                "Service connection with id {endpoint} could not be found or is not of type AzureRM."
            )));
        }
    }
    Ok(())
}

fn check_names(organization: &Organization, group: &VariableGroup) -> Result<(), ServiceError> {
    for project in group.references.iter().filter_map(reference_project) {
        let name = group.name_in(project);
        let taken = organization
            .groups
            .values()
            .any(|other| other.id != group.id && other.in_project(project) && same(other.name_in(project), name));
        if taken {
            return Err(ServiceError::new(
                409,
                "Microsoft.TeamFoundation.DistributedTask.WebApi",
                "VariableGroupExistsException",
                format!(
                    "A variable group with the name {name} already exists in the project. Specify a different name."
                ),
            ));
        }
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let group = parse(call, 0, &body, None)?;
    check_names(call.organization, &group)?;
    let group = VariableGroup { id: call.organization.next("variableGroup"), ..group };
    let answer = group.to_json(call, None);
    call.organization.groups.insert(group.id, group);
    Ok(Response::ok(answer))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.number("groupId")?;
    let body = call.body()?;
    let old = call.organization.groups.get(&id).cloned().ok_or_else(|| not_found(id))?;
    let group = parse(call, id, &body, Some(&old))?;
    check_names(call.organization, &group)?;
    let answer = group.to_json(call, None);
    call.organization.groups.insert(id, group);
    Ok(Response::ok(answer))
}

/// PATCH with a list of project references: the group is shared with those projects.
fn share(call: &mut Call<'_>) -> Outcome {
    let id = call.request.query_number("variableGroupId").ok_or_else(|| ServiceError::missing("variableGroupId"))?;
    let body = call.body()?;
    let mut group = call.organization.groups.get(&id).cloned().ok_or_else(|| not_found(id))?;
    for reference in resolve_references(call, body.as_array().map_or(&[], Vec::as_slice), &group.name)? {
        if let Some(project) = reference_project(&reference) {
            group.leave_project(project);
        }
        group.references.push(reference);
    }
    check_names(call.organization, &group)?;
    call.organization.groups.insert(id, group);
    Ok(Response::no_content())
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.number("groupId")?;
    let projects: Vec<Uuid> = call
        .request
        .query("projectIds")
        .map(|ids| ids.split(',').filter_map(|id| Uuid::parse_str(id.trim()).ok()).collect())
        .unwrap_or_default();
    if projects.is_empty() {
        return Err(ServiceError::missing("projectIds"));
    }
    let group = call.organization.groups.get_mut(&id).ok_or_else(|| not_found(id))?;
    projects.iter().for_each(|project| group.leave_project(*project));
    if group.references.is_empty() {
        call.organization.groups.remove(&id);
    }
    for project in projects {
        call.organization.forget_resource(project, "variablegroup", &id.to_string());
    }
    Ok(Response::no_content())
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let pattern = call.request.query("groupName").unwrap_or("*").to_owned();
    let ids: Option<Vec<i64>> =
        call.request.query("groupIds").map(|ids| ids.split(',').filter_map(|id| id.trim().parse().ok()).collect());
    let descending = !call.request.query("queryOrder").is_some_and(|order| order.eq_ignore_ascii_case("IdAscending"));
    let mut found: Vec<(i64, Value)> = call
        .organization
        .groups
        .values()
        .filter(|group| group.in_project(project) && wildcard(&pattern, group.name_in(project)))
        .filter(|group| ids.as_ref().is_none_or(|ids| ids.contains(&group.id)))
        .map(|group| (group.id, group.to_json(call, Some(project))))
        .collect();
    if descending {
        found.reverse();
    }
    Ok(page(call, found, call.organization.settings.page_size, descending))
}

/// One group; `200 null` if the project has none with that id.
fn get(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let id = call.number("groupId")?;
    let found = call.organization.groups.get(&id).filter(|group| group.in_project(project));
    Ok(Response::ok(found.map_or(Value::Null, |group| group.to_json(call, Some(project)))))
}

impl Organization {
    /// A project's variable group by name.
    pub fn find_group(&self, project: Uuid, name: &str) -> Option<&VariableGroup> {
        self.groups.values().find(|group| group.in_project(project) && same(group.name_in(project), name))
    }
}
