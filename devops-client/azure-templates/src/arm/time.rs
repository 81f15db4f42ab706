//! Functions of points in time.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::value::Val;

type Made = Result<Val, String>;

const DAY: i64 = 86_400;

/// Calls the function called `name` (in small letters) if it is one of time.
pub(crate) fn call(name: &str, arguments: &[Val]) -> Option<Made> {
    Some(match (name, arguments) {
        ("datetimeadd", [Val::Text(base), Val::Text(duration), rest @ ..]) => {
            let pattern = match rest {
                [Val::Text(pattern)] => Some(pattern.as_str()),
                _ => None,
            };
            // Without a pattern the sum looks as the base does.
            let short = base.len() == 16 && !base.contains('-');
            let pattern = pattern.or(short.then_some("yyyyMMddTHHmmssZ"));
            point(base).and_then(|base| {
                let sum = base.checked_add(length(duration)?).map_err(|error| error.to_string())?;
                format(sum, pattern).map(Val::Text)
            })
        }
        ("datetimetoepoch", [Val::Text(text)]) => point(text).map(|point| Val::int(point.as_second())),
        ("datetimefromepoch", [Val::Number(number)]) => {
            let point = Timestamp::from_second(number.as_i64().unwrap_or(i64::MAX)).map_err(|error| error.to_string());
            point.and_then(|point| format(point, None).map(Val::Text))
        }
        _ => return None,
    })
}

pub(crate) fn point(text: &str) -> Result<Timestamp, String> {
    let read = text.parse::<Timestamp>().ok().or_else(|| {
        // Without a zone it is UTC.
        let civil = text.replacen(' ', "T", 1).parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    read.ok_or_else(|| format!("`{text}` is no point in time such as 2026-01-01T00:00:00Z"))
}

/// An ISO 8601 duration; a month has 30 days here and a year 365.
pub(crate) fn length(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is no duration such as P3D or -PT1H");
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut rest = rest.strip_prefix('P').ok_or_else(wrong)?;
    let (mut seconds, mut in_time) = (0_i64, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (rest, in_time) = (after, true);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit = match (rest[end..].chars().next(), in_time) {
            (Some('Y'), false) => 365 * DAY,
            (Some('M'), false) => 30 * DAY,
            (Some('D'), false) => DAY,
            (Some('H'), true) => 3_600,
            (Some('M'), true) => 60,
            (Some('S'), true) => 1,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(unit).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = &rest[end + 1..];
    }
    Ok(SignedDuration::from_secs(sign * seconds))
}

/// A point in time in UTC, in a pattern of .NET.
pub(crate) fn format(point: Timestamp, pattern: Option<&str>) -> Result<String, String> {
    let time = point.to_zoned(TimeZone::UTC).datetime();
    let pattern = match pattern.unwrap_or("yyyy-MM-ddTHH:mm:ssZ") {
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "d" => "MM/dd/yyyy",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        other => other,
    };
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let count = rest.chars().take_while(|c| *c == first).count();
        let number = |value: i64| format!("{value:0>count$}");
        out.push_str(&match (first, count) {
            ('y', 4) => number(i64::from(time.year())),
            ('y', 2) => format!("{:02}", time.year() % 100),
            ('M', 1 | 2) => number(i64::from(time.month())),
            ('d', 1 | 2) => number(i64::from(time.day())),
            ('H', 1 | 2) => number(i64::from(time.hour())),
            ('h', 1 | 2) => number(i64::from((time.hour() + 11) % 12 + 1)),
            ('m', 1 | 2) => number(i64::from(time.minute())),
            ('s', 1 | 2) => number(i64::from(time.second())),
            ('f', 1..=7) => format!("{:09}", time.subsec_nanosecond())[..count].to_owned(),
            ('y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'f' | 't' | 'K' | 'z' | 'g', _) => {
                return Err(format!("the time format `{pattern}` is not known"));
            }
            _ => first.to_string().repeat(count),
        });
        rest = &rest[first.len_utf8() * count..];
    }
    Ok(out)
}
