//! Putting a model file together.

use super::collect::{Raw, baselines};
use super::{FitOn, TrainError};
use crate::artifact::{
    ColumnBaseline, Diagnostics, Feature, Model, ModelFile, ModelMetrics, ModelTask, SCHEMA_VERSION, SplitRecord,
    Target, Training,
};
use crate::contract::DataContract;
use crate::encoding::{Input, NoValues};
use crate::ridge::FittedRidge;
use crate::statistics::{Moments, Sketch};

/// What a model file is made of.
pub(super) struct Parts<'a> {
    pub contract: &'a DataContract,
    pub inputs: &'a [Input],
    pub task: ModelTask,
    pub fitted: Fitted,
    pub alpha: f64,
    /// The moments and sketches of the rows fitted, features first and then the target.
    pub moments: &'a Moments,
    pub sketches: &'a [Sketch],
    /// The columns that are encoded to something else, and whether held-out rows were fitted too.
    pub raw: &'a [Raw],
    pub with_held_out: bool,
    pub metrics: ModelMetrics,
    /// What is predicted of the rows fitted.
    pub predictions: Option<ColumnBaseline>,
    pub search: Vec<(f64, f64)>,
    pub skipped: u64,
    pub split_method: &'a str,
    pub fit_on: FitOn,
    pub data_blake3: String,
}

/// Linear functions and how they were found.
pub(super) struct Fitted {
    pub intercepts: Vec<f64>,
    /// The coefficients of each function.
    pub coefficients: Vec<Vec<f64>>,
    pub diagnostics: Diagnostics,
}

impl From<&FittedRidge> for Fitted {
    fn from(fitted: &FittedRidge) -> Self {
        let report = fitted.report();
        Self {
            intercepts: vec![fitted.intercept()],
            coefficients: vec![fitted.coefficients().to_vec()],
            diagnostics: Diagnostics {
                solver: report.solver.name().to_owned(),
                condition: report.condition.is_finite().then_some(report.condition),
                rank: report.rank as u64,
                warnings: report.warnings.clone(),
            },
        }
    }
}

pub(super) fn model(parts: Parts<'_>) -> Result<Model, TrainError> {
    let mut baselines = baselines(parts.inputs, parts.moments, parts.sketches, parts.raw, parts.with_held_out);
    let no_rows = TrainError::NoRows { rows: parts.skipped, skipped: parts.skipped };
    let target = baselines.pop().flatten().ok_or(no_rows)?;
    let target = Target { name: parts.contract.target().name.clone(), baseline: target };
    let mut at = 0;
    let mut features = vec![];
    for (input, baseline) in parts.inputs.iter().zip(baselines) {
        let own = at..at + input.width();
        at = own.end;
        features.push(Feature {
            input: input.clone(),
            coefficients: parts.fitted.coefficients.iter().map(|all| all[own.clone()].to_vec()).collect(),
            baseline: baseline.ok_or_else(|| NoValues { column: input.name.clone() })?,
        });
    }
    let holdout = parts.contract.holdout();
    Ok(Model::new(ModelFile {
        schema_version: SCHEMA_VERSION,
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        task: parts.task,
        alpha: parts.alpha,
        intercepts: parts.fitted.intercepts,
        features,
        unknown_columns: parts.contract.unknown_columns(),
        target,
        predictions: parts.predictions,
        metrics: parts.metrics,
        training: Training {
            rows: parts.moments.rows,
            rows_skipped: parts.skipped,
            data_blake3: parts.data_blake3,
            split: SplitRecord {
                method: parts.split_method.to_owned(),
                fraction: holdout.fraction,
                seed: holdout.seed,
                fit_on: parts.fit_on.name().to_owned(),
            },
            diagnostics: parts.fitted.diagnostics,
            search: parts.search,
        },
    })?)
}
