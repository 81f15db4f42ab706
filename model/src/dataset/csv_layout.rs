//! Where the wanted columns of a CSV file are, and what a block of it holds.

use super::batch::Batch;
use super::reading::Reading;

/// Where the wanted columns are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The field of each wanted column.
    pub fields: Vec<usize>,
    /// The number of fields of a record.
    pub width: usize,
    /// What stands between two fields.
    pub delimiter: u8,
    /// What is read.
    pub reading: Reading,
}

/// What a block holds. Rows and lines count from the block's beginning.
#[derive(Debug)]
pub(super) struct Block {
    pub batch: Batch,
    /// The number of lines of the block.
    pub lines: u64,
    /// The first record with a wrong number of fields: row and line from 0, and the number found.
    pub bad_width: Option<(u64, u64, usize)>,
}
