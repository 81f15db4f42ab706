//! What a deployment of a container group can ask of the sandbox.

use azure_templates::arm::{Known, public_cloud};
use serde_json::{Value, json};

use crate::access;
use crate::az::failure::Failure;
use crate::az::vault::secrets;
use crate::services::{Services, Who};
use crate::store::Store;

pub(super) struct Cloud<'a> {
    pub store: &'a Store,
    pub services: Option<&'a Services>,
}

/// What a deployment of a place can ask of the sandbox before Azure Resource Manager makes it: secrets.
pub(super) struct Secrets<'a>(pub &'a Store);

impl Known for Secrets<'_> {
    fn secret(&self, id: &str, name: &str) -> Result<Option<Value>, String> {
        secret(self.0, id, name)
    }
}

/// A secret of a vault that whoever deploys may refer to.
fn secret(store: &Store, id: &str, name: &str) -> Result<Option<Value>, String> {
    access::refer(store, id)?;
    let vault = id.rsplit('/').next().unwrap_or_default();
    let found = secrets::value(store, Who::Service, vault, name).map_err(|failure| failure.message)?;
    found.map(|value| Some(json!(value))).ok_or_else(|| {
        format!(
            "(KeyVaultParameterReferenceSecretRetrieveFailed) The secret of KeyVault parameter reference cannot be \
             retrieved: '{name}' is not in vault '{vault}'."
        )
    })
}

/// What went wrong as a template is evaluated: what a vault says is not the template's fault.
pub(super) fn wrong(message: &str) -> Failure {
    match message.split_once("(Key") {
        Some((_, rest)) => Failure::refused(format!("(Key{rest}")),
        None => Failure::refused(format!("(InvalidTemplate) {message}")),
    }
}

impl Known for Cloud<'_> {
    fn reference(&self, id: &str, full: bool) -> Option<Value> {
        let found = self.services.and_then(|services| services.get(id).ok().flatten());
        let mut properties = match &found {
            Some(found) => found["properties"].clone(),
            // an identity that nobody has made
            None => json!({
                "clientId": "00000000-0000-4000-8000-000000000000",
                "principalId": "00000000-0000-4000-8000-000000000001",
            }),
        };
        // nothing listens: servers that get no address send nothing
        properties["ConnectionString"] = json!("");
        Some(if full { json!({ "properties": properties }) } else { properties })
    }

    fn secret(&self, id: &str, name: &str) -> Result<Option<Value>, String> {
        secret(self.store, id, name)
    }

    fn environment(&self) -> Option<Value> {
        Some(public_cloud())
    }

    fn now(&self) -> Option<String> {
        Some(jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string())
    }
}
