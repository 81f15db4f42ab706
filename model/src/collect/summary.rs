//! What a collection came to.

use serde::Serialize;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Logs that had grown since the run before.
    pub logs_read: u64,
    /// Rows found in them.
    pub rows_read: u64,
    /// Rows known already, with the same values.
    pub duplicates: u64,
    /// Rows whose request id and row are known with other values; the first ones stay.
    pub conflicts: u64,
    /// Lines that are no records of a known schema.
    pub malformed_lines: u64,
    /// Rows left out because they break the contract.
    pub refused_rows: u64,
    /// The first reason for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_refusal: Option<String>,
    /// Outcomes joined in this run.
    pub outcomes_joined: u64,
    /// Outcomes whose request is not known (yet).
    pub outcomes_unmatched: u64,
    /// Rows that still wait for their outcome.
    pub rows_waiting: u64,
    /// Rows of the table.
    pub rows_written: u64,
}

impl Summary {
    /// Keeps a reason if it is the first.
    pub(crate) fn refuse(&mut self, reason: impl FnOnce() -> String) {
        self.refused_rows += 1;
        self.first_refusal.get_or_insert_with(reason);
    }
}
