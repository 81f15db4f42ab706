//! Project references: the projects that see a service connection or a variable group, and under what name.

use serde_json::{Value, json};

use crate::core::json::{text, text_at};
use crate::core::{Call, ServiceError};

/// Fills in each reference's project by id or by name; 400 if there is none, 404 if it is unknown.
pub fn resolve_references(call: &Call<'_>, references: &[Value], name: &str) -> Result<Vec<Value>, ServiceError> {
    if references.is_empty() {
        return Err(ServiceError::new(
            400,
            "System",
            "ArgumentException",
            "At least one project reference is required.\r\nParameter name: projectReferences",
        ));
    }
    let resolve = |reference: &Value| {
        let key = text_at(reference, &["projectReference", "id"]).or(text_at(reference, &["projectReference", "name"]));
        let key = key.ok_or_else(|| ServiceError::missing("projectReference"))?;
        let project = call.organization.find_project(key).ok_or_else(|| ServiceError::project_not_found(key))?;
        Ok(json!({
            "projectReference": { "id": project.id, "name": project.name },
            "name": text(reference, "name").unwrap_or(name),
            "description": text(reference, "description").unwrap_or_default(),
        }))
    };
    references.iter().map(resolve).collect()
}
