//! What each call does to Azure, and whether whoever is signed in may do it. Azure Resource Manager and vaults judge the
//! requests that they get themselves; what is here is done by services that are stand-ins. (Documents: "Azure resource
//! provider operations", "Manage access to Azure Machine Learning workspaces", "Azure Container Registry roles", "Use Azure
//! RBAC for Kubernetes authorization".)

// Invariant: every command is judged by somebody (test: every_command_is_judged_by_somebody).

use serde_json::Value;

use crate::services::{Services, client};
use crate::store::Store;

/// Whose action it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Workspace,
    /// The storage account of a workspace, with an action on blobs.
    Blobs,
    Registry,
    Cluster,
    Group,
    Component,
    Identity,
}

const WORKSPACES: &str = "Microsoft.MachineLearningServices/workspaces";
pub(crate) const READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
pub(crate) const WRITE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";

/// What a command does: its words, and each action, from its resource type on, where it is done.
const NEEDS: &[(&str, &[(At, &str)])] = &[
    ("ml compute show", &[(At::Workspace, "/computes/read")]),
    ("ml compute create", &[(At::Workspace, "/computes/write")]),
    ("ml datastore create", &[(At::Workspace, "/datastores/write")]),
    ("ml environment create", &[(At::Workspace, "/environments/versions/write"), (At::Blobs, WRITE)]),
    ("ml environment show", &[(At::Workspace, "/environments/versions/read")]),
    ("ml data create", &[(At::Workspace, "/data/versions/write"), (At::Blobs, WRITE)]),
    ("ml data show", &[(At::Workspace, "/data/versions/read")]),
    ("ml component create", &[(At::Workspace, "/components/versions/write"), (At::Blobs, WRITE)]),
    ("ml component show", &[(At::Workspace, "/components/versions/read")]),
    ("ml batch-endpoint create", &[(At::Workspace, "/batchEndpoints/write")]),
    ("ml batch-endpoint show", &[(At::Workspace, "/batchEndpoints/read")]),
    ("ml batch-deployment create", &[(At::Workspace, "/batchEndpoints/deployments/write")]),
    ("ml batch-deployment list", &[(At::Workspace, "/batchEndpoints/deployments/read")]),
    ("ml batch-deployment delete", &[(At::Workspace, "/batchEndpoints/deployments/delete")]),
    ("ml online-endpoint create", &[(At::Workspace, "/onlineEndpoints/write")]),
    ("ml online-endpoint show", &[(At::Workspace, "/onlineEndpoints/read")]),
    ("ml online-endpoint list", &[(At::Workspace, "/onlineEndpoints/read")]),
    ("ml online-endpoint update", &[(At::Workspace, "/onlineEndpoints/write")]),
    (
        "ml online-endpoint get-credentials",
        &[(At::Workspace, "/onlineEndpoints/listKeys/action"), (At::Workspace, "/onlineEndpoints/token/action")],
    ),
    ("ml online-endpoint delete", &[(At::Workspace, "/onlineEndpoints/delete")]),
    ("ml online-deployment create", &[(At::Workspace, "/onlineEndpoints/deployments/write")]),
    ("ml online-deployment show", &[(At::Workspace, "/onlineEndpoints/deployments/read")]),
    ("ml online-deployment list", &[(At::Workspace, "/onlineEndpoints/deployments/read")]),
    ("ml online-deployment delete", &[(At::Workspace, "/onlineEndpoints/deployments/delete")]),
    ("ml online-deployment get-logs", &[(At::Workspace, "/onlineEndpoints/deployments/getLogs/action")]),
    ("ml schedule create", &[(At::Workspace, "/schedules/write")]),
    ("ml schedule list", &[(At::Workspace, "/schedules/read")]),
    ("ml schedule disable", &[(At::Workspace, "/schedules/write")]),
    ("ml job create", &[(At::Workspace, "/jobs/write"), (At::Blobs, WRITE)]),
    ("ml job show", &[(At::Workspace, "/jobs/read")]),
    ("ml job list", &[(At::Workspace, "/jobs/read")]),
    ("ml job cancel", &[(At::Workspace, "/jobs/cancel/action")]),
    ("ml job download", &[(At::Workspace, "/jobs/read"), (At::Blobs, READ)]),
    ("ml model show", &[(At::Workspace, "/models/versions/read")]),
    ("ml model list", &[(At::Workspace, "/models/versions/read")]),
    ("ml model update", &[(At::Workspace, "/models/versions/write")]),
    ("ml model download", &[(At::Workspace, "/models/versions/read"), (At::Blobs, READ)]),
    ("container list", &[(At::Group, "Microsoft.ContainerInstance/containerGroups/read")]),
    ("container show", &[(At::Group, "Microsoft.ContainerInstance/containerGroups/read")]),
    ("container delete", &[(At::Group, "Microsoft.ContainerInstance/containerGroups/delete")]),
    ("container logs", &[(At::Group, "Microsoft.ContainerInstance/containerGroups/containers/logs/read")]),
    ("acr login", &[(At::Registry, "/read")]),
    ("acr repository update", &[(At::Registry, "/metadata/write")]),
    ("aks list", &[(At::Group, "Microsoft.ContainerService/managedClusters/read")]),
    ("aks get-credentials", &[(At::Cluster, "/listClusterUserCredential/action")]),
    ("identity show", &[(At::Identity, "/read")]),
    ("resource show", &[(At::Component, "/read")]),
];

/// Whoever is signed in.
pub(crate) struct Me {
    services: Services,
    client: String,
    principal: String,
}

/// Who is signed in, where role assignments decide; nothing where nobody asks.
///
/// # Errors
/// If the identity is none.
pub(crate) fn me(store: &Store) -> Result<Option<Me>, String> {
    let (Some(client), Some(services)) = (client(), Services::of(store)?) else { return Ok(None) };
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
    for subscription in &services.subscriptions {
        for identity in services.list(&format!("/subscriptions/{subscription}/providers/{kind}"))? {
            if identity["properties"]["clientId"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&client)) {
                let principal = identity["properties"]["principalId"].as_str().unwrap_or_default().to_owned();
                return Ok(Some(Me { services, client, principal }));
            }
        }
    }
    Err(format!("AADSTS700016: Application with identifier '{client}' was not found in the directory."))
}

impl Me {
    /// That a principal may do something to a resource.
    ///
    /// # Errors
    /// Azure Resource Manager's refusal.
    pub fn must(&self, action: &str, data: bool, scope: &str) -> Result<(), String> {
        if self.services.allows(&self.principal, action, data, scope)? {
            return Ok(());
        }
        Err(format!(
            "(AuthorizationFailed) The client '{}' with object id '{}' does not have authorization to perform action '{action}' \
             over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            self.client, self.principal
        ))
    }

    /// The id of a registry by its name.
    fn registry(&self, name: &str) -> Result<String, String> {
        let found = self.services.resource_named("Microsoft.ContainerRegistry/registries", name)?;
        found.ok_or_else(|| format!("The resource with name '{name}' and type 'Microsoft.ContainerRegistry/registries' could not be found in subscription."))
    }

    /// The id of a group, in whichever subscription it is.
    pub fn group(&self, name: &str) -> Result<String, String> {
        for subscription in &self.services.subscriptions {
            let id = format!("/subscriptions/{subscription}/resourceGroups/{name}");
            if self.services.get(&id)?.is_some() {
                return Ok(id);
            }
        }
        Err(format!("(ResourceGroupNotFound) Resource group '{name}' could not be found."))
    }
}

/// That whoever is signed in may do what a command of `az` does; `option` gives its options.
///
/// # Errors
/// The refusal of the service whose command it is.
pub(crate) fn command<'a>(store: &Store, words: &str, option: impl Fn(&str) -> Option<&'a str>) -> Result<(), String> {
    let Some((_, needs)) = NEEDS.iter().find(|(known, _)| *known == words) else { return Ok(()) };
    let Some(me) = me(store)? else { return Ok(()) };
    let given = |name: &str| option(name).unwrap_or_default();
    for (at, action) in *needs {
        let below = |kind: &str, name: &str| -> Result<(String, String), String> {
            let id = format!("{}/providers/{kind}/{name}", me.group(given("resource-group"))?);
            Ok((format!("{kind}{action}"), id))
        };
        let (action, scope) = match at {
            At::Workspace => below(WORKSPACES, given("workspace-name"))?,
            At::Blobs => {
                let (_, workspace) = below(WORKSPACES, given("workspace-name"))?;
                let account = me.services.get(&workspace)?.unwrap_or_default()["properties"]["storageAccount"].clone();
                let Some(account) = account.as_str() else { continue };
                if !me.services.allows(&me.principal, action, true, account)? {
                    return Err("(AuthorizationPermissionMismatch) This request is not authorized to perform this operation using this permission.".to_owned());
                }
                continue;
            }
            At::Registry => (format!("Microsoft.ContainerRegistry/registries{action}"), me.registry(given("name"))?),
            At::Cluster => below("Microsoft.ContainerService/managedClusters", given("name"))?,
            At::Group => ((*action).to_owned(), me.group(given("resource-group"))?),
            At::Component => below("Microsoft.Insights/components", given("name"))?,
            At::Identity => below("Microsoft.ManagedIdentity/userAssignedIdentities", given("name"))?,
        };
        me.must(&action, false, &scope)?;
    }
    Ok(())
}

/// That whoever is signed in may read the blobs of a container, by its id; the inner error is what `az storage` says if not.
///
/// # Errors
/// If role assignments cannot be looked at.
pub(crate) fn read_blobs(store: &Store, container: &str) -> Result<Result<(), String>, String> {
    let Some(me) = me(store)? else { return Ok(Ok(())) };
    if me.services.allows(&me.principal, READ, true, container)? {
        return Ok(Ok(()));
    }
    Ok(Err("\nYou do not have the required permissions needed to perform this operation.\nDepending on your operation, you may need \
            to be assigned one of the following roles:\n    \"Storage Blob Data Owner\"\n    \"Storage Blob Data Contributor\"\n    \
            \"Storage Blob Data Reader\"".to_owned()))
}

/// That whoever is signed in may do something to the certificates of a vault.
///
/// # Errors
/// The vault's refusal.
pub(crate) fn certificates(store: &Store, vault: &str, verb: &str) -> Result<(), String> {
    let Some(me) = me(store)? else { return Ok(()) };
    let Some(id) = me.services.resource_named("Microsoft.KeyVault/vaults", vault)? else { return Ok(()) };
    let action = format!("Microsoft.KeyVault/vaults/certificates/{verb}");
    match me.services.allows(&me.principal, &action, true, &id)? {
        true => Ok(()),
        false => Err(format!(
            "(Forbidden) Caller is not authorized to perform action on resource.\nCaller: appid={};oid={}\nAction: '{action}'\n\
             Resource: '{id}'\nAssignment: (not found)\nInner error: ForbiddenByRbac",
            me.client, me.principal
        )),
    }
}

/// That whoever is signed in may give an identity to something that he makes.
///
/// # Errors
/// Azure Resource Manager's refusal.
pub(crate) fn assign(store: &Store, identity: &str) -> Result<(), String> {
    let Some(me) = me(store)? else { return Ok(()) };
    let action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    match me.services.allows(&me.principal, action, false, identity)? {
        true => Ok(()),
        false => Err(format!(
            "(LinkedAuthorizationFailed) The client '{}' with object id '{}' has permission to perform action \
             '{WORKSPACES}/onlineEndpoints/write'; however, it does not have permission to perform action(s) '{action}' on the \
             linked scope(s) '{identity}' or the linked scope(s) are invalid.",
            me.client, me.principal
        )),
    }
}

/// That an image may be pushed by whoever is signed in.
///
/// # Errors
/// The registry's refusal.
pub(crate) fn push(store: &Store, image: &str) -> Result<(), String> {
    let Some(me) = me(store)? else { return Ok(()) };
    let host = image.split('/').next().unwrap_or_default();
    let id = me.registry(host.trim_end_matches(".azurecr.io"))?;
    for action in ["pull/read", "push/write"] {
        if !me.services.allows(
            &me.principal,
            &format!("Microsoft.ContainerRegistry/registries/{action}"),
            false,
            &id,
        )? {
            return Err("denied: requested access to the resource is denied".to_owned());
        }
    }
    Ok(())
}

/// That an identity may pull an image; without services everybody may.
///
/// # Errors
/// If it may not, or is not there.
pub(crate) fn pull(store: &Store, identity: &str, image: &str) -> Result<(), String> {
    let Some(services) = Services::of(store)? else { return Ok(()) };
    let host = image.split('/').next().unwrap_or_default();
    let registry =
        services.resource_named("Microsoft.ContainerRegistry/registries", host.trim_end_matches(".azurecr.io"))?;
    let (Some(registry), Some(found)) = (registry, services.get(identity)?) else {
        return Err(format!("registry {host} or identity {identity} was not found"));
    };
    let principal = found["properties"]["principalId"].as_str().unwrap_or_default();
    match services.allows(principal, "Microsoft.ContainerRegistry/registries/pull/read", false, &registry)? {
        true => Ok(()),
        false => Err("Please check the image and registry credential.".to_owned()),
    }
}

/// That the nodes of a cluster (`group/name`) may pull an image; without services everybody may, and so may clusters that are
/// nowhere deployed.
///
/// # Errors
/// What the kubelet says of the pod.
pub(crate) fn nodes_pull(store: &Store, cluster: &str, image: &str) -> Result<(), String> {
    let Some(services) = Services::of(store)? else { return Ok(()) };
    let (_, name) = cluster.split_once('/').unwrap_or_default();
    let Some(id) = services.resource_named("Microsoft.ContainerService/managedClusters", name)? else { return Ok(()) };
    let found = services.get(&id)?.unwrap_or_default();
    let identity = found["properties"]["identityProfile"]["kubeletidentity"]["resourceId"].as_str().unwrap_or_default();
    pull(store, identity, image).map_err(|_| {
        let (host, rest) = image.split_once('/').unwrap_or_default();
        let repository = rest.split([':', '@']).next().unwrap_or_default();
        format!(
            "Failed to pull image \"{image}\": failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": \
             failed to authorize: failed to fetch anonymous token: unexpected status from GET request to \
             https://{host}/oauth2/token?scope=repository%3A{}%3Apull&service={host}: 401 Unauthorized",
            repository.replace('/', "%2F")
        )
    })
}

/// That a deployment which whoever is signed in makes may refer to the secrets of a vault.
///
/// # Errors
/// Azure Resource Manager's refusal.
pub(crate) fn refer(store: &Store, vault: &str) -> Result<(), String> {
    let Some(me) = me(store)? else { return Ok(()) };
    match me.services.allows(&me.principal, "Microsoft.KeyVault/vaults/deploy/action", false, vault)? {
        true => Ok(()),
        false => Err(format!(
            "(KeyVaultParameterReferenceAuthorizationFailed) The client '{}' with object id '{}' does not have permission to \
             perform action MICROSOFT.KEYVAULT/VAULTS/DEPLOY/ACTION on the specified KeyVault resource '{vault}'.",
            me.client, me.principal
        )),
    }
}

/// That whoever is signed in may do something to a kind of object of a cluster (`group/name`).
///
/// # Errors
/// The refusal of the cluster's API server.
pub(crate) fn object(store: &Store, cluster: &str, verb: &str, kind: &str, namespace: &str) -> Result<(), String> {
    let Some(me) = me(store)? else { return Ok(()) };
    let (group, name) = cluster.split_once('/').unwrap_or_default();
    let own = format!("{}/providers/Microsoft.ContainerService/managedClusters/{name}", me.group(group)?);
    let scope = if namespace.is_empty() { own } else { format!("{own}/namespaces/{namespace}") };
    let (api, plural) = plural(kind);
    let path = if api.is_empty() { plural.clone() } else { format!("{api}/{plural}") };
    let deed = match verb {
        "get" | "list" | "watch" => "read",
        "delete" => "delete",
        _ => "write",
    };
    let action = format!("Microsoft.ContainerService/managedClusters/{path}/{deed}");
    if me.services.allows(&me.principal, &action, true, &scope)? {
        return Ok(());
    }
    let long = if api.is_empty() { plural.clone() } else { format!("{plural}.{api}") };
    let place = if namespace.is_empty() {
        " at the cluster scope".to_owned()
    } else {
        format!(" in the namespace \"{namespace}\"")
    };
    Err(format!(
        "Error from server (Forbidden): {long} is forbidden: User \"{}\" cannot {verb} resource \"{plural}\" in API group \"{api}\"{place}: \
         User does not have access to the resource in Azure. Update role assignment to allow access.",
        me.principal
    ))
}

/// The API group and the plural name of a kind of object.
fn plural(kind: &str) -> (&'static str, String) {
    let lower = kind.to_lowercase();
    match lower.as_str() {
        "deployment" => ("apps", "deployments".to_owned()),
        "horizontalpodautoscaler" => ("autoscaling", "horizontalpodautoscalers".to_owned()),
        "poddisruptionbudget" => ("policy", "poddisruptionbudgets".to_owned()),
        "networkpolicy" => ("networking.k8s.io", "networkpolicies".to_owned()),
        _ => ("", format!("{lower}s")),
    }
}

/// Commands whose actions are judged here, and those that ask Azure Resource Manager or a vault, which judge them.
#[cfg(test)]
pub(crate) fn is_judged(words: &str) -> bool {
    let asks = ["deployment", "group", "keyvault", "account", "rest", "resource list", "network", "storage"];
    let local = ["extension", "bicep"];
    NEEDS.iter().any(|(known, _)| *known == words) || asks.iter().chain(&local).any(|first| words.starts_with(first))
}

/// The identities that a container group has.
pub(crate) fn identities(resource: &Value) -> Vec<String> {
    let all = resource["identity"]["userAssignedIdentities"].as_object().into_iter().flatten();
    all.map(|(id, _)| id.clone()).collect()
}
