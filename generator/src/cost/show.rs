//! An estimate as text for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::estimate::{Costs, Estimate};
use super::kinds::Nature;
use crate::project::usage::Usage;

/// The estimate as text: a table for each place, and the sum.
pub fn text(estimate: &Estimate) -> String {
    let mut out = String::new();
    for costs in &estimate.places {
        let _ = writeln!(out, "{} ({})", costs.name, costs.region);
        lines(costs, &mut out);
        let _ = writeln!(
            out,
            "  {:>12.2}  {}: {:.2} fixed, {:.2} by use\n",
            costs.total(),
            costs.name,
            costs.fixed(),
            costs.by_use()
        );
    }
    let _ = writeln!(out, "{:>14.2}  {} a month in all", estimate.total(), estimate.currency);
    let unknown: Vec<_> = estimate.unknown().collect();
    if !unknown.is_empty() {
        let _ = writeln!(out, "\nnot in the sum, because no price is known:");
        for (place, what, why) in unknown {
            let _ = writeln!(out, "  {place}: {what}: {why}");
        }
    }
    out
}

fn lines(costs: &Costs, out: &mut String) {
    for line in &costs.lines {
        let counted = &line.counted;
        let amount = line.amount.map_or_else(|| "no price".to_owned(), |amount| format!("{amount:.2}"));
        let nature = match counted.nature {
            Nature::Fixed => "fixed",
            Nature::ByUse if counted.scales_to_zero => "by use, nothing when idle",
            Nature::ByUse => "by use",
        };
        let what = format!("{}: {}", line.module, counted.what);
        let _ = writeln!(out, "  {amount:>12}  {what} ({} {}; {nature})", number(counted.quantity), counted.unit);
    }
    for (why, count) in &costs.free {
        let _ =
            writeln!(out, "  {:>12}  {count} {}: {why}", "free", if *count == 1 { "resource" } else { "resources" });
    }
}

/// A quantity with no more digits than it needs.
fn number(quantity: f64) -> String {
    let text = format!("{quantity:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The assumptions, as key of the spec, value and what it is.
pub fn assumptions(usage: &Usage) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("usage.requestsPerDay", usage.requests_per_day.to_string(), "scoring requests a day, in each environment"),
        ("usage.trainingRuns", usage.training_runs.to_string(), "training runs a month, and releases"),
        ("usage.trainingHours", number(usage.training_hours), "hours of a training run"),
        ("usage.batchRuns", usage.batch_runs.to_string(), "batch scoring runs a month"),
        ("usage.batchHours", number(usage.batch_hours), "hours of a batch scoring run"),
        ("usage.dataGiB", number(usage.data_gib), "GiB of data and models that are kept"),
        ("usage.logsGiB", number(usage.logs_gib), "GiB of logs a month, in each place"),
    ]
}

/// The estimate as JSON.
pub fn json(estimate: &Estimate, usage: &Usage) -> Value {
    let place = |costs: &Costs| {
        let lines: Vec<Value> = costs
            .lines
            .iter()
            .map(|line| {
                json!({
                    "resource": line.kind,
                    "module": line.module,
                    "what": line.counted.what,
                    "quantity": rounded(line.counted.quantity),
                    "unit": line.counted.unit,
                    "fixed": line.counted.nature == Nature::Fixed,
                    "scalesToZero": line.counted.scales_to_zero,
                    "meter": line.counted.meter.to_string(),
                    "amount": line.amount.map(rounded),
                })
            })
            .collect();
        let free = costs.free.iter().map(|(why, count)| json!({ "resources": count, "why": why }));
        json!({
            "name": costs.name,
            "region": costs.region,
            "resources": costs.resources,
            "lines": lines,
            "free": free.collect::<Vec<_>>(),
            "fixed": rounded(costs.fixed()),
            "byUse": rounded(costs.by_use()),
            "total": rounded(costs.total()),
        })
    };
    let unknown = estimate.unknown().map(|(place, what, why)| json!({ "place": place, "what": what, "why": why }));
    let assumptions = assumptions(usage).into_iter().map(|(key, value, what)| (key.to_owned(), json!([value, what])));
    json!({
        "currency": estimate.currency,
        "places": estimate.places.iter().map(place).collect::<Vec<_>>(),
        "total": rounded(estimate.total()),
        "unknown": unknown.collect::<Vec<_>>(),
        "assumptions": Value::Object(assumptions.collect()),
    })
}

/// Four decimals: more than any price needs, and no noise of binary fractions.
pub fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
