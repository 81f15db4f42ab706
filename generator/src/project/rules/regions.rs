//! Clouds beside the public one, by the names of their regions and the ends of their addresses.

use super::refusal::Refusal;

/// What regions of other clouds start with, and which cloud it is.
const REGIONS: [(&str, &str); 7] = [
    ("usgov", "Azure Government"),
    ("usdod", "Azure Government"),
    ("ussec", "Azure Government Secret"),
    ("usnat", "Azure Government Top Secret"),
    ("china", "Azure in China (21Vianet)"),
    ("germanycentral", "Azure Germany, which was closed in 2021"),
    ("germanynortheast", "Azure Germany, which was closed in 2021"),
];

/// Geographies, which lists of locations hold beside regions (`az account list-locations`: "regionType": "Logical"); nothing
/// can be made there.
const GEOGRAPHIES: [&str; 26] = [
    "asia",
    "asiapacific",
    "australia",
    "brazil",
    "canada",
    "europe",
    "france",
    "germany",
    "global",
    "india",
    "indonesia",
    "israel",
    "italy",
    "japan",
    "korea",
    "mexico",
    "newzealand",
    "norway",
    "poland",
    "qatar",
    "singapore",
    "southafrica",
    "sweden",
    "switzerland",
    "unitedkingdom",
    "unitedstates",
];

/// What addresses of other clouds end in.
const ADDRESSES: [(&str, &str); 5] = [
    (".usgovcloudapi.net", "Azure Government"),
    (".azure.us", "Azure Government"),
    (".chinacloudapi.cn", "Azure in China (21Vianet)"),
    (".azure.cn", "Azure in China (21Vianet)"),
    (".cloudapi.de", "Azure Germany, which was closed in 2021"),
];

/// Refuses a region of another cloud, in its short form or as the portal shows it.
pub(super) fn public_cloud(region: &str) -> Result<(), Refusal> {
    let bare: String = region.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if GEOGRAPHIES.contains(&bare.as_str()) || bare == "uk" || bare == "uae" {
        let why = format!("`{region}` is no region, but a part of the world in which there are some");
        return Err(Refusal::new(
            why,
            "choose one of its regions, as in `westeurope`; `az account list-locations` shows them",
        ));
    }
    match REGIONS.iter().find(|(start, _)| bare.starts_with(start)) {
        Some((_, cloud)) => Err(refused(&format!("`{region}` is a region of"), cloud)),
        None => Ok(()),
    }
}

/// Refuses an address of another cloud.
pub(super) fn public_address(address: &str) -> Result<(), Refusal> {
    let host = address.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    match ADDRESSES.iter().find(|(end, _)| host.to_ascii_lowercase().ends_with(end)) {
        Some((_, cloud)) => Err(refused(&format!("`{host}` is a host of"), cloud)),
        None => Ok(()),
    }
}

fn refused(what: &str, cloud: &str) -> Refusal {
    let state = if cloud.contains("closed") {
        ""
    } else {
        ", which is not supported: registries, storage, vaults and sign-in have other addresses"
    };
    Refusal::new(format!("{what} {cloud}{state}"), "choose a region of the public cloud, as in `westeurope`")
}
