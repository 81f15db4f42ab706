//! What resources are given when they are made: always the same for the same id.

use serde_json::{Value, json};

use crate::core::ids::named;

/// The principal that an identity always has: a user-assigned one, or that of a resource itself.
pub fn principal(id: &str) -> String {
    named(&format!("principal of {}", id.to_lowercase())).to_string()
}

/// The client id that an identity always has.
pub fn client(id: &str) -> String {
    named(&format!("client of {}", id.to_lowercase())).to_string()
}

/// Properties of a user-assigned identity.
pub fn identity(id: &str, tenant: &str) -> Value {
    json!({ "tenantId": tenant, "principalId": principal(id), "clientId": client(id) })
}

/// The address that a trigger of a workflow is called at. Who knows it may call it.
pub fn callback(trigger: &str) -> String {
    let signature = named(&format!("signature of {}", trigger.to_lowercase())).simple().to_string();
    format!("https://logic.sandbox.invalid{trigger}/paths/invoke?api-version=2016-10-01&sig={signature}")
}

/// What the service adds to a resource of a type when it makes it.
pub fn added(id: &str, kind: &str, tenant: &str) -> Value {
    match kind.to_lowercase().as_str() {
        "microsoft.managedidentity/userassignedidentities" => identity(id, tenant),
        "microsoft.containerservice/managedclusters" => {
            let kubelet = format!("{id}/kubelet");
            let own = json!({ "resourceId": kubelet, "objectId": principal(&kubelet), "clientId": client(&kubelet) });
            json!({ "identityProfile": { "kubeletidentity": own } })
        }
        _ => json!({}),
    }
}
