//! API versions of Azure resource types: one table, which the spec may override type by type. Templates, scripts and the
//! tool's own requests take their versions from here; the doubles of the emulator have theirs on purpose.
//!
//! Versions are those of the official type definitions (Azure/bicep-types-az, August 2026). A default is at least half a
//! year old: the newest version is not in every region at once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::fragment::Fragment;
use crate::project::Project;

/// A resource type and its API versions.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    /// Name in views: `storage`.
    pub key: &'static str,
    /// The type, as the official definitions write it.
    pub name: &'static str,
    /// The version that is used unless the spec says otherwise.
    pub default: &'static str,
    /// Every version that may be used, rising. What is older is retired or about to be; a preview is among them only
    /// where nothing else exists.
    pub known: &'static [&'static str],
}

const STORAGE: &[&str] =
    &["2023-01-01", "2023-04-01", "2023-05-01", "2024-01-01", "2025-01-01", "2025-06-01", "2025-08-01", "2026-04-01"];
const MACHINE_LEARNING: &[&str] = &[
    "2023-10-01",
    "2024-04-01",
    "2024-10-01",
    "2025-04-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-03-01",
    "2026-05-01",
];
const NETWORK: &[&str] = &[
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2024-10-01",
    "2025-01-01",
    "2025-03-01",
    "2025-05-01",
    "2025-07-01",
    "2025-09-01",
];
const IDENTITY: &[&str] = &["2023-01-31", "2024-11-30"];
const EVENT_GRID: &[&str] = &["2022-06-15", "2025-02-15"];
const DNS: &[&str] = &["2020-06-01", "2024-06-01"];

/// Every resource type of the templates. AKS refuses versions after two years (Microsoft Learn, "AKS API life cycle").
pub const TYPES: [ResourceType; 40] = [
    entry(
        "log_analytics",
        "Microsoft.OperationalInsights/workspaces",
        "2025-07-01",
        &["2023-09-01", "2025-02-01", "2025-07-01", "2026-03-01"],
    ),
    entry("app_insights", "Microsoft.Insights/components", "2020-02-02", &["2020-02-02"]),
    entry("diagnostics", "Microsoft.Insights/diagnosticSettings", "2021-05-01-preview", &["2021-05-01-preview"]),
    entry("collection_rule", "Microsoft.Insights/dataCollectionRules", "2024-03-11", &["2023-03-11", "2024-03-11"]),
    entry(
        "collection_association",
        "Microsoft.Insights/dataCollectionRuleAssociations",
        "2024-03-11",
        &["2023-03-11", "2024-03-11"],
    ),
    entry("action_group", "Microsoft.Insights/actionGroups", "2023-01-01", &["2022-06-01", "2023-01-01"]),
    entry("metric_alert", "Microsoft.Insights/metricAlerts", "2026-01-01", &["2018-03-01", "2026-01-01"]),
    entry(
        "query_rule",
        "Microsoft.Insights/scheduledQueryRules",
        "2026-03-01",
        &["2022-06-15", "2023-12-01", "2026-03-01"],
    ),
    entry("identity", "Microsoft.ManagedIdentity/userAssignedIdentities", "2024-11-30", IDENTITY),
    entry(
        "federation",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "2024-11-30",
        IDENTITY,
    ),
    entry("storage", "Microsoft.Storage/storageAccounts", "2025-08-01", STORAGE),
    entry("blob_services", "Microsoft.Storage/storageAccounts/blobServices", "2025-08-01", STORAGE),
    entry("blob_containers", "Microsoft.Storage/storageAccounts/blobServices/containers", "2025-08-01", STORAGE),
    entry("storage_policies", "Microsoft.Storage/storageAccounts/managementPolicies", "2025-08-01", STORAGE),
    entry(
        "key_vault",
        "Microsoft.KeyVault/vaults",
        "2025-05-01",
        &["2023-07-01", "2024-11-01", "2025-05-01", "2026-02-01"],
    ),
    entry(
        "registry",
        "Microsoft.ContainerRegistry/registries",
        "2025-11-01",
        &["2023-07-01", "2025-04-01", "2025-11-01"],
    ),
    entry("workspace", "Microsoft.MachineLearningServices/workspaces", "2025-12-01", MACHINE_LEARNING),
    entry("compute", "Microsoft.MachineLearningServices/workspaces/computes", "2025-12-01", MACHINE_LEARNING),
    entry("role_assignment", "Microsoft.Authorization/roleAssignments", "2022-04-01", &["2022-04-01"]),
    entry(
        "container_group",
        "Microsoft.ContainerInstance/containerGroups",
        "2025-09-01",
        &["2023-05-01", "2025-09-01", "2026-07-01"],
    ),
    entry(
        "cluster",
        "Microsoft.ContainerService/managedClusters",
        "2026-04-01",
        &[
            "2025-01-01",
            "2025-02-01",
            "2025-03-01",
            "2025-04-01",
            "2025-05-01",
            "2025-07-01",
            "2025-08-01",
            "2025-09-01",
            "2025-10-01",
            "2026-01-01",
            "2026-02-01",
            "2026-03-01",
            "2026-04-01",
            "2026-05-01",
        ],
    ),
    entry(
        "extension",
        "Microsoft.KubernetesConfiguration/extensions",
        "2025-03-01",
        &["2023-05-01", "2024-11-01", "2025-03-01"],
    ),
    entry("workflow", "Microsoft.Logic/workflows", "2019-05-01", &["2019-05-01"]),
    entry("system_topic", "Microsoft.EventGrid/systemTopics", "2025-02-15", EVENT_GRID),
    entry("event_subscription", "Microsoft.EventGrid/systemTopics/eventSubscriptions", "2025-02-15", EVENT_GRID),
    entry("budget", "Microsoft.Consumption/budgets", "2026-06-01", &["2023-11-01", "2024-08-01", "2026-06-01"]),
    entry("network", "Microsoft.Network/virtualNetworks", "2025-07-01", NETWORK),
    entry("peering", "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "2025-07-01", NETWORK),
    entry("route_table", "Microsoft.Network/routeTables", "2025-07-01", NETWORK),
    entry("subnet", "Microsoft.Network/virtualNetworks/subnets", "2025-07-01", NETWORK),
    entry("security_group", "Microsoft.Network/networkSecurityGroups", "2025-07-01", NETWORK),
    entry("public_address", "Microsoft.Network/publicIPAddresses", "2025-07-01", NETWORK),
    entry("nat_gateway", "Microsoft.Network/natGateways", "2025-07-01", NETWORK),
    entry("private_endpoint", "Microsoft.Network/privateEndpoints", "2025-07-01", NETWORK),
    entry("dns_zone_group", "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "2025-07-01", NETWORK),
    entry("dns_zone", "Microsoft.Network/privateDnsZones", "2024-06-01", DNS),
    entry("dns_link", "Microsoft.Network/privateDnsZones/virtualNetworkLinks", "2024-06-01", DNS),
    entry("role_definition", "Microsoft.Authorization/roleDefinitions", "2022-04-01", &["2022-04-01"]),
    entry(
        "resource_group",
        "Microsoft.Resources/resourceGroups",
        "2025-04-01",
        &["2024-11-01", "2025-03-01", "2025-04-01"],
    ),
    entry("deployment", "Microsoft.Resources/deployments", "2025-04-01", &["2024-11-01", "2025-03-01", "2025-04-01"]),
];

/// What this tool itself asks for and no template makes: each with its version.
const ASKED: [(&str, &str); 4] = [
    ("Microsoft.Resources/subscriptions", "2022-12-01"),
    ("Microsoft.Compute/skus", "2021-07-01"),
    ("Microsoft.Compute/locations", "2024-07-01"),
    // Retail prices have a preview only.
    ("Retail/prices", "2023-01-01-preview"),
];

/// The version that this tool itself uses in requests for `name`: the default of templates, where they make such resources.
///
/// A type of neither table fails when this is compiled, where it is the value of a constant.
pub const fn used(name: &str) -> &'static str {
    let mut index = 0;
    while index < TYPES.len() {
        if same(TYPES[index].name, name) {
            return TYPES[index].default;
        }
        index += 1;
    }
    index = 0;
    while index < ASKED.len() {
        if same(ASKED[index].0, name) {
            return ASKED[index].1;
        }
        index += 1;
    }
    panic!("there is no such type in the tables of API versions")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

const fn entry(
    key: &'static str,
    name: &'static str,
    default: &'static str,
    known: &'static [&'static str],
) -> ResourceType {
    ResourceType { key, name, default, known }
}

/// The entry of a resource type; Azure does not tell upper from lower case in types.
pub fn find(name: &str) -> Option<&'static ResourceType> {
    TYPES.iter().find(|t| t.name.eq_ignore_ascii_case(name))
}

/// Says why `version` cannot be used for `name`, or nothing.
///
/// # Errors
/// A phrase that names the versions that can be used.
pub fn check(name: &str, version: &str) -> Result<(), String> {
    let Some(entry) = find(name) else {
        return Err(format!("resource type `{name}` is not in this tool's table of API versions"));
    };
    if entry.known.contains(&version) {
        return Ok(());
    }
    let oldest = entry.known[0];
    let known = entry.known.join(", ");
    Err(if version < oldest {
        format!("API version {version} of {name} is retired or about to be; use one of {known}")
    } else {
        format!("{name} has no API version {version} that can be relied on; use one of {known}")
    })
}

/// The versions that the templates of one project print, by the table's keys.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct ApiVersions(BTreeMap<&'static str, Fragment>);

impl ApiVersions {
    /// The table with the overrides of the spec. An override of a type holds for its child types too, unless they have
    /// one of their own: they come from the same service and share its versions.
    pub fn of(project: &Project) -> Self {
        let pins = &project.pins.api_versions;
        let pinned = |name: &str| pins.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
        let version = |entry: &ResourceType| {
            let mut name = entry.name;
            loop {
                if let Some(version) = pinned(name) {
                    return version;
                }
                match name.rsplit_once('/') {
                    Some((parent, _)) if parent.contains('/') => name = parent,
                    _ => return entry.default.to_owned(),
                }
            }
        };
        Self(TYPES.iter().map(|entry| (entry.key, Fragment::new(version(entry)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn every_default_is_known_and_keys_are_unique() {
        for entry in TYPES {
            assert!(entry.known.contains(&entry.default), "{}", entry.name);
            assert!(entry.known.is_sorted(), "{}", entry.name);
            assert_eq!(TYPES.iter().filter(|t| t.key == entry.key).count(), 1, "{}", entry.key);
        }
    }

    #[test]
    fn every_default_was_at_least_half_a_year_old_when_this_was_released() {
        for entry in TYPES {
            assert!(entry.default.get(..10).is_some_and(|date| date <= "2026-06-01"), "{}", entry.name);
        }
    }

    #[test]
    fn what_the_tool_asks_for_has_the_version_that_templates_use() {
        for entry in TYPES {
            assert_eq!(used(entry.name), entry.default, "{}", entry.name);
        }
        for (name, version) in ASKED {
            assert_eq!((find(name).is_none(), used(name)), (true, version), "{name} stands in one table");
        }
    }

    #[test]
    fn an_override_holds_for_child_types_and_for_nothing_else() {
        let mut project = sample::project();
        project.pins.api_versions.insert("microsoft.storage/storageaccounts".to_owned(), "2025-01-01".to_owned());
        let versions = ApiVersions::of(&project).0;
        assert_eq!(versions["storage"].as_str(), "2025-01-01");
        assert_eq!(versions["blob_containers"].as_str(), "2025-01-01");
        assert_eq!(versions["key_vault"].as_str(), "2025-05-01");
    }

    #[test]
    fn old_invented_and_unknown_versions_are_refused() {
        assert_eq!(check("Microsoft.Storage/storageAccounts", "2025-08-01"), Ok(()));
        assert!(check("Microsoft.Storage/storageAccounts", "2019-06-01").unwrap_err().contains("retired"));
        assert!(check("Microsoft.Storage/storageAccounts", "2025-08-02").unwrap_err().contains("has no API version"));
        assert!(check("Microsoft.Storage/accounts", "2025-08-01").unwrap_err().contains("not in this tool's table"));
    }
}
