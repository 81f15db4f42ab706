//! What the Azure kinds share: the way to Azure, tags and ids.

use serde_json::{Value, json};

use super::error::{AZURE, RemoteError};
pub use super::site::AzureSite;
use super::site::Site;
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::arm::Arm;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::project::name::ProjectName;
use crate::remote::kinds::tags::{MANAGED_BY, MANAGED_BY_TAG, PROJECT_TAG, Tags};
use crate::remote::observed::{Observed, Owner};
use crate::remote::resource::{Fields, Key};

/// Version of the API of groups, tags and deployments.
pub(super) const RESOURCES: &str = used("Microsoft.Resources/deployments");
/// Version of the API of identities and their federated credentials.
pub(super) const IDENTITY: &str = used("Microsoft.ManagedIdentity/userAssignedIdentities");
/// Version of the API of role assignments.
pub(super) const AUTHORIZATION: &str = used("Microsoft.Authorization/roleAssignments");

/// The Azure side of `at`.
pub(super) fn side<'a>(at: &'a Site, operation: &'static str, key: Option<&Key>) -> Result<&'a AzureSite, RemoteError> {
    at.azure().ok_or_else(|| RemoteError {
        key: key.cloned(),
        operation,
        why: "there is no way to Azure in this command".to_owned(),
        next: "run it without `--only devops`".to_owned(),
        service: None,
    })
}

/// Azure Resource Manager of `at`.
pub(super) fn arm<'a>(at: &'a Site, operation: &'static str, key: Option<&Key>) -> Result<&'a Arm, RemoteError> {
    Ok(&side(at, operation, key)?.azure.arm)
}

/// What Azure answered about one resource, or about all of a kind.
pub(super) fn failed(operation: &'static str, key: Option<&Key>) -> impl Fn(ArmError) -> RemoteError {
    let key = key.cloned();
    move |error| RemoteError {
        key: key.clone(),
        operation,
        next: error.next_step(),
        why: error.to_string(),
        service: error.is_about_the_service().then_some(AZURE),
    }
}

/// A tag of a resource; Azure does not tell names of tags apart by case.
pub(super) fn tag<'a>(found: &'a Value, name: &str) -> Option<&'a str> {
    let tags = found["tags"].as_object()?;
    tags.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
}

/// Whether the tags of a resource say that it is this project's.
pub(super) fn owner(found: &Value, project: &ProjectName) -> Owner {
    let ours = tag(found, MANAGED_BY_TAG) == Some(MANAGED_BY) && tag(found, PROJECT_TAG) == Some(project.as_str());
    if ours { Owner::Ours } else { Owner::Foreign }
}

/// Those tags of `found` that are wanted; others are nobody's business here.
pub(super) fn tags(found: &Value, wanted: Option<&Tags>) -> Tags {
    let of = |name: &String| Some((name.clone(), tag(found, name)?.to_owned()));
    wanted.into_iter().flat_map(Tags::keys).filter_map(of).collect()
}

/// `found` in the spelling of `wanted`, where they differ in case only: Azure does not tell them apart.
pub(super) fn spelling(found: &str, wanted: Option<&str>) -> String {
    wanted.filter(|wanted| wanted.eq_ignore_ascii_case(found)).unwrap_or(found).to_owned()
}

/// A region in its short form: `West Europe` is `westeurope`.
pub(super) fn region(found: &Value) -> String {
    found["location"].as_str().unwrap_or_default().replace(' ', "").to_lowercase()
}

/// Adds tags to a resource; those that are there and not named stay.
pub(super) async fn merge_tags(arm: &Arm, id: &str, tags: &Tags) -> Result<(), ArmError> {
    let path = ArmPath::of(id).resource("Microsoft.Resources/tags", "default");
    arm.patch(&path, RESOURCES, &json!({ "operation": "Merge", "properties": { "tags": tags } })).await.map(drop)
}

/// The id of what a scope holds: everything before the last `/providers/`.
pub(super) fn scope_of(id: &str) -> &str {
    let at = id.to_lowercase().rfind("/providers/").unwrap_or(id.len());
    id.get(..at).unwrap_or(id)
}

/// Different subscriptions of what is wanted: of ids, or of paths that start with one.
pub(super) fn subscriptions<'a>(wanted: impl Iterator<Item = &'a String>) -> Vec<String> {
    let id = |text: &String| ArmPath::of(text).subscription_id().unwrap_or(text).to_owned();
    let mut all: Vec<String> = wanted.map(id).collect();
    all.sort();
    all.dedup();
    all
}

/// A resource of `found`, whose `fields` and owner are known.
pub(super) fn observation(found: &Value, owner: Owner, fields: Fields) -> Observed {
    Observed::new(found["id"].as_str().unwrap_or_default(), owner, fields)
}
