//! From the text of one cell to a number.

use super::Problem;
use super::reading::{Reading, Wanted};
use std::collections::HashMap;

/// The longest number with a decimal comma for which no memory is taken; the shortest text of any f64 has 24 characters.
const USUAL_NUMBER: usize = 64;

/// Up to this many texts are looked through one after another.
const FEW: usize = 8;

/// The different texts of a column in a batch, in the order of their appearance.
#[derive(Debug, Default)]
pub(super) struct Texts {
    list: Vec<String>,
    places: HashMap<Box<[u8]>, u32>,
    last: usize,
}

impl Texts {
    /// The place of a text in the list; `None` when it is not UTF-8.
    pub fn place(&mut self, text: &[u8]) -> Option<f64> {
        if self.list.get(self.last).is_some_and(|last| last.as_bytes() == text) {
            return Some(self.last as f64);
        }
        let known = if self.list.len() <= FEW {
            self.list.iter().position(|known| known.as_bytes() == text)
        } else {
            self.places.get(text).map(|&place| place as usize)
        };
        self.last = match known {
            Some(place) => place,
            None => {
                let place = self.list.len();
                self.list.push(std::str::from_utf8(text).ok()?.to_owned());
                self.places.insert(text.into(), place as u32);
                place
            }
        };
        Some(self.last as f64)
    }

    pub fn into_list(self) -> Vec<String> {
        self.list
    }
}

/// The value of a cell of a wanted column.
pub(super) fn value(reading: &Reading, wanted: &Wanted, cell: &[u8], texts: &mut Texts) -> Result<f64, Problem> {
    if *wanted == Wanted::Number && !reading.markers_are_numbers() && !reading.has_decimal_comma() {
        // The usual case first.
        if let Ok(value) = fast_float2::parse::<f64, _>(cell)
            && value.is_finite()
        {
            return Ok(value);
        }
    }
    let trimmed = cell.trim_ascii();
    if reading.is_missing(trimmed) {
        return Err(Problem::Missing);
    }
    match wanted {
        Wanted::Number if reading.has_decimal_comma() => comma_number(trimmed),
        Wanted::Number => number(trimmed, trimmed),
        Wanted::Boolean(booleans) => booleans.value(trimmed).ok_or_else(|| Problem::NotBoolean(excerpt(trimmed))),
        Wanted::Category => texts.place(cell).ok_or_else(|| Problem::Encoding(excerpt(cell))),
        Wanted::Datetime => seconds_since_1970(trimmed).ok_or_else(|| Problem::NotDatetime(excerpt(trimmed))),
    }
}

/// The finite number that a text is; `shown` is the text for a message.
fn number(text: &[u8], shown: &[u8]) -> Result<f64, Problem> {
    match fast_float2::parse::<f64, _>(text) {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(Problem::NotFinite(excerpt(shown))),
        Err(_) => Err(Problem::Text(excerpt(shown))),
    }
}

/// A number with a decimal comma; a point is no part of one.
fn comma_number(text: &[u8]) -> Result<f64, Problem> {
    if text.contains(&b'.') {
        return Err(Problem::Text(excerpt(text)));
    }
    let (mut usual, mut long) = ([0; USUAL_NUMBER], vec![]);
    let copy = match usual.get_mut(..text.len()) {
        Some(copy) => copy,
        None => {
            long.resize(text.len(), 0);
            &mut long[..]
        }
    };
    for (to, &from) in copy.iter_mut().zip(text) {
        *to = if from == b',' { b'.' } else { from };
    }
    number(copy, text)
}

/// The longest piece of a cell's text that an error repeats.
const TEXT_IN_ERROR: usize = 40;

/// The beginning of a cell's text.
pub(super) fn excerpt(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let mut short: String = text.chars().take(TEXT_IN_ERROR).collect();
    if text.chars().nth(TEXT_IN_ERROR).is_some() {
        short.push('…');
    }
    short
}

/// The seconds since 1970 of a moment: `2024-02-29`, optionally with `T` or a space and `hh:mm`, `hh:mm:ss` or
/// `hh:mm:ss.f`, and then optionally `Z` or an offset such as `+01:00`; without one, UTC. RFC 3339 is a part of this.
#[must_use]
pub fn seconds_since_1970(text: &[u8]) -> Option<f64> {
    let (date, rest) = text.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&date[..4])?, digits(&date[5..7])?, digits(&date[8..])?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if year == 0 || !(1..=length).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    if rest.is_empty() {
        return Some(midnight as f64);
    }
    let (seconds, billionths) = time_of_day(rest)?;
    Some((midnight + seconds) as f64 + billionths as f64 / 1e9)
}

/// The seconds and billionths of a second of ` hh:mm[:ss[.f]][Z|±hh:mm]`, the offset taken off.
fn time_of_day(text: &[u8]) -> Option<(i64, i64)> {
    let (clock, mut rest) = text.split_at_checked(6)?;
    if !matches!(clock[0], b'T' | b't' | b' ') || clock[3] != b':' {
        return None;
    }
    let mut seconds = digits(&clock[1..3]).filter(|h| *h < 24)? * 3600 + digits(&clock[4..]).filter(|m| *m < 60)? * 60;
    let mut billionths = 0;
    if rest.first() == Some(&b':') {
        seconds += digits(rest.get(1..3)?).filter(|s| *s < 60)?;
        rest = &rest[3..];
        if rest.first() == Some(&b'.') {
            let length = rest[1..].iter().take_while(|c| c.is_ascii_digit()).count();
            if !(1..=9).contains(&length) {
                return None;
            }
            billionths = digits(&rest[1..=length])? * 10_i64.pow(9 - length as u32);
            rest = &rest[1 + length..];
        }
    }
    let offset = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = digits(&[*h1, *h2]).filter(|h| *h < 24)?;
            let offset = hours * 3600 + digits(&[*m1, *m2]).filter(|m| *m < 60)? * 60;
            if *sign == b'+' { offset } else { -offset }
        }
        _ => return None,
    };
    Some((seconds - offset, billionths))
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |sum, c| c.is_ascii_digit().then(|| sum * 10 + i64::from(c - b'0')))
}

/// The days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::DataContract;

    fn read(column: &str, rest: &str, cell: &str) -> Result<f64, Problem> {
        let text = format!(
            r#"{{"version":2,"target":"y","columns":[{{"name":"a",{column}}},{{"name":"y","type":"number"}}]{rest}}}"#
        );
        let reading = Reading::of(&DataContract::from_json(text.as_bytes()).unwrap());
        value(&reading, &reading.wanted()[0], cell.as_bytes(), &mut Texts::default())
    }

    #[test]
    fn numbers_have_one_mark_and_no_words() {
        for (cell, expected) in [("1", 1.0), ("+1", 1.0), (" -2.5e3\t", -2500.0), ("1.", 1.0), (".5", 0.5), ("-0", 0.0)]
        {
            assert_eq!(read(r#""type":"number""#, "", cell), Ok(expected), "{cell}");
        }
        for cell in ["1_000", "0x10", "1,5", "1e", "1 2", "x", "1.2.3", "--1", "١"] {
            assert_eq!(read(r#""type":"number""#, "", cell), Err(Problem::Text(cell.into())), "{cell}");
        }
        for cell in ["nan", "inf", "-Infinity", "1e400"] {
            assert_eq!(read(r#""type":"number""#, "", cell), Err(Problem::NotFinite(cell.into())), "{cell}");
        }
    }

    #[test]
    fn a_decimal_comma_is_the_only_mark() {
        let comma = r#","csv":{"delimiter":";","decimal":","}"#;
        for (cell, expected) in [("37,44", 37.44), ("-1,5e2", -150.0), ("7", 7.0)] {
            assert_eq!(read(r#""type":"number""#, comma, cell), Ok(expected), "{cell}");
        }
        for cell in ["1.5", "1.234,5", "1,2,3"] {
            assert_eq!(read(r#""type":"number""#, comma, cell), Err(Problem::Text(cell.into())), "{cell}");
        }
    }

    #[test]
    fn markers_are_missing_whatever_they_look_like() {
        let markers = r#","missing":["NA","-999","nan"]"#;
        for cell in ["", "  ", "NA", " NA ", "-999", "nan"] {
            assert_eq!(read(r#""type":"number""#, markers, cell), Err(Problem::Missing), "{cell}");
            assert_eq!(read(r#""type":"category""#, markers, cell), Err(Problem::Missing), "{cell}");
        }
        assert_eq!(read(r#""type":"number""#, markers, "-999.0"), Ok(-999.0));
        assert_eq!(read(r#""type":"number""#, markers, "na"), Err(Problem::Text("na".into())));
    }

    #[test]
    fn booleans_are_the_usual_words_or_the_given_ones() {
        for (cell, expected) in [("true", 1.0), ("TRUE", 1.0), (" yes ", 1.0), ("1", 1.0), ("False", 0.0), ("0", 0.0)] {
            assert_eq!(read(r#""type":"boolean""#, "", cell), Ok(expected), "{cell}");
        }
        for cell in ["Yes", "t", "2", "1.0", "on"] {
            assert_eq!(read(r#""type":"boolean""#, "", cell), Err(Problem::NotBoolean(cell.into())), "{cell}");
        }
        let own = r#""type":"boolean","true":["ja"],"false":["nein"]"#;
        assert_eq!(read(own, "", "ja"), Ok(1.0));
        assert_eq!(read(own, "", "true"), Err(Problem::NotBoolean("true".into())));
    }

    #[test]
    fn moments_become_seconds() {
        for (cell, expected) in [
            ("1970-01-01", 0.0),
            ("1969-12-31T23:59:59Z", -1.0),
            ("2024-02-29 12:30", 1_709_209_800.0),
            ("2024-02-29T12:30:00.25+01:00", 1_709_206_200.25),
            ("2000-01-01t00:00:00z", 946_684_800.0),
            ("0001-01-01", -62_135_596_800.0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_800.0),
        ] {
            assert_eq!(read(r#""type":"datetime""#, "", cell), Ok(expected), "{cell}");
        }
        for cell in [
            "2023-02-29",
            "2024-13-01",
            "24-01-01",
            "2024-01-01T24:00",
            "2024-01-01T10",
            "2024-01-01 10:00:60",
            "2024-01-01T10:00+1",
            "0000-01-01",
            "2024/01/01",
            "1709209800",
            "2024-01-01T10:00:00.",
            "2024-01-01x",
        ] {
            assert_eq!(read(r#""type":"datetime""#, "", cell), Err(Problem::NotDatetime(cell.into())), "{cell}");
        }
    }

    #[test]
    fn texts_get_places_in_the_order_of_their_appearance() {
        let mut texts = Texts::default();
        let many: Vec<String> = (0..30).map(|i| format!("level {}", i % 13)).collect();
        let places: Vec<f64> = many.iter().map(|text| texts.place(text.as_bytes()).unwrap()).collect();
        assert_eq!(places, (0..30).map(|i| f64::from(i % 13)).collect::<Vec<_>>());
        assert_eq!(texts.place(b"\xff"), None);
        assert_eq!(texts.into_list().len(), 13);
    }
}
