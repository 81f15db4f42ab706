//! Training from data that stream through.

use super::assemble::{Parts, model};
use super::collect::{Collected, Collector};
use super::prepare::Prepared;
use super::search::{choose, metrics_of};
use super::sorted::Sorted;
use super::{FitOn, TrainError, TrainOptions};
use crate::artifact::{Model, ModelMetrics, ModelTask};
use crate::contract::DataContract;
use crate::encoding::Input;
use crate::ridge::{FittedRidge, Ridge, Triangle};
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

pub(super) fn train(prepared: &Prepared<'_>, options: &TrainOptions) -> Result<Model, TrainError> {
    let split = &prepared.split;
    let mut collector = Collector::of(prepared, options.penalty.folds());
    let digest = prepared.each(|batch, encoded| collector.push(batch, encoded, split))?;
    let collected = collector.finish();
    let (alpha, search) = choose(&options.penalty, &collected.folds)?;
    let second_pass = |moments: &Moments, with_held_out| triangle(prepared, moments, with_held_out).map(Some);
    let trained = fits(&collected, alpha, options.fit_on, second_pass)?;
    let trained = Trained { collected, alpha, search, train_fit: trained.0, all_fit: trained.1 };
    assemble(trained, prepared.contract, &prepared.inputs, options.fit_on, split.method(), digest)
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

/// Looks at the data a second time for what cross products cannot keep.
fn triangle(prepared: &Prepared<'_>, moments: &Moments, with_held_out: bool) -> Result<Triangle, TrainError> {
    let mut triangle = Triangle::new(moments.means.clone());
    let mut sorted = Sorted::default();
    prepared.each(|batch, encoded| {
        let columns: Vec<&[f64]> = encoded.columns.iter().map(|column| &**column).collect();
        sorted.sort(batch, encoded.incomplete.as_deref(), &prepared.split, 1);
        triangle.push_selected(&columns, &sorted.folds[0]);
        if with_held_out {
            triangle.push_selected(&columns, &sorted.held_out);
        }
    })?;
    Ok(triangle)
}

/// The model of a fit and the digest of its data.
pub(super) fn assemble(
    trained: Trained,
    contract: &DataContract,
    inputs: &[Input],
    fit_on: FitOn,
    split_method: &str,
    data_blake3: String,
) -> Result<Model, TrainError> {
    let Trained { collected, alpha, search, train_fit, all_fit } = trained;
    let holdout = (collected.held_out.rows > 0).then(|| metrics_of(&train_fit, &collected.held_out));
    let with_held_out = all_fit.is_some();
    let raw = collected.raw.clone();
    let (fitted, (moments, sketches)) = match all_fit {
        Some(fitted) => (fitted, collected.with_held_out()),
        None => (train_fit, (collected.train(), collected.train_sketches)),
    };
    let metrics = ModelMetrics { train: metrics_of(&fitted, &moments), holdout };
    model(Parts {
        contract,
        inputs,
        task: ModelTask::Regression {},
        fitted: (&fitted).into(),
        alpha,
        moments: &moments,
        sketches: &sketches,
        raw: &raw,
        with_held_out,
        metrics,
        predictions: None,
        search,
        skipped: collected.skipped,
        split_method,
        fit_on,
        data_blake3,
    })
}
