//! Training from a table in memory.

use super::assemble::{Parts, model};
use super::collect::{Collector, Sorted, statistics_order};
use super::search::choose;
use super::{FitOn, Penalty, TrainError, TrainOptions, whole};
use crate::artifact::{Metrics, Model, ModelMetrics};
use crate::contract::DataContract;
use crate::dataset::{Batch, Dataset};
use crate::evaluation::RegressionMetrics;
use crate::ridge::{FittedRidge, Ridge, RidgeError};
use crate::split::Split;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ShapeBuilder};

/// Rows of features and targets.
struct Table {
    /// The features, by column.
    features: Vec<Vec<f64>>,
    targets: Vec<f64>,
}

pub(super) fn train(
    data: &Dataset,
    contract: &DataContract,
    options: &TrainOptions,
    split: &Split,
) -> Result<Model, TrainError> {
    let folds = match &options.penalty {
        Penalty::Alpha(_) => 1,
        Penalty::Search { folds, .. } => *folds,
    };
    let mut collector = Collector::new(contract, folds);
    let (mut train, mut held_out) = (Table::new(contract), Table::new(contract));
    let order = statistics_order(contract);
    let mut sorted = Sorted::default();
    for batch in data.read_strictly(contract, whole()) {
        let batch = batch?;
        sorted.sort(&batch, split, 1);
        train.push(&batch, &order, &sorted.folds[0]);
        held_out.push(&batch, &order, &sorted.held_out);
        collector.push(&batch, split);
    }
    let collected = collector.finish();
    if train.targets.is_empty() {
        return Err(TrainError::NoRows { rows: collected.rows, skipped: collected.skipped });
    }
    let (alpha, search) = choose(&options.penalty, &collected.folds)?;
    let mut fitted = train.fit(alpha)?;
    let holdout = (!held_out.targets.is_empty()).then(|| held_out.metrics(&fitted));
    let (mut moments, mut sketches) = (collected.train(), collected.train_sketches.clone());
    if options.fit_on == FitOn::All && holdout.is_some() {
        train.append(held_out);
        fitted = train.fit(alpha)?;
        (moments, sketches) = collected.with_held_out();
    }
    let metrics = ModelMetrics { train: train.metrics(&fitted), holdout };
    model(Parts {
        contract,
        fitted: &fitted,
        alpha,
        moments: &moments,
        sketches: &sketches,
        metrics,
        search,
        skipped: collected.skipped,
        split_method: split.method(),
        fit_on: options.fit_on,
        data_blake3: data.blake3()?,
    })
}

impl Table {
    fn new(contract: &DataContract) -> Self {
        Self { features: vec![vec![]; contract.features().len()], targets: vec![] }
    }

    fn push(&mut self, batch: &Batch, order: &[usize], rows: &[u32]) {
        let outputs = self.features.iter_mut().chain([&mut self.targets]);
        for (output, &column) in outputs.zip(order) {
            output.extend(rows.iter().map(|&row| batch.columns[column][row as usize]));
        }
    }

    fn append(&mut self, other: Self) {
        self.features.iter_mut().zip(other.features).for_each(|(mine, theirs)| mine.extend(theirs));
        self.targets.extend(other.targets);
    }

    fn fit(&self, alpha: f64) -> Result<FittedRidge, RidgeError> {
        let shape = (self.targets.len(), self.features.len());
        let records = Array2::from_shape_vec(shape.f(), self.features.concat());
        // The columns are all as long as the targets.
        let records = records.map_err(|_| RidgeError::Targets { rows: shape.0, targets: shape.0 })?;
        Ridge::params().alpha(alpha).fit(&linfa::Dataset::new(records, Array1::from_vec(self.targets.clone())))
    }

    fn metrics(&self, fitted: &FittedRidge) -> Metrics {
        let mut predictions = vec![fitted.intercept(); self.targets.len()];
        for (column, w) in self.features.iter().zip(fitted.coefficients()) {
            predictions.iter_mut().zip(column).for_each(|(prediction, x)| *prediction += w * x);
        }
        let mut metrics = RegressionMetrics::default();
        self.targets.iter().zip(&predictions).for_each(|(&y, &prediction)| metrics.push(y, prediction));
        metrics.finish()
    }
}
