//! From JSON to a checked [`DataContract`] and back.

use super::column::{Column, ColumnType, Constant, Unknown, WhenMissing};
use super::{CONTRACT_VERSION, ContractError, Csv, DataContract, DistributionLimits, Holdout, Task, UnknownColumns};
use crate::dataset::seconds_since_1970;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The contract as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractFile {
    version: u32,
    #[serde(default = "regression")]
    task: Task,
    target: String,
    #[serde(default)]
    csv: Csv,
    #[serde(default)]
    missing: Vec<String>,
    columns: Vec<Column>,
    #[serde(default = "default_holdout")]
    holdout: Holdout,
    #[serde(default)]
    distribution: DistributionLimits,
    #[serde(default)]
    unknown_columns: UnknownColumns,
}

/// Only the version: read first, so that a file of a later version is told apart from a malformed one.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

fn regression() -> Task {
    Task::Regression {}
}

fn default_holdout() -> Holdout {
    Holdout { fraction: 0.2, seed: 0 }
}

impl DataContract {
    /// Parses and checks the JSON text of a contract.
    ///
    /// # Errors
    /// The text is not JSON of the contract's shape, has another version, or breaks a rule.
    pub fn from_json(text: &[u8]) -> Result<Self, ContractError> {
        let VersionOnly { version } = serde_json::from_slice(text)?;
        if !(1..=CONTRACT_VERSION).contains(&version) {
            return Err(ContractError::Version { found: version });
        }
        let file: ContractFile = serde_json::from_slice(text)?;
        check_names(&file.columns)?;
        for (index, column) in file.columns.iter().enumerate() {
            check_column(&format!("columns[{index}]"), column)?;
        }
        let Some(target) = file.columns.iter().position(|c| c.name == file.target) else {
            return Err(invalid("target", format!("'{}' is not one of the columns", file.target)));
        };
        if file.columns.len() < 2 {
            return Err(invalid("columns", "there is no feature, expected at least one column beside the target"));
        }
        check_target(&file.task, target, &file.columns[target])?;
        check_csv(file.csv)?;
        if !(0.0..1.0).contains(&file.holdout.fraction) {
            return Err(invalid(
                "holdout.fraction",
                format!("{} is not a share, expected 0 or more and less than 1", file.holdout.fraction),
            ));
        }
        check_limits(&file.distribution)?;
        let ContractFile { task, csv, missing, columns, holdout, distribution, unknown_columns, .. } = file;
        let missing = missing.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
        Ok(Self { task, columns, target, csv, missing, holdout, distribution, unknown_columns })
    }

    /// The contract as JSON text, in the shape that [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = ContractFile {
            version: CONTRACT_VERSION,
            task: self.task.clone(),
            target: self.target().name.clone(),
            csv: self.csv,
            missing: self.missing.clone(),
            columns: self.columns.clone(),
            holdout: self.holdout,
            distribution: self.distribution,
            unknown_columns: self.unknown_columns,
        };
        // A tree of strings, numbers and lists always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

/// Names and aliases are one set: a request may use either.
fn check_names(columns: &[Column]) -> Result<(), ContractError> {
    let mut names = BTreeSet::new();
    for (index, column) in columns.iter().enumerate() {
        if column.name.is_empty() {
            return Err(invalid(format!("columns[{index}].name"), "is empty, expected a column name"));
        }
        if !names.insert(column.name.as_str()) {
            let problem = format!("'{}' occurs twice, each column has a name of its own", column.name);
            return Err(invalid(format!("columns[{index}].name"), problem));
        }
    }
    for (index, column) in columns.iter().enumerate() {
        let Some(alias) = column.alias.as_deref().filter(|alias| *alias != column.name) else { continue };
        let place = || format!("columns[{index}].alias");
        let begins = alias.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !begins || !alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let problem = format!("'{alias}' is no identifier, expected letters, digits and _");
            return Err(invalid(place(), problem));
        }
        if !names.insert(alias) {
            return Err(invalid(place(), format!("'{alias}' is the name or alias of another column too")));
        }
    }
    Ok(())
}

fn check_column(place: &str, column: &Column) -> Result<(), ContractError> {
    let no = |member: &str, problem: &str| Err(invalid(format!("{place}.{member}"), problem));
    if let (Some(min), Some(max)) = (column.min, column.max)
        && min > max
    {
        return Err(invalid(format!("{place}.min"), format!("{min} is greater than max {max}")));
    }
    if column.kind == ColumnType::Integer
        && let Some(value) = column.allowed.iter().find(|v| v.fract() != 0.0)
    {
        return Err(invalid(format!("{place}.allowed"), format!("{value} is not an integer, the column's type is")));
    }
    if let Some(expected) = column.expected
        && expected.standard_deviation < 0.0
    {
        return Err(invalid(
            format!("{place}.expected.standard_deviation"),
            format!("{} is negative, expected 0 or more", expected.standard_deviation),
        ));
    }
    let bounded = column.min.is_some() || column.max.is_some() || column.expected.is_some();
    if !column.kind.is_numeric() && (bounded || !column.allowed.is_empty()) {
        return no("type", "a category and a text have no min, max, allowed and expected");
    }
    if column.kind != ColumnType::Category && (column.levels.is_some() || column.unknown != Unknown::Refuse) {
        return no("levels", "only a category has levels and unknown");
    }
    if let Some(levels) = &column.levels {
        check_texts(&format!("{place}.levels"), levels, 1)?;
    }
    match (column.kind, &column.yes, &column.no) {
        (_, None, None) => {}
        (ColumnType::Boolean, Some(yes), Some(no)) => {
            check_texts(&format!("{place}.true"), &[yes.as_slice(), no.as_slice()].concat(), 2)?;
        }
        (ColumnType::Boolean, ..) => return no("true", "true and false go together"),
        _ => return no("true", "only a boolean has true and false"),
    }
    check_missing(place, column)
}

fn check_missing(place: &str, column: &Column) -> Result<(), ContractError> {
    let no = |problem: &str| Err(invalid(format!("{place}.when_missing"), problem));
    let Some(rule) = &column.when_missing else { return Ok(()) };
    if column.required {
        return no("needs required: false, since a required column is never missing");
    }
    let constant = match rule {
        WhenMissing::Mean | WhenMissing::Median if !column.kind.is_numeric() => {
            return no("a category has no mean and no median: use most-frequent, a constant, indicator or drop-row");
        }
        WhenMissing::Constant(constant) => constant,
        _ => return Ok(()),
    };
    let fits = match (column.kind, constant) {
        (ColumnType::Number, Constant::Number(v)) => v.is_finite(),
        (ColumnType::Integer, Constant::Number(v)) => v.is_finite() && v.fract() == 0.0,
        (ColumnType::Boolean, Constant::Boolean(_)) => true,
        (ColumnType::Category, Constant::Text(level)) => {
            column.levels.as_ref().is_none_or(|levels| levels.contains(level))
        }
        (ColumnType::Text, Constant::Text(_)) => true,
        (ColumnType::Datetime, Constant::Text(text)) => seconds_since_1970(text.as_bytes()).is_some(),
        _ => false,
    };
    if fits { Ok(()) } else { no("the constant is not a value of the column's type, or not one of its levels") }
}

fn check_target(task: &Task, index: usize, target: &Column) -> Result<(), ContractError> {
    let place = |member: &str| format!("columns[{index}].{member}");
    if !matches!(target.when_missing, None | Some(WhenMissing::DropRow)) {
        return Err(invalid(place("when_missing"), "a target is never made up: its rows can only be dropped"));
    }
    match task {
        Task::Regression {} if target.kind.is_numeric() => Ok(()),
        Task::Regression {} => {
            let problem = format!("the target of a regression is a number, not a {}", target.kind.name());
            Err(invalid(place("type"), problem))
        }
        Task::Classification { .. } if target.kind == ColumnType::Text || target.kind == ColumnType::Datetime => {
            let problem = "the target of a classification is a category, boolean, integer or number";
            Err(invalid(place("type"), problem))
        }
        Task::Classification { classes, threshold } => {
            if let Some(classes) = classes {
                check_texts("task.classes", classes, 2)?;
            }
            let Some(threshold) = threshold else { return Ok(()) };
            if classes.as_ref().is_some_and(|classes| classes.len() != 2) {
                return Err(invalid("task.threshold", "only two classes have a threshold"));
            }
            if !(0.0..=1.0).contains(threshold) {
                return Err(invalid("task.threshold", format!("{threshold} is not a probability")));
            }
            Ok(())
        }
    }
}

/// Checks a list of texts: enough of them, and none twice.
fn check_texts(place: &str, texts: &[String], least: usize) -> Result<(), ContractError> {
    if texts.len() < least {
        return Err(invalid(place, format!("there are {}, expected at least {least}", texts.len())));
    }
    let mut seen = BTreeSet::new();
    match texts.iter().find(|text| !seen.insert(text.as_str())) {
        Some(twice) => Err(invalid(place, format!("'{twice}' occurs twice"))),
        None => Ok(()),
    }
}

fn check_csv(csv: Csv) -> Result<(), ContractError> {
    if !matches!(csv.delimiter, ',' | ';' | '\t' | '|') {
        let found = csv.delimiter;
        return Err(invalid("csv.delimiter", format!("'{found}' is none of comma, semicolon, tab and |")));
    }
    if !matches!(csv.decimal, '.' | ',') {
        let found = csv.decimal;
        return Err(invalid("csv.decimal", format!("'{found}' is no decimal mark, expected . or ,")));
    }
    if csv.decimal == csv.delimiter {
        return Err(invalid("csv.decimal", "decimal mark and delimiter are the same"));
    }
    Ok(())
}

fn check_limits(limits: &DistributionLimits) -> Result<(), ContractError> {
    let positive = [("psi", limits.psi), ("mean_sigmas", limits.mean_sigmas)];
    if let Some((name, Some(value))) = positive.into_iter().find(|(_, v)| v.is_some_and(|v| v <= 0.0)) {
        return Err(invalid(format!("distribution.{name}"), format!("{value} is not greater than 0")));
    }
    if let Some(p) = limits.ks_p_value.filter(|p| !(0.0..1.0).contains(p)) {
        return Err(invalid("distribution.ks_p_value", format!("{p} is not a probability below 1")));
    }
    if let Some(ratio) = limits.standard_deviation_ratio.filter(|r| *r < 1.0) {
        return Err(invalid("distribution.standard_deviation_ratio", format!("{ratio} is less than 1")));
    }
    Ok(())
}

fn invalid(place: impl Into<String>, problem: impl Into<String>) -> ContractError {
    ContractError::Invalid { place: place.into(), problem: problem.into() }
}
