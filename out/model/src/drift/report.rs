//! What was found, for people.

use super::judge::{Failure, Finding, Limits, Measured};
use super::outcomes::{OutcomeFailure, OutcomeFinding, OutcomeLimits};
use crate::page;
use crate::text::harmless;

/// Lines for the log.
#[must_use]
pub fn lines(finding: &Finding, limits: Limits, told: Option<OutcomeLimits>) -> Vec<String> {
    let mut lines = worth(finding, told);
    let said = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
    lines.extend(said(finding.malformed_lines, "lines of the logs are no records of this model's columns: left out"));
    lines.extend(said(finding.other_models, "lines are of other models: left out"));
    if !finding.judged {
        let few = format!("{} logged rows, fewer than the {} that are needed to judge", finding.rows, limits.rows);
        lines.push(few);
        return lines;
    }
    if !finding.not_logged.is_empty() {
        let names: Vec<String> = finding.not_logged.iter().map(|name| harmless(name)).collect();
        lines.push(format!("not in the logs, and not judged: {}", names.join(", ")));
    }
    let failed = || finding.columns.iter().filter(|column| !column.failures.is_empty());
    lines.push(format!(
        "{} logged rows, {} columns, {} drifted",
        finding.rows,
        finding.columns.len(),
        failed().count()
    ));
    lines.extend(failed().flat_map(|column| {
        column
            .failures
            .iter()
            .map(|failure| format!("  DRIFT {}: {}", harmless(&column.column), why(column, *failure, limits)))
    }));
    lines
}

/// What is said of the predictions whose outcomes are known.
fn worth(finding: &Finding, told: Option<OutcomeLimits>) -> Vec<String> {
    let Some((found, limits)) = finding.outcomes.as_ref().zip(told) else { return vec![] };
    let mut lines = vec![];
    if found.strangers > 0 {
        lines.push(format!(
            "{} rows turned out to be of a class that the model does not know: left out",
            found.strangers
        ));
    }
    let (metric, rows, waiting) = (found.metric.name(), found.rows, found.waiting);
    match (found.value, found.before) {
        _ if rows < limits.rows.max(1) => lines.push(format!(
            "{rows} rows with an outcome, fewer than the {} that are needed to judge; {waiting} wait for one",
            limits.rows
        )),
        (None, _) => lines.push(format!("{metric} is not defined on the {rows} rows with an outcome")),
        (Some(value), before) => {
            let before = before.map_or(String::new(), |before| format!("; {before:.6} in training"));
            lines.push(format!("{metric} {value:.6} on {rows} rows with an outcome, {waiting} wait for one{before}"));
        }
    }
    lines.extend(found.failures.iter().map(|failure| format!("  DRIFT {}", why_worth(found, *failure, limits))));
    lines
}

/// Why predictions are not good, in words.
fn why_worth(found: &OutcomeFinding, failure: OutcomeFailure, limits: OutcomeLimits) -> String {
    let (metric, value) = (found.metric.name(), found.value.unwrap_or_default());
    match (failure, limits.minimum.filter(|least| value < *least)) {
        (OutcomeFailure::Worse, _) => {
            let by = (value - found.before.unwrap_or_default()).abs();
            let limit = limits.worse.unwrap_or_default();
            format!("{metric} is worse than on the held-out rows by {by:.6}, the limit is {limit}")
        }
        (OutcomeFailure::Limit, Some(least)) => format!("{metric} is {value:.6}, the minimum is {least}"),
        (OutcomeFailure::Limit, None) => {
            format!("{metric} is {value:.6}, the maximum is {}", limits.maximum.unwrap_or_default())
        }
    }
}

/// A failure in words.
#[must_use]
pub fn why(column: &Measured, failure: Failure, limits: Limits) -> String {
    match failure {
        Failure::Psi => {
            format!("stability index {:.3}, the limit is {}", column.psi.unwrap_or_default(), limits.psi)
        }
        Failure::Missing => {
            let growth = column.missing - column.missing_before;
            format!("more missing cells than in training by {growth:.3}, the limit is {}", limits.missing)
        }
        Failure::Unseen => format!("share of unknown levels {:.3}, the limit is {}", column.unseen, limits.unseen),
    }
}

/// The page for people, the most unstable column first.
#[must_use]
pub fn html(finding: &Finding, limits: Limits, told: Option<OutcomeLimits>) -> String {
    let mut columns: Vec<&Measured> = finding.columns.iter().collect();
    columns.sort_by(|a, b| b.psi.unwrap_or(0.0).total_cmp(&a.psi.unwrap_or(0.0)));
    let percent = |share: f64| page::shown(&format!("{:.1}%", share * 100.0));
    let row = |column: &&Measured| {
        let failures: Vec<String> = column.failures.iter().map(|failure| why(column, *failure, limits)).collect();
        vec![
            page::shown(&column.column),
            page::shown(&column.psi.map(|psi| format!("{psi:.3}")).unwrap_or_default()),
            percent(column.missing),
            percent(column.missing_before),
            percent(column.unseen),
            page::verdict((!failures.is_empty()).then(|| failures.join("; ")).as_deref()),
        ]
    };
    let rows: Vec<_> = columns.iter().map(row).collect();
    let header = ["Column", "Stability index", "Missing", "Missing in training", "Unknown levels", "Verdict"];
    let said = page::paragraph(&format!("{} logged rows against the training rows.", finding.rows));
    let mut parts: Vec<_> = worth(finding, told).iter().map(|line| page::paragraph(line.trim())).collect();
    parts.extend([said, page::table(&header, &rows)]);
    page::page("Drift", &parts)
}
