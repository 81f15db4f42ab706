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

    /// What a number means: what the words say, and what it usually means where they say nothing of 0 and 1.
    pub fn of_number(&self, number: f64) -> Option<f64> {
        let said = self.yes.iter().chain(&self.no).any(|text| text == "0" || text == "1");
        let usual = !said && (number == 0.0 || number == 1.0);
        if usual { Some(number + 0.0) } else { self.value((number + 0.0).to_string().as_bytes()) }
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
