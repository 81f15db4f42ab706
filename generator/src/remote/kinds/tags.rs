//! Tags of what the tool makes in Azure: those of the spec, and the tool's own, which are the mark.

use std::collections::BTreeMap;

use super::field::{FieldError, get_map, put_map};
use crate::project::Project;
use crate::remote::resource::Fields;

/// Tags by name.
pub type Tags = BTreeMap<String, String>;

/// What the fields of tags begin with.
const TAGS: &str = "tags.";

/// Tag whose value is [`MANAGED_BY`] on everything that the tool makes in Azure.
pub const MANAGED_BY_TAG: &str = "managed-by";
/// Value of [`MANAGED_BY_TAG`], the same as in the templates.
pub const MANAGED_BY: &str = "mlops-gen";
/// Tag that names the project.
pub const PROJECT_TAG: &str = "project";
/// Tag that names the service connection of an identity.
pub const CONNECTION_TAG: &str = "service-connection";
/// Tag that names the place of a resource group.
pub const PLACE_TAG: &str = "environment";
/// Tag of a deployment that holds the hash of its template.
pub const TEMPLATE_TAG: &str = "template";

/// The tags of a resource of `project`, with the tool's own last.
pub(super) fn of(project: &Project, name: &str, value: &str) -> Tags {
    let mut tags: Tags = project.tags.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let own = [(PROJECT_TAG, project.name.as_str()), (MANAGED_BY_TAG, MANAGED_BY), (name, value)];
    tags.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    tags
}

/// Tags as fields.
pub(super) fn put(fields: &mut Fields, tags: &Tags) {
    put_map(fields, TAGS, tags);
}

/// The tags among fields.
pub(super) fn get(fields: &Fields) -> Result<Tags, FieldError> {
    get_map(fields, TAGS)
}
