//! Cron expressions, in the dialect that Azure Pipelines and Azure ML both take.

use std::collections::BTreeSet;

/// A cron expression of five fields, UTC. Names of months and days are kept as numbers, and Sunday is 0: Azure ML knows
/// no other form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron(String);

/// A field: what it is, and its least and greatest number.
struct Field {
    what: &'static str,
    low: u32,
    high: u32,
    /// Names of the numbers from `low` on; three letters are enough (Microsoft Learn, "Configure schedules").
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { what: "minute", low: 0, high: 59, names: &[] },
    Field { what: "hour", low: 0, high: 23, names: &[] },
    Field { what: "day of the month", low: 1, high: 31, names: &[] },
    Field { what: "month", low: 1, high: 12, names: &MONTHS },
    Field { what: "day of the week", low: 0, high: 6, names: &DAYS },
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/// Whole expressions by name, as the first cron knew them.
const SHORT: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];
/// Sunday, to those who count from Monday.
const SUNDAY: u32 = 7;

impl Cron {
    /// Accepts five fields of numbers or names, `*`, lists, ranges and steps, each within its limits.
    ///
    /// # Errors
    /// Which field is wrong and what it may hold, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = SHORT.iter().find(|(short, _)| *short == text.trim()).map_or(text, |(_, long)| *long);
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        if parts.len() != FIELDS.len() {
            let fields = "a cron schedule has 5 fields (minute hour day month weekday)";
            return Err(match parts.split_first() {
                Some((zone, rest)) if zone.contains("TZ=") => {
                    format!("{fields}, in UTC, and no time zone: `{}` with the hour of UTC", rest.join(" "))
                }
                Some((_, rest)) if rest.len() == FIELDS.len() && Self::parse(&rest.join(" ")).is_ok() => {
                    format!("{fields}, and no seconds: `{}`", rest.join(" "))
                }
                _ => format!("{fields}, this has {}", parts.len()),
            });
        }
        let fields: Vec<String> =
            parts.iter().zip(&FIELDS).map(|(part, field)| field.read(part)).collect::<Result<_, _>>()?;
        if fields[4] == "*" && never(&fields[2], &fields[3]) {
            return Err(format!("no month of `{}` has a day of `{}`, so this never comes", parts[3], parts[2]));
        }
        Ok(Self(fields.join(" ")))
    }

    /// The expression, in numbers, fields separated by one space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field {
    /// The field in numbers.
    fn read(&self, part: &str) -> Result<String, String> {
        let items: Option<Vec<String>> = part.split(',').map(|item| self.item(item)).collect();
        let named = match self.names {
            [first, .., last] => format!(" ({} to {})", &first[..3], &last[..3]),
            _ => String::new(),
        };
        items.map(|items| items.join(",")).ok_or_else(|| {
            format!("`{part}` is no {}: {}-{}{named}, *, lists, ranges and steps are", self.what, self.low, self.high)
        })
    }

    fn item(&self, item: &str) -> Option<String> {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            digits(step).filter(|step| *step >= 1 && *step <= self.high.max(1))?;
        }
        let end = step.map_or_else(String::new, |step| format!("/{step}"));
        let Some((from, to)) = range.split_once('-') else {
            return match range {
                // What other dialects write for the one of the two kinds of days that does not count.
                "?" if self.what.starts_with("day") && step.is_none() => Some("*".to_owned()),
                "*" => Some(format!("*{end}")),
                _ => self
                    .number(range)
                    .map(|number| format!("{}{end}", if number == SUNDAY && self.is_week() { 0 } else { number })),
            };
        };
        let (from, to) = (self.number(from)?, self.number(to)?);
        if from <= to && to <= self.high {
            return Some(format!("{from}-{to}{end}"));
        }
        // Over the end and on from the beginning: `fri-mon`, `nov-feb`, `22-2`; a week may end with Sunday.
        let span = self.high - self.low + 1;
        let to = if from > to { to + span } else { to };
        let step = step.and_then(digits).unwrap_or(1);
        let all: BTreeSet<u32> =
            (from..=to).step_by(step as usize).map(|number| (number - self.low) % span + self.low).collect();
        Some(all.iter().map(u32::to_string).collect::<Vec<_>>().join(","))
    }

    fn is_week(&self) -> bool {
        self.high == 6
    }

    /// A number of this field, or the number that a name stands for.
    fn number(&self, text: &str) -> Option<u32> {
        let high = if self.is_week() { SUNDAY } else { self.high };
        let folded = text.to_ascii_lowercase();
        let named = self.names.iter().position(|name| folded == *name || folded == name[..3]);
        let number = named.and_then(|index| u32::try_from(index).ok()).map(|index| index + self.low);
        number.or_else(|| digits(text)).filter(|number| (self.low..=high).contains(number))
    }
}

/// One or two digits.
fn digits(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the days come in none of the months, be it a leap year.
fn never(days: &str, months: &str) -> bool {
    const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let first_day = values(days, 1, 31).into_iter().min().unwrap_or(1);
    let months = values(months, 1, 12);
    months.iter().all(|month| LENGTHS.get(*month as usize - 1).is_none_or(|length| first_day > *length))
}

/// The values that a field of a valid expression stands for.
fn values(field: &str, low: u32, high: u32) -> Vec<u32> {
    let mut values = Vec::new();
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, 1), |(r, s)| (r, s.parse().unwrap_or(1)));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().unwrap_or(low), to.parse().unwrap_or(high)),
            None if range == "*" => (low, high),
            None => {
                (range.parse().unwrap_or(low), if item.contains('/') { high } else { range.parse().unwrap_or(low) })
            }
        };
        values.extend((from..=to.min(high)).step_by(step.max(1)));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_numbers_and_sunday_is_zero() {
        for (written, read) in [
            ("0 9 * * Mon-Fri", "0 9 * * 1-5"),
            ("0 9 * jan,JUL Monday", "0 9 * 1,7 1"),
            ("0 9 * * 7", "0 9 * * 0"),
            ("0 9 * * 5-7", "0 9 * * 0,5,6"),
            ("0 9 * * fri-sun", "0 9 * * 0,5,6"),
            ("0 9 * * sun-tue", "0 9 * * 0-2"),
            ("0 9 * * Fri-Mon", "0 9 * * 0,1,5,6"),
            ("0 9 * * mon-sun", "0 9 * * 0,1,2,3,4,5,6"),
            ("30 22-1 * nov-feb *", "30 0,1,22,23 * 1,2,11,12 *"),
            ("0 9 ? * 1", "0 9 * * 1"),
            ("@daily", "0 0 * * *"),
            ("0 9 * * 1-7/2", "0 9 * * 0,1,3,5"),
            ("0 9 * February-april/2 *", "0 9 * 2-4/2 *"),
            ("*/15  0-6  1,15 * *", "*/15 0-6 1,15 * *"),
        ] {
            assert_eq!(Cron::parse(written).map(|cron| cron.0), Ok(read.to_owned()), "{written}");
        }
    }

    #[test]
    fn every_day_and_month_has_two_names_and_each_number_is_its_own() {
        for (field, names, first) in [(4, &DAYS[..], 0), (3, &MONTHS[..], 1)] {
            for (index, name) in names.iter().enumerate() {
                for written in [name.to_string(), name[..3].to_uppercase()] {
                    assert_eq!(FIELDS[field].read(&written), Ok((index + first).to_string()), "{written}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_is() {
        for (written, said) in [
            ("0 9 * * moon", "`moon` is no day of the week: 0-6 (sun to sat), *, lists, ranges and steps are"),
            ("0 9 * * 8", "`8` is no day of the week"),
            ("? 9 * * *", "`?` is no minute"),
            (
                "0 0 9 * * *",
                "a cron schedule has 5 fields (minute hour day month weekday), and no seconds: `0 9 * * *`",
            ),
            (
                "CRON_TZ=Europe/Berlin 0 9 * * *",
                "a cron schedule has 5 fields (minute hour day month weekday), in UTC, and no time zone: `0 9 * * *` with",
            ),
            ("@often", "a cron schedule has 5 fields (minute hour day month weekday), this has 1"),
            ("0 9 * m *", "`m` is no month: 1-12 (jan to dec), *"),
            ("0 mon * * *", "`mon` is no hour: 0-23, *, lists"),
            ("0 9 30 feb *", "no month of `feb` has a day of `30`"),
        ] {
            let why = Cron::parse(written).expect_err(written);
            assert!(why.starts_with(said), "{why}");
        }
    }
}
