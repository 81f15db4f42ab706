//! Putting a model file together.

use super::collect::baselines;
use super::{FitOn, TrainError};
use crate::artifact::{
    Diagnostics, Feature, Model, ModelFile, ModelMetrics, SCHEMA_VERSION, SplitRecord, Target, Training,
};
use crate::contract::DataContract;
use crate::ridge::FittedRidge;
use crate::statistics::{Moments, Sketch};

/// What a model file is made of.
pub(super) struct Parts<'a> {
    pub contract: &'a DataContract,
    pub fitted: &'a FittedRidge,
    pub alpha: f64,
    /// The moments and sketches of the rows fitted, features first and then the target.
    pub moments: &'a Moments,
    pub sketches: &'a [Sketch],
    pub metrics: ModelMetrics,
    pub search: Vec<(f64, f64)>,
    pub skipped: u64,
    pub split_method: &'a str,
    pub fit_on: FitOn,
    pub data_blake3: String,
}

pub(super) fn model(parts: Parts<'_>) -> Result<Model, TrainError> {
    let report = parts.fitted.report();
    let mut baselines = baselines(parts.moments, parts.sketches);
    let no_rows = TrainError::NoRows { rows: parts.skipped, skipped: parts.skipped };
    let target = Target { name: parts.contract.target().name.clone(), baseline: baselines.pop().ok_or(no_rows)? };
    let features = parts.contract.features().zip(parts.fitted.coefficients()).zip(baselines);
    let features = features.map(|((column, &coefficient), baseline)| Feature {
        name: column.name.clone(),
        kind: column.kind,
        coefficient,
        baseline,
    });
    let holdout = parts.contract.holdout();
    Ok(Model::new(ModelFile {
        schema_version: SCHEMA_VERSION,
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        alpha: parts.alpha,
        intercept: parts.fitted.intercept(),
        features: features.collect(),
        target,
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
            diagnostics: Diagnostics {
                solver: report.solver.name().to_owned(),
                condition: report.condition.is_finite().then_some(report.condition),
                rank: report.rank as u64,
                warnings: report.warnings.clone(),
            },
            search: parts.search,
        },
    })?)
}
