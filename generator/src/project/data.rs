//! What the model learns from.

pub use super::column::{Alias, Cell, Column, ColumnType, Expected, Unknown, WhenMissing};
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
    /// How text files are written.
    pub csv: Csv,
    /// Texts that mean a missing value, beside the empty cell.
    pub missing: Vec<String>,
    /// Whether columns of a request that the model does not have are passed over; else they are refused.
    pub ignore_unknown_columns: bool,
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

    /// The column to predict.
    pub fn target_column(&self) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == self.target)
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

/// How text files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csv {
    /// What stands between two cells.
    pub delimiter: char,
    /// The decimal mark, which is not the delimiter.
    pub decimal: char,
    /// The encoding, as the data contract calls it.
    pub encoding: Encoding,
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: ',', decimal: '.', encoding: Encoding::Utf8 }
    }
}

/// The encoding of text files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Windows-1252.
    Windows1252,
    /// UTF-16.
    Utf16,
}

impl Encoding {
    /// As in the spec and in the data contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Utf16 => "utf-16",
        }
    }
}

/// What a file of data is, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFile {
    /// Text with the delimiter of [`Csv`].
    Csv,
    /// Text with tabs.
    Tsv,
    /// Parquet.
    Parquet,
}

impl DataFile {
    /// The kind of the file at `path`; none where it is a folder.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}
