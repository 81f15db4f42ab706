//! Key Vault: secrets, and certificates that the vault makes. Where the sandbox has a Key Vault, that one is asked.

mod certificate;

use serde_json::{Value, json};

use super::{Answer, Call, Command, Failure};
use crate::services::{Services, Who, message};
use crate::store::{Store, at, slot};

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "keyvault list", options: &["resource-group"], run: vaults },
    Command { words: "keyvault secret list", options: &["vault-name"], run: secrets },
    Command {
        words: "keyvault secret set",
        options: &["vault-name", "name", "file", "value", "encoding"],
        run: set_secret,
    },
    Command { words: "keyvault secret show", options: &["vault-name", "name"], run: secret },
    Command { words: "keyvault certificate list", options: &["vault-name"], run: certificate::list },
    Command {
        words: "keyvault certificate create",
        options: &["vault-name", "name", "policy"],
        run: certificate::create,
    },
    Command { words: "keyvault certificate show", options: &["vault-name", "name"], run: certificate::show },
    Command {
        words: "keyvault certificate download",
        options: &["vault-name", "name", "file", "encoding"],
        run: certificate::download,
    },
];

/// A secret of a vault: its name, and its media type where it has one.
struct Known {
    name: String,
    kind: Option<String>,
}

/// What a vault holds.
fn known(store: &Store, who: Who, vault: &str) -> Result<Vec<Known>, Failure> {
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
pub(super) fn value(store: &Store, who: Who, vault: &str, name: &str) -> Result<Option<String>, Failure> {
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

fn put(store: &Store, who: Who, vault: &str, name: &str, value: &str, kind: Option<&str>) -> Result<(), Failure> {
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

fn vaults(call: &Call<'_>) -> Answer {
    let group = call.arguments.one("resource-group");
    if let Some(services) = Services::of(call.store)? {
        let group = group.ok_or_else(|| Failure::refused("the sandbox's az lists the vaults of a --resource-group"))?;
        let found = super::groups::resources(&services, group, "Microsoft.KeyVault/vaults")?;
        return Ok(found.into_iter().map(|vault| json!({ "name": vault["name"], "resourceGroup": group })).collect());
    }
    let all = call.store.read(|state| at(state, &["vaults"]).and_then(Value::as_object).cloned())?;
    let own = |vault: &Value| group.is_none() || vault["resourceGroup"].as_str() == group;
    let row = |(name, vault): (String, Value)| json!({ "name": name, "resourceGroup": vault["resourceGroup"] });
    Ok(all.unwrap_or_default().into_iter().filter(|(_, vault)| own(vault)).map(row).collect())
}

fn secrets(call: &Call<'_>) -> Answer {
    let all = known(call.store, Who::SignedIn, call.need("vault-name")?)?;
    Ok(all.into_iter().map(|known| json!({ "name": known.name, "attributes": { "enabled": true } })).collect())
}

fn set_secret(call: &Call<'_>) -> Answer {
    let (vault, name) = (call.need("vault-name")?, call.need("name")?);
    let value = match (call.arguments.one("value"), call.arguments.one("file")) {
        (Some(value), None) => value.to_owned(),
        (None, Some(file)) => {
            let path = call.here.join(file);
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?
        }
        _ => return Err(Failure::usage("one of --value and --file is required")),
    };
    put(call.store, Who::SignedIn, vault, name, &value, None)?;
    Ok(json!({ "name": name, "value": value }))
}

fn secret(call: &Call<'_>) -> Answer {
    let (vault, name) = (call.need("vault-name")?, call.need("name")?);
    let missing = || {
        Failure::missing(format!(
            "(SecretNotFound) A secret with (name/id) {name} was not found in this key vault. If you recently deleted this \
             secret you may be able to recover it using the correct recovery command."
        ))
    };
    Ok(json!({ "name": name, "value": value(call.store, Who::SignedIn, vault, name)?.ok_or_else(missing)? }))
}
