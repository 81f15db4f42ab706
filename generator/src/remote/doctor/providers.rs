//! Resource providers that the templates need.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::admin::quoted;
use super::Finding;
use crate::tree::RenderedTree;

const CHECK: &str = "providers";

/// Namespaces that every subscription has registered.
const ALWAYS: [&str; 3] = ["Microsoft.Authorization", "Microsoft.Resources", "Microsoft.Consumption"];

/// The namespaces of all resources in the compiled templates, and of the identities behind connections.
pub fn needed(tree: &RenderedTree) -> BTreeSet<String> {
    let mut found = BTreeSet::from(["Microsoft.ManagedIdentity".to_owned()]);
    let templates =
        tree.iter().filter(|(path, _)| path.as_str().starts_with("infra/") && path.as_str().ends_with(".json"));
    for template in templates.filter_map(|(_, file)| serde_json::from_slice::<Value>(&file.bytes).ok()) {
        collect(&template, &mut found);
    }
    found.retain(|namespace| !ALWAYS.contains(&namespace.as_str()));
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => {
            if let (Some(kind), true) = (map.get("type").and_then(Value::as_str), map.contains_key("apiVersion")) {
                found.extend(kind.split_once('/').map(|(namespace, _)| namespace.to_owned()));
            }
            map.values().for_each(|item| collect(item, found));
        }
        _ => {}
    }
}

/// The findings about one subscription: namespace and state (`Registered`), as far as it could be read.
pub fn check(subscription: &str, states: &[(String, Option<String>)]) -> Vec<Finding> {
    let is =
        |state: &Option<String>, wanted: &str| state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(wanted));
    let mut found: Vec<Finding> = Vec::new();
    for (namespace, state) in states {
        if is(state, "Registered") {
            continue;
        }
        let command =
            format!("az provider register --namespace {} --subscription {}", quoted(namespace), quoted(subscription));
        found.push(match state {
            None => Finding::note(
                CHECK,
                format!("whether {namespace} is registered in {subscription} could not be told"),
                command,
            ),
            Some(_) if is(state, "Registering") => {
                Finding::note(CHECK, format!("{namespace} is being registered in {subscription}"), "wait some minutes")
            }
            // a deployment registers what it needs, if whoever deploys may; a service connection on a group may not
            Some(_) => Finding::blocks(CHECK, format!("{namespace} is not registered in {subscription}"), command),
        });
    }
    if found.is_empty() {
        found.push(Finding::good(
            CHECK,
            format!("all {} resource providers are registered in {subscription}", states.len()),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    #[test]
    fn a_provider_that_is_not_registered_blocks_with_its_command() {
        let state = |text: &str| vec![("Microsoft.KeyVault".to_owned(), Some(text.to_owned()))];
        assert_eq!(check("s", &state("registered"))[0].level, Level::Good);
        assert_eq!(check("s", &state("Registering"))[0].level, Level::Note);
        let found = check("s", &state("NotRegistered"));
        assert_eq!(found[0].level, Level::Blocks);
        assert_eq!(
            found[0].remedy.as_deref(),
            Some("az provider register --namespace Microsoft.KeyVault --subscription s")
        );
        assert_eq!(check("s", &[("Microsoft.KeyVault".to_owned(), None)])[0].level, Level::Note);
    }
}
