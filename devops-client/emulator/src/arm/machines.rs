//! Sizes of virtual machines: as Azure Machine Learning lists them, and as Azure lists them for a region (documents: Azure ML
//! REST, Virtual Machine Sizes; Compute REST, Resource Skus, Usage).

use serde_json::{Value, json};

use super::state::Arm;

/// Name, family, virtual CPUs, GPUs, whether at low priority.
type Size = (&'static str, &'static str, u32, u32, bool);

const SIZES: &[Size] = &[
    ("Standard_DS2_v2", "standardDSv2Family", 2, 0, true),
    ("Standard_DS3_v2", "standardDSv2Family", 4, 0, true),
    ("Standard_DS4_v2", "standardDSv2Family", 8, 0, true),
    ("Standard_D2_v3", "standardDv3Family", 2, 0, true),
    ("Standard_D4_v3", "standardDv3Family", 4, 0, true),
    ("Standard_D2as_v4", "standardDASv4Family", 2, 0, true),
    ("Standard_D4as_v4", "standardDASv4Family", 4, 0, true),
    ("Standard_D2s_v5", "standardDSv5Family", 2, 0, true),
    ("Standard_D4s_v5", "standardDSv5Family", 4, 0, true),
    ("Standard_D2ds_v5", "standardDDSv5Family", 2, 0, true),
    ("Standard_D4ds_v5", "standardDDSv5Family", 4, 0, true),
    ("Standard_D8ds_v5", "standardDDSv5Family", 8, 0, true),
    ("Standard_E4ds_v5", "standardEDSv5Family", 4, 0, true),
    ("Standard_E8ds_v5", "standardEDSv5Family", 8, 0, true),
    ("Standard_F4s_v2", "standardFSv2Family", 4, 0, true),
    ("Standard_F8s_v2", "standardFSv2Family", 8, 0, true),
    ("Standard_NC6s_v3", "standardNCSv3Family", 6, 1, false),
    ("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 1, true),
    ("Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family", 24, 1, true),
];

/// The sizes of Azure Machine Learning.
pub fn of_machine_learning() -> Value {
    let size = |(name, family, cpus, gpus, low): &Size| {
        json!({
            "name": name, "family": family, "vCPUs": cpus, "gpus": gpus, "memoryGB": f64::from(*cpus) * 3.5,
            "lowPriorityCapable": low, "premiumIO": true, "supportedComputeTypes": ["AmlCompute"],
        })
    };
    json!({ "value": SIZES.iter().map(size).collect::<Vec<_>>() })
}

/// What a region offers: virtual machines among other things.
pub fn of_region(location: &str) -> Value {
    let size = |(name, family, cpus, gpus, low): &Size| {
        let capability = |name: &str, value: String| json!({ "name": name, "value": value });
        json!({
            "resourceType": "virtualMachines", "name": name, "tier": "Standard", "size": name.split_once('_').map(|(_, size)| size),
            "family": family, "locations": [location], "restrictions": [],
            "locationInfo": [{ "location": location, "zones": ["1", "2", "3"] }],
            "capabilities": [
                capability("vCPUs", cpus.to_string()),
                capability("GPUs", gpus.to_string()),
                capability("LowPriorityCapable", if *low { "True" } else { "False" }.to_owned()),
            ],
        })
    };
    let disk = json!({ "resourceType": "disks", "name": "Premium_LRS", "locations": [location], "restrictions": [] });
    json!({ "value": SIZES.iter().map(size).chain([disk]).collect::<Vec<_>>() })
}

/// What is used of a region's quota, by family and in all.
pub fn usages(arm: &Arm, subscription: &str, location: &str) -> Value {
    let row = |name: &str, used: i64, limit: i64| {
        json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages/{name}"),
            "unit": "Count", "currentValue": used, "limit": limit, "name": { "value": name, "localizedValue": name },
        })
    };
    let families = arm.quota.iter().filter(|(name, _)| name.to_lowercase().ends_with("family"));
    let families = families.map(|(name, (used, limit))| row(name, *used, *limit));
    let rows: Vec<Value> = std::iter::once(row("cores", 0, 100)).chain(families).collect();
    json!({ "value": rows })
}
