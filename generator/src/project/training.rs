//! How and when the model is learned.

use super::name::{ComputeName, ContainerName, EndpointName};
use super::text::Text;

/// Training on Azure ML.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The cluster.
    pub compute: Compute,
    /// Greatest run time of a training job, in minutes.
    pub timeout_minutes: u32,
    /// Instances that share one training job; 1 is a single process.
    pub instances: u32,
    /// When to retrain, by the clock (UTC).
    pub schedules: Vec<Schedule>,
    /// Retrain when a blob arrives.
    pub on_new_data: Option<NewData>,
    /// Learn from scoring logs too.
    pub scoring_logs: Option<ScoringLogs>,
    /// The callable retraining endpoint (batch endpoint with a pipeline deployment).
    pub endpoint: EndpointName,
}

/// An Azure ML compute cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compute {
    /// Its name.
    pub name: ComputeName,
    /// Size of a node: `Standard_DS3_v2`.
    pub sku: Sku,
    /// Nodes that always run; 0 scales to nothing.
    pub min_nodes: u32,
    /// Nodes at the most.
    pub max_nodes: u32,
    /// Dedicated or low-priority nodes.
    pub priority: Priority,
    /// Idle seconds before a node is given back.
    pub idle_seconds: u32,
}

/// A virtual machine size: `Standard_DS3_v2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku(String);

impl Sku {
    /// Accepts `Standard_…` or `Basic_…` sizes of letters, digits, underscores and hyphens.
    ///
    /// # Errors
    /// What a size looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tail = text.strip_prefix("Standard_").or_else(|| text.strip_prefix("Basic_"));
        let good = |t: &str| {
            !t.is_empty() && t.len() < 60 && t.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        match tail {
            Some(tail) if good(tail) => Ok(Self(text.to_owned())),
            _ => Err("a virtual machine size looks like `Standard_DS3_v2`".to_owned()),
        }
    }

    /// The size.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the size has a GPU: Azure's N-series.
    pub fn has_gpu(&self) -> bool {
        self.0.split('_').nth(1).is_some_and(|family| family.starts_with('N'))
    }
}

/// Whether Azure may take a node back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Nodes are ours until we give them back.
    Dedicated,
    /// Cheaper nodes that Azure may take back.
    LowPriority,
}

/// A schedule in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its name, for display and for the Azure ML schedule.
    pub name: EndpointName,
    /// When.
    pub cron: Cron,
    /// Run even if the source has not changed since the last time (Azure Pipelines' `always`).
    pub always: bool,
    /// Who keeps the clock; exactly one, so that nothing is trained twice.
    pub runner: Runner,
}

/// Who keeps the clock of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// `schedules:` of the retrain pipeline.
    AzurePipelines,
    /// A schedule of the Azure ML workspace.
    AzureMl,
}

/// A cron expression of five fields, UTC, in the dialect that Azure Pipelines and Azure ML both take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron(String);

impl Cron {
    /// Accepts five fields of numbers, `*`, lists, ranges and steps, each within its limits.
    ///
    /// # Errors
    /// Which field is wrong and what it may hold, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FIELDS: [(&str, u32, u32); 5] = [
            ("minute", 0, 59),
            ("hour", 0, 23),
            ("day of the month", 1, 31),
            ("month", 1, 12),
            ("day of the week", 0, 6),
        ];
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(format!(
                "a cron schedule has 5 fields (minute hour day month weekday), this has {}",
                parts.len()
            ));
        }
        for (part, (what, low, high)) in parts.iter().zip(FIELDS) {
            if !part.split(',').all(|item| cron_item(item, low, high)) {
                return Err(format!("`{part}` is no {what}: {low}-{high}, *, lists, ranges and steps are"));
            }
        }
        if parts[4] == "*" && never(parts[2], parts[3]) {
            return Err(format!("no month of `{}` has a day of `{}`, so this never comes", parts[3], parts[2]));
        }
        Ok(Self(parts.join(" ")))
    }

    /// The expression, fields separated by one space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the days come in none of the months, be it a leap year.
fn never(days: &str, months: &str) -> bool {
    const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let first_day = cron_values(days, 1, 31).into_iter().min().unwrap_or(1);
    let months = cron_values(months, 1, 12);
    months.iter().all(|month| LENGTHS.get(*month as usize - 1).is_none_or(|length| first_day > *length))
}

/// The values that a field of a valid expression stands for.
fn cron_values(field: &str, low: u32, high: u32) -> Vec<u32> {
    let mut values = Vec::new();
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, 1), |(r, s)| (r, s.parse().unwrap_or(1)));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().unwrap_or(low), to.parse().unwrap_or(high)),
            None if range == "*" => (low, high),
            None => {
                (range.parse().unwrap_or(low), if item.contains('/') { high } else { range.parse().unwrap_or(low) })
            }
        };
        values.extend((from..=to.min(high)).step_by(step.max(1)));
    }
    values
}

fn cron_item(item: &str, low: u32, high: u32) -> bool {
    let number = |t: &str| {
        t.parse::<u32>()
            .ok()
            .filter(|n| t.len() <= 2 && t.bytes().all(|b| b.is_ascii_digit()) && (low..=high).contains(n))
    };
    let (range, step) = item.split_once('/').map_or((item, None), |(r, s)| (r, Some(s)));
    let step_fits = step.is_none_or(|s| s.parse::<u32>().is_ok_and(|n| n >= 1 && n <= high.max(1)));
    let range_fits = match range.split_once('-') {
        Some((from, to)) => matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to),
        None => range == "*" || number(range).is_some(),
    };
    step_fits && range_fits
}

/// New data in Blob starts a retraining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewData {
    /// Blob container to watch, in the platform's storage account.
    pub container: ContainerName,
    /// Prefix of blob names to watch, without a slash in front; empty for the whole container.
    pub prefix: Text,
}

/// Scoring logs as a further source of training data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringLogs {
    /// Blob container with the files of later known outcomes, in the platform's storage account.
    pub outcomes_container: ContainerName,
    /// Environment whose logs are collected.
    pub environment: super::name::EnvironmentName,
}
