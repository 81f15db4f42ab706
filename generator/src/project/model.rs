//! What is learned, and when a new model is better than the old one.

use std::collections::BTreeMap;

use super::name::AssetName;
use super::text::Text;

pub use super::algorithm::Algorithm;
pub use super::metric::{Direction, Floor, Metric, MetricName};
pub use super::parameter::{Candidates, Parameter, ParameterName, ParameterValue, Search, Strategy};
pub use super::task::Task;

/// The model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Name in the registry.
    pub name: AssetName,
    /// Language of training and scoring.
    pub runtime: Runtime,
    /// What is predicted.
    pub task: Task,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Its parameters that are fixed.
    pub parameters: Vec<Parameter>,
    /// Its parameters that are to be found.
    pub search: Option<Search>,
    /// The metric that decides promotion.
    pub metric: Metric,
    /// Tags on every registered version, beside the lineage.
    pub tags: BTreeMap<Text, Text>,
}

/// Language of training and scoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// The binaries of the model crate.
    Rust,
    /// A Python package with scikit-learn.
    Python,
}

impl Runtime {
    /// As in the spec: `rust`, `python`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}
