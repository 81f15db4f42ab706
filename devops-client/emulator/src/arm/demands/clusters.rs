//! Clusters and computes: ranges, counts, lengths, sizes.
//!
//! | rule | document |
//! |---|---|
//! | ranges of pods and services lie apart from each other and from the subnets of the nodes' network; the DNS address lies in the services' | Microsoft Learn, "Azure CNI Overlay": IP address planning |
//! | neither they nor the nodes' network are in what AKS has itself | Microsoft Learn, "Configure Azure CNI networking in AKS": prerequisites |
//! | least <= count <= greatest; a system pool has a node; 10 to 250 pods a node | Microsoft Learn, "Quotas and limits in AKS" |
//! | the group of the nodes has at most 80 characters, 63 with overlay | aka.ms/aks-naming-rules |
//! | sizes that have ended | Microsoft Learn, "Retired Azure VM size series" |

use super::networks::{Range, overlap, range, subnets_of};
use super::wanted::{Refused, Wanted};

/// Series of sizes that have ended: how their names begin and end, and since when.
const ENDED: [(&str, &str, &str); 8] = [
    ("standard_nc", "", "2023-09-06"),
    ("standard_nc", "_v2", "2023-09-06"),
    ("standard_nd", "s", "2023-09-06"),
    ("standard_nv", "", "2023-09-06"),
    ("standard_nc", "_v3", "2025-09-30"),
    ("standard_nv", "_v3", "2026-09-30"),
    ("standard_nv", "_v4", "2026-09-30"),
    ("standard_hb60rs", "", "2024-08-31"),
];

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    match wanted.kind.as_str() {
        "microsoft.containerservice/managedclusters" => {
            ranges(wanted).or_else(|| pools(wanted)).or_else(|| group(wanted))
        }
        "microsoft.machinelearningservices/workspaces/computes" => compute(wanted),
        _ => None,
    }
}

/// Whether a size has ended by a day: prefix, then a number and letters, then the version at the end.
fn ended(size: &str, today: &str) -> bool {
    let size = size.to_lowercase();
    ENDED.iter().any(|(start, end, since)| {
        let Some(rest) = size.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)) else { return false };
        let number = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let plain = !rest.contains('_') && number.bytes().all(|b| b.is_ascii_digit());
        // The first series of each kind has nothing but a number, and an `r` for the fast network.
        let letters = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let fits = if end.is_empty() { letters.is_empty() || letters == "r" } else { plain };
        plain && fits && *since <= today
    })
}

fn compute(wanted: &Wanted<'_>) -> Option<Refused> {
    let size = wanted.text("/properties/properties/vmSize")?;
    let scale = &wanted.body["properties"]["properties"]["scaleSettings"];
    let location = wanted.text("/location").unwrap_or_default();
    if ended(size, wanted.today) {
        let message =
            format!("The specified Azure ML Compute VM size {size} is not supported in the region {location}.");
        return Refused::new(400, "ValidationError", message);
    }
    let (least, most) = (scale["minNodeCount"].as_i64().unwrap_or(0), scale["maxNodeCount"].as_i64()?);
    if least > most || most < 1 {
        let message =
            format!("minNodeCount {least} must not be greater than maxNodeCount {most}, which is at least 1.");
        return Refused::new(400, "ValidationError", message);
    }
    None
}

/// Ranges that AKS has for itself.
const RESERVED: [&str; 4] = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"];

/// What a range has in common with AKS's own.
fn reserved(own: Range) -> Option<&'static str> {
    RESERVED.into_iter().find(|taken| range(taken).is_some_and(|taken| overlap(own, taken)))
}

fn ranges(wanted: &Wanted<'_>) -> Option<Refused> {
    let profile = &wanted.body["properties"]["networkProfile"];
    let of = |key: &str| profile[key].as_str().and_then(range);
    let (pods, services) = (of("podCidr"), of("serviceCidr"));
    let shown = |key: &str| profile[key].as_str().unwrap_or_default().to_owned();
    for (key, what) in [("podCidr", "pod"), ("serviceCidr", "service")] {
        let Some(taken) = of(key).and_then(reserved) else { continue };
        let message =
            format!("The specified {what} CIDR {} overlaps with {taken}, which AKS clusters can't use.", shown(key));
        return Refused::new(400, "InvalidParameter", message);
    }
    if pods.zip(services).is_some_and(|(one, other)| overlap(one, other)) {
        let message = format!(
            "The specified service CIDR {} is conflicted with pod CIDR {}.",
            shown("serviceCidr"),
            shown("podCidr")
        );
        return Refused::new(400, "InvalidParameter", message);
    }
    if let (Some(services), Some(dns)) =
        (services, profile["dnsServiceIP"].as_str().and_then(|one| range(&format!("{one}/32"))))
        && !(services.0 < dns.0 && dns.1 < services.1)
    {
        let message = format!(
            "The DNS service IP {} is not in the service CIDR {}.",
            shown("dnsServiceIP"),
            shown("serviceCidr")
        );
        return Refused::new(400, "InvalidParameter", message);
    }
    let pools = wanted.body["properties"]["agentPoolProfiles"].as_array();
    let subnets = pools.into_iter().flatten().filter_map(|pool| pool["vnetSubnetID"].as_str());
    for id in subnets {
        let id = id.to_lowercase();
        let network = id.split("/subnets/").next().and_then(|network| wanted.there.get(network));
        let subnets: Vec<(String, Range)> = network.map(subnets_of).unwrap_or_default();
        for (name, subnet) in subnets {
            if let Some(taken) = reserved(subnet) {
                let message = format!("The subnet CIDR of {name} overlaps with {taken}, which AKS clusters can't use.");
                return Refused::new(400, "InvalidParameter", message);
            }
            for (key, code, what) in [
                ("serviceCidr", "ServiceCidrOverlapExistingSubnetsCidr", "service"),
                ("podCidr", "PodCidrOverlapExistingSubnetsCidr", "pod"),
            ] {
                if of(key).is_some_and(|own| overlap(own, subnet)) {
                    let message = format!(
                        "The specified {what} CIDR {} is conflicted with an existing subnet CIDR of {name}.",
                        shown(key)
                    );
                    return Refused::new(400, code, message);
                }
            }
        }
    }
    None
}

fn pools(wanted: &Wanted<'_>) -> Option<Refused> {
    let location = wanted.text("/location").unwrap_or_default();
    for pool in wanted.body["properties"]["agentPoolProfiles"].as_array().into_iter().flatten() {
        let name = pool["name"].as_str().unwrap_or_default();
        let number = |key: &str| pool[key].as_i64();
        let size = pool["vmSize"].as_str().unwrap_or_default();
        if ended(size, wanted.today) {
            let message =
                format!("The VM size of {size} is not allowed in your subscription in location '{location}'.");
            return Refused::new(400, "BadRequest", message);
        }
        if pool["enableAutoScaling"] == true {
            let (least, most) = (number("minCount").unwrap_or(0), number("maxCount").unwrap_or(0));
            let count = number("count").unwrap_or(least);
            if least > most || count < least || count > most || most > 1000 {
                let message = format!(
                    "Agent pool {name}: minCount {least}, count {count} and maxCount {most} must ascend, up to 1000."
                );
                return Refused::new(400, "InvalidParameter", message);
            }
        }
        if pool["mode"] == "System" && number("minCount").or(number("count")).is_some_and(|count| count < 1) {
            return Refused::new(
                400,
                "InvalidParameter",
                format!("System node pool {name} must have at least one node."),
            );
        }
        if number("maxPods").is_some_and(|pods| !(10..=250).contains(&pods)) {
            return Refused::new(
                400,
                "InvalidParameter",
                format!("Agent pool {name}: maxPods must be between 10 and 250."),
            );
        }
    }
    None
}

fn group(wanted: &Wanted<'_>) -> Option<Refused> {
    let overlay = wanted.text("/properties/networkProfile/networkPluginMode") == Some("overlay");
    let most = if overlay { 63 } else { 80 };
    let own = wanted.text("/properties/nodeResourceGroup").map(str::to_owned);
    // Azure's own name, where nobody gives one.
    let location = wanted.text("/location").unwrap_or_default();
    let outer = wanted.id.split('/').nth(4).unwrap_or_default();
    let name = own.unwrap_or_else(|| format!("MC_{outer}_{}_{location}", wanted.name));
    if name.len() <= most {
        return None;
    }
    Refused::new(
        400,
        "InvalidParameter",
        format!(
            "The length of the node resource group name is too long. The maximum length is {most} and the length of the value provided is {}. Please see https://aka.ms/aks-naming-rules for more details.",
            name.len()
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::wanted::{Refused, judged_by};
    use super::{RESERVED, refused};

    fn judged(there: &[(&str, Value)], id: &str, body: &Value) -> Option<Refused> {
        judged_by(refused, there, id, body)
    }

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";

    fn code(there: &[(&str, Value)], body: &Value) -> Option<&'static str> {
        judged(there, &format!("{GROUP}/Microsoft.ContainerService/managedClusters/aks"), body)
            .map(|refused| refused.code)
    }

    #[test]
    fn ranges_of_a_cluster_lie_apart_from_each_other_and_from_its_network() {
        let network = format!("{GROUP}/Microsoft.Network/virtualNetworks/net");
        let there = [(
            network.as_str(),
            json!({ "properties": { "subnets": [
            { "name": "scoring", "properties": { "addressPrefix": "10.0.4.0/24" } } ] } }),
        )];
        let cluster = |pods: &str, services: &str, dns: &str| {
            json!({ "properties": {
            "networkProfile": { "podCidr": pods, "serviceCidr": services, "dnsServiceIP": dns },
            "agentPoolProfiles": [{ "name": "one", "vmSize": "Standard_D2s_v5", "vnetSubnetID": format!("{network}/subnets/scoring") }],
        } })
        };
        let says = |pods: &str, services: &str, dns: &str| code(&there, &cluster(pods, services, dns));
        assert_eq!(says("192.168.0.0/16", "172.16.0.0/16", "172.16.0.10"), None);
        assert_eq!(says("172.16.0.0/16", "172.16.8.0/24", "172.16.8.10"), Some("InvalidParameter"));
        assert_eq!(says("192.168.0.0/16", "172.16.0.0/16", "172.17.0.10"), Some("InvalidParameter"));
        assert_eq!(says("192.168.0.0/16", "10.0.0.0/16", "10.0.0.10"), Some("ServiceCidrOverlapExistingSubnetsCidr"));
        assert_eq!(says("10.0.0.0/16", "172.16.0.0/16", "172.16.0.10"), Some("PodCidrOverlapExistingSubnetsCidr"));
        for taken in RESERVED {
            assert_eq!(says(taken, "172.16.0.0/16", "172.16.0.10"), Some("InvalidParameter"), "{taken}");
            assert_eq!(says("192.168.0.0/16", taken, ""), Some("InvalidParameter"), "{taken}");
        }
    }

    #[test]
    fn counts_lengths_and_sizes_are_what_the_service_takes() {
        let pool = |more: Value| {
            let mut pool = json!({ "name": "one", "mode": "System", "vmSize": "Standard_D2s_v5", "enableAutoScaling": true,
                "minCount": 1, "count": 1, "maxCount": 3, "maxPods": 110 });
            for (key, value) in more.as_object().unwrap() {
                pool[key] = value.clone();
            }
            json!({ "location": "westeurope", "properties": { "agentPoolProfiles": [pool] } })
        };
        let says = |more: Value| code(&[], &pool(more));
        assert_eq!(says(json!({})), None);
        for bad in [
            json!({ "minCount": 4 }),
            json!({ "count": 5 }),
            json!({ "maxCount": 1001, "count": 1001 }),
            json!({ "minCount": 0, "count": 0 }),
            json!({ "maxPods": 5 }),
            json!({ "maxPods": 251 }),
        ] {
            assert_eq!(says(bad.clone()), Some("InvalidParameter"), "{bad}");
        }
        for size in [
            "Standard_NC6",
            "Standard_NC24r",
            "Standard_NC6s_v2",
            "Standard_NC6s_v3",
            "Standard_NV12s_v3",
            "Standard_ND6s",
        ] {
            assert_eq!(says(json!({ "vmSize": size })), Some("BadRequest"), "{size}");
        }
        for size in ["Standard_NC4as_T4_v3", "Standard_NC24ads_A100_v4", "Standard_D2s_v3", "Standard_NV6ads_A10_v5"] {
            assert_eq!(says(json!({ "vmSize": size })), None, "{size}");
        }
        let named = |length: usize| {
            json!({ "properties": { "nodeResourceGroup": "n".repeat(length),
            "networkProfile": { "networkPluginMode": "overlay" } } })
        };
        assert_eq!((code(&[], &named(63)), code(&[], &named(64))), (None, Some("InvalidParameter")));
        let id = format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/work/computes/cpu");
        let nodes = |size: &str, least: i64, most: i64| {
            json!({ "properties": { "properties": { "vmSize": size,
            "scaleSettings": { "minNodeCount": least, "maxNodeCount": most } } } })
        };
        assert_eq!(judged(&[], &id, &nodes("Standard_D4ds_v5", 0, 4)), None);
        for (size, least, most) in [("Standard_D4ds_v5", 5, 4), ("Standard_D4ds_v5", 0, 0), ("Standard_NC6", 0, 4)] {
            assert_eq!(
                judged(&[], &id, &nodes(size, least, most)).unwrap().code,
                "ValidationError",
                "{size} {least} {most}"
            );
        }
    }
}
