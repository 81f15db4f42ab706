//! Training from data that stream through.

use super::assemble::{Parts, model};
use super::collect::{Collected, Collector, Sorted, statistics_order};
use super::search::{choose, metrics_of};
use super::{FitOn, Penalty, TrainError, TrainOptions, whole};
use crate::artifact::{Model, ModelMetrics};
use crate::contract::DataContract;
use crate::dataset::Dataset;
use crate::ridge::{FittedRidge, Ridge, Triangle};
use crate::split::Split;
use crate::statistics::Moments;
use linfa::ParamGuard;

/// What was collected, and its fits.
pub(super) struct Trained {
    pub collected: Collected,
    pub alpha: f64,
    pub search: Vec<(f64, f64)>,
    /// The fits to the rows trained on and, where asked for, to all rows.
    pub train_fit: FittedRidge,
    pub all_fit: Option<FittedRidge>,
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
    let mut batches = data.read_strictly_digested(contract);
    for batch in &mut batches {
        collector.push(&batch?, split);
    }
    let digest = batches.digest().map_or_else(|| data.blake3(), Ok)?;
    let collected = collector.finish();
    let (alpha, search) = choose(&options.penalty, &collected.folds)?;
    let second_pass = |moments: &Moments, with_held_out| triangle(data, contract, split, moments, with_held_out);
    let trained = fits(&collected, alpha, options.fit_on, second_pass)?;
    let trained = Trained { collected, alpha, search, train_fit: trained.0, all_fit: trained.1 };
    assemble(trained, contract, options.fit_on, split.method(), digest)
}

/// The fits of collected statistics; `second_pass` gives the triangle of the rows where cross products do not suffice,
/// or `None` when there is no second pass.
pub(super) fn fits(
    collected: &Collected,
    alpha: f64,
    fit_on: FitOn,
    second_pass: impl Fn(&Moments, bool) -> Result<Option<Triangle>, TrainError>,
) -> Result<(FittedRidge, Option<FittedRidge>), TrainError> {
    let params = Ridge::params().alpha(alpha).check()?;
    let fit = |moments: &Moments, with_held_out| {
        if moments.rows == 0 {
            return Err(TrainError::NoRows { rows: collected.rows, skipped: collected.skipped });
        }
        if !params.moments_suffice(moments)?
            && let Some(triangle) = second_pass(moments, with_held_out)?
        {
            return Ok(params.fit_triangle(&triangle)?);
        }
        Ok(params.fit_moments(moments)?)
    };
    let train_fit = fit(&collected.train(), false)?;
    let all = fit_on == FitOn::All && collected.held_out.rows > 0;
    let all_fit = all.then(|| fit(&collected.with_held_out().0, true)).transpose()?;
    Ok((train_fit, all_fit))
}

/// Reads the data a second time for what cross products cannot keep.
fn triangle(
    data: &Dataset,
    contract: &DataContract,
    split: &Split,
    moments: &Moments,
    with_held_out: bool,
) -> Result<Option<Triangle>, TrainError> {
    let order = statistics_order(contract);
    let mut triangle = Triangle::new(moments.means.clone());
    let mut sorted = Sorted::default();
    for batch in data.read_strictly(contract, whole()) {
        let batch = batch?;
        let columns: Vec<&[f64]> = order.iter().map(|&i| batch.columns[i].as_slice()).collect();
        sorted.sort(&batch, split, 1);
        triangle.push_selected(&columns, &sorted.folds[0]);
        if with_held_out {
            triangle.push_selected(&columns, &sorted.held_out);
        }
    }
    Ok(Some(triangle))
}

/// The model of a fit and the digest of its data.
pub(super) fn assemble(
    trained: Trained,
    contract: &DataContract,
    fit_on: FitOn,
    split_method: &str,
    data_blake3: String,
) -> Result<Model, TrainError> {
    let Trained { collected, alpha, search, train_fit, all_fit } = trained;
    let holdout = (collected.held_out.rows > 0).then(|| metrics_of(&train_fit, &collected.held_out));
    let (fitted, (moments, sketches)) = match all_fit {
        Some(fitted) => (fitted, collected.with_held_out()),
        None => (train_fit, (collected.train(), collected.train_sketches)),
    };
    let metrics = ModelMetrics { train: metrics_of(&fitted, &moments), holdout };
    model(Parts {
        contract,
        fitted: &fitted,
        alpha,
        moments: &moments,
        sketches: &sketches,
        metrics,
        search,
        skipped: collected.skipped,
        split_method,
        fit_on,
        data_blake3,
    })
}
