//! UTC timestamps as text (RFC 3339), cheap enough for every request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

/// Length of [`Moment::write`]'s text.
const TEXT: usize = "2026-11-22T08:15:00.123456Z".len();

impl Moment {
    /// The system clock's time; the epoch where the clock is before it.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Seconds since the epoch.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Year, month and day of the proleptic Gregorian calendar. (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".)
    pub fn date(self) -> (u64, u64, u64) {
        let days = self.seconds() / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (era * 400 + year_of_era + u64::from(month <= 2), month, day)
    }

    /// Hour of the day, 0 to 23.
    pub fn hour(self) -> u64 {
        self.seconds() / 3_600 % 24
    }

    /// Appends `2026-11-22T08:15:00.123456Z`.
    pub fn write(self, out: &mut Vec<u8>) {
        let (year, month, day) = self.date();
        let second = self.seconds() % 86_400;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        debug_assert_eq!(text.len(), TEXT);
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], second / 3_600);
        digits(&mut text[14..16], second / 60 % 60);
        digits(&mut text[17..19], second % 60);
        digits(&mut text[20..26], self.0 % 1_000_000);
        out.extend_from_slice(&text);
    }

    /// The text of [`Moment::write`].
    pub fn text(self) -> String {
        let mut out = Vec::with_capacity(TEXT);
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// The decimal digits of `value`, right-aligned over the zeros of `field`.
fn digits(field: &mut [u8], mut value: u64) {
    for place in field.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_have_their_text() {
        assert_eq!(Moment(0).text(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(Moment(1_709_164_799_999_999).text(), "2024-02-28T23:59:59.999999Z");
        assert_eq!(Moment(1_709_164_800_000_000).text(), "2024-02-29T00:00:00.000000Z");
    }

    proptest! {
        #[test]
        fn texts_agree_with_the_time_library(micros in 0_u64..253_402_300_799_000_000) {
            let expected = jiff::Timestamp::from_microsecond(micros as i64).unwrap();
            let read: jiff::Timestamp = Moment(micros).text().parse().unwrap();
            prop_assert_eq!(read, expected);
        }
    }
}
