//! What the model learns from.

use super::name::{AssetName, ColumnName};

/// The training data, its columns and its hold-out.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Azure ML data asset.
    pub asset: AssetName,
    /// File or folder in the repository with the first version of the data (the asset is made from it),
    /// or a datastore or blob address that already holds it.
    pub source: DataSource,
    /// Every column, the target among them, in file order.
    pub columns: Vec<Column>,
    /// The column to predict.
    pub target: ColumnName,
    /// Rows kept away from training.
    pub holdout: Holdout,
    /// Limits of drift against the training baseline.
    pub distribution: Distribution,
}

impl Data {
    /// The columns that the model sees, in order.
    pub fn features(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.name != self.target)
    }
}

/// Where the data asset's content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A path inside the repository, relative, with forward slashes: `data/diabetes.csv`.
    Repository(String),
    /// `azureml://datastores/…/paths/…` or `https://….blob.core.windows.net/…`.
    Remote(String),
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Header in the file.
    pub name: ColumnName,
    /// What a cell holds.
    pub kind: ColumnType,
    /// Whether an empty cell is an error.
    pub required: bool,
    /// Least value, inclusive.
    pub min: Option<f64>,
    /// Greatest value, inclusive.
    pub max: Option<f64>,
    /// The only values allowed; empty when any is.
    pub allowed: Vec<f64>,
    /// Mean and standard deviation that history leads us to expect.
    pub expected: Option<Expected>,
}

/// Type of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A real number.
    Number,
    /// A whole number.
    Integer,
}

/// Moments that history leads us to expect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation, positive.
    pub standard_deviation: f64,
}

/// The rows that judge champion and challenger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holdout {
    /// Share of the rows, between 0 and 1 exclusive.
    pub fraction: f64,
    /// Seed of the split: same seed, same rows.
    pub seed: u32,
}

/// Limits of drift; a check that is `None` is off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// Greatest population stability index.
    pub psi: Option<f64>,
    /// Least p-value of the Kolmogorov-Smirnov test.
    pub ks_p_value: Option<f64>,
    /// Greatest distance of the mean from the expected one, in standard errors.
    pub mean_sigmas: Option<f64>,
    /// Greatest ratio of the standard deviations, either way.
    pub standard_deviation_ratio: Option<f64>,
}
