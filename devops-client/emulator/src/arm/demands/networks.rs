//! Networks (Microsoft Learn, "Azure virtual network FAQ", "Virtual network peering", "What is a virtual network link?"): subnets
//! lie in their network and apart, a network has none of the ranges that Azure has itself, a route to an appliance leads to a
//! private address, networks that are peered lie apart, and a network resolves one zone of a name. What is
//! in a subnet, and which it may be: [`subnets`](super::subnets).

use serde_json::Value;

use super::wanted::{Refused, Wanted};

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    match wanted.kind.as_str() {
        "microsoft.network/virtualnetworks" => space(wanted).or_else(|| subnets(wanted)),
        "microsoft.network/routetables" => routes(wanted),
        "microsoft.network/virtualnetworks/virtualnetworkpeerings" => peering(wanted),
        "microsoft.network/privatednszones/virtualnetworklinks" => link(wanted),
        _ => None,
    }
}

/// First and last address of a range.
pub(super) type Range = (u32, u32);

/// A range of IPv4 addresses in CIDR notation.
pub(super) fn range(text: &str) -> Option<Range> {
    let (address, prefix) = text.split_once('/')?;
    let address = u32::from(address.parse::<std::net::Ipv4Addr>().ok()?);
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
    let size = 1_u64 << (32 - prefix);
    let first = u64::from(address) / size * size;
    Some((u32::try_from(first).ok()?, u32::try_from(first + size - 1).ok()?))
}

pub(super) fn overlap(one: Range, other: Range) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// Address ranges of a network.
fn spaces(network: &Value) -> Vec<Range> {
    let all = network.pointer("/properties/addressSpace/addressPrefixes").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(|text| range(text.as_str()?)).collect()
}

/// Names and ranges of the subnets of a network.
pub(super) fn subnets_of(network: &Value) -> Vec<(String, Range)> {
    let all = network.pointer("/properties/subnets").and_then(Value::as_array);
    let read = |subnet: &Value| {
        let text =
            subnet["properties"]["addressPrefix"].as_str().or(subnet["properties"]["addressPrefixes"][0].as_str());
        Some((subnet["name"].as_str()?.to_owned(), range(text?)?))
    };
    all.into_iter().flatten().filter_map(read).collect()
}

/// Ranges that no network can have ("Azure virtual network FAQ").
const RESERVED: [&str; 5] = ["224.0.0.0/4", "255.255.255.255/32", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32"];

fn space(wanted: &Wanted<'_>) -> Option<Refused> {
    let own = spaces(wanted.body);
    let meets = |taken: &&str| range(taken).is_some_and(|taken| own.iter().any(|one| overlap(*one, taken)));
    let taken = RESERVED.into_iter().find(meets)?;
    let message =
        format!("Address space of virtual network '{}' overlaps with {taken}, which can't be added.", wanted.name);
    Refused::new(400, "InvalidAddressPrefixFormat", message)
}

/// "Virtual network traffic routing", user-defined routes: the next hop of a virtual appliance is a private address.
fn routes(wanted: &Wanted<'_>) -> Option<Refused> {
    let all = wanted.body.pointer("/properties/routes").and_then(Value::as_array);
    let hops = all.into_iter().flatten().filter(|route| route["properties"]["nextHopType"] == "VirtualAppliance");
    let mut hops = hops.map(|route| route["properties"]["nextHopIpAddress"].as_str().unwrap_or_default());
    let private = |hop: &&str| hop.parse::<std::net::Ipv4Addr>().is_ok_and(|hop| hop.is_private());
    let hop = hops.find(|hop| !private(hop))?;
    let message = format!("Route table '{}': {hop} is no private IP address of a virtual appliance.", wanted.name);
    Refused::new(400, "BadRequest", message)
}

fn subnets(wanted: &Wanted<'_>) -> Option<Refused> {
    let (spaces, subnets) = (spaces(wanted.body), subnets_of(wanted.body));
    for (index, (name, own)) in subnets.iter().enumerate() {
        if !spaces.iter().any(|space| space.0 <= own.0 && own.1 <= space.1) {
            return Refused::new(
                400,
                "NetcfgSubnetRangeOutsideVnet",
                format!(
                    "Subnet '{name}' is not valid because its IP address range is outside the IP address range of virtual network '{}'.",
                    wanted.name
                ),
            );
        }
        if subnets[..index].iter().any(|(_, other)| overlap(*own, *other)) {
            return Refused::new(
                400,
                "NetcfgSubnetRangesOverlap",
                format!(
                    "Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '{}'.",
                    wanted.name
                ),
            );
        }
    }
    None
}

fn peering(wanted: &Wanted<'_>) -> Option<Refused> {
    let own = wanted.id.to_lowercase();
    let own = own.split("/virtualnetworkpeerings/").next()?;
    let remote = wanted.text("/properties/remoteVirtualNetwork/id")?.to_lowercase();
    // What is not there, somebody else's, or made later, has no ranges to look at.
    let (near, far) = (spaces(wanted.there.get(own)?), spaces(wanted.there.get(&remote)?));
    if !near.iter().any(|one| far.iter().any(|other| overlap(*one, *other))) {
        return None;
    }
    Refused::new(
        400,
        "VnetAddressSpacesOverlap",
        format!(
            "Cannot create or update peering {}. Virtual networks {own} and {remote} cannot be peered because their address spaces overlap.",
            wanted.id
        ),
    )
}

fn link(wanted: &Wanted<'_>) -> Option<Refused> {
    let zone = |id: &str| {
        id.to_lowercase().split("/privatednszones/").nth(1).and_then(|rest| rest.split('/').next().map(str::to_owned))
    };
    let network =
        |link: &Value| link.pointer("/properties/virtualNetwork/id").and_then(Value::as_str).map(str::to_lowercase);
    let (own, to) = (zone(wanted.id)?, network(wanted.body)?);
    let taken = wanted.there.iter().find(|(id, link)| {
        **id != wanted.id.to_lowercase()
            && id.contains("/virtualnetworklinks/")
            && zone(id).as_ref() == Some(&own)
            && network(link).as_ref() == Some(&to)
    });
    taken.and_then(|(other, _)| {
        Refused::new(
            400,
            "BadRequest",
            format!("A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link virtual network with '{own}' and '{own}' zones: {other}."),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wanted::judged_by;
    use super::*;

    fn judged(there: &[(&str, Value)], id: &str, body: &Value) -> Option<Refused> {
        judged_by(refused, there, id, body)
    }

    const NETWORKS: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks";

    fn network(space: &str, subnets: &[(&str, &str)]) -> Value {
        let subnets: Vec<Value> = subnets
            .iter()
            .map(|(name, range)| json!({ "name": name, "properties": { "addressPrefix": range } }))
            .collect();
        json!({ "properties": { "addressSpace": { "addressPrefixes": [space] }, "subnets": subnets } })
    }

    #[test]
    fn subnets_lie_in_their_network_and_apart() {
        let code = |subnets: &[(&str, &str)]| {
            judged(&[], &format!("{NETWORKS}/net"), &network("10.0.0.0/16", subnets)).map(|refused| refused.code)
        };
        assert_eq!(code(&[("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")]), None);
        assert_eq!(code(&[("a", "10.1.0.0/24")]), Some("NetcfgSubnetRangeOutsideVnet"));
        assert_eq!(code(&[("a", "10.0.0.0/23"), ("b", "10.0.1.0/24")]), Some("NetcfgSubnetRangesOverlap"));
    }

    #[test]
    fn no_network_has_what_azure_has_itself_and_no_route_leads_to_a_public_appliance() {
        let code =
            |space: &str| judged(&[], &format!("{NETWORKS}/net"), &network(space, &[])).map(|refused| refused.code);
        for taken in RESERVED {
            assert_eq!(code(taken), Some("InvalidAddressPrefixFormat"), "{taken}");
        }
        assert_eq!(code("172.16.0.0/12"), None);
        let id = NETWORKS.replace("virtualNetworks", "routeTables");
        let code = |hop: &str| {
            let hop = json!({ "nextHopType": "VirtualAppliance", "nextHopIpAddress": hop });
            let body = json!({ "properties": { "routes": [{ "name": "out", "properties": hop }] } });
            judged(&[], &format!("{id}/out"), &body).map(|refused| refused.code)
        };
        assert_eq!((code("10.0.0.4"), code("8.8.8.8"), code("")), (None, Some("BadRequest"), Some("BadRequest")));
    }

    #[test]
    fn networks_that_are_peered_lie_apart() {
        let (one, other) = (format!("{NETWORKS}/one"), format!("{NETWORKS}/other"));
        let peering = json!({ "properties": { "remoteVirtualNetwork": { "id": other } } });
        let code = |space: &str| {
            let there = [(one.as_str(), network("10.0.0.0/16", &[])), (other.as_str(), network(space, &[]))];
            judged(&there, &format!("{one}/virtualNetworkPeerings/to-other"), &peering).map(|refused| refused.code)
        };
        assert_eq!(code("10.1.0.0/16"), None);
        assert_eq!(code("10.0.128.0/17"), Some("VnetAddressSpacesOverlap"));
    }

    #[test]
    fn a_network_resolves_one_zone_of_a_name() {
        let zone = |group: &str, name: &str| {
            format!(
                "/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net/virtualNetworkLinks/{name}"
            )
        };
        let link =
            |network: &str| json!({ "properties": { "virtualNetwork": { "id": format!("{NETWORKS}/{network}") } } });
        let there = [(zone("qa", "net"), link("net"))];
        let there: Vec<(&str, Value)> = there.iter().map(|(id, body)| (id.as_str(), body.clone())).collect();
        assert_eq!(judged(&there, &zone("qa", "net"), &link("net")), None);
        assert_eq!(judged(&there, &zone("platform", "net"), &link("other")), None);
        let refused = judged(&there, &zone("platform", "net"), &link("net")).unwrap();
        assert!(refused.message.contains("overlapping namespaces"), "{refused:?}");
    }
}
