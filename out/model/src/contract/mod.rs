//! The data contract: which columns a table has, what their values may be, and how rows are held out.
//!
//! The generator writes `data-contract.json` from the project's spec; every binary of this crate reads it. Parsing is
//! the only way to a [`DataContract`], so whoever holds one holds a checked one.

mod column;
mod parse;
#[cfg(test)]
mod tests;

pub use column::{Column, ColumnType, Constant, ExpectedMoments, Unknown, WhenMissing};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the contract format that this crate writes. It reads the one before too, which lacks most members.
pub const CONTRACT_VERSION: u32 = 2;

/// A checked data contract.
///
/// The target is one of the columns; the features are the other columns, in the contract's order. Column names and
/// aliases are unique, bounds are finite and ordered, and there is at least one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct DataContract {
    task: Task,
    columns: Vec<Column>,
    target: usize,
    csv: Csv,
    missing: Vec<String>,
    holdout: Holdout,
    distribution: DistributionLimits,
    unknown_columns: UnknownColumns,
}

/// What is learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Task {
    /// The target is a number.
    Regression {},
    /// The target is one of some classes.
    Classification {
        /// The classes as texts, in the order of their indices; without them, those of the training rows, sorted as texts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        classes: Option<Vec<String>>,
        /// The probability from which on the second of two classes is predicted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<f64>,
    },
}

impl Task {
    /// Whether the target is one of some classes.
    #[must_use]
    pub fn is_classification(&self) -> bool {
        matches!(self, Self::Classification { .. })
    }
}

/// How CSV files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Csv {
    /// What stands between two fields, an ASCII character. Files whose names end in `.tsv` have tabs.
    pub delimiter: char,
    /// The decimal mark.
    pub decimal: char,
    /// The encoding of the text.
    pub encoding: Encoding,
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: ',', decimal: '.', encoding: Encoding::Utf8 }
    }
}

/// The encoding of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, what Excel writes in Western Europe.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// UTF-16: by its byte order mark, or with the low byte first.
    #[serde(rename = "utf-16")]
    Utf16,
}

/// What becomes of columns in a request that the model does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownColumns {
    /// The request is refused.
    #[default]
    Refuse,
    /// They are passed over.
    Ignore,
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
    #[error(
        "the data contract has version {found}, expected 1 or {CONTRACT_VERSION}: use the binaries of the same release"
    )]
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

    /// What is learned.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// How CSV files are written.
    #[must_use]
    pub fn csv(&self) -> Csv {
        self.csv
    }

    /// The texts, beside the empty one, that mean a missing value.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What becomes of columns in a request that the model does not have.
    #[must_use]
    pub fn unknown_columns(&self) -> UnknownColumns {
        self.unknown_columns
    }

    /// Refuses a column of free text, which only a project in Python can learn from.
    ///
    /// # Errors
    /// There is such a column; it is named.
    pub fn without_text(&self) -> Result<(), ContractError> {
        match self.columns.iter().position(|c| c.kind == ColumnType::Text) {
            None => Ok(()),
            Some(index) => Err(ContractError::Invalid {
                place: format!("columns[{index}].type"),
                problem: format!(
                    "column '{}' is of type text, which this program cannot learn from: leave the column out, make it a \
                     category, or use the runtime python",
                    self.columns[index].name
                ),
            }),
        }
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
