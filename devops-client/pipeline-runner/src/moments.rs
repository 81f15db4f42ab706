//! What an agent makes of a variable that looks like a date and time: its JSON reader takes it for one, quoted or not, and
//! scripts get it in the agent's own culture and zone (azure-pipelines-agent#4530). Agents here are of the invariant culture,
//! and in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How the invariant culture of .NET writes a moment.
const WRITTEN: &str = "%m/%d/%Y %H:%M:%S";

/// The text that scripts get instead, of what has the form `2026-11-30T07:00:00`, with or without fractions and zone.
pub(crate) fn reread(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || bytes[10] != b'T' || bytes[16] != b':' {
        return None;
    }
    let moment = match text.parse::<Timestamp>() {
        Ok(moment) => moment.to_zoned(TimeZone::UTC).datetime(),
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(moment.strftime(WRITTEN).to_string())
}

#[cfg(test)]
mod tests {
    use super::reread;

    #[test]
    fn moments_are_written_anew_and_nothing_else_is() {
        for (text, read) in [
            ("2026-11-30T07:00:00", "11/30/2026 07:00:00"),
            ("2020-01-01T22:32:00Z", "01/01/2020 22:32:00"),
            ("2026-11-30T07:00:00.125Z", "11/30/2026 07:00:00"),
            ("2026-11-30T23:30:00-02:00", "12/01/2026 01:30:00"),
        ] {
            assert_eq!(reread(text).as_deref(), Some(read), "{text}");
        }
        for text in
            ["2026-11-30", "2026-11-30 07:00:00", "at 2026-11-30T07:00:00Z", "2026-13-30T07:00:00Z", "", "1.2.3"]
        {
            assert_eq!(reread(text), None, "{text}");
        }
    }
}
