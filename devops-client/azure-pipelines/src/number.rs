//! Numbers as the service computes with them: decimal, exact, up to 29 digits (a .NET `Decimal`).

use std::cmp::Ordering;
use std::fmt;

/// The most digits of a number, of .NET's `Decimal`.
const DIGITS: usize = 29;

/// A decimal number, without zeros that say nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Number {
    /// A number as it is written in expressions and YAML: digits, one point at most, a sign before them.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() > DIGITS {
            return None;
        }
        let zero = whole.is_empty() && fraction.is_empty();
        let whole = if whole.is_empty() { "0" } else { whole };
        Some(Self { negative: negative && !zero, whole: whole.to_owned(), fraction: fraction.to_owned() })
    }

    /// A text as a number, by the rules of the "Expressions" page: empty is 0; white space around, a sign, a point and
    /// separators of thousands are taken.
    pub fn convert(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::from(0));
        }
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let separated = whole.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
        if !whole.contains(',') {
            return Self::parse(text);
        }
        let whole: String = whole.chars().filter(|c| *c != ',').collect();
        if separated { Self::parse(&format!("{whole}.{fraction}")) } else { None }
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.whole == "0" && self.fraction.is_empty()
    }

    /// Whether it is less than 0.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The whole part as an index of a list; `None` for what is negative or far too large.
    pub fn index(&self) -> Option<usize> {
        if self.negative { None } else { self.whole.parse().ok() }
    }

    /// The digits before and behind the point; no digits behind it for a whole number.
    pub fn parts(&self) -> (&str, &str) {
        (&self.whole, &self.fraction)
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self { negative: false, whole: value.to_string(), fraction: String::new() }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let size =
            |a: &Self, b: &Self| (a.whole.len(), &a.whole, &a.fraction).cmp(&(b.whole.len(), &b.whole, &b.fraction));
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        match self.fraction.as_str() {
            "" => write!(f, "{sign}{}", self.whole),
            fraction => write!(f, "{sign}{}.{fraction}", self.whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn numbers_are_compared_by_what_they_are_worth() {
        let sorted = ["-12.5", "-12", "-0.5", "0", "0.25", "0.3", "2", "10", "10.01"];
        let numbers: Vec<Number> = sorted.iter().map(|text| Number::parse(text).unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(Number::parse("-0"), Number::parse("0.0"));
        assert_eq!(Number::parse("007.50").unwrap().to_string(), "7.5");
        assert!(Number::parse("9007199254740993") > Number::parse("9007199254740992"));
    }

    #[test]
    fn texts_become_numbers_by_the_documented_rules() {
        for (text, number) in
            [("", "0"), (" 7 ", "7"), ("1,000", "1000"), ("-1,0.5", "-10.5"), (".5", "0.5"), ("5.", "5")]
        {
            assert_eq!(Number::convert(text).map(|n| n.to_string()).as_deref(), Some(number), "{text:?}");
        }
        for text in ["a", "1e3", "0x10", "1.2.3", ",5", "--1", " ", "1.0,0", "123456789012345678901234567890"] {
            assert_eq!(Number::convert(text), None, "{text:?}");
        }
    }
}
