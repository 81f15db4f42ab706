//! Names of resources against the rules of their services.

use crate::project::name::*;

/// Says what is wrong with the name of a resource of type `kind`, or nothing. Of a child, the last segment counts.
///
/// # Errors
/// The rule that is broken.
pub(super) fn check(kind: &str, name: &str) -> Result<(), String> {
    let rule = match kind.to_ascii_lowercase().as_str() {
        "microsoft.storage/storageaccounts" => StorageAccountName::RULE,
        "microsoft.storage/storageaccounts/blobservices/containers" => ContainerName::RULE,
        "microsoft.keyvault/vaults" => KeyVaultName::RULE,
        "microsoft.containerregistry/registries" => RegistryName::RULE,
        "microsoft.machinelearningservices/workspaces" => WorkspaceName::RULE,
        "microsoft.machinelearningservices/workspaces/computes" => ComputeName::RULE,
        "microsoft.containerinstance/containergroups" => ContainerGroupName::RULE,
        "microsoft.containerservice/managedclusters" => ClusterName::RULE,
        "microsoft.managedidentity/userassignedidentities" => IDENTITY,
        "microsoft.logic/workflows" => WORKFLOW,
        "microsoft.eventgrid/systemtopics" => SYSTEM_TOPIC,
        "microsoft.resources/deployments" => DEPLOYMENT,
        "microsoft.operationalinsights/workspaces" => LOG_ANALYTICS,
        "microsoft.consumption/budgets" => BUDGET,
        "microsoft.network/virtualnetworks" | "microsoft.network/privateendpoints" => NETWORK,
        _ => return Ok(()),
    };
    rule.check(name.rsplit('/').next().unwrap_or(name))
}

fn alnum(c: char) -> bool {
    c.is_ascii_alphanumeric()
}
fn hyphen(c: char) -> bool {
    alnum(c) || c == '-'
}
fn underscore(c: char) -> bool {
    hyphen(c) || c == '_'
}
fn deployment(c: char) -> bool {
    underscore(c) || ".()".contains(c)
}
fn dotted(c: char) -> bool {
    underscore(c) || c == '.'
}

const fn rule(
    what: &'static str,
    min: usize,
    max: usize,
    allowed: &'static str,
    char: fn(char) -> bool,
    first: fn(char) -> bool,
    last: fn(char) -> bool,
) -> Rule {
    Rule { what, min, max, allowed, char, first, last, single_hyphens: false }
}

const IDENTITY: Rule =
    rule("managed identity name", 3, 128, "letters, digits, hyphens and underscores", underscore, alnum, underscore);
const WORKFLOW: Rule = rule("Logic App name", 1, 43, "letters, digits, - _ . ( )", deployment, deployment, deployment);
const SYSTEM_TOPIC: Rule = rule("Event Grid topic name", 3, 50, "letters, digits and hyphens", hyphen, hyphen, hyphen);
const DEPLOYMENT: Rule =
    rule("deployment name", 1, 64, "letters, digits, - _ . ( )", deployment, deployment, deployment);
const LOG_ANALYTICS: Rule =
    rule("Log Analytics workspace name", 4, 63, "letters, digits and hyphens", hyphen, alnum, alnum);
const BUDGET: Rule =
    rule("budget name", 1, 63, "letters, digits, hyphens and underscores", underscore, underscore, underscore);
const NETWORK: Rule = rule(
    "network resource name",
    2,
    64,
    "letters, digits, hyphens, underscores and full stops",
    dotted,
    alnum,
    underscore,
);

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_services_refuse_are_refused() {
        assert!(check("Microsoft.Storage/storageAccounts", "Data").unwrap_err().contains("storage account name"));
        assert!(check("Microsoft.Storage/storageAccounts/blobServices/containers", "x/default/a_b").is_err());
        assert!(check("microsoft.keyvault/vaults", "1kv").is_err());
        assert!(check("Microsoft.Resources/deployments", &"x".repeat(65)).is_err());
        assert!(check("Microsoft.EventGrid/systemTopics", "a_b").is_err());
    }

    #[test]
    fn names_that_services_accept_pass() {
        assert_eq!(check("Microsoft.Storage/storageAccounts", "stdata1"), Ok(()));
        assert_eq!(check("Microsoft.Storage/storageAccounts/blobServices/containers", "st/default/logs"), Ok(()));
        assert_eq!(check("Microsoft.Unknown/things", "anything at all"), Ok(()));
    }
}
