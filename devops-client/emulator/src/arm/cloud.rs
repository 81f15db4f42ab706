//! What a deployment can ask of the resources that are there, or that it makes itself.

use azure_templates::arm::{Known, public_cloud};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::born::{added, callback, principal};
use super::resources::type_and_name;

/// The state that a deployment sees.
pub struct Cloud<'a> {
    /// Finds a resource by its id in lower case.
    pub find: &'a dyn Fn(&str) -> Option<Value>,
    /// The tenant.
    pub tenant: &'a str,
    /// The principal that deploys, where it is told.
    pub deployer: Option<&'a str>,
    /// What time it is.
    pub now: Timestamp,
}

impl Known for Cloud<'_> {
    fn reference(&self, id: &str, full: bool) -> Option<Value> {
        let (kind, _) = type_and_name(id);
        let there = (self.find)(&id.to_lowercase());
        let mut properties = added(id, &kind, self.tenant);
        let known = there.is_some() || properties.as_object().is_some_and(|map| !map.is_empty());
        if let (Some(own), Some(all)) =
            (there.as_ref().and_then(|it| it["properties"].as_object()), properties.as_object_mut())
        {
            all.extend(own.clone());
        }
        if full {
            // a resource's own identity has its principal before the resource is there
            let mut whole = there.unwrap_or_else(|| json!({}));
            whole["properties"] = properties;
            whole["identity"]["principalId"] = json!(principal(id));
            whole["identity"]["tenantId"] = json!(self.tenant);
            return Some(whole);
        }
        known.then_some(properties)
    }

    fn list(&self, function: &str, id: &str) -> Option<Value> {
        (function.eq_ignore_ascii_case("listCallbackUrl")).then(|| json!({ "value": callback(id) }))
    }

    fn environment(&self) -> Option<Value> {
        Some(public_cloud())
    }

    fn deployer(&self) -> Option<Value> {
        self.deployer.map(|principal| json!({ "objectId": principal, "tenantId": self.tenant }))
    }

    fn now(&self) -> Option<String> {
        Some(self.now.strftime("%Y%m%dT%H%M%SZ").to_string())
    }
}
