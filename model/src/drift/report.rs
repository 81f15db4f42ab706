//! What was found, for people.

use super::judge::{Failure, Finding, Limits, Measured};
use crate::page;
use crate::text::harmless;

/// Lines for the log.
#[must_use]
pub fn lines(finding: &Finding, limits: Limits) -> Vec<String> {
    let mut lines = vec![];
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
pub fn html(finding: &Finding, limits: Limits) -> String {
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
    page::page("Drift", &[said, page::table(&header, &rows)])
}
