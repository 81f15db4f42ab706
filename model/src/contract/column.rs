//! One column of a contract: what its cells are, and what becomes of the ones that are missing or unknown.

use serde::{Deserialize, Serialize};

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Any finite number.
    Number,
    /// A finite number without a fractional part.
    Integer,
    /// Yes or no; 1 or 0 to a model.
    Boolean,
    /// One of some texts.
    Category,
    /// A moment; seconds since 1970 in UTC to a model.
    Datetime,
    /// Free text, which only a project in Python can learn from.
    Text,
}

impl ColumnType {
    /// The name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Category => "category",
            Self::Datetime => "datetime",
            Self::Text => "text",
        }
    }

    /// Whether the values have an order and a mean: everything but categories and text.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        !matches!(self, Self::Category | Self::Text)
    }
}

/// One column of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name in the header of the CSV file or in the schema of the Parquet file, as it stands there.
    pub name: String,
    /// An identifier for places that need one; requests may use it in place of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// What the values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether every row must have a value.
    #[serde(default = "yes")]
    pub required: bool,
    /// What becomes of a missing value of a column that is not required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_missing: Option<WhenMissing>,
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
    /// The levels of a category; without them, those of the training rows, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<String>>,
    /// What an unseen level of a category is.
    #[serde(default, skip_serializing_if = "Unknown::is_refuse")]
    pub unknown: Unknown,
    /// The cells that mean yes in a boolean column.
    #[serde(default, rename = "true", skip_serializing_if = "Option::is_none")]
    pub yes: Option<Vec<String>>,
    /// The cells that mean no in a boolean column.
    #[serde(default, rename = "false", skip_serializing_if = "Option::is_none")]
    pub no: Option<Vec<String>>,
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

/// What becomes of a missing value. What is put in its place is found in the training rows and kept in the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenMissing {
    /// Training leaves the row out, and a request with it is refused.
    DropRow,
    /// The mean takes its place.
    Mean,
    /// The median takes its place.
    Median,
    /// The most frequent value takes its place; of equals the least one.
    MostFrequent,
    /// This value takes its place.
    Constant(Constant),
    /// The mean takes its place, of a category none of the levels, and a further feature says 1 where that happened and 0 elsewhere.
    Indicator,
}

/// A value for missing cells, of the column's own type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Constant {
    /// Of a boolean column.
    Boolean(bool),
    /// Of a numeric column.
    Number(f64),
    /// A level of a category, or a moment.
    Text(String),
}

/// What an unseen level of a category is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// An error.
    #[default]
    Refuse,
    /// None of the known levels.
    Ignore,
    /// The most frequent level of the training rows.
    MostFrequent,
}

impl Unknown {
    fn is_refuse(&self) -> bool {
        *self == Self::Refuse
    }
}

fn yes() -> bool {
    true
}

impl Column {
    /// The texts that mean yes and those that mean no in a boolean column: its own, or the usual ones; the first of each is written.
    #[must_use]
    pub fn booleans(&self) -> (Vec<String>, Vec<String>) {
        let list = |own: &Option<Vec<String>>, usual: [&str; 5]| {
            own.clone().filter(|own| !own.is_empty()).unwrap_or_else(|| usual.map(str::to_owned).to_vec())
        };
        (list(&self.yes, ["true", "True", "TRUE", "yes", "1"]), list(&self.no, ["false", "False", "FALSE", "no", "0"]))
    }

    /// A required column without rules.
    #[must_use]
    pub fn new(name: &str, kind: ColumnType) -> Self {
        Self {
            name: name.to_owned(),
            alias: None,
            kind,
            required: true,
            when_missing: None,
            min: None,
            max: None,
            allowed: vec![],
            expected: None,
            levels: None,
            unknown: Unknown::Refuse,
            yes: None,
            no: None,
        }
    }

    /// The identifier of the column: its alias, or its name.
    #[must_use]
    pub fn alias(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// What becomes of a missing value; `None` where every row must have one. Unless the contract says otherwise, the mean
    /// of numbers and moments, and what is most frequent among others, take its place.
    #[must_use]
    pub fn when_missing(&self) -> Option<WhenMissing> {
        let usual = || {
            if self.kind.is_numeric() && self.kind != ColumnType::Boolean {
                WhenMissing::Mean
            } else {
                WhenMissing::MostFrequent
            }
        };
        (!self.required).then(|| self.when_missing.clone().unwrap_or_else(usual))
    }
}
