//! What the tool asks of the clock.

use jiff::{Timestamp, ToSpan as _, Zoned};

/// The first day of the next month, as `2026-12-01`: a budget may not start in the past.
pub fn first_of_next_month() -> String {
    let today = Zoned::now().date();
    today.first_of_month().saturating_add(1.month()).to_string()
}

/// Today in UTC, as Azure counts months: `2026-12-24`.
pub fn today() -> String {
    date(now_seconds())
}

/// Now, in seconds since 1970.
pub fn now_seconds() -> i64 {
    Timestamp::now().as_second()
}

/// A moment in seconds since 1970 as a date (UTC): `2026-12-01`.
pub fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}
