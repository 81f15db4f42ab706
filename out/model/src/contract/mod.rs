//! The data contract: which columns a table has, what their values may be, and how rows are held out.
//!
//! The generator writes `data-contract.json` from the project's spec; every binary of this crate reads it. Parsing is
//! the only way to a [`DataContract`], so whoever holds one holds a checked one.

mod parse;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the contract format that this crate reads and writes.
pub const CONTRACT_VERSION: u32 = 1;

/// A checked data contract.
///
/// The target is one of the columns; the features are the other columns, in the contract's order. Column names are
/// unique and not empty, bounds are finite and ordered, and there is at least one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct DataContract {
    columns: Vec<Column>,
    target: usize,
    holdout: Holdout,
    distribution: DistributionLimits,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Any finite number.
    Number,
    /// A finite number without a fractional part.
    Integer,
}

/// One column of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name in the header of the CSV file or in the schema of the Parquet file.
    pub name: String,
    /// What the values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether every row must have a value. Rows that lack the value of an optional column take no part in training.
    #[serde(default = "yes")]
    pub required: bool,
    /// The least value allowed, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest value allowed, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The only values allowed; empty means that any value is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<f64>,
    /// The moments that the column is expected to have, tested when there is no training baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedMoments>,
}

/// The mean and standard deviation that a column is expected to have, in the column's own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedMoments {
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation (divisor n - 1).
    pub standard_deviation: f64,
}

/// How rows are held out of training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// The share of rows held out, from 0 (none) to less than 1.
    pub fraction: f64,
    /// The seed of the split.
    pub seed: u32,
}

/// The limits of the distribution tests; a test without a limit is off.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionLimits {
    /// The greatest population stability index against the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psi: Option<f64>,
    /// The least p-value of the two-sample Kolmogorov-Smirnov test against the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ks_p_value: Option<f64>,
    /// The greatest distance of the mean from the baseline's, in standard errors of the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_sigmas: Option<f64>,
    /// The greatest ratio, either way round, of the standard deviation to the baseline's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation_ratio: Option<f64>,
}

/// Why a contract cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file cannot be read.
    #[error("cannot read the data contract {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The text is not JSON of the contract's shape.
    #[error("the data contract is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The version is not one that this program reads.
    #[error("the data contract has version {found}, expected {CONTRACT_VERSION}: use the binaries of the same release")]
    Version {
        /// The version found.
        found: u32,
    },
    /// A value breaks a rule.
    #[error("the data contract is not valid: {place}: {problem}")]
    Invalid {
        /// Where, as a JSON path.
        place: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

impl DataContract {
    /// Reads and checks a contract file.
    ///
    /// # Errors
    /// The file cannot be read, is not JSON of the contract's shape, or breaks a rule.
    pub fn load(path: &Path) -> Result<Self, ContractError> {
        let text = std::fs::read(path).map_err(|source| ContractError::Read { path: path.to_owned(), source })?;
        Self::from_json(&text)
    }

    /// Every column, the target included, in the contract's order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The target column.
    #[must_use]
    pub fn target(&self) -> &Column {
        &self.columns[self.target]
    }

    /// The target's place among [`columns`](Self::columns).
    #[must_use]
    pub fn target_index(&self) -> usize {
        self.target
    }

    /// The feature columns, in the contract's order.
    pub fn features(&self) -> impl ExactSizeIterator<Item = &Column> + Clone {
        let (before, after) = (&self.columns[..self.target], &self.columns[self.target + 1..]);
        let target = self.target;
        (0..self.columns.len() - 1).map(move |i| if i < target { &before[i] } else { &after[i - target] })
    }

    /// How rows are held out.
    #[must_use]
    pub fn holdout(&self) -> Holdout {
        self.holdout
    }

    /// The limits of the distribution tests.
    #[must_use]
    pub fn distribution(&self) -> DistributionLimits {
        self.distribution
    }
}

fn yes() -> bool {
    true
}
