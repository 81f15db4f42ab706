//! Training: from data and contract to a model, in one process or in shards whose statistics add up.
//!
//! Data that fit in memory (see [`crate::split`]) are fitted from the table itself and have all metrics. Longer data stream
//! through once: their statistics give the fit, the cross-validated search and the metrics of squares, and a second
//! pass is made only where cross products would lose too many digits. Shards of a distributed training always keep
//! statistics, so that adding them gives the numbers of one process.

mod assemble;
mod classes;
mod collect;
mod memory;
mod one_process;
mod partial;
mod prepare;
mod search;
mod sorted;
mod streamed;
#[cfg(test)]
mod tests;

pub use one_process::train;
pub use partial::{PARTIAL_VERSION, Partial, combine, train_shard};

use crate::artifact::ModelError;
use crate::contract::ContractError;
use crate::dataset::DataError;
use crate::encoding::NoValues;
use crate::logistic::LogisticError;
use crate::ridge::RidgeError;
use std::path::PathBuf;

/// What to train.
///
/// | Name | Purpose | Range |
/// |---|---|---|
/// | `penalty` | one alpha, or a search over some | each finite, `0 ..` |
/// | `fit_on` | whether the last fit has the held-out rows too | |
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// The penalty or the penalties to choose from.
    pub penalty: Penalty,
    /// The rows of the last fit.
    pub fit_on: FitOn,
}

/// The penalty or the penalties to choose from.
#[derive(Debug, Clone, PartialEq)]
pub enum Penalty {
    /// This alpha.
    Alpha(f64),
    /// The alpha with the least cross-validated mean squared error; the first one of equals.
    Search {
        /// The alphas to try, at least one.
        alphas: Vec<f64>,
        /// The number of folds, at least 2.
        folds: u16,
    },
}

impl Penalty {
    /// The number of folds that rows are dealt into.
    fn folds(&self) -> u16 {
        match self {
            Self::Alpha(_) => 1,
            Self::Search { folds, .. } => *folds,
        }
    }
}

/// The rows of the last fit. The metrics on held-out rows are of the model that was fitted without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitOn {
    /// The rows that are not held out.
    Train,
    /// All rows.
    All,
}

impl FitOn {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::All => "all",
        }
    }
}

/// Why training fails.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The regression cannot be fitted.
    #[error(transparent)]
    Ridge(#[from] RidgeError),
    /// The contract asks for what this program has not.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Nothing can take the place of missing values.
    #[error(transparent)]
    NoValues(#[from] NoValues),
    /// The logistic regression cannot be fitted.
    #[error(transparent)]
    Logistic(#[from] LogisticError),
    /// The table does not fit in memory.
    #[error("{rows} rows of {features} numbers are more than a classification keeps in memory: train on a sample")]
    TableTooLarge {
        /// The rows.
        rows: usize,
        /// The numbers of a row.
        features: usize,
    },
    /// The target has no two classes.
    #[error(
        "the training rows have {found} classes of the target, expected at least two, and exactly two for a threshold"
    )]
    Classes {
        /// The number of classes.
        found: usize,
    },
    /// Shards know only their own rows.
    #[error("{what} cannot be trained in shards, whose statistics are of required numbers alone: train in one process")]
    Sharded {
        /// What is too much.
        what: String,
    },
    /// A feature is too great for a penalty.
    #[error(
        "column '{column}' reaches {greatest:e}, whose square is beyond the range of numbers: give it in a greater unit, or take alpha 0"
    )]
    Range {
        /// The column.
        column: String,
        /// Its greatest magnitude.
        greatest: f64,
    },
    /// The model cannot be made.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No row is left to train on.
    #[error(
        "there is no row to train on: {rows} rows were read, {skipped} of them lack the value of an optional column"
    )]
    NoRows {
        /// The rows read.
        rows: u64,
        /// The rows left out.
        skipped: u64,
    },
    /// The search has no alphas or too few folds.
    #[error("a search needs at least one alpha and from 2 to {rows} folds, there are {alphas} and {folds}")]
    Search {
        /// The number of alphas.
        alphas: usize,
        /// The number of folds.
        folds: u16,
        /// The number of rows to train on.
        rows: u64,
    },
    /// A partial file cannot be read.
    #[error("cannot {action} the partial statistics {}: {source}", path.display())]
    PartialFile {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A partial file is not what it should be.
    #[error("the partial statistics {} cannot be used: {problem}", path.display())]
    Partial {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what is expected.
        problem: String,
    },
}
