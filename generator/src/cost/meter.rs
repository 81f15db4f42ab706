//! Meters of Azure, and what the Retail Prices API says of them (document: "Azure Retail Prices overview", api version
//! 2023-01-01-preview).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A meter: what is counted, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meter {
    /// Hours of a Linux virtual machine.
    Machine {
        /// The region.
        region: String,
        /// The size: `Standard_D4ds_v5`.
        size: String,
        /// Whether Azure may take it back.
        low_priority: bool,
    },
    /// Any other meter, by its names.
    Named {
        /// The region; `None` for a service that has one price everywhere.
        region: Option<String>,
        /// `serviceName`.
        service: &'static str,
        /// `productName`, where several products have a meter of that name.
        product: Option<&'static str>,
        /// `meterName`.
        meter: &'static str,
    },
}

impl Meter {
    /// A meter of a region.
    pub fn of(region: &str, service: &'static str, meter: &'static str) -> Self {
        Self::Named { region: Some(region.to_owned()), service, product: None, meter }
    }

    /// A meter that the list has under the region `Global` alone: it costs the same everywhere.
    pub fn everywhere(service: &'static str, meter: &'static str) -> Self {
        Self::of("Global", service, meter)
    }

    /// The `$filter` that finds it.
    pub fn filter(&self) -> String {
        let mut parts = vec!["priceType eq 'Consumption'".to_owned()];
        let mut add = |field: &str, value: &str| parts.push(format!("{field} eq '{}'", value.replace('\'', "''")));
        match self {
            Self::Machine { region, size, .. } => {
                add("serviceName", "Virtual Machines");
                add("armRegionName", region);
                add("armSkuName", size);
            }
            Self::Named { region, service, product, meter } => {
                add("serviceName", service);
                if let Some(region) = region {
                    add("armRegionName", region);
                }
                if let Some(product) = product {
                    add("productName", product);
                }
                add("meterName", meter);
            }
        }
        parts.join(" and ")
    }

    /// Whether a price is of this meter: the filter alone finds Windows and Spot machines too.
    fn is_of(&self, price: &Price) -> bool {
        match self {
            Self::Machine { low_priority, .. } => {
                let sku = price.sku_name.as_str();
                let low = sku.ends_with("Low Priority");
                !price.product_name.contains("Windows") && !sku.ends_with("Spot") && low == *low_priority
            }
            Self::Named { .. } => true,
        }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine { region, size, low_priority } => {
                write!(f, "Virtual Machines, {size}{}, {region}", if *low_priority { " at low priority" } else { "" })
            }
            Self::Named { region, service, meter, .. } => {
                write!(f, "{service}, {meter}, {}", region.as_deref().unwrap_or("everywhere"))
            }
        }
    }
}

/// An entry of the price list, as far as it is used here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// `USD`.
    pub currency_code: String,
    /// The entry holds from this quantity on, in units of measure.
    #[serde(default)]
    pub tier_minimum_units: f64,
    /// Price of a unit of measure, without discounts.
    pub retail_price: f64,
    /// `Virtual Machines Ddsv5 Series`.
    #[serde(default)]
    pub product_name: String,
    /// `D4ds v5 Low Priority`.
    #[serde(default)]
    pub sku_name: String,
    /// `EU West`; `Zone 1` for what is sold by zones of the world.
    #[serde(default)]
    pub location: String,
    /// `1 Hour`, `10K`, `1 GB/Month`.
    pub unit_of_measure: String,
    /// Since when, as the list says it.
    #[serde(default)]
    pub effective_start_date: String,
}

impl Price {
    /// How many of what is counted make a unit of measure: 10,000 for `10K`.
    fn size(&self) -> Option<f64> {
        let text = self.unit_of_measure.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let number: f64 = text[..digits].parse().ok()?;
        let factor = match text[digits..].chars().next() {
            Some('K') => 1e3,
            Some('M') if !text[digits..].starts_with("MB") && !text[digits..].starts_with("Mo") => 1e6,
            _ => 1.0,
        };
        (number > 0.0).then_some(number * factor)
    }
}

/// What tells the prices of one thing from those of another, in the order in which they are preferred.
fn place(price: &Price) -> (&str, bool, &str, bool, &str) {
    let (sku, location) = (price.sku_name.as_str(), price.location.as_str());
    (&price.product_name, sku != "Standard", sku, location != "Zone 1", location)
}

/// What `quantity` of a meter costs, by the tiers of its price; `None` where the list has none.
///
/// Where several products have a meter of that name, the first one by name counts, so that the answer is always the same; of
/// its tiers of service, `Standard`, which is what projects have, and of zones of the world, the first.
pub fn amount(meter: &Meter, prices: &[Price], quantity: f64) -> Option<f64> {
    let mut found: Vec<&Price> = prices.iter().filter(|price| meter.is_of(price)).collect();
    found.sort_by(|a, b| place(a).cmp(&place(b)).then(a.tier_minimum_units.total_cmp(&b.tier_minimum_units)));
    let first = *found.first()?;
    let tiers: Vec<&Price> = found.into_iter().filter(|price| place(price) == place(first)).collect();
    let units = quantity / first.size()?;
    let mut sum = 0.0;
    for (index, tier) in tiers.iter().enumerate() {
        let end = tiers.get(index + 1).map_or(f64::INFINITY, |next| next.tier_minimum_units);
        sum += (units.min(end) - tier.tier_minimum_units).max(0.0) * tier.retail_price;
    }
    Some(sum)
}
