//! Meters and resources on their own; whole estimates are tested with the program.

use serde_json::json;

use super::meter::{Meter, Price, amount};
use super::resources::{Found, of_folder};
use crate::artifacts::Ownership;
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};

fn price(product: &str, sku: &str, unit: &str, from: f64, price: f64) -> Price {
    Price {
        currency_code: "USD".into(),
        tier_minimum_units: from,
        retail_price: price,
        product_name: product.into(),
        sku_name: sku.into(),
        location: String::new(),
        unit_of_measure: unit.into(),
        effective_start_date: String::new(),
    }
}

#[test]
fn a_quantity_costs_what_its_tiers_and_its_unit_say() {
    let meter = Meter::of("westeurope", "Log Analytics", "Analytics Logs Data Ingestion");
    let tiers = [price("L", "A", "1 GB", 5.0, 3.0), price("L", "A", "1 GB", 0.0, 0.0)];
    assert_eq!(amount(&meter, &tiers, 4.0), Some(0.0));
    assert_eq!(amount(&meter, &tiers, 7.5), Some(7.5));
    let of_unit = |unit: &str, quantity: f64| amount(&meter, &[price("L", "A", unit, 0.0, 2.0)], quantity);
    assert_eq!(of_unit("10K", 20_000.0), Some(4.0));
    assert_eq!(of_unit("100K", 50_000.0), Some(1.0));
    assert_eq!(of_unit("1M", 500_000.0), Some(1.0));
    assert_eq!(of_unit("1/Month", 3.0), Some(6.0));
    assert_eq!(of_unit("1 GB/Month", 3.0), Some(6.0));
    assert_eq!(of_unit("100 Hours", 50.0), Some(1.0));
    assert_eq!(of_unit("per head", 3.0), None, "a unit that nobody understands is no price");
    assert_eq!(amount(&meter, &[], 3.0), None, "no price is not zero");
}

#[test]
fn of_several_tiers_of_service_and_zones_of_the_world_one_counts() {
    // As the list has them: operations of vaults in two tiers, private zones of names in two parts of the world.
    let operations = Meter::of("westeurope", "Key Vault", "Operations");
    let vaults = [price("Key Vault", "Premium", "10K", 0.0, 0.05), price("Key Vault", "Standard", "10K", 0.0, 0.03)];
    assert_eq!(amount(&operations, &vaults, 10_000.0), Some(0.03));
    let zone = Meter::Named { region: None, service: "Azure DNS", product: None, meter: "Private Zone" };
    let zones: Vec<Price> =
        [("US Gov Zone 1", 0.0, 9.0), ("Zone 1", 25.0, 0.1), ("US Gov", 25.0, 9.0), ("Zone 1", 0.0, 0.5)]
            .map(|(place, from, of)| Price { location: place.into(), ..price("Azure DNS", "Private", "1", from, of) })
            .into();
    let only = |place: &str| zones.iter().filter(|price| price.location == place).cloned().collect::<Vec<_>>();
    assert_eq!(amount(&zone, &only("Zone 1"), 30.0), Some(13.0));
    assert_eq!(amount(&zone, &zones, 30.0), Some(13.0), "zone 1 of the public cloud, whatever else is listed");
}

#[test]
fn a_machine_is_not_counted_at_the_price_of_windows_or_of_spare_capacity() {
    let machine = |low_priority| Meter::Machine { region: "w".into(), size: "Standard_D2ds_v5".into(), low_priority };
    let all = [
        price("Virtual Machines Ddsv5 Series Windows", "D2ds v5", "1 Hour", 0.0, 9.0),
        price("Virtual Machines Ddsv5 Series", "D2ds v5 Spot", "1 Hour", 0.0, 1.0),
        price("Virtual Machines Ddsv5 Series", "D2ds v5 Low Priority", "1 Hour", 0.0, 2.0),
        price("Virtual Machines Ddsv5 Series", "D2ds v5", "1 Hour", 0.0, 5.0),
    ];
    assert_eq!(amount(&machine(false), &all, 10.0), Some(50.0));
    assert_eq!(amount(&machine(true), &all, 10.0), Some(20.0));
    assert_eq!(amount(&machine(true), &all[..2], 10.0), None);
}

#[test]
fn resources_of_modules_and_loops_are_found_and_those_that_are_there_already_are_not() {
    let inner = json!({
        "parameters": { "zones": { "type": "array" }, "off": { "defaultValue": [1, 2] } },
        "resources": {
            "zone": {
                "type": "Microsoft.Network/privateDnsZones", "apiVersion": "v", "name": "z",
                "copy": { "name": "zone", "count": "[length(parameters('zones'))]" },
            },
            "there": { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "v", "name": "s", "existing": true },
        },
    });
    let template = json!({
        "parameters": { "zones": { "type": "array" } },
        "resources": [
            { "type": "Microsoft.KeyVault/vaults", "apiVersion": "v", "name": "[parameters('x')]" },
            {
                "type": "Microsoft.Resources/deployments", "apiVersion": "v", "name": "dns",
                "properties": {
                    "parameters": { "zones": { "value": "[parameters('zones')]" } },
                    "template": inner,
                },
            },
        ],
    });
    let parameters = json!({ "parameters": { "zones": { "value": ["a", "b", "c"] } } });
    let mut tree = RenderedTree::default();
    for (path, value) in [("infra/x/main.json", template), ("infra/x/main.parameters.json", parameters)] {
        let file = RenderedFile {
            bytes: value.to_string().into_bytes(),
            ownership: Ownership::Managed,
            origin: String::new(),
            because: Vec::new(),
        };
        tree.insert(RelPath::parse(path).unwrap(), file).unwrap();
    }
    let found = |kind: &str, module: &str, count| Found { kind: kind.into(), module: module.into(), count };
    let wanted = [found("Microsoft.KeyVault/vaults", "main", 1), found("Microsoft.Network/privateDnsZones", "dns", 3)];
    assert_eq!(of_folder(&tree, "infra/x"), wanted);
    assert_eq!(of_folder(&tree, "infra/y"), []);
}
