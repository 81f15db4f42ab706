//! Properties that a resource keeps for its life.
//!
//! | resource | property | document |
//! |---|---|---|
//! | AKS | size, subnets and pods of a pool, network plugin and ranges, private or not, names | Microsoft Learn, "Resize node pools in AKS", "Azure CNI Overlay", "Create a private AKS cluster"; Azure/AKS#409, #695 |
//! | AKS | the zone of a private API server, but to none: "You can only update from byo or system to none" | Microsoft Learn, "Create a private AKS cluster" |
//! | container group | operating system, restart policy, processors, memory, ports, network | Microsoft Learn, "Update containers in Azure Container Instances" |
//! | compute of Azure ML | size, priority and subnet of nodes, whether they have public addresses | Microsoft Learn, "Create an Azure Machine Learning compute cluster"; azurerm_machine_learning_compute_cluster |
//! | workspace | storage account, vault | Microsoft Learn, "Manage Azure Machine Learning workspaces" |

use serde_json::Value;

use super::wanted::{Refused, Wanted};

/// Code and message of a refusal, with `{}` for the property and `{name}` for the resource.
struct Says {
    status: u16,
    code: &'static str,
    message: &'static str,
}

const CLUSTER: Says =
    Says { status: 400, code: "PropertyChangeNotAllowed", message: "Changing property '{}' is not allowed." };
const GROUP: Says = Says {
    status: 400,
    code: "InvalidContainerGroupUpdate",
    message: "The updates on container group '{name}' are invalid. If you are going to update the os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.",
};
const COMPUTE: Says =
    Says { status: 400, code: "ValidationError", message: "Property '{}' of compute '{name}' cannot be changed." };
const WORKSPACE: Says = Says {
    status: 400,
    code: "ValidationError",
    message: "Property '{}' of workspace '{name}' cannot be changed once the workspace is created.",
};

/// Type, path of the property from `properties`, and what is said. `*` is every item of a list, by its place or name.
const KEPT: [(&str, &str, &Says); 23] = [
    ("microsoft.containerservice/managedclusters", "agentPoolProfiles.*.vnetSubnetID", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "agentPoolProfiles.*.podSubnetID", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "agentPoolProfiles.*.maxPods", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "apiServerAccessProfile.privateDNSZone", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "dnsPrefix", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "agentPoolProfiles.*.vmSize", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "networkProfile.networkPlugin", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "networkProfile.podCidr", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "networkProfile.serviceCidr", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "networkProfile.dnsServiceIP", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "apiServerAccessProfile.enablePrivateCluster", &CLUSTER),
    ("microsoft.containerservice/managedclusters", "nodeResourceGroup", &CLUSTER),
    ("microsoft.containerinstance/containergroups", "osType", &GROUP),
    ("microsoft.containerinstance/containergroups", "restartPolicy", &GROUP),
    ("microsoft.containerinstance/containergroups", "subnetIds", &GROUP),
    ("microsoft.containerinstance/containergroups", "ipAddress.ports", &GROUP),
    ("microsoft.containerinstance/containergroups", "containers.*.properties.resources", &GROUP),
    ("microsoft.machinelearningservices/workspaces/computes", "properties.vmSize", &COMPUTE),
    ("microsoft.machinelearningservices/workspaces/computes", "properties.vmPriority", &COMPUTE),
    ("microsoft.machinelearningservices/workspaces/computes", "properties.subnet.id", &COMPUTE),
    ("microsoft.machinelearningservices/workspaces/computes", "properties.enableNodePublicIp", &COMPUTE),
    ("microsoft.machinelearningservices/workspaces", "storageAccount", &WORKSPACE),
    ("microsoft.machinelearningservices/workspaces", "keyVault", &WORKSPACE),
];

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    let before = &wanted.before()?["properties"];
    let after = &wanted.body["properties"];
    KEPT.iter().filter(|(kind, ..)| *kind == wanted.kind).find_map(|(_, path, says)| {
        let steps: Vec<&str> = path.split('.').collect();
        if !differs(before, after, &steps) || leaves(after, path) {
            return None;
        }
        let property = format!("properties.{}", path.replace(".*", ""));
        Refused::new(says.status, says.code, says.message.replace("{}", &property).replace("{name}", wanted.name))
    })
}

/// Whether a cluster gives up the private zone of its API server, which is the one change of it that there is.
fn leaves(after: &Value, path: &str) -> bool {
    path.ends_with("privateDNSZone") && after["apiServerAccessProfile"]["privateDNSZone"] == "none"
}

/// Whether a property of both is another. Items that are new or gone are no change of those that stay, and ids do not
/// differ by case.
fn differs(before: &Value, after: &Value, path: &[&str]) -> bool {
    match path.split_first() {
        None => {
            let plain = |value: &Value| value.to_string().to_lowercase();
            plain(before) != plain(after)
        }
        Some((&"*", rest)) => {
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            let (old, new) = (list(before), list(after));
            old.iter().any(|one| {
                new.iter().find(|other| other["name"] == one["name"]).is_some_and(|other| differs(one, other, rest))
            })
        }
        Some((step, rest)) => differs(&before[*step], &after[*step], rest),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wanted::judged_by;
    use super::*;

    fn judged(there: &[(&str, Value)], id: &str, body: &Value) -> Option<Refused> {
        judged_by(refused, there, id, body)
    }

    /// `value` at a path below `properties`.
    fn with(path: &str, value: &str) -> Value {
        let inner = path.rsplit('.').fold(json!(value), |inner, step| match step {
            "*" => json!([inner]),
            step => json!({ step: inner }),
        });
        let mut body = json!({ "properties": inner });
        // Items have names.
        for list in ["agentPoolProfiles", "containers"] {
            if let Some(item) = body.pointer_mut(&format!("/properties/{list}/0")) {
                item["name"] = json!("one");
            }
        }
        body
    }

    #[test]
    fn whatever_a_resource_keeps_is_not_changed() {
        for (kind, path, says) in KEPT {
            let (provider, types) = kind.split_once('/').unwrap();
            let types: Vec<String> = types.split('/').map(|one| format!("/{one}/name1")).collect();
            let id = format!("/subscriptions/s/resourceGroups/g/providers/{provider}{}", types.join(""));
            let there = [(id.as_str(), with(path, "Old"))];
            assert_eq!(judged(&there, &id, &with(path, "old")), None, "{kind}: {path}");
            assert_eq!(judged(&[], &id, &with(path, "new")), None, "{kind}: {path}");
            let refused = judged(&there, &id, &with(path, "new")).unwrap_or_else(|| panic!("{kind}: {path}"));
            assert_eq!((refused.status, refused.code), (says.status, says.code), "{path}");
        }
        // A private name can be given up, and a cluster that is public stays so.
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/aks";
        let zone = |zone: &str| with("apiServerAccessProfile.privateDNSZone", zone);
        assert_eq!(judged(&[(id, zone("system"))], id, &zone("none")), None);
        let private = json!({ "properties": { "apiServerAccessProfile": { "enablePrivateCluster": true } } });
        let public = json!({ "properties": {} });
        for (before, after) in [(&private, &public), (&public, &private)] {
            assert_eq!(judged(&[(id, before.clone())], id, after).unwrap().code, "PropertyChangeNotAllowed");
        }
        // Another pool may have another size.
        let pools = |size: &str| {
            json!({ "properties": { "agentPoolProfiles": [
            { "name": "one", "vmSize": "Standard_D2s_v5" }, { "name": size, "vmSize": size },
        ] } })
        };
        assert_eq!(judged(&[(id, pools("two"))], id, &pools("three")), None);
    }
}
