//! `data.columns`: what each column holds, and what becomes of the cells that are missing or unknown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column: its name, or a mapping that says more.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnEntry {
    /// The header of a required column of numbers.
    Name(String),
    /// A column with rules.
    Rules(Box<ColumnSpec>),
}

/// A column with rules.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ColumnSpec {
    /// Header in the file, as it stands there.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// A short name of letters, digits and underscores, for places that need one; requests may use it too. Left out:
    /// made from the header where that has other characters.
    pub alias: Option<String>,
    /// What a cell holds.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// Whether an empty cell is an error.
    pub required: bool,
    /// What becomes of a missing value of a column that is not required, in training and in scoring alike. Left out:
    /// the mean of numbers and moments takes its place, and what is most frequent among others.
    pub when_missing: Option<WhenMissingSpec>,
    /// Least value. Left out: none.
    pub min: Option<f64>,
    /// Greatest value. Left out: none.
    pub max: Option<f64>,
    /// The only values allowed.
    #[schemars(length(max = 1000))]
    pub allowed: Vec<f64>,
    /// Moments that history leads us to expect. Left out: nothing is compared with history.
    pub expected: Option<ExpectedSpec>,
    /// The levels of a category. Left out: those of the training rows.
    #[schemars(length(min = 1, max = 10_000))]
    pub levels: Option<Vec<String>>,
    /// What a level is that no training row has. Left out: an error.
    pub unknown_levels: Option<UnknownLevelsSpec>,
    /// Cells that mean yes in a boolean column. Left out: true, yes and 1.
    #[schemars(length(min = 1, max = 100))]
    pub true_values: Option<Vec<String>>,
    /// Cells that mean no in a boolean column. Left out: false, no and 0.
    #[schemars(length(min = 1, max = 100))]
    pub false_values: Option<Vec<String>>,
}

impl Default for ColumnSpec {
    fn default() -> Self {
        Self {
            name: None,
            alias: None,
            kind: ColumnKind::Number,
            required: true,
            when_missing: None,
            min: None,
            max: None,
            allowed: Vec::new(),
            expected: None,
            levels: None,
            unknown_levels: None,
            true_values: None,
            false_values: None,
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A real number.
    Number,
    /// A whole number.
    Integer,
    /// Yes or no; 1 or 0 to a model.
    Boolean,
    /// One of some texts.
    Category,
    /// Free text, which an estimator of your own learns from (`algorithm: custom`).
    Text,
    /// A moment; seconds since 1970 in UTC to a model.
    Datetime,
}

/// What becomes of a missing value: a rule, or a constant that takes its place.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum WhenMissingSpec {
    /// A rule.
    Rule(MissingRule),
    /// A value that takes its place.
    Constant(ConstantSpec),
}

/// What becomes of a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MissingRule {
    /// Training leaves the row out, and a request with it is refused.
    DropRow,
    /// The mean takes its place.
    Mean,
    /// The median takes its place.
    Median,
    /// The most frequent value takes its place.
    MostFrequent,
    /// The mean takes its place (of a category no level), and a further feature says where that happened.
    Indicator,
}

/// A value that takes the place of missing ones.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConstantSpec {
    /// The value, of the column's own type.
    #[schemars(extend("x-required" = true))]
    pub constant: Option<CellSpec>,
}

/// A cell: a number, true or false, or text.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CellSpec {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Text: a level of a category, or a moment.
    Text(String),
}

/// What a level is that no training row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownLevelsSpec {
    /// An error.
    Refuse,
    /// None of the known levels.
    Ignore,
    /// The most frequent level.
    MostFrequent,
}

/// Moments that history leads us to expect.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpectedSpec {
    /// Arithmetic mean.
    #[schemars(extend("x-required" = true))]
    pub mean: Option<f64>,
    /// Standard deviation.
    #[schemars(extend("x-required" = true), extend("exclusiveMinimum" = 0))]
    pub standard_deviation: Option<f64>,
}
