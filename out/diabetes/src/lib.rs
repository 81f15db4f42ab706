//! What is the project's own: its data contract, its example request, and the place for code of the team.

use mlops_model::contract::{ContractError, DataContract};

/// The data contract, as it is committed.
pub const CONTRACT: &str = include_str!("../../data/data-contract.json");

/// An example of a scoring request, as callers send it.
pub const EXAMPLE_REQUEST: &str = include_str!("../../data/example-request.json");

/// The data contract, checked.
///
/// # Errors
/// If the committed contract is not one.
pub fn contract() -> Result<DataContract, ContractError> {
    DataContract::from_json(CONTRACT.as_bytes())
}
