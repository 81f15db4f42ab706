//! How much the project is used, for estimates of its cost.

/// What an estimate assumes.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// Currency of the prices: `EUR`.
    pub currency: Currency,
    /// Scoring requests a day, in each environment.
    pub requests_per_day: u32,
    /// Training runs a month, each with a release.
    pub training_runs: u32,
    /// Hours of a training run.
    pub training_hours: f64,
    /// Batch scoring runs a month.
    pub batch_runs: u32,
    /// Hours of a batch scoring run.
    pub batch_hours: f64,
    /// Data and models that are kept, in GiB.
    pub data_gib: f64,
    /// Logs of a month in each place, in GiB.
    pub logs_gib: f64,
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency(String);

/// Currencies in which Azure gives prices (document: "Azure Retail Prices overview", supported currencies).
const KNOWN: [&str; 17] = [
    "USD", "AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "INR", "JPY", "KRW", "NOK", "NZD", "RUB", "SEK",
    "TWD",
];

impl Currency {
    /// Accepts a currency that Azure has prices in.
    ///
    /// # Errors
    /// Those that there are, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        if KNOWN.contains(&text) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("Azure has no prices in `{text}`, but in {}", KNOWN.join(", ")))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
