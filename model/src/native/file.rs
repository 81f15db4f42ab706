//! The shape of the file, before anything is checked but types and names of members.

use crate::artifact::ModelTask;
use crate::contract::UnknownColumns;
use crate::encoding::Input;
use serde::Deserialize;

/// What tells formats and versions apart; everything else is read only after.
#[derive(Deserialize)]
pub(super) struct Head {
    pub format: String,
    pub version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NativeFile {
    #[expect(dead_code, reason = "read to allow the member")]
    format: String,
    #[expect(dead_code, reason = "read to allow the member")]
    version: u32,
    pub code_version: String,
    pub estimator: String,
    pub task: ModelTask,
    pub target: String,
    pub training_rows: u64,
    #[serde(default)]
    pub unknown_columns: UnknownColumns,
    pub inputs: Vec<InputColumn>,
    pub steps: Vec<StepPart>,
    pub model: ModelPart,
    pub link: LinkPart,
}

/// A column of a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputColumn {
    pub input: Input,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
}

/// Numbers of which `null` is NaN.
pub(super) type Cells = Vec<Option<f64>>;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum StepPart {
    Lookup {
        column: u32,
        width: usize,
        keys: Vec<f64>,
        rows: Vec<Cells>,
        missing: Option<Cells>,
        otherwise: Option<Cells>,
    },
    Fill {
        columns: Vec<u32>,
        values: Vec<f64>,
    },
    Missing {
        columns: Vec<u32>,
    },
    Scale {
        columns: Vec<u32>,
        subtract: Option<Vec<f64>>,
        divide: Option<Vec<f64>>,
        multiply: Option<Vec<f64>>,
        add: Option<Vec<f64>>,
        clip: Option<[f64; 2]>,
    },
    Product {
        terms: Vec<Vec<u32>>,
    },
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum ModelPart {
    Linear { columns: Vec<u32>, coefficients: Vec<Vec<f64>>, intercepts: Vec<f64> },
    Trees(TreesPart),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreesPart {
    pub columns: Vec<u32>,
    pub inputs: Precision,
    pub sums: Precision,
    #[serde(default)]
    pub compare: Compare,
    #[serde(default)]
    pub zero_is_missing: Vec<u32>,
    pub base: Vec<f64>,
    pub divide: Option<f64>,
    pub trees: Vec<TreePart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Precision {
    Single,
    #[default]
    Double,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Compare {
    #[default]
    AtMost,
    Less,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreePart {
    pub output: Option<u32>,
    pub feature: Vec<u32>,
    pub threshold: Vec<f64>,
    pub left: Vec<i64>,
    pub right: Vec<i64>,
    pub directions: Option<String>,
    #[serde(default)]
    pub categories: Vec<CategoriesPart>,
    pub leaves: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoriesPart {
    pub split: u32,
    pub values: Vec<u32>,
    pub listed: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Left,
    Right,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkPart {
    pub kind: LinkKind,
    #[serde(default)]
    pub precision: Precision,
    pub scale: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LinkKind {
    Identity,
    Exp,
    Square,
    Logistic,
    Softmax,
    EachLogistic,
    Probabilities,
}
