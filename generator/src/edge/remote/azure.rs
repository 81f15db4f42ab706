//! What the Azure kinds share: the way to Azure, tags, ids, and the values of fields that are known only later.

use serde_json::{Map, Value, json};

use super::error::{AZURE, RemoteError};
pub use super::site::AzureSite;
use super::site::Site;
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::arm::Arm;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::project::name::ProjectName;
use crate::remote::desired::azure::{MANAGED_BY, MANAGED_BY_TAG, PROJECT_TAG};
use crate::remote::kinds::field::Typed;
use crate::remote::later::Later;
use crate::remote::observed::{Observed, Owner};
use crate::remote::resource::{Fields, Key, Resource};

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

/// A field of `wanted` as text, looked up where it is known only later.
pub(super) fn text(at: &Site, wanted: &Resource, field: &str) -> Result<String, RemoteError> {
    let value = wanted.fields.get(field).unwrap_or(&Value::Null);
    if let Some(Later::Fact { of, fact }) = Later::read(value) {
        return at.known(&of).and_then(|found| found.fact(&fact)).ok_or_else(|| {
            RemoteError::new(
                "write",
                &wanted.key,
                format!("{fact} of {of} is not known"),
                format!("see why {of} is not there"),
            )
        });
    }
    let none =
        || RemoteError::new("write", &wanted.key, format!("the field {field} is no text"), "report this as a bug");
    value.as_str().map(str::to_owned).ok_or_else(none)
}

/// The struct behind the fields of `wanted`.
pub(super) fn typed<K: Typed>(wanted: &Resource) -> Result<K, RemoteError> {
    K::from_fields(&wanted.fields)
        .map_err(|error| RemoteError::new("write", &wanted.key, error, "report this as a bug"))
}

/// The tags that `wanted` sets.
pub(super) fn tags(wanted: &Resource) -> Map<String, Value> {
    let tag = |(name, value): (&String, &Value)| Some((name.strip_prefix("tags.")?.to_owned(), value.clone()));
    wanted.fields.iter().filter_map(tag).collect()
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

/// Notes those tags of `found` that `wanted` sets; others are nobody's business here.
pub(super) fn note_tags(fields: &mut Fields, found: &Value, wanted: Option<&Resource>) {
    for name in wanted.into_iter().flat_map(|wanted| wanted.fields.keys()) {
        if let Some(value) = name.strip_prefix("tags.").and_then(|name| tag(found, name)) {
            fields.insert(name.clone(), json!(value));
        }
    }
}

/// `found` in the spelling of `wanted`, where they differ in case only: Azure does not tell them apart.
pub(super) fn spelled(found: &str, wanted: Option<&Value>) -> Value {
    spelling(found, wanted.and_then(Value::as_str)).into()
}

/// `found` as [`spelled`], as a text.
pub(super) fn spelling(found: &str, wanted: Option<&str>) -> String {
    wanted.filter(|wanted| wanted.eq_ignore_ascii_case(found)).unwrap_or(found).to_owned()
}

/// A region in its short form: `West Europe` is `westeurope`.
pub(super) fn region(found: &Value) -> String {
    found["location"].as_str().unwrap_or_default().replace(' ', "").to_lowercase()
}

/// Adds tags to a resource; those that are there and not named stay.
pub(super) async fn merge_tags(arm: &Arm, id: &str, tags: Map<String, Value>) -> Result<(), ArmError> {
    let path = ArmPath::of(id).resource("Microsoft.Resources/tags", "default");
    arm.patch(&path, RESOURCES, &json!({ "operation": "Merge", "properties": { "tags": tags } })).await.map(drop)
}

/// The id of what a scope holds: everything before the last `/providers/`.
pub(super) fn scope_of(id: &str) -> &str {
    let at = id.to_lowercase().rfind("/providers/").unwrap_or(id.len());
    id.get(..at).unwrap_or(id)
}

/// Different subscriptions of what is wanted, by the named field: an id, or a path that starts with one.
pub(super) fn subscriptions(wanted: &[&Resource], field: &str) -> Vec<String> {
    let id = |text: &str| ArmPath::of(text).subscription_id().unwrap_or(text).to_owned();
    let mut all: Vec<String> =
        wanted.iter().filter_map(|resource| resource.fields.get(field)?.as_str()).map(id).collect();
    all.sort();
    all.dedup();
    all
}

/// A resource of `found`, whose `fields` and owner are known.
pub(super) fn observation(found: &Value, owner: Owner, fields: Fields) -> Observed {
    Observed::new(found["id"].as_str().unwrap_or_default(), owner, fields)
}
