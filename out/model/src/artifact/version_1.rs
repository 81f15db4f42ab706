//! The model file before categories, missing values and classes: only what differs.

use super::baseline::ColumnBaseline;
use super::file::{self, ModelMetrics, ModelTask, Target, Training};
use super::version::SCHEMA_VERSION;
use crate::contract::{ColumnType, UnknownColumns};
use crate::encoding::Input;
use serde::Deserialize;

/// The content of a model file of version 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFile {
    #[expect(dead_code, reason = "read to allow the member")]
    schema_version: u32,
    code_version: String,
    alpha: f64,
    intercept: f64,
    features: Vec<Feature>,
    target: Target,
    metrics: ModelMetrics,
    training: Training,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feature {
    name: String,
    #[serde(rename = "type")]
    kind: ColumnType,
    coefficient: f64,
    baseline: ColumnBaseline,
}

impl From<ModelFile> for file::ModelFile {
    fn from(old: ModelFile) -> Self {
        let feature = |old: Feature| file::Feature {
            input: Input { kind: old.kind, ..Input::number(&old.name) },
            coefficients: vec![vec![old.coefficient]],
            baseline: old.baseline,
        };
        Self {
            schema_version: SCHEMA_VERSION,
            code_version: old.code_version,
            task: ModelTask::Regression {},
            alpha: old.alpha,
            intercepts: vec![old.intercept],
            features: old.features.into_iter().map(feature).collect(),
            unknown_columns: UnknownColumns::Refuse,
            target: old.target,
            predictions: None,
            metrics: old.metrics,
            training: old.training,
        }
    }
}
