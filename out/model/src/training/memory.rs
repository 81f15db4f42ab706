//! Training from a table in memory.

use super::assemble::{Parts, model};
use super::collect::{Collector, baseline_of};
use super::prepare::Prepared;
use super::search::choose;
use super::sorted::Sorted;
use super::{FitOn, TrainError, TrainOptions};
use crate::artifact::{Metrics, Model, ModelMetrics};
use crate::encoding::{Encoded, Input};
use crate::evaluation::RegressionMetrics;
use crate::ridge::{FittedRidge, Ridge, RidgeError};
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ShapeBuilder};

/// Rows of features and targets.
#[derive(Clone)]
pub(super) struct Table {
    /// The features, by column.
    pub features: Vec<Vec<f64>>,
    pub targets: Vec<f64>,
}

pub(super) fn train(prepared: &Prepared<'_>, options: &TrainOptions) -> Result<Model, TrainError> {
    let folds = options.penalty.folds();
    let split = &prepared.split;
    let mut collector = Collector::of(prepared, folds);
    let (mut train, mut held_out) = (Table::new(prepared.width() - 1), Table::new(prepared.width() - 1));
    let mut sorted = Sorted::default();
    let data_blake3 = prepared.each(|batch, encoded| {
        sorted.sort(batch, encoded.incomplete.as_deref(), split, 1);
        train.push(encoded, &sorted.folds[0]);
        held_out.push(encoded, &sorted.held_out);
        collector.push(batch, encoded, split);
    })?;
    let collected = collector.finish();
    if train.targets.is_empty() {
        return Err(TrainError::NoRows { rows: collected.rows, skipped: collected.skipped });
    }
    let (alpha, search) = choose(&options.penalty, &collected.folds)?;
    if alpha > 0.0 {
        train.within_range(&prepared.inputs)?;
    }
    let mut fitted = train.fit(alpha)?;
    let holdout = (!held_out.targets.is_empty()).then(|| held_out.metrics(&fitted));
    let (mut moments, mut sketches) = (collected.train(), collected.train_sketches.clone());
    let with_held_out = options.fit_on == FitOn::All && holdout.is_some();
    if with_held_out {
        train.append(held_out);
        fitted = train.fit(alpha)?;
        (moments, sketches) = collected.with_held_out();
    }
    let predictions = baseline_of(&train.predictions(&fitted));
    let metrics = ModelMetrics { train: train.metrics(&fitted), holdout };
    model(Parts {
        contract: prepared.contract,
        inputs: &prepared.inputs,
        task: prepared.task.clone(),
        fitted: (&fitted).into(),
        alpha,
        moments: &moments,
        sketches: &sketches,
        raw: &collected.raw,
        with_held_out,
        metrics,
        predictions,
        search,
        skipped: collected.skipped,
        split_method: split.method(),
        fit_on: options.fit_on,
        data_blake3,
    })
}

/// A power of two that brings values whose squares would vanish or overflow to about 1; 1 for others. Without a penalty the
/// fit is the same in any unit.
fn unit(column: &[f64]) -> f64 {
    let greatest = column.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let ordinary = greatest == 0.0 || (1e-100..=1e100).contains(&greatest);
    if ordinary { 1.0 } else { 2f64.powi((greatest.log2().round() as i32).clamp(-1020, 1020)) }
}

/// The greatest number whose square a sum of many can hold.
const GREATEST: f64 = 1e150;

impl Table {
    /// Refuses a feature whose squares are beyond the range of f64: beside a penalty, nothing could be said of the others.
    fn within_range(&self, inputs: &[Input]) -> Result<(), TrainError> {
        let mut columns = self.features.iter();
        for input in inputs {
            let greatest = |column: &Vec<f64>| column.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            let greatest = columns.by_ref().take(input.width()).map(greatest).fold(0.0, f64::max);
            if greatest > GREATEST {
                return Err(TrainError::Range { column: input.name.clone(), greatest });
            }
        }
        Ok(())
    }

    pub fn new(features: usize) -> Self {
        Self { features: vec![vec![]; features], targets: vec![] }
    }

    pub fn push(&mut self, encoded: &Encoded<'_>, rows: &[u32]) {
        let outputs = self.features.iter_mut().chain([&mut self.targets]);
        for (output, column) in outputs.zip(&encoded.columns) {
            output.extend(rows.iter().map(|&row| column[row as usize]));
        }
    }

    pub fn append(&mut self, other: Self) {
        self.features.iter_mut().zip(other.features).for_each(|(mine, theirs)| mine.extend(theirs));
        self.targets.extend(other.targets);
    }

    fn fit(&self, alpha: f64) -> Result<FittedRidge, RidgeError> {
        let shape = (self.targets.len(), self.features.len());
        let units: Vec<f64> =
            self.features.iter().map(|column| if alpha == 0.0 { unit(column) } else { 1.0 }).collect();
        let mut values = self.features.concat();
        for (column, unit) in values.chunks_exact_mut(shape.0.max(1)).zip(&units).filter(|(_, unit)| **unit != 1.0) {
            column.iter_mut().for_each(|value| *value /= unit);
        }
        let records = Array2::from_shape_vec(shape.f(), values);
        // The columns are all as long as the targets.
        let records = records.map_err(|_| RidgeError::Targets { rows: shape.0, targets: shape.0 })?;
        let dataset = linfa::Dataset::new(records, Array1::from_vec(self.targets.clone()));
        Ridge::params().alpha(alpha).fit(&dataset)?.in_units(&units)
    }

    fn predictions(&self, fitted: &FittedRidge) -> Vec<f64> {
        let mut predictions = vec![fitted.intercept(); self.targets.len()];
        for (column, w) in self.features.iter().zip(fitted.coefficients()) {
            predictions.iter_mut().zip(column).for_each(|(prediction, x)| *prediction += w * x);
        }
        predictions
    }

    fn metrics(&self, fitted: &FittedRidge) -> Metrics {
        let predictions = self.predictions(fitted);
        let mut metrics = RegressionMetrics::default();
        self.targets.iter().zip(&predictions).for_each(|(&y, &prediction)| metrics.push(y, prediction));
        metrics.finish()
    }
}
