//! Testing data against the contract: schema, values, and distribution against a training baseline.
//!
//! The outcome is a list of [`Check`]s, from which the JUnit file and the human report are made.

mod check;
mod column;
mod distribution;
mod html;
mod junit;
mod report;
#[cfg(test)]
mod tests;

pub use check::{Check, Outcome};
pub use html::html_report;
pub use junit::junit_xml;
pub use report::text_report;

use crate::artifact::{ColumnBaseline, Model};
use crate::contract::DataContract;
use crate::dataset::{DataError, Dataset, Reading};
use crate::text::harmless;
use check::verdict;
use column::ColumnTally;

/// What testing found.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTest {
    /// The checks, in a fixed order.
    pub checks: Vec<Check>,
    /// The number of rows read.
    pub rows: u64,
    /// What each column looks like, and the baseline it was compared with.
    pub columns: Vec<ColumnSummary>,
}

/// What a column looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSummary {
    /// The name.
    pub name: String,
    /// The column in the data; `None` when it has no values.
    pub found: Option<ColumnBaseline>,
    /// The column in the baseline.
    pub baseline: Option<ColumnBaseline>,
}

impl DataTest {
    /// The number of failed checks.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.checks.iter().filter(|c| matches!(c.outcome, Outcome::Failed(_))).count()
    }
}

/// Tests data in one pass. Bad data are an outcome, not an error.
///
/// # Errors
/// The files cannot be read for a reason that says nothing of the data: the operating system refuses.
pub fn test_data(data: &Dataset, contract: &DataContract, baseline: Option<&Model>) -> Result<DataTest, DataError> {
    let mut checks = vec![];
    let present = check_schema(data, contract, &mut checks)?;
    let baselines: Vec<Option<(ColumnBaseline, Vec<String>)>> =
        contract.columns().iter().map(|c| baseline.and_then(|model| baseline_of(model, &c.name))).collect();
    let mut tallies: Vec<ColumnTally> =
        contract.columns().iter().zip(&baselines).map(|(c, b)| ColumnTally::new(c.clone(), b.clone())).collect();
    let reading = Reading::columns(contract, present.iter().map(|&i| &contract.columns()[i]));
    let mut rows = 0;
    let mut broken = None;
    for batch in data.read(&reading) {
        match batch {
            Ok(batch) => {
                rows += batch.rows as u64;
                for (place, &index) in present.iter().enumerate() {
                    tallies[index].push(&batch, place, &data.files()[batch.file]);
                }
            }
            Err(error @ DataError::Io { .. }) => return Err(error),
            Err(error) => {
                broken = Some(error.to_string());
                break;
            }
        }
    }
    let well_formed = broken.map_or_else(|| Outcome::Passed(format!("{} files", data.files().len())), Outcome::Failed);
    let complete = matches!(well_formed, Outcome::Passed(_));
    checks.push(Check::new("schema", "the files are well formed", well_formed));
    let some_rows = match (complete, rows) {
        (false, 0) => Outcome::Skipped("the files could not be read to the end".to_owned()),
        _ => verdict(rows > 0, format!("{rows} rows")),
    };
    checks.push(Check::new("schema", "there are rows", some_rows));
    for (index, tally) in tallies.iter().enumerate() {
        let there = present.contains(&index) && complete && rows > 0;
        checks.extend(if there { tally.value_checks() } else { tally.skipped_checks() });
    }
    let tested = tallies.iter().filter(|t| t.has_baseline()).count();
    for tally in &tallies {
        checks.extend(distribution::checks(tally, contract.distribution(), tested));
    }
    let columns = tallies.into_iter().zip(baselines).map(|(tally, baseline)| ColumnSummary {
        name: harmless(&tally.column().name),
        found: tally.summary().filter(|_| tally.column().kind.is_numeric()),
        baseline: baseline.map(|(baseline, _)| baseline).filter(|_| tally.column().kind.is_numeric()),
    });
    Ok(DataTest { checks, rows, columns: columns.collect() })
}

/// Checks that each file has each column; returns the contract columns that all files have.
fn check_schema(data: &Dataset, contract: &DataContract, checks: &mut Vec<Check>) -> Result<Vec<usize>, DataError> {
    let reading = Reading::of(contract);
    let mut missing: Vec<Vec<String>> = vec![vec![]; contract.columns().len()];
    for file in data.files() {
        let names = match data.column_names(file, &reading) {
            Ok(names) => names,
            Err(error @ DataError::Io { .. }) => return Err(error),
            Err(error) => {
                checks.push(Check::new("schema", "the files have columns", Outcome::Failed(error.to_string())));
                return Ok(vec![]);
            }
        };
        for (column, missing) in contract.columns().iter().zip(&mut missing) {
            if !names.contains(&column.name) {
                missing.push(format!("{}: not there, found {}", file.path.display(), names.join(", ")));
            }
        }
    }
    let mut present = vec![];
    for (index, (column, missing)) in contract.columns().iter().zip(&missing).enumerate() {
        let outcome = match missing.first() {
            None => {
                present.push(index);
                Outcome::Passed(format!("in {} files", data.files().len()))
            }
            Some(first) => Outcome::Failed(format!("{} files are without the column; {first}", missing.len())),
        };
        checks.push(Check::new("schema", format!("{}: the column is there", column.name), outcome));
    }
    Ok(present)
}

/// What a column looked like in the training rows, and its levels there.
fn baseline_of(model: &Model, column: &str) -> Option<(ColumnBaseline, Vec<String>)> {
    let target = &model.file().target;
    if target.name == column {
        return Some((target.baseline.clone(), model.classes().unwrap_or_default().to_vec()));
    }
    let feature = model.features().iter().find(|f| f.input.name == column)?;
    Some((feature.baseline.clone(), feature.input.levels.clone()))
}
