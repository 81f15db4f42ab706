//! Cells that mean yes and no.

use crate::contract::Column;

/// The cells that mean yes and no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Booleans {
    yes: Vec<String>,
    no: Vec<String>,
}

impl Booleans {
    /// The column's own, or the usual ones.
    pub fn of(column: &Column) -> Self {
        let (yes, no) = column.booleans();
        Self { yes, no }
    }

    /// 1 or 0, or nothing.
    pub fn value(&self, cell: &[u8]) -> Option<f64> {
        let has = |list: &[String]| list.iter().any(|text| text.as_bytes() == cell);
        if has(&self.yes) {
            Some(1.0)
        } else if has(&self.no) {
            Some(0.0)
        } else {
            None
        }
    }
}
