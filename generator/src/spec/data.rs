//! `data:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::column::ColumnEntry;

/// The training data.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DataSpec {
    /// Azure ML data asset. Left out: `<project>-data`.
    pub asset: Option<String>,
    /// A `.csv`, `.tsv` or `.parquet` file under `data/` in the repository, or a folder of such files (`data/parts/`);
    /// or `azureml://datastores/…/paths/…`, or `https://….blob.core.windows.net/…`.
    #[schemars(extend("x-required" = true))]
    pub path: Option<String>,
    /// The column to predict.
    #[schemars(extend("x-required" = true))]
    pub target: Option<String>,
    /// Every column, the target among them, in the order of the file: names, or mappings that say more.
    #[schemars(extend("x-required" = true), length(min = 2, max = 2000))]
    pub columns: Option<Vec<ColumnEntry>>,
    /// How text files are written.
    pub csv: CsvSpec,
    /// Texts that mean a missing value, beside the empty cell: `NA`, `?`, `n/a`.
    #[schemars(length(max = 100))]
    pub missing: Vec<String>,
    /// What becomes of columns in a scoring request that the model does not have.
    pub unknown_columns: UnknownColumnsSpec,
    /// Rows kept away from training, by which champion and challenger are judged.
    pub holdout: HoldoutSpec,
    /// Limits of drift against the training baseline.
    pub distribution: DistributionSpec,
}

/// Rows kept away from training.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HoldoutSpec {
    /// Share of the rows.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub fraction: f64,
    /// Seed of the split: same seed, same rows.
    #[schemars(range(min = 0, max = 4_294_967_295_i64))]
    pub seed: i64,
}

impl Default for HoldoutSpec {
    fn default() -> Self {
        Self { fraction: 0.2, seed: 0 }
    }
}

/// Limits of drift; `off` switches a check off.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DistributionSpec {
    /// Greatest population stability index against the training baseline.
    pub psi: Limit,
    /// Least p-value of the Kolmogorov-Smirnov test against the training baseline, below 1.
    pub ks_p_value: Limit,
    /// Greatest distance of a column's mean from the expected one, in standard errors.
    pub mean_sigmas: Limit,
    /// Greatest ratio of a column's standard deviation to the expected one, either way, above 1.
    pub standard_deviation_ratio: Limit,
}

impl Default for DistributionSpec {
    fn default() -> Self {
        Self {
            psi: Limit::At(0.2),
            ks_p_value: Limit::At(0.01),
            mean_sigmas: Limit::At(4.0),
            standard_deviation_ratio: Limit::At(1.5),
        }
    }
}

/// A limit, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Limit {
    /// The limit.
    At(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// No limit.
    Switch(Switch),
}

/// Switches a check off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// The check is off.
    Off,
}

/// How text files are written. Files whose names end in `.tsv` have tabs between the cells, whatever is said here.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CsvSpec {
    /// What stands between two cells: a comma, a semicolon, a tab (`"\t"`) or a bar.
    pub delimiter: DelimiterSpec,
    /// The decimal mark: a point or a comma.
    pub decimal: DecimalSpec,
    /// The encoding.
    pub encoding: EncodingSpec,
}

impl Default for CsvSpec {
    fn default() -> Self {
        Self { delimiter: DelimiterSpec::Comma, decimal: DecimalSpec::Point, encoding: EncodingSpec::Utf8 }
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum DelimiterSpec {
    /// A comma.
    #[serde(rename = ",")]
    Comma,
    /// A semicolon, as Excel writes it in much of Europe.
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
    /// A bar.
    #[serde(rename = "|")]
    Bar,
}

/// The decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum DecimalSpec {
    /// A point.
    #[serde(rename = ".")]
    Point,
    /// A comma.
    #[serde(rename = ",")]
    Comma,
}

/// The encoding of text files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum EncodingSpec {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// What Excel writes in Western Europe.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// UTF-16, by its byte order mark.
    #[serde(rename = "utf-16")]
    Utf16,
}

/// What becomes of columns in a scoring request that the model does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownColumnsSpec {
    /// The request is refused.
    #[default]
    Refuse,
    /// They are passed over.
    Ignore,
}
