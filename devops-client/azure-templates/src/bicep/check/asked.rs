//! What Azure says when a file asks where it is: the properties of `resourceGroup()`, `environment()` and the like
//! (Microsoft Learn, "Scope functions for Bicep", "Deployment functions for Bicep").

use super::types::Type;

/// What `resourceGroup()`, `subscription()`, `managementGroup()` and `tenant()` give where they are asked without arguments.
pub(super) fn scope(name: &str) -> Type {
    match name {
        "resourceGroup" => {
            let mut known = texts(&["id", "name", "type", "location", "managedBy"]);
            known.push(("tags".to_owned(), Type::object()));
            known.push(("properties".to_owned(), closed(texts(&["provisioningState"]))));
            closed(known)
        }
        "subscription" => closed(texts(&["id", "subscriptionId", "tenantId", "displayName"])),
        // What else they give depends on who asks.
        _ => Type::object(),
    }
}

/// What a function without arguments gives, if its properties are known.
pub(super) fn function(name: &str) -> Option<Type> {
    Some(match name {
        "deployment" => {
            let mut known = texts(&["name", "location"]);
            known.push(("properties".to_owned(), Type::object()));
            closed(known)
        }
        "deployer" => closed(texts(&["objectId", "tenantId", "userPrincipalName"])),
        "environment" => {
            let mut known = texts(&ENVIRONMENT);
            known.push(("suffixes".to_owned(), closed(texts(&SUFFIXES))));
            let mut authentication = texts(&["loginEndpoint", "tenant", "identityProvider"]);
            authentication.push(("audiences".to_owned(), Type::Array(Box::new(Type::TEXT))));
            known.push(("authentication".to_owned(), closed(authentication)));
            closed(known)
        }
        _ => return None,
    })
}

const ENVIRONMENT: [&str; 11] = [
    "name",
    "gallery",
    "graph",
    "portal",
    "graphAudience",
    "activeDirectoryDataLake",
    "batch",
    "media",
    "sqlManagement",
    "vmImageAliasDoc",
    "resourceManager",
];

const SUFFIXES: [&str; 7] = [
    "acrLoginServer",
    "azureDatalakeAnalyticsCatalogAndJob",
    "azureDatalakeStoreFileSystem",
    "azureFrontDoorEndpointSuffix",
    "keyvaultDns",
    "sqlServerHostname",
    "storage",
];

fn texts(names: &[&str]) -> Vec<(String, Type)> {
    names.iter().map(|name| ((*name).to_owned(), Type::TEXT)).collect()
}

fn closed(known: Vec<(String, Type)>) -> Type {
    Type::Object { known, open: false }
}
