//! Drift: what was scored, as the logs say, held against the rows that the released model was trained on.
//!
//! - [`mod@reference`]: how columns and predictions were distributed in training, as the model file says.
//! - [`mod@line`]: lines of the scoring log, checked against the model.
//! - [`tally`]: counts of what was scored, in memory that does not grow with the logs.
//! - [`mod@outcomes`]: what turned out to be true, held against what was predicted.
//! - [`mod@judge`]: stability index and shares, held against limits.
//! - [`report`]: lines for the log, JSON, a page for people.
//!
//! The Python runtime reads the same lines and comes to the same numbers: `tests/verdicts/drift.json` of the generator holds both
//! against one table.

pub mod judge;
pub mod line;
pub mod outcomes;
pub mod reference;
pub mod report;
pub mod tally;
#[cfg(test)]
mod tests;

use crate::collect::source::{Source, SourceError};

pub use judge::{Failure, Finding, Limits, Measured, PREDICTION, judge};
pub use line::{Line, Refused};
pub use outcomes::{Comparison, OutcomeFinding, OutcomeLimits, Outcomes, judge_outcomes};
pub use reference::{ColumnReference, Levels, Numbers, Reference, Shape};
pub use tally::Tally;

/// Reads the logs of a source into a tally, and beside what turned out. `since` is a moment as in `2026-11-30T08:00:00Z`; earlier lines
/// are left out, and logs of earlier hours are not even read; a comparison has a moment of its own. What follows the last line feed of a
/// log is still being written, and is left out.
///
/// # Errors
/// The source cannot be listed or a log cannot be read.
pub async fn read(
    source: &Source,
    since: Option<&str>,
    tally: &mut Tally<'_>,
    mut beside: Option<&mut Comparison<'_>>,
) -> Result<(), SourceError> {
    let earliest = earliest(since, beside.as_deref()).map(str::to_owned);
    for log in source.logs().await? {
        if earliest
            .as_deref()
            .is_some_and(|since| hour_of(&log.name).is_some_and(|hour| hour.as_str() < &since[..since.len().min(13)]))
        {
            continue;
        }
        let text = source.read(&log, 0).await?;
        let whole = memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1);
        for line in text[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            take(line, since, tally, beside.as_deref_mut());
        }
    }
    Ok(())
}

/// Takes one line into a tally, and beside what turned out.
pub fn take(text: &[u8], since: Option<&str>, tally: &mut Tally<'_>, beside: Option<&mut Comparison<'_>>) {
    let earliest = earliest(since, beside.as_deref()).map(str::to_owned);
    let Some(line) = tally.read(text, earliest.as_deref()) else { return };
    if let Some(beside) = beside
        && !line.is_before(beside.since())
    {
        beside.push(&line);
    }
    if !line.is_before(since) {
        tally.count(&line);
    }
}

/// The moment before which no line is of interest.
fn earliest<'a>(since: Option<&'a str>, beside: Option<&'a Comparison<'_>>) -> Option<&'a str> {
    match beside {
        None => since,
        Some(beside) => since.zip(beside.since()).map(|(a, b)| a.min(b)),
    }
}

/// The hour in a log's name, `2026-11-30T08` of `scoring/2026/11/30/08/…`; servers name logs by the hour in which they are written.
fn hour_of(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    let digits = |text: &str, width: usize| text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    let [.., year, month, day, hour, _file] = parts.as_slice() else { return None };
    let all = digits(year, 4) && [month, day, hour].iter().all(|part| digits(part, 2));
    all.then(|| format!("{year}-{month}-{day}T{hour}"))
}
