//! Alerts and budget.

use super::cron::Cron;
use super::metric::{Floor, MetricName};
use super::name::{ColumnName, ContainerName, EnvironmentName};
use super::text::Text;

/// What is watched, and who hears of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitoring {
    /// Mail addresses of the action group; empty for no action group and no alerts.
    pub mail: Vec<MailAddress>,
    /// Alerts on the scoring service, if asked for.
    pub alerts: Option<Alerts>,
    /// Scored rows held against the training rows, if asked for.
    pub drift: Option<Drift>,
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

/// When and how what was scored is held against what the released model was trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// When, in UTC.
    pub cron: Cron,
    /// Environment whose scoring log is read.
    pub environment: EnvironmentName,
    /// Days of the log, 1 to 365.
    pub days: u32,
    /// Rows without which nothing is said.
    pub min_rows: u32,
    /// Greatest population stability index.
    pub psi: f64,
    /// Greatest growth of the share of missing values, 0 to 1.
    pub missing: f64,
    /// Greatest share of unknown levels, 0 to 1.
    pub unseen: f64,
    /// Whether drift starts a retraining.
    pub retrain: bool,
    /// What turned out to be true, where it becomes known.
    pub outcomes: Option<Outcomes>,
}

/// What turned out to be true of scored rows, and what the metric of these rows is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    /// Blob container with the files, in the platform's storage account.
    pub container: ContainerName,
    /// Features that tell rows apart; none for the request's id and the row in it.
    pub key: Vec<ColumnName>,
    /// The metric.
    pub metric: MetricName,
    /// The limit of the metric.
    pub limit: Option<Floor>,
    /// By how much it may be worse than on the rows held out in training.
    pub worse: Option<f64>,
    /// Days of the log, 1 to 365.
    pub days: u32,
    /// Rows with an outcome without which nothing is said.
    pub min_rows: u32,
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
