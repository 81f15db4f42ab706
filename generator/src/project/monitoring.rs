//! Alerts and budget.

use super::text::Text;

/// What is watched, and who hears of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitoring {
    /// Mail addresses of the action group; empty for no action group and no alerts.
    pub mail: Vec<MailAddress>,
    /// Alerts on the scoring service, if asked for.
    pub alerts: Option<Alerts>,
    /// Monthly budget of each resource group, if asked for.
    pub budget: Option<Budget>,
    /// Days that logs are kept, 30 to 730.
    pub retention_days: u32,
}

/// Limits of the scoring service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alerts {
    /// Greatest share of failed requests over a quarter of an hour, in percent.
    pub failed_percent: f64,
    /// Greatest mean duration over a quarter of an hour, in milliseconds.
    pub latency_ms: u32,
}

/// A monthly budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// In the subscription's billing currency.
    pub amount: u32,
    /// Shares of the amount at which mail is sent, in percent, rising.
    pub thresholds: Vec<u32>,
    /// First day of the first month: `2026-01-01`.
    pub start: Text,
}

/// A mail address: one `@`, no spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// Accepts what an action group accepts; the mailbox itself cannot be checked.
    ///
    /// # Errors
    /// The form that is expected, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || ".!#%&'*+-/=?^_`{|}~".contains(c);
        match text.split_once('@') {
            Some((user, host))
                if !user.is_empty()
                    && user.chars().all(good)
                    && host.contains('.')
                    && text.len() <= 254
                    && host
                        .split('.')
                        .all(|l| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err("a mail address has the form `team@example.com`".to_owned()),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
