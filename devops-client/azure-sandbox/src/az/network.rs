//! Peerings of networks, which Azure Resource Manager keeps: shown, and made to know the ranges behind them.

use serde_json::Value;

use super::call::{Answer, Call, Command};
use super::failure::Failure;
use crate::services::{Services, message};

/// Version of the requests, with and without the query that lets a peering know the ranges of today.
const VERSION: &str = "2025-05-01";
const SYNC: &str = "2025-05-01&syncRemoteAddressSpace=true";

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "network vnet peering show", options: &["ids"], run: show },
    Command { words: "network vnet peering sync", options: &["ids"], run: sync },
];

fn services(call: &Call<'_>) -> Result<Services, Failure> {
    let services = Services::of(call.store)?;
    services.ok_or_else(|| Failure::refused("the sandbox has no Azure Resource Manager that keeps networks"))
}

/// The resource, and beside its own keys those of its properties, as the real one shows them.
fn show(call: &Call<'_>) -> Answer {
    let mut found = read(call)?;
    for (key, value) in found["properties"].as_object().cloned().unwrap_or_default() {
        found[&key] = value;
    }
    Ok(found)
}

fn read(call: &Call<'_>) -> Answer {
    match services(call)?.arm("GET", call.need("ids")?, VERSION, &Value::Null)? {
        (200, found) => Ok(found),
        (404, answer) => Err(Failure::missing(message(&answer))),
        (_, answer) => Err(Failure::refused(message(&answer))),
    }
}

fn sync(call: &Call<'_>) -> Answer {
    let found = read(call)?;
    match services(call)?.arm("PUT", call.need("ids")?, SYNC, &found)? {
        (200..=299, found) => Ok(found),
        (_, answer) => Err(Failure::refused(message(&answer))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::store::Store;

    #[test]
    fn without_azure_resource_manager_there_are_no_networks() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for line in ["network vnet peering show --ids /x", "network vnet peering sync --ids /x"] {
            let failure = check(&store, folder.path(), line).unwrap_err();
            assert_eq!(failure.code, 1, "{failure:?}");
        }
        assert_eq!(check(&store, folder.path(), "network vnet peering sync").unwrap_err().code, 1);
    }
}
