//! From JSON to a checked [`DataContract`] and back.

use super::{CONTRACT_VERSION, Column, ColumnType, ContractError, DataContract, DistributionLimits, Holdout};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The contract as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractFile {
    version: u32,
    target: String,
    columns: Vec<Column>,
    #[serde(default = "default_holdout")]
    holdout: Holdout,
    #[serde(default)]
    distribution: DistributionLimits,
}

/// Only the version: read first, so that a file of a later version is told apart from a malformed one.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
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
        if version != CONTRACT_VERSION {
            return Err(ContractError::Version { found: version });
        }
        let file: ContractFile = serde_json::from_slice(text)?;
        let mut names = BTreeSet::new();
        for (index, column) in file.columns.iter().enumerate() {
            check_column(&format!("columns[{index}]"), column)?;
            if !names.insert(column.name.as_str()) {
                return Err(invalid(
                    format!("columns[{index}].name"),
                    format!("'{}' occurs twice, each column has a name of its own", column.name),
                ));
            }
        }
        let Some(target) = file.columns.iter().position(|c| c.name == file.target) else {
            return Err(invalid("target", format!("'{}' is not one of the columns", file.target)));
        };
        if file.columns.len() < 2 {
            return Err(invalid("columns", "there is no feature, expected at least one column beside the target"));
        }
        if !(0.0..1.0).contains(&file.holdout.fraction) {
            return Err(invalid(
                "holdout.fraction",
                format!("{} is not a share, expected 0 or more and less than 1", file.holdout.fraction),
            ));
        }
        check_limits(&file.distribution)?;
        Ok(Self { columns: file.columns, target, holdout: file.holdout, distribution: file.distribution })
    }

    /// The contract as JSON text, in the shape that [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = ContractFile {
            version: CONTRACT_VERSION,
            target: self.target().name.clone(),
            columns: self.columns.clone(),
            holdout: self.holdout,
            distribution: self.distribution,
        };
        // A tree of strings, numbers and lists always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

fn check_column(place: &str, column: &Column) -> Result<(), ContractError> {
    if column.name.trim().is_empty() {
        return Err(invalid(format!("{place}.name"), "is empty, expected a column name"));
    }
    if column.name.chars().any(char::is_control) {
        return Err(invalid(format!("{place}.name"), format!("{:?} contains a control character", column.name)));
    }
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
