//! What whoever evaluates a template knows of Azure beyond the files.

use serde_json::{Value, json};

use super::expression::Arm;
use super::value::Val;

/// What is known of Azure: of resources that are there, or that the same deployment makes. What is nothing stays open.
pub trait Known {
    /// The properties of a resource (`reference(id)`), or all of it (`reference(id, version, 'Full')`). What is asked for and
    /// not in it stays open.
    fn reference(&self, id: &str, full: bool) -> Option<Value> {
        let _ = (id, full);
        None
    }

    /// What a function of a resource answers: `listCallbackUrl` and others whose names start with `list`.
    fn list(&self, function: &str, id: &str) -> Option<Value> {
        let _ = (function, id);
        None
    }

    /// A secret of a vault that a parameter refers to.
    ///
    /// # Errors
    /// Why it cannot be had, as the service words it.
    fn secret(&self, vault: &str, name: &str) -> Result<Option<Value>, String> {
        let _ = (vault, name);
        Ok(None)
    }

    /// The cloud that it is: what `environment()` gives.
    fn environment(&self) -> Option<Value> {
        None
    }

    /// Who deploys: what `deployer()` gives.
    fn deployer(&self) -> Option<Value> {
        None
    }

    /// What time it is: `20260131T235959Z`.
    fn now(&self) -> Option<String> {
        None
    }
}

/// What `environment()` gives in Azure's public cloud, as far as it is names.
pub fn public_cloud() -> Value {
    json!({
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "authentication": { "loginEndpoint": "https://login.microsoftonline.com/" },
        "suffixes": {
            "acrLoginServer": ".azurecr.io",
            "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net",
            "storage": "core.windows.net",
        },
    })
}

/// Nothing is known but the files.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Known for Nothing {}

/// A parameter that is given: `{"value": …}`, or a reference to a secret, which stays open where nobody knows it.
pub(super) fn given_value(name: &str, entry: &Val, known: &dyn Known) -> Result<Val, String> {
    if let Val::Open(arm) = entry {
        return Ok(Val::Open(arm.clone().then(Arm::text("value"))));
    }
    if let Some(value) = entry.get("value") {
        return Ok(value.clone());
    }
    let vault = entry.get("reference").and_then(|reference| reference.get("keyVault")?.get("id"));
    let secret = entry.get("reference").and_then(|reference| reference.get("secretName"));
    let found = match (vault, secret) {
        (Some(Val::Text(vault)), Some(Val::Text(secret))) => known.secret(vault, secret)?,
        _ => None,
    };
    Ok(found.map_or_else(|| Val::Open(Arm::call("parameters", vec![Arm::text(name)])), Val::from_json))
}
