//! What the text of one cell is, by the rules of the data contract; and what it would be by other people's rules.

/// A cell without the spaces that both runtimes pass over.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{c}'])
}

/// The finite number that a trimmed text is: a sign, digits with one decimal mark, an exponent; nothing else.
pub fn number(text: &str, decimal: char) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = body.split_once(['e', 'E']).map_or((body, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) || !exponent_fits {
        return None;
    }
    let number: f64 = if decimal == '.' { text.parse() } else { text.replace(decimal, ".").parse() }.ok()?;
    number.is_finite().then_some(number)
}

/// What a number wears that no runtime reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dress {
    /// Marks between groups of three digits.
    Groups,
    /// The sign or the code of a currency, or brackets for what is negative.
    Currency,
    /// A per cent sign.
    Percent,
}

impl Dress {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Groups => "thousands separators",
            Self::Currency => "currency signs",
            Self::Percent => "per cent signs",
        }
    }
}

/// The number under a currency, a per cent sign or marks between groups of digits; none for a plain number.
pub fn dressed(text: &str, decimal: char) -> Option<(f64, Dress)> {
    let mut dress = None;
    let mut body = text;
    let mut sign = 1.0;
    if let Some(inner) = body.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        (body, sign, dress) = (inner, -1.0, Some(Dress::Currency));
    }
    if let Some(rest) = body.strip_prefix('-') {
        (body, sign) = (rest, -sign);
    }
    if let Some(rest) = body.strip_suffix('%') {
        (body, dress) = (rest.trim_end(), Some(Dress::Percent));
    } else if let Some(rest) = without_currency(body) {
        (body, dress) = (rest, Some(Dress::Currency));
        if let Some(rest) = body.strip_prefix('-') {
            (body, sign) = (rest, -sign);
        }
    }
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == decimal) {
        return None;
    }
    let value = match ungrouped(body, decimal) {
        Some(value) => {
            dress = dress.or(Some(Dress::Groups));
            value
        }
        None => number(body, decimal)?,
    };
    dress.map(|dress| (sign * value, dress))
}

fn without_currency(text: &str) -> Option<&str> {
    const SIGNS: [&str; 19] = [
        "$", "€", "£", "¥", "₹", "₽", "₩", "R$", "US$", "USD", "EUR", "GBP", "CHF", "INR", "JPY", "kr", "zł", "SEK",
        "PLN",
    ];
    let front = SIGNS.iter().filter_map(|sign| text.strip_prefix(sign)).min_by_key(|rest| rest.len());
    let back = SIGNS.iter().filter_map(|sign| text.strip_suffix(sign)).min_by_key(|rest| rest.len());
    front.or(back).map(|rest| rest.trim_matches([' ', '\u{a0}']))
}

/// The number of a text with marks between groups of three digits.
fn ungrouped(text: &str, decimal: char) -> Option<f64> {
    const MARKS: [char; 6] = [',', '.', ' ', '\'', '\u{a0}', '\u{202f}'];
    let (whole, fraction) = text.split_once(decimal).map_or((text, None), |(w, f)| (w, Some(f)));
    let mark = whole.chars().find(|c| MARKS.contains(c) && *c != decimal)?;
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !(1..=3).contains(&first.len()) || !digits(first) || !groups.all(|g| g.len() == 3 && digits(g)) {
        return None;
    }
    let plain: String = whole.chars().filter(|c| *c != mark).collect();
    match fraction {
        None => plain.parse().ok(),
        Some(fraction) if digits(fraction) => format!("{plain}.{fraction}").parse().ok(),
        Some(_) => None,
    }
}

/// Whether digits begin with a zero that a number would not keep: `01234`.
pub fn is_code(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_those_of_the_contract() {
        for (text, decimal, value) in [
            ("1", '.', 1.0),
            ("+1.", '.', 1.0),
            (".5", '.', 0.5),
            ("-2.5e3", '.', -2500.0),
            ("37,44", ',', 37.44),
            ("-1,5e2", ',', -150.0),
        ] {
            assert_eq!(number(text, decimal), Some(value), "{text}");
        }
        for (text, decimal) in [
            ("", '.'),
            (".", '.'),
            ("1_000", '.'),
            ("1,5", '.'),
            ("1.5", ','),
            ("1e", '.'),
            ("inf", '.'),
            ("1e400", '.'),
        ] {
            assert_eq!(number(text, decimal), None, "{text}");
        }
    }

    #[test]
    fn dressed_numbers_are_undressed() {
        for (text, decimal, value, dress) in [
            ("1,234", '.', 1234.0, Dress::Groups),
            ("-1,234,567.5", '.', -1_234_567.5, Dress::Groups),
            ("1.234,50", ',', 1234.5, Dress::Groups),
            ("1 234", '.', 1234.0, Dress::Groups),
            ("$1,234.50", '.', 1234.5, Dress::Currency),
            ("12,50 €", ',', 12.5, Dress::Currency),
            ("-$5", '.', -5.0, Dress::Currency),
            ("($5.00)", '.', -5.0, Dress::Currency),
            ("12.5%", '.', 12.5, Dress::Percent),
            ("3 %", '.', 3.0, Dress::Percent),
        ] {
            assert_eq!(dressed(text, decimal), Some((value, dress)), "{text}");
        }
        for text in ["1", "1.5", "12,34", "abc", "", "%", "$", "1,23,456", "(a)"] {
            assert_eq!(dressed(text, '.'), None, "{text}");
        }
    }
}
