//! Key Vault: secrets, and certificates that the vault makes. Where the sandbox has a Key Vault, that one is asked.

mod certificate;
pub(super) mod secrets;

use serde_json::{Value, json};

use super::call::{Answer, Call, Command};
use super::failure::Failure;
use crate::services::{Services, Who};
use crate::store::at;
use secrets::{known, put, value};

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "keyvault list", options: &["resource-group"], run: vaults },
    Command { words: "keyvault secret list", options: &["vault-name"], run: list },
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

fn list(call: &Call<'_>) -> Answer {
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
