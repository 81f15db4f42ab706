//! Training a classification: logistic regression on a table in memory.

use super::assemble::{Fitted, Parts, model};
use super::collect::{Collector, baseline_of};
use super::memory::Table;
use super::prepare::Prepared;
use super::sorted::Sorted;
use super::{FitOn, Penalty, TrainError, TrainOptions};
use crate::artifact::{Diagnostics, Metrics, Model, ModelMetrics, ModelTask, logistic, softmax};
use crate::evaluation::ClassMetrics;
use crate::logistic::{FittedLogistic, Logistic, LogisticError};
use linfa::ParamGuard;

/// The most values of a table; 2 GiB of memory, and as much again while it is fitted.
const MOST_VALUES: usize = 1 << 28;

pub(super) fn train(prepared: &Prepared<'_>, options: &TrainOptions) -> Result<Model, TrainError> {
    let (folds, split, task) = (options.penalty.folds(), &prepared.split, &prepared.task);
    let features = prepared.width() - 1;
    let mut collector = Collector::of(prepared, 1);
    let mut parts: Vec<Table> = (0..folds).map(|_| Table::new(features)).collect();
    let mut held_out = Table::new(features);
    let mut sorted = Sorted::default();
    let data_blake3 = prepared.each(|batch, encoded| {
        sorted.sort(batch, encoded.incomplete.as_deref(), split, folds);
        parts.iter_mut().zip(&sorted.folds).for_each(|(part, rows)| part.push(encoded, rows));
        held_out.push(encoded, &sorted.held_out);
        collector.push(batch, encoded, split);
    })?;
    let collected = collector.finish();
    let rows: usize = parts.iter().map(|part| part.targets.len()).sum();
    if rows == 0 {
        return Err(TrainError::NoRows { rows: collected.rows, skipped: collected.skipped });
    }
    if (rows + held_out.targets.len()).saturating_mul(features + 1) > MOST_VALUES {
        return Err(TrainError::TableTooLarge { rows, features });
    }
    let (alpha, search) = choose(&options.penalty, &parts, task)?;
    let mut train = together(&parts);
    let mut fitted = fit(&train, task, alpha)?;
    let holdout = (!held_out.targets.is_empty()).then(|| metrics(&fitted, &held_out, task));
    let (mut moments, mut sketches) = (collected.train(), collected.train_sketches.clone());
    let with_held_out = options.fit_on == FitOn::All && holdout.is_some();
    if with_held_out {
        train.append(held_out);
        fitted = fit(&train, task, alpha)?;
        (moments, sketches) = collected.with_held_out();
    }
    let (metrics_of_train, decided) = judged(&fitted, &train, task);
    let metrics = ModelMetrics { train: metrics_of_train, holdout };
    model(Parts {
        contract: prepared.contract,
        inputs: &prepared.inputs,
        task: task.clone(),
        fitted: Fitted {
            intercepts: fitted.intercepts,
            coefficients: fitted.coefficients,
            diagnostics: Diagnostics {
                solver: "newton-cholesky".to_owned(),
                condition: None,
                rank: features as u64,
                warnings: vec![],
            },
        },
        alpha,
        moments: &moments,
        sketches: &sketches,
        raw: &collected.raw,
        with_held_out,
        metrics,
        predictions: baseline_of(&decided),
        search,
        skipped: collected.skipped,
        split_method: split.method(),
        fit_on: options.fit_on,
        data_blake3,
    })
}

/// The alpha to fit with, and the alphas tried with their cross-validated log losses.
fn choose(penalty: &Penalty, folds: &[Table], task: &ModelTask) -> Result<(f64, Vec<(f64, f64)>), TrainError> {
    let alphas = match penalty {
        Penalty::Alpha(alpha) => return Ok((*alpha, vec![])),
        Penalty::Search { alphas, .. } => alphas,
    };
    if alphas.is_empty() || folds.len() < 2 || folds.iter().any(|fold| fold.targets.is_empty()) {
        let rows = folds.iter().map(|fold| fold.targets.len() as u64).sum();
        return Err(TrainError::Search { alphas: alphas.len(), folds: folds.len() as u16, rows });
    }
    let mut tried = vec![];
    for &alpha in alphas {
        let mut sum = 0.0;
        for (at, fold) in folds.iter().enumerate() {
            let others = folds.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
            let fitted = fit(&together(others), task, alpha)?;
            sum += metrics(&fitted, fold, task).log_loss.unwrap_or(f64::INFINITY);
        }
        tried.push((alpha, sum / folds.len() as f64));
    }
    // The first of equals; `alphas` is not empty.
    let best =
        tried.iter().fold((alphas[0], f64::INFINITY), |best, &(a, loss)| if loss < best.1 { (a, loss) } else { best });
    Ok((best.0, tried))
}

fn together<'a>(parts: impl IntoIterator<Item = &'a Table>) -> Table {
    let mut all: Option<Table> = None;
    for part in parts {
        match &mut all {
            Some(all) => all.append(part.clone()),
            None => all = Some(part.clone()),
        }
    }
    all.unwrap_or_else(|| Table::new(0))
}

fn fit(table: &Table, task: &ModelTask, alpha: f64) -> Result<FittedLogistic, LogisticError> {
    let columns: Vec<&[f64]> = table.features.iter().map(Vec::as_slice).collect();
    let targets: Vec<usize> = table.targets.iter().map(|class| *class as usize).collect();
    let classes = if let ModelTask::Classification { classes, .. } = task { classes.len() } else { 0 };
    Logistic::params().alpha(alpha).check()?.fit_columns(&columns, &targets, None, classes)
}

fn metrics(fitted: &FittedLogistic, table: &Table, task: &ModelTask) -> Metrics {
    judged(fitted, table, task).0
}

/// The metrics on a table, and the index of the class that each row is decided for.
fn judged(fitted: &FittedLogistic, table: &Table, task: &ModelTask) -> (Metrics, Vec<f64>) {
    let functions = fitted.intercepts.len();
    let mut values: Vec<Vec<f64>> = fitted.intercepts.iter().map(|b| vec![*b; table.targets.len()]).collect();
    for (values, coefficients) in values.iter_mut().zip(&fitted.coefficients) {
        for (column, w) in table.features.iter().zip(coefficients) {
            values.iter_mut().zip(column).for_each(|(value, x)| *value += w * x);
        }
    }
    let mut metrics = ClassMetrics::default();
    let (mut p, mut decided) = (vec![], Vec::with_capacity(table.targets.len()));
    for (row, truth) in table.targets.iter().enumerate() {
        p.clear();
        p.extend(values.iter().map(|values| values[row]));
        if functions == 1 {
            p = vec![logistic(-p[0]), logistic(p[0])];
        } else {
            softmax(&mut p);
        }
        let class = task.decide(&p);
        metrics.push(*truth as usize, &p, class);
        decided.push(class as f64);
    }
    (metrics.finish(), decided)
}
