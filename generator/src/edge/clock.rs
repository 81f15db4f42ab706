//! What the tool asks of the clock.

use jiff::{ToSpan as _, Zoned};

/// The first day of the next month, as `2026-12-01`: a budget may not start in the past.
pub fn first_of_next_month() -> String {
    let today = Zoned::now().date();
    today.first_of_month().saturating_add(1.month()).to_string()
}
