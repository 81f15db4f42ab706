//! The outcome as a page for people: what failed first, then each column beside its baseline, then all checks.

use super::report::heights;
use super::{Check, DataTest, Outcome};
use crate::page::{self, Html};

/// The outcome as one page of HTML, with nothing from elsewhere.
#[must_use]
pub fn html_report(test: &DataTest) -> String {
    let failures = test.failures();
    let mut parts =
        vec![page::paragraph(&format!("{} rows, {} checks, {failures} failed.", test.rows, test.checks.len()))];
    if failures > 0 {
        let failed = test.checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed(_)));
        parts.push(page::heading("Failed"));
        parts.push(page::table(&["Check", "Verdict"], &failed.map(row).collect::<Vec<_>>()));
    }
    let columns = test.columns.iter().flat_map(|column| {
        // One scale for both histograms, so that a shift can be seen.
        let both = [("now", column.found.as_ref()), ("baseline", column.baseline.as_ref())];
        let ends = both.iter().filter_map(|(_, summary)| summary.map(|s| (s.min, s.max)));
        let ends = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let rows = both.into_iter().filter_map(move |(label, summary)| Some((label, summary?, ends?)));
        rows.map(|(label, summary, (min, max))| {
            vec![
                page::shown(&column.name),
                page::shown(label),
                page::bars(&heights(summary, min, max)),
                number(summary.mean),
                number(summary.standard_deviation),
                number(summary.min),
                number(summary.max),
            ]
        })
    });
    let header = ["Column", "Rows", "Distribution", "Mean", "Standard deviation", "Least", "Greatest"];
    parts.push(page::heading("Columns"));
    parts.push(page::table(&header, &columns.collect::<Vec<_>>()));
    parts.push(page::heading("Checks"));
    parts.push(page::table(&["Check", "Verdict"], &test.checks.iter().map(row).collect::<Vec<_>>()));
    page::page("Data test", &parts)
}

/// Six digits, with an exponent where a number is very great or small.
fn number(value: f64) -> Html {
    let ordinary = value == 0.0 || (1e-4..1e15).contains(&value.abs());
    page::shown(&if ordinary { format!("{value:.6}") } else { format!("{value:.6e}") })
}

fn row(check: &Check) -> Vec<Html> {
    let verdict = match &check.outcome {
        Outcome::Passed(found) => page::found(None, found),
        Outcome::Failed(why) => page::found(Some(why), ""),
        Outcome::Skipped(why) => page::shown(&format!("skipped: {why}")),
    };
    vec![page::shown(&check.name), verdict]
}
