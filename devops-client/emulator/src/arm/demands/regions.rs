//! Regions: those of the public cloud, and nothing moves (Microsoft Learn, "List of Azure regions", "Resource providers and
//! types": location; error codes `LocationNotAvailableForResourceType` and `InvalidResourceLocation`).

use super::wanted::{Refused, Wanted};

/// Regions of the public cloud, by their short names.
const REGIONS: &str = "australiacentral australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth brazilsoutheast \
    canadacentral canadaeast centralindia centralus chilecentral denmarkeast eastasia eastus eastus2 francecentral francesouth \
    germanynorth germanywestcentral indonesiacentral israelcentral italynorth japaneast japanwest koreacentral koreasouth \
    malaysiawest mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest polandcentral qatarcentral \
    southafricanorth southafricawest southcentralus southeastasia southindia spaincentral swedencentral swedensouth \
    switzerlandnorth switzerlandwest uaecentral uaenorth uksouth ukwest westcentralus westeurope westindia westus westus2 \
    westus3 jioindiacentral jioindiawest";

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    let location = plain(wanted.text("/location")?);
    if location != "global" && !REGIONS.split_whitespace().any(|known| known == location) {
        return Refused::new(
            400,
            "LocationNotAvailableForResourceType",
            format!("The provided location '{location}' is not available for resource type '{}'.", wanted.kind),
        );
    }
    let before = plain(wanted.before()?["location"].as_str()?);
    if before == location {
        return None;
    }
    let group = wanted.id.split('/').nth(4).unwrap_or_default();
    Refused::new(
        409,
        "InvalidResourceLocation",
        format!(
            "The resource '{}' already exists in location '{before}' in resource group '{group}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
            wanted.name
        ),
    )
}

/// A region in its short form: `West Europe` is `westeurope`.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wanted::{Refused, judged_by};
    use super::refused;

    fn judged(there: &[(&str, serde_json::Value)], id: &str, body: &serde_json::Value) -> Option<Refused> {
        judged_by(refused, there, id, body)
    }

    #[test]
    fn regions_are_the_public_clouds_and_nothing_moves() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-1";
        let at = |location: &str| json!({ "location": location });
        assert_eq!(judged(&[], id, &at("West Europe")), None);
        for elsewhere in ["usgovvirginia", "chinaeast2", "atlantis"] {
            assert_eq!(
                judged(&[], id, &at(elsewhere)).unwrap().code,
                "LocationNotAvailableForResourceType",
                "{elsewhere}"
            );
        }
        let there = [(id, at("westeurope"))];
        assert_eq!(judged(&there, id, &at("westeurope")), None);
        let moved = judged(&there, id, &at("northeurope")).unwrap();
        assert_eq!((moved.status, moved.code), (409, "InvalidResourceLocation"));
    }
}
