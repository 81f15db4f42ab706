//! Moments: those that both runtimes read, and the other ways in which people write them.

/// The seconds since 1970 of `2024-02-29`, with a time of day and an offset behind it or not; the contract's only form.
pub fn seconds(text: &str) -> Option<f64> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let midnight = days(digits(&date[..4])?, digits(&date[5..7])?, digits(&date[8..])?)? * 86_400;
    if rest.is_empty() {
        return Some(midnight as f64);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = split_offset(rest)?;
    Some(midnight as f64 + clock_seconds(clock)? - offset as f64)
}

/// The clock, and the seconds of the offset behind it.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let offset = &text[at + 1..];
    let (hours, minutes) = offset.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
    let (hours, minutes) = (digits(hours).filter(|h| *h < 24)?, digits(minutes).filter(|m| *m < 60)?);
    let seconds = hours * 3600 + minutes * 60;
    Some((&text[..at], if text.as_bytes()[at] == b'-' { -seconds } else { seconds }))
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f`.
fn clock_seconds(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, ':');
    let two = |text: &str, below: i64| digits(text).filter(|n| text.len() == 2 && *n < below);
    let (hours, minutes) = (two(parts.next()?, 24)?, two(parts.next()?, 60)?);
    let whole = (hours * 3600 + minutes * 60) as f64;
    let Some(seconds) = parts.next() else { return Some(whole) };
    let (seconds, fraction) = seconds.split_once('.').map_or((seconds, None), |(s, f)| (s, Some(f)));
    let fraction = match fraction {
        None => 0.0,
        Some(f) if (1..=9).contains(&f.len()) => digits(f)? as f64 / 10_f64.powi(i32::try_from(f.len()).ok()?),
        Some(_) => return None,
    };
    Some(whole + two(seconds, 60)? as f64 + fraction)
}

fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() < 18 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The days since 1970 of a day of the calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// The moment of seconds since 1970, as the runtimes read it: a day, with a time of day where it is not midnight.
pub fn of_seconds(seconds: f64) -> String {
    let whole = seconds.floor();
    let (day, second) = ((whole / 86_400.0).floor(), whole.rem_euclid(86_400.0) as i64);
    // Hinnant, "chrono-compatible low-level date algorithms".
    let z = day as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if second == 0 { date } else { format!("{date} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60) }
}

/// The order in which a date names its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// `31.12.2026`
    DayMonth,
    /// `12/31/2026`
    MonthDay,
    /// `2026/12/31`
    Year,
    /// `31-Dec-2026`
    Name,
}

impl Order {
    /// An example of the order.
    pub fn words(self) -> &'static str {
        match self {
            Self::DayMonth => "day, month, year",
            Self::MonthDay => "month, day, year",
            Self::Year => "year, month, day",
            Self::Name => "day, name of the month, year",
        }
    }
}

/// The orders in which a text could be a date that no runtime reads; two where nothing tells day and month apart.
pub fn orders(text: &str) -> Vec<Order> {
    [Order::DayMonth, Order::MonthDay, Order::Year, Order::Name]
        .into_iter()
        .filter(|order| iso(text, *order).is_some())
        .collect()
}

/// The date as the runtimes read it.
pub fn iso(text: &str, order: Order) -> Option<String> {
    let (date, time) = text.split_once([' ', 'T']).map_or((text, ""), |(date, time)| (date, time.trim()));
    if !date.starts_with(|c: char| c.is_ascii_digit()) || date.len() > 11 {
        return None;
    }
    let mark = date.chars().find(|c| ['.', '/', '-'].contains(c))?;
    let mut parts = date.split(mark);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match order {
        Order::Year if mark != '-' || a.len() == 4 => (a, digits(b)?, c),
        Order::DayMonth => (c, digits(b)?, a),
        Order::MonthDay if mark != '.' => (c, digits(a)?, b),
        Order::Name => (c, month_of(b)?, a),
        _ => return None,
    };
    if day.len() > 2 {
        return None;
    }
    let year = match year.len() {
        4 => digits(year)?,
        // What strptime takes for years of two digits (POSIX).
        2 if order != Order::Year => digits(year).map(|year| if year < 69 { 2000 + year } else { 1900 + year })?,
        _ => return None,
    };
    let day = digits(day)?;
    days(year, month, day)?;
    Some(format!("{year:04}-{month:02}-{day:02}{}", clock(time)?))
}

/// A time of day as the runtimes read it, with a space in front; empty for none.
fn clock(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let lower = text.to_ascii_lowercase();
    let (clock, half) = match lower.strip_suffix("am").map(|t| (t, 0)).or(lower.strip_suffix("pm").map(|t| (t, 12))) {
        Some((clock, half)) => (clock.trim(), Some(half)),
        None => (lower.as_str(), None),
    };
    let (hours, rest) = clock.split_once(':')?;
    let mut hours = digits(hours).filter(|_| hours.len() <= 2)?;
    if let Some(half) = half {
        hours = hours % 12 + half;
    }
    let clock = format!("{hours:02}:{rest}");
    clock_seconds(&clock)?;
    Some(format!(" {clock}"))
}

fn month_of(name: &str) -> Option<i64> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let short = name.get(..3)?.to_ascii_lowercase();
    NAMES.iter().position(|known| *known == short).and_then(|at| i64::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_contract_become_seconds() {
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1969-12-31T23:59:59Z", -1.0),
            ("2024-02-29 12:30", 1_709_209_800.0),
            ("2024-02-29T12:30:00.25+01:00", 1_709_206_200.25),
            ("9999-12-31", 253_402_214_400.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in
            ["2023-02-29", "24-01-01", "2024-01-01T24:00", "2024-01-01 10:00:60", "2024/01/01", "2024-01-01T10", ""]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_become_moments_and_come_back() {
        for text in ["1970-01-01", "1969-12-31 23:59:59", "2024-02-29 12:30:00", "0001-03-01", "9999-12-31"] {
            assert_eq!(of_seconds(seconds(text).unwrap()), text);
        }
    }

    #[test]
    fn other_dates_have_an_order() {
        for (text, order, expected) in [
            ("31.12.2026", Order::DayMonth, "2026-12-31"),
            ("12/31/2026", Order::MonthDay, "2026-12-31"),
            ("1/2/2011 9:05 PM", Order::MonthDay, "2011-01-02 21:05"),
            ("2026/01/05", Order::Year, "2026-01-05"),
            ("05-Jan-2026", Order::Name, "2026-01-05"),
            ("1.2.26 07:30:00", Order::DayMonth, "2026-02-01 07:30:00"),
        ] {
            assert_eq!(iso(text, order).as_deref(), Some(expected), "{text}");
            assert!(seconds(expected).is_some(), "{expected}");
        }
        assert_eq!(orders("13/02/2026"), [Order::DayMonth]);
        assert_eq!(orders("02/13/2026"), [Order::MonthDay]);
        assert_eq!(orders("02/03/2026"), [Order::DayMonth, Order::MonthDay]);
        for text in ["1.5", "1-2", "192.168.1.1", "2026", "a/b/c", "99/99/2026", "1.2.3"] {
            assert_eq!(orders(text), [], "{text}");
        }
    }
}
