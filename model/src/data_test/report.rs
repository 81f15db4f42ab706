//! The outcome as text for people, with a small histogram of each column.

use super::{DataTest, Outcome};
use crate::artifact::ColumnBaseline;
use std::fmt::Write as _;

/// The number of characters of a histogram.
const WIDTH: usize = 32;

/// The outcome as text: failures first, then the columns beside their baselines, then all checks.
#[must_use]
pub fn text_report(test: &DataTest) -> String {
    let mut text = String::new();
    let (failures, all) = (test.failures(), test.checks.len());
    // Writing to a string does not fail.
    let _ = writeln!(text, "data-test: {} rows, {all} checks, {failures} failed\n", test.rows);
    for check in &test.checks {
        if let Outcome::Failed(why) = &check.outcome {
            let _ = writeln!(text, "FAILED   {}\n         {why}", check.name);
        }
    }
    if failures > 0 {
        text.push('\n');
    }
    let width = test.columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    for column in &test.columns {
        // One scale for both histograms, so that a shift can be seen.
        let both = [column.found.as_ref(), column.baseline.as_ref()];
        let ends = both.into_iter().flatten().map(|b| (b.min, b.max)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((min, max)) = ends else {
            let _ = writeln!(text, "{:width$}  no values", column.name);
            continue;
        };
        for (label, baseline) in [("now", &column.found), ("baseline", &column.baseline)] {
            if let Some(baseline) = baseline {
                let name = if label == "now" { column.name.as_str() } else { "" };
                let _ = writeln!(
                    text,
                    "{name:width$}  {label:8}  {}  mean {:<12.6} sd {:<12.6} min {:<12.6} max {:.6}",
                    bars(baseline, min, max),
                    baseline.mean,
                    baseline.standard_deviation,
                    baseline.min,
                    baseline.max
                );
            }
        }
    }
    text.push('\n');
    for check in &test.checks {
        let (word, detail) = match &check.outcome {
            Outcome::Passed(found) => ("passed", found),
            Outcome::Failed(why) => ("FAILED", why),
            Outcome::Skipped(why) => ("skipped", why),
        };
        let _ = writeln!(text, "{word:8} {}: {detail}", check.name);
    }
    text
}

/// A histogram from `min` to `max` in block characters.
fn bars(baseline: &ColumnBaseline, min: f64, max: f64) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let heights = heights(baseline, min, max);
    let highest = heights.iter().copied().fold(0.0, f64::max);
    let level = |h: f64| if h > 0.0 { ((h / highest * 8.0).ceil() as usize).clamp(1, 8) } else { 0 };
    heights.iter().map(|&h| BLOCKS[level(h)]).collect()
}

/// The numbers of values in equal parts of the range from `min` to `max`. A bin's values are spread evenly over its width.
pub(super) fn heights(baseline: &ColumnBaseline, min: f64, max: f64) -> [f64; WIDTH] {
    // Halves, because the whole range may be beyond the greatest number.
    let step = ((max / 2.0 - min / 2.0) / WIDTH as f64).max(f64::MIN_POSITIVE);
    let mut heights = [0.0; WIDTH];
    for (i, &count) in baseline.histogram.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let (low, high) = (baseline.histogram.edge(i).max(min), baseline.histogram.edge(i + 1).min(max));
        let place = |value: f64| (((value / 2.0 - min / 2.0) / step) as usize).min(WIDTH - 1);
        let (first, last) = (place(low), place(high).max(place(low)));
        let share = count as f64 / (last - first + 1) as f64;
        heights[first..=last].iter_mut().for_each(|h| *h += share);
    }
    heights
}
