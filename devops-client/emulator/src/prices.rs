//! A local double of Azure's list of retail prices (document: "Azure Retail Prices overview"): filters, currencies, pages.
//! Prices are made up, and the same in every region.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::core::{Method, Request, Response};
use crate::server::StartError;
use crate::server::double::Double;

/// The list.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Entries on a page.
    pub page: usize,
}

/// An entry, of any region unless it says one.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `serviceName`.
    pub service: String,
    /// `productName`.
    pub product: String,
    /// `skuName`.
    pub sku: String,
    /// `armSkuName`.
    pub arm_sku: String,
    /// `meterName`.
    pub meter: String,
    /// `unitOfMeasure`.
    pub unit: String,
    /// `tierMinimumUnits`.
    pub from: f64,
    /// `retailPrice`, in US dollars.
    pub price: f64,
}

/// Service, product, sku, meter, unit, and for each tier where it begins and what a unit costs.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static [(f64, f64)]);

#[rustfmt::skip]
const METERS: &[Row] = &[
    ("Log Analytics", "Log Analytics", "Analytics Logs", "Analytics Logs Data Ingestion", "1 GB", &[(0.0, 0.0), (5.0, 3.0)]),
    ("Log Analytics", "Log Analytics", "Analytics Logs", "Analytics Logs Data Retention", "1 GB/Month", &[(0.0, 0.12)]),
    ("Storage", "General Block Blob v2", "Hot LRS", "Hot LRS Data Stored", "1 GB/Month", &[(0.0, 0.02), (51200.0, 0.019)]),
    ("Storage", "General Block Blob v2", "Hot GRS", "Hot GRS Data Stored", "1 GB/Month", &[(0.0, 0.045)]),
    ("Storage", "Premium SSD Managed Disks", "P10 LRS", "P10 LRS Disk", "1/Month", &[(0.0, 22.0)]),
    ("Key Vault", "Key Vault", "Standard", "Operations", "10K", &[(0.0, 0.03)]),
    ("Container Registry", "Container Registry", "Standard", "Standard Registry Unit", "1/Day", &[(0.0, 0.66)]),
    ("Container Registry", "Container Registry", "Premium", "Premium Registry Unit", "1/Day", &[(0.0, 1.66)]),
    ("Logic Apps", "Logic Apps", "Consumption", "Consumption Built-in Actions", "1", &[(0.0, 0.0), (4000.0, 0.000025)]),
    ("Event Grid", "Event Grid", "Standard", "Standard Event Operations", "100K", &[(0.0, 0.0), (1.0, 0.06)]),
    ("Azure Monitor", "Azure Monitor", "Alerts", "Alerts Metric Monitored", "1/Month", &[(0.0, 0.1)]),
    ("Azure Monitor", "Azure Monitor", "Alerts", "Alerts System Log Monitored at 5 Minute Frequency", "1/Month", &[(0.0, 1.5)]),
    ("Container Instances", "Container Instances", "Standard", "Standard vCPU Duration", "1 Hour", &[(0.0, 0.04)]),
    ("Container Instances", "Container Instances", "Standard", "Standard Memory Duration", "1 GB Hour", &[(0.0, 0.005)]),
    ("Azure Kubernetes Service", "Azure Kubernetes Service", "Standard", "Standard Uptime SLA", "1 Hour", &[(0.0, 0.1)]),
    ("Load Balancer", "Load Balancer", "Standard", "Standard Included LB Rules and Outbound Rules", "1 Hour", &[(0.0, 0.025)]),
    ("NAT Gateway", "NAT Gateway", "Standard", "Standard Gateway", "1 Hour", &[(0.0, 0.045)]),
    ("Virtual Network", "IP Addresses", "Standard", "Standard IPv4 Static Public IP", "1 Hour", &[(0.0, 0.005)]),
    ("Virtual Network", "Virtual Network Private Link", "Standard", "Standard Private Endpoint", "1 Hour", &[(0.0, 0.01)]),
    ("Azure DNS", "Azure DNS", "Private", "Private Zone", "1", &[(0.0, 0.5)]),
];

/// Size, name of its series, price of an hour.
const MACHINES: &[(&str, &str, f64)] = &[
    ("Standard_D2as_v4", "Dasv4", 0.11),
    ("Standard_D4as_v4", "Dasv4", 0.22),
    ("Standard_D2s_v5", "Dsv5", 0.115),
    ("Standard_D2ds_v5", "Ddsv5", 0.135),
    ("Standard_D4ds_v5", "Ddsv5", 0.27),
    ("Standard_D8ds_v5", "Ddsv5", 0.54),
    ("Standard_F8s_v2", "FSv2", 0.4),
    ("Standard_NC4as_T4_v3", "NCasT4_v3", 0.6),
];

impl Default for Prices {
    fn default() -> Self {
        Self::new()
    }
}

impl Prices {
    /// The list as it is, three entries on a page so that nobody forgets the next one.
    pub fn new() -> Prices {
        let meters = METERS.iter().flat_map(|(service, product, sku, meter, unit, tiers)| {
            tiers.iter().map(|(from, price)| Entry {
                service: (*service).to_owned(),
                product: (*product).to_owned(),
                sku: (*sku).to_owned(),
                arm_sku: String::new(),
                meter: (*meter).to_owned(),
                unit: (*unit).to_owned(),
                from: *from,
                price: *price,
            })
        });
        let machines = MACHINES.iter().flat_map(|(size, series, price)| {
            let name = size.trim_start_matches("Standard_").replace('_', " ");
            // Windows, Spot and low priority are entries of the same size.
            [("", "", 1.0), (" Windows", "", 1.8), ("", " Spot", 0.15), ("", " Low Priority", 0.2)].map(
                |(system, kind, factor)| Entry {
                    service: "Virtual Machines".to_owned(),
                    product: format!("Virtual Machines {series} Series{system}"),
                    sku: format!("{name}{kind}"),
                    arm_sku: (*size).to_owned(),
                    meter: format!("{name}{kind}"),
                    unit: "1 Hour".to_owned(),
                    from: 0.0,
                    price: price * factor,
                },
            )
        });
        Prices { entries: meters.chain(machines).collect(), page: 3 }
    }

    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<Prices>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }
}

/// How much one US dollar is, in the currencies that the double knows.
fn rate(currency: &str) -> Option<f64> {
    Some(match currency {
        "USD" => 1.0,
        "EUR" => 0.9,
        "GBP" => 0.8,
        "CHF" => 0.95,
        _ => return None,
    })
}

fn bad(message: &str) -> Response {
    Response { status: 400, ..Response::ok(json!({ "Error": { "Code": "BadRequest", "Message": message } })) }
}

/// Products that the list has under the region `Global` alone, whose price is the same everywhere.
const EVERYWHERE: [&str; 4] = ["NAT Gateway", "Load Balancer", "Virtual Network Private Link", "Azure DNS"];

/// Answers a request.
pub fn serve(prices: &mut Prices, request: &Request, _: Timestamp) -> Response {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    if request.method != Method::Get || path != ["api", "retail", "prices"] {
        return Response { status: 404, ..Response::ok(json!({ "Error": { "Code": "NotFound" } })) };
    }
    let currency = request.query("currencyCode").unwrap_or("USD").trim_matches('\'').to_owned();
    let Some(rate) = rate(&currency) else { return bad("The currency is not supported.") };
    let filter = request.query("$filter").unwrap_or_default().to_owned();
    let Some(conditions) = conditions(&filter) else { return bad("Invalid OData parameters supplied") };
    let region = conditions.iter().find(|(field, _)| field == "armRegionName").map(|(_, region)| region.clone());
    let fits = |entry: &&Entry| {
        conditions.iter().all(|(field, value)| match field.as_str() {
            "serviceName" => entry.service == *value,
            "productName" => entry.product == *value,
            "skuName" => entry.sku == *value,
            "armSkuName" => entry.arm_sku == *value,
            "meterName" => entry.meter == *value,
            "priceType" => value == "Consumption",
            "armRegionName" => (value == "Global") == EVERYWHERE.contains(&entry.product.as_str()),
            _ => false,
        })
    };
    let found: Vec<&Entry> = prices.entries.iter().filter(fits).collect();
    let skip: usize = request.query("$skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let items: Vec<Value> = found
        .iter()
        .skip(skip)
        .take(prices.page)
        .map(|entry| item(entry, &currency, rate, region.as_deref().unwrap_or("Global")))
        .collect();
    let more = skip + items.len() < found.len();
    let next = more.then(|| {
        let mut url = url_of(request, &[("currencyCode", &format!("'{currency}'")), ("$filter", &filter)]);
        url.push_str(&format!("&$skip={}", skip + items.len()));
        url
    });
    Response::ok(json!({
        "BillingCurrency": currency, "CustomerEntityId": "Default", "CustomerEntityType": "Retail",
        "Count": items.len(), "Items": items, "NextPageLink": next,
    }))
}

fn url_of(request: &Request, pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("{}/api/retail/prices?{}", request.origin, query.join("&"))
}

/// `field eq 'value'`, joined by `and`; `None` for anything else.
fn conditions(filter: &str) -> Option<Vec<(String, String)>> {
    if filter.trim().is_empty() {
        return Some(Vec::new());
    }
    let (mut found, mut rest) = (Vec::new(), filter.trim());
    loop {
        let (field, value) = rest.split_once(" eq '")?;
        // A quote inside of a text is written twice.
        let inside = value.replace("''", "\u{0}\u{0}");
        let end = inside.find('\'')?;
        found.push((field.trim().to_owned(), value[..end].replace("''", "'")));
        rest = value[end + 1..].trim();
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix("and ")?;
    }
}

fn item(entry: &Entry, currency: &str, rate: f64, region: &str) -> Value {
    let price = entry.price * rate;
    json!({
        "currencyCode": currency, "tierMinimumUnits": entry.from, "retailPrice": price, "unitPrice": price,
        "armRegionName": region, "location": region, "effectiveStartDate": "2026-01-01T00:00:00Z",
        "meterId": crate::core::ids::named(&format!("meter {} {}", entry.meter, entry.product)),
        "meterName": entry.meter, "productId": "DZH318Z0", "skuId": "DZH318Z0/0001",
        "productName": entry.product, "skuName": entry.sku, "serviceName": entry.service,
        "serviceId": "DZH000", "serviceFamily": "Compute", "unitOfMeasure": entry.unit, "type": "Consumption",
        "isPrimaryMeterRegion": true, "armSkuName": entry.arm_sku,
    })
}
