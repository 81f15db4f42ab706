//! The page.

use super::measure::{calibration, drift, importance, predictions};
use super::sample::Sample;
use crate::artifact::{Metrics, Model, PredictError};
use crate::evaluation::{Decision, Metric};
use crate::page::{self, Html};

/// Bins of the histogram of residuals.
const BINS: usize = 30;

const METRICS: [Metric; 11] = [
    Metric::Mse,
    Metric::Rmse,
    Metric::Mae,
    Metric::R2,
    Metric::Mape,
    Metric::Auc,
    Metric::LogLoss,
    Metric::F1,
    Metric::Accuracy,
    Metric::Brier,
    Metric::BalancedAccuracy,
];

/// The page about a challenger.
///
/// # Errors
/// A prediction is not a number.
pub fn html(decision: &Decision, model: &Model, sample: &Sample) -> Result<String, PredictError> {
    let verdict = if decision.promote { "promoted" } else { "not promoted" };
    let predicted = predictions(model, &sample.rows)?;
    let mut parts = vec![
        page::paragraph(&format!("{verdict}: {}", decision.reason)),
        page::paragraph(&format!("{} held-out rows, data {:.12}.", decision.rows, decision.data_blake3)),
        page::heading("Metrics"),
        metrics(decision, &model.file().metrics.train),
    ];
    match model.classes() {
        None => residuals(&sample.truths, &predicted, &mut parts),
        Some(classes) => errors(model, classes, &sample.truths, &predicted, &mut parts),
    }
    let groups = calibration(model, &sample.truths, &predicted);
    let rows =
        groups.iter().map(|(given, seen, rows)| vec![number(*given), number(*seen), page::shown(&rows.to_string())]);
    let what = model
        .classes()
        .and_then(<[String]>::last)
        .map_or_else(|| "Mean prediction".to_owned(), |class| format!("Mean probability of {class}"));
    parts.push(page::heading("Calibration"));
    parts.push(page::table(&[what.as_str(), "Observed", "Rows"], &rows.collect::<Vec<_>>()));
    parts.push(page::heading("Drift of the held-out rows from the training rows"));
    let percent = |share: f64| page::shown(&format!("{:.1}%", share * 100.0));
    let rows = drift(model, sample).into_iter().map(|found| {
        vec![
            page::shown(&found.column),
            page::meter(found.psi.unwrap_or(0.0), 0.5),
            optional(found.psi),
            percent(found.missing),
            percent(found.missing_before),
        ]
    });
    let header = ["Column", "Of 0.5", "Stability index", "Missing", "Missing in training"];
    parts.push(page::table(&header, &rows.collect::<Vec<_>>()));
    parts.push(page::heading("Permutation importance"));
    let losses = importance(model, sample, decision.metric, decision.direction)?;
    let most = losses.iter().map(|(_, loss)| loss.abs()).fold(0.0, f64::max);
    let name = decision.metric.name();
    parts.push(page::paragraph(&format!("By how much {name} gets worse when a column is shuffled.")));
    let rows = losses.iter().map(|(column, loss)| vec![page::shown(column), page::meter(*loss, most), number(*loss)]);
    parts.push(page::table(&["Column", "Share of the greatest", "Loss"], &rows.collect::<Vec<_>>()));
    Ok(page::page("Model report", &parts))
}

fn metrics(decision: &Decision, train: &Metrics) -> Html {
    let rows = METRICS.iter().filter_map(|metric| {
        let new = metric.of(&decision.challenger_metrics)?;
        let old = decision.champion_metrics.as_ref().and_then(|metrics| metric.of(metrics));
        Some(vec![page::shown(metric.name()), number(new), optional(old), optional(metric.of(train))])
    });
    let header = ["Metric", "Challenger", "Champion", "Challenger, training rows"];
    page::table(&header, &rows.collect::<Vec<_>>())
}

fn residuals(truths: &[f64], predicted: &[f64], parts: &mut Vec<Html>) {
    let mut found: Vec<f64> = predicted.iter().zip(truths).map(|(value, truth)| value - truth).collect();
    found.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (found.first().copied(), found.last().copied()) else { return };
    parts.push(page::heading("Residuals"));
    let mut counts = vec![0.0; BINS];
    for value in &found {
        // halves, so that the distance of the greatest numbers is one too
        let place = if high > low { (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) * BINS as f64 } else { 0.0 };
        counts[(place as usize).min(BINS - 1)] += 1.0;
    }
    let mean = found.iter().map(|value| value / found.len() as f64).sum::<f64>();
    let at = |share: f64| number(found[((found.len() - 1) as f64 * share).round() as usize]);
    let header = ["Distribution", "Least", "5 %", "Median", "Mean", "95 %", "Greatest"];
    let row = vec![page::bars(&counts), number(low), at(0.05), at(0.5), number(mean), at(0.95), number(high)];
    parts.push(page::table(&header, &[row]));
    parts.push(page::paragraph("Predicted values over observed ones; what is right lies on the line."));
    parts.push(page::scatter(truths, predicted, "Predicted over observed values; points on the line are right"));
}

fn errors(model: &Model, classes: &[String], truths: &[f64], predicted: &[f64], parts: &mut Vec<Html>) {
    let mut counts = vec![vec![0_u64; classes.len()]; classes.len()];
    for (truth, chances) in truths.iter().zip(predicted.chunks_exact(classes.len())) {
        counts[*truth as usize][model.file().task.decide(chances)] += 1;
    }
    let header: Vec<String> =
        std::iter::once("Class".to_owned()).chain(classes.iter().map(|name| format!("decided {name}"))).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = classes.iter().zip(&counts).map(|(name, counts)| {
        let counts = counts.iter().map(|count| page::shown(&count.to_string()));
        std::iter::once(page::shown(name)).chain(counts).collect::<Vec<_>>()
    });
    parts.push(page::heading("Errors by class"));
    parts.push(page::table(&header, &rows.collect::<Vec<_>>()));
}

fn optional(value: Option<f64>) -> Html {
    value.map_or_else(|| page::shown("–"), number)
}

/// Six digits, with an exponent where a number is very great or small.
fn number(value: f64) -> Html {
    let ordinary = value == 0.0 || (1e-4..1e15).contains(&value.abs());
    page::shown(&if ordinary { format!("{value:.6}") } else { format!("{value:.6e}") })
}
