//! What is in a subnet, and what may be.
//!
//! | rule | document |
//! |---|---|
//! | a subnet with something in it keeps its range, and is not deleted | Microsoft Learn, "Add, change, or delete a virtual network subnet" |
//! | it is handed to another service only when nothing is in it | the same; MicrosoftDocs/azure-docs#39112 (`SubnetDelegationsCannotChangeWhenSubnetUsedByResource`) |
//! | container groups work in a subnet that is handed to them | Microsoft Learn, "Deploy container instances into an Azure virtual network"; Azure/dev-box-images#8 (`SubnetMissingRequiredDelegation`) |
//! | nodes and private endpoints do not work in one that is handed to somebody | Microsoft Learn, "Configure Azure CNI networking in AKS": prerequisites; "What is subnet delegation?" |

use std::collections::BTreeMap;

use serde_json::Value;

use super::wanted::{Refused, Wanted};

/// The service that container groups work as.
const CONTAINERS: &str = "Microsoft.ContainerInstance/containerGroups";

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    match wanted.kind.as_str() {
        "microsoft.network/virtualnetworks" => kept(wanted),
        "microsoft.containerinstance/containergroups" => containers(wanted),
        "microsoft.containerservice/managedclusters" => nodes(wanted),
        "microsoft.network/privateendpoints" => endpoint(wanted),
        _ => None,
    }
}

fn subnets(network: &Value) -> impl Iterator<Item = &Value> {
    network.pointer("/properties/subnets").and_then(Value::as_array).into_iter().flatten()
}

/// Range of a subnet, in either of its spellings.
fn range(subnet: &Value) -> &Value {
    match &subnet["properties"]["addressPrefix"] {
        Value::Null => &subnet["properties"]["addressPrefixes"][0],
        range => range,
    }
}

/// The services that a subnet is handed to.
fn delegations(subnet: &Value) -> Vec<&str> {
    let all = subnet["properties"]["delegations"].as_array();
    all.into_iter().flatten().filter_map(|one| one["properties"]["serviceName"].as_str()).collect()
}

/// What is in a subnet, by the id that it names: networks name theirs, too, and are not in them.
fn inside<'a>(there: &'a BTreeMap<String, Value>, subnet: &str) -> Option<&'a str> {
    let named = format!("\"{}\"", subnet.to_lowercase());
    let own = subnet.to_lowercase();
    let network = own.split("/subnets/").next().unwrap_or_default();
    let works = |(id, body): &(&'a String, &'a Value)| {
        !id.starts_with(network)
            && !id.contains("/microsoft.resources/deployments/")
            && body.to_string().to_lowercase().contains(&named)
    };
    there.iter().find(works).map(|(id, _)| id.as_str())
}

fn kept(wanted: &Wanted<'_>) -> Option<Refused> {
    let before = wanted.before()?;
    subnets(before).find_map(|old| {
        let name = old["name"].as_str()?;
        let id = format!("{}/subnets/{name}", wanted.id);
        let new = subnets(wanted.body).find(|new| new["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)));
        let same = new.is_some_and(|new| range(new) == range(old) && delegations(new) == delegations(old));
        if same {
            return None;
        }
        let by = inside(wanted.there, &id)?;
        let Some(new) = new else {
            return Refused::new(
                400,
                "InUseSubnetCannotBeDeleted",
                format!(
                    "Subnet {name} is in use by {by} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet."
                ),
            );
        };
        if range(new) != range(old) {
            return Refused::new(
                400,
                "InUseSubnetCannotBeUpdated",
                format!("Subnet {name} is in use by {by} and cannot be updated."),
            );
        }
        let shown = |subnet: &Value| delegations(subnet).join(", ");
        Refused::new(
            400,
            "SubnetDelegationsCannotChangeWhenSubnetUsedByResource",
            format!(
                "Delegations of subnet {id} cannot be changed from [{}] to [{}] because it is being used by the resource {by}.",
                shown(old),
                shown(new)
            ),
        )
    })
}

/// The subnet of an id, if its network is there: one that is made later has nothing to say yet.
fn subnet<'a>(there: &'a BTreeMap<String, Value>, id: &str) -> Option<&'a Value> {
    let id = id.to_lowercase();
    let (network, name) = id.split_once("/subnets/")?;
    subnets(there.get(network)?).find(|one| one["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

fn containers(wanted: &Wanted<'_>) -> Option<Refused> {
    let ids = wanted.body.pointer("/properties/subnetIds").and_then(Value::as_array);
    let mut subnets = ids.into_iter().flatten().filter_map(|one| subnet(wanted.there, one["id"].as_str()?));
    let free = |subnet: &&Value| !delegations(subnet).iter().any(|service| service.eq_ignore_ascii_case(CONTAINERS));
    subnets.find(free)?;
    let name = wanted.name;
    let message =
        format!("Subnet missing required delegation 'Microsoft.ContainerInstance' for container group '{name}'.");
    Refused::new(400, "SubnetMissingRequiredDelegation", message)
}

fn nodes(wanted: &Wanted<'_>) -> Option<Refused> {
    let pools = wanted.body.pointer("/properties/agentPoolProfiles").and_then(Value::as_array);
    let mut ids = pools.into_iter().flatten().filter_map(|pool| pool["vnetSubnetID"].as_str());
    let taken = ids.find(|id| subnet(wanted.there, id).is_some_and(|subnet| !delegations(subnet).is_empty()))?;
    Refused::new(
        400,
        "SubnetIsDelegated",
        format!(
            "AgentPoolProfile subnet with id {taken} cannot be used as it's a delegated subnet. Please check https://aka.ms/adv-network-prerequest for more details."
        ),
    )
}

fn endpoint(wanted: &Wanted<'_>) -> Option<Refused> {
    let id = wanted.text("/properties/subnet/id")?;
    let handed = delegations(subnet(wanted.there, id)?);
    let to = handed.first()?;
    Refused::new(
        400,
        "PrivateEndpointCannotBeCreatedInSubnetWithDelegation",
        format!("Private endpoint {} cannot be created in the subnet {id}, which is delegated to {to}.", wanted.id),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wanted::judged_by;
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";
    const NETWORK: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net";

    fn network(range: &str, service: &str) -> Value {
        let delegations = if service.is_empty() {
            json!([])
        } else {
            json!([{ "name": "work", "properties": { "serviceName": service } }])
        };
        json!({ "properties": { "subnets": [
            { "name": "scoring", "properties": { "addressPrefix": range, "delegations": delegations } },
        ] } })
    }

    fn code(there: &[(&str, Value)], id: &str, body: &Value) -> Option<&'static str> {
        judged_by(refused, there, id, body).map(|refused| refused.code)
    }

    fn subnet_id() -> String {
        format!("{NETWORK}/subnets/scoring")
    }

    #[test]
    fn a_subnet_with_something_in_it_stays_what_it_is() {
        let group = format!("{GROUP}/Microsoft.ContainerInstance/containerGroups/ci");
        let inside = json!({ "properties": { "subnetIds": [{ "id": subnet_id() }] } });
        let before = network("10.0.4.0/24", CONTAINERS);
        let none = json!({ "properties": { "subnets": [] } });
        let cases = [
            (before.clone(), None),
            (network("10.0.5.0/24", CONTAINERS), Some("InUseSubnetCannotBeUpdated")),
            (network("10.0.4.0/24", ""), Some("SubnetDelegationsCannotChangeWhenSubnetUsedByResource")),
            (none, Some("InUseSubnetCannotBeDeleted")),
        ];
        for (after, expected) in cases {
            let used = [(NETWORK, before.clone()), (group.as_str(), inside.clone())];
            assert_eq!(code(&used, NETWORK, &after), expected, "{after}");
            assert_eq!(code(&used[..1], NETWORK, &after), None, "nothing is in it: {after}");
            assert_eq!(code(&[], NETWORK, &after), None, "it is new: {after}");
        }
    }

    #[test]
    fn containers_work_where_they_are_let_and_nobody_else_does() {
        let containers = json!({ "properties": { "subnetIds": [{ "id": subnet_id() }] } });
        let nodes = json!({ "properties": { "agentPoolProfiles": [{ "name": "one", "vnetSubnetID": subnet_id() }] } });
        let endpoint = json!({ "properties": { "subnet": { "id": subnet_id() } } });
        let cases = [
            ("Microsoft.ContainerInstance/containerGroups/ci", containers, "SubnetMissingRequiredDelegation", ""),
            ("Microsoft.ContainerService/managedClusters/aks", nodes, "SubnetIsDelegated", CONTAINERS),
            (
                "Microsoft.Network/privateEndpoints/vault",
                endpoint,
                "PrivateEndpointCannotBeCreatedInSubnetWithDelegation",
                CONTAINERS,
            ),
        ];
        for (kind, body, refused, wrong) in cases {
            let id = format!("{GROUP}/{kind}");
            let right = if wrong.is_empty() { CONTAINERS } else { "" };
            assert_eq!(code(&[(NETWORK, network("10.0.4.0/24", right))], &id, &body), None, "{kind}");
            assert_eq!(code(&[(NETWORK, network("10.0.4.0/24", wrong))], &id, &body), Some(refused), "{kind}");
        }
    }
}
