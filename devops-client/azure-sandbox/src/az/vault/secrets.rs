//! Secrets of a vault: of the sandbox's Key Vault where there is one, else of what the sandbox keeps.

use serde_json::{Value, json};

use crate::az::failure::Failure;
use crate::services::{Services, Who, message};
use crate::store::{Store, at, slot};

/// A secret of a vault: its name, and its media type where it has one.
pub(super) struct Known {
    pub name: String,
    pub kind: Option<String>,
}

/// What a vault holds.
pub(super) fn known(store: &Store, who: Who, vault: &str) -> Result<Vec<Known>, Failure> {
    let mut all = Vec::new();
    let Some(services) = Services::of(store)? else {
        let found = store.read(|state| at(state, &["vaults", vault, "secrets"]).and_then(Value::as_object).cloned())?;
        let kinds = store.read(|state| at(state, &["vaults", vault, "kinds"]).cloned())?.unwrap_or_default();
        let one = |name: String| Known { kind: kinds[&name].as_str().map(str::to_owned), name };
        return Ok(found.unwrap_or_default().into_iter().map(|(name, _)| one(name)).collect());
    };
    let mut path = "secrets".to_owned();
    loop {
        let (status, body) = services.vault(who, "GET", vault, &path, &Value::Null)?;
        if status != 200 {
            return Err(Failure::refused(message(&body)));
        }
        for item in body["value"].as_array().into_iter().flatten() {
            let name = item["id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
            all.push(Known { name, kind: item["contentType"].as_str().map(str::to_owned) });
        }
        match body["nextLink"].as_str().and_then(|link| link.split("$skiptoken=").nth(1)) {
            Some(token) => path = format!("secrets?$skiptoken={}", token.split('&').next().unwrap_or_default()),
            None => return Ok(all),
        }
    }
}

/// The newest value of a secret, if there is one.
pub(crate) fn value(store: &Store, who: Who, vault: &str, name: &str) -> Result<Option<String>, Failure> {
    let Some(services) = Services::of(store)? else {
        let found = store.read(|state| at(state, &["vaults", vault, "secrets", name]).cloned())?;
        return Ok(found.and_then(|value| value.as_str().map(str::to_owned)));
    };
    let (status, body) = services.vault(who, "GET", vault, &format!("secrets/{name}"), &Value::Null)?;
    match status {
        200 => Ok(body["value"].as_str().map(str::to_owned)),
        404 => Ok(None),
        _ => Err(Failure::refused(message(&body))),
    }
}

/// Writes a secret.
pub(super) fn put(
    store: &Store,
    who: Who,
    vault: &str,
    name: &str,
    value: &str,
    kind: Option<&str>,
) -> Result<(), Failure> {
    let Some(services) = Services::of(store)? else {
        return store.change(|state| {
            *slot(state, &["vaults", vault, "secrets", name]) = json!(value);
            *slot(state, &["vaults", vault, "kinds", name]) = json!(kind);
            Ok(())
        });
    };
    let body = json!({ "value": value, "contentType": kind });
    let (status, body) = services.vault(who, "PUT", vault, &format!("secrets/{name}"), &body)?;
    if status == 200 { Ok(()) } else { Err(Failure::refused(message(&body))) }
}
