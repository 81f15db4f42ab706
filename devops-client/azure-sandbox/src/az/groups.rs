//! Extensions, resource groups, Key Vault secrets, identities, Bicep.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Command, Failure};
use crate::store::{at, slot};

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "extension list", options: &[], run: extensions },
    Command { words: "extension add", options: &["name", "version", "upgrade", "yes"], run: add_extension },
    Command { words: "group exists", options: &["name", "resource-group"], run: exists },
    Command { words: "group create", options: &["name", "resource-group", "location", "tags"], run: create },
    Command { words: "group show", options: &["name", "resource-group"], run: show },
    Command { words: "group delete", options: &["name", "resource-group", "yes"], run: delete },
    Command { words: "keyvault list", options: &["resource-group"], run: vaults },
    Command { words: "keyvault secret list", options: &["vault-name"], run: secrets },
    Command {
        words: "keyvault secret set",
        options: &["vault-name", "name", "file", "value", "encoding"],
        run: set_secret,
    },
    Command { words: "keyvault secret show", options: &["vault-name", "name"], run: secret },
];

/// `key=value` pairs as a mapping.
pub(super) fn tags(pairs: &[String]) -> Map<String, Value> {
    let pair = |pair: &String| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), json!(value))
    };
    pairs.iter().map(pair).collect()
}

fn extensions(call: &Call<'_>) -> Answer {
    let found = call.store.read(|state| at(state, &["extensions"]).and_then(Value::as_object).cloned())?;
    let row = |(name, version): (String, Value)| json!({ "name": name, "version": version, "preview": false });
    Ok(found.unwrap_or_default().into_iter().map(row).collect())
}

fn add_extension(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let version = call.arguments.one("version").unwrap_or("0.0.0");
    call.store.change(|state| {
        *slot(state, &["extensions", name]) = json!(version);
        Ok(Value::Null)
    })
}

fn group<'a>(call: &'a Call<'_>) -> Result<&'a str, Failure> {
    match call.arguments.one("name") {
        Some(name) => Ok(name),
        None => call.need("resource-group"),
    }
}

fn exists(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    Ok(json!(call.store.read(|state| at(state, &["groups", name]).is_some())?))
}

fn create(call: &Call<'_>) -> Answer {
    let (name, location) = (group(call)?, call.need("location")?);
    let made = json!({
        "id": format!("/subscriptions/sandbox/resourceGroups/{name}"),
        "name": name,
        "location": location,
        "tags": tags(call.arguments.all("tags")),
        "properties": { "provisioningState": "Succeeded" },
        "type": "Microsoft.Resources/resourceGroups",
    });
    call.store.change(|state| {
        *slot(state, &["groups", name]) = made.clone();
        Ok(made)
    })
}

fn show(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    let found = call.store.read(|state| at(state, &["groups", name]).cloned())?;
    found.ok_or_else(|| missing_group(name))
}

fn missing_group(name: &str) -> Failure {
    Failure::missing(format!("(ResourceGroupNotFound) Resource group '{name}' could not be found."))
}

fn delete(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    if !call.arguments.flag("yes") {
        return Err(Failure::refused("Unable to prompt for confirmation as no tty available. Use --yes."));
    }
    call.store.change(|state| {
        let groups = slot(state, &["groups"]).as_object_mut();
        match groups.and_then(|groups| groups.remove(name)) {
            Some(_) => Ok(Value::Null),
            None => Err(missing_group(name)),
        }
    })
}

fn vaults(call: &Call<'_>) -> Answer {
    let group = call.arguments.one("resource-group");
    let all = call.store.read(|state| at(state, &["vaults"]).and_then(Value::as_object).cloned())?;
    let own = |vault: &Value| group.is_none() || vault["resourceGroup"].as_str() == group;
    let row = |(name, vault): (String, Value)| json!({ "name": name, "resourceGroup": vault["resourceGroup"] });
    Ok(all.unwrap_or_default().into_iter().filter(|(_, vault)| own(vault)).map(row).collect())
}

fn secrets(call: &Call<'_>) -> Answer {
    let vault = call.need("vault-name")?;
    let found =
        call.store.read(|state| at(state, &["vaults", vault, "secrets"]).and_then(Value::as_object).cloned())?;
    let row = |(name, _): (String, Value)| json!({ "name": name, "attributes": { "enabled": true } });
    Ok(found.unwrap_or_default().into_iter().map(row).collect())
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
    call.store.change(|state| {
        *slot(state, &["vaults", vault, "secrets", name]) = json!(value);
        Ok(json!({ "name": name, "value": value }))
    })
}

fn secret(call: &Call<'_>) -> Answer {
    let (vault, name) = (call.need("vault-name")?, call.need("name")?);
    let found = call.store.read(|state| at(state, &["vaults", vault, "secrets", name]).cloned())?;
    let missing = || {
        Failure::missing(format!(
            "(SecretNotFound) A secret with (name/id) {name} was not found in this key vault. If you recently deleted this \
             secret you may be able to recover it using the correct recovery command."
        ))
    };
    Ok(json!({ "name": name, "value": found.ok_or_else(missing)? }))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::store::Store;

    #[test]
    fn groups_and_secrets_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("key"), "hidden").unwrap();
        let az = |line: &str| check(&store, folder.path(), line);
        for (line, expected) in [
            ("group exists --name g", Ok("false\n")),
            ("group create --name g --location west --tags a=b c=d --output none", Ok("")),
            ("group exists -n g", Ok("true\n")),
            ("group show -n g --query tags.c -o tsv", Ok("d\n")),
            ("group delete -n g --yes", Ok("")),
            ("group show -n g", Err(3)),
            ("group delete -n g", Err(1)),
            ("extension add --name ml --version 2.44.1 --upgrade --yes", Ok("")),
            ("extension list --query [?name=='ml'].version|[0] -o tsv", Ok("2.44.1\n")),
            ("keyvault secret list --vault-name v -o tsv", Ok("")),
            ("keyvault secret set --vault-name v --name k --file key --encoding utf-8 -o none", Ok("")),
            ("keyvault secret list --vault-name v --query [].name -o tsv", Ok("k\n")),
            ("keyvault secret show --vault-name v --name k --query value -o tsv", Ok("hidden\n")),
            ("keyvault secret show --vault-name v --name other", Err(3)),
            ("vm create --name x", Err(2)),
            ("group exists --name g --sideways", Err(2)),
        ] {
            let found = az(line).map_err(|failure| failure.code);
            assert_eq!(found.as_deref().map_err(|code| *code), expected, "{line}");
        }
    }
}
