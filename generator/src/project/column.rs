//! One column of the data.

use std::fmt;

use super::name::ColumnName;

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Header in the file.
    pub name: ColumnName,
    /// A name of letters, digits and underscores, which no other column has as name or alias; often the name itself.
    pub alias: Alias,
    /// What a cell holds.
    pub kind: ColumnType,
    /// Whether an empty cell is an error.
    pub required: bool,
    /// What becomes of a missing value of a column that is not required, if the spec says.
    pub when_missing: Option<WhenMissing>,
    /// Least value, inclusive.
    pub min: Option<f64>,
    /// Greatest value, inclusive.
    pub max: Option<f64>,
    /// The only values allowed; empty when any is.
    pub allowed: Vec<f64>,
    /// Mean and standard deviation that history leads us to expect.
    pub expected: Option<Expected>,
    /// The levels of a category, if the spec lists them; else those of the training rows.
    pub levels: Option<Vec<String>>,
    /// What an unseen level of a category is.
    pub unknown: Unknown,
    /// The cells that mean yes and those that mean no in a boolean column, if the spec lists them.
    pub truths: Option<(Vec<String>, Vec<String>)>,
}

impl Column {
    /// A level that a category has for sure: the first that the spec lists, or the constant for missing ones.
    pub fn example_level(&self) -> Option<&str> {
        match (&self.levels, &self.when_missing) {
            (Some(levels), _) => levels.first().map(String::as_str),
            (None, Some(WhenMissing::Constant(Cell::Text(level)))) => Some(level),
            _ => None,
        }
    }
}

/// An identifier for a column: ASCII letters, digits and underscores, no digit in front.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(String);

impl Alias {
    /// Accepts an identifier of at most 64 characters.
    ///
    /// # Errors
    /// What an alias looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !Self::fits(text) {
            return Err("an alias is letters, digits and underscores, at most 64, with no digit in front".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    fn fits(text: &str) -> bool {
        let char = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (1..=64).contains(&text.len()) && text.chars().all(char) && !text.starts_with(|c: char| c.is_ascii_digit())
    }

    /// The alias that a header has by itself: the header where it is an identifier, else what is left of it when
    /// letters lose their marks and everything else is an underscore. `place` is the column's, from 0; `taken` says
    /// which names are not free.
    pub fn derive(header: &str, place: usize, taken: impl Fn(&str) -> bool) -> Self {
        if Self::fits(header) {
            return Self(header.to_owned());
        }
        let mut plain = String::new();
        for c in header.chars() {
            match folded(c) {
                "" if c.is_ascii_alphanumeric() => plain.push(c),
                "" if plain.ends_with('_') => {}
                "" => plain.push('_'),
                letters => plain.push_str(letters),
            }
        }
        let plain = plain.trim_matches('_');
        // Room for a number that tells two of them apart.
        let mut base: String = plain.chars().take(56).collect();
        if base.is_empty() {
            base = format!("column_{}", place + 1);
        } else if base.starts_with(|c: char| c.is_ascii_digit()) {
            base.insert(0, '_');
        }
        let numbered = (2_usize..).map(|number| format!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        Self(names.find(|name| !taken(name)).unwrap_or(base))
    }

    /// The alias.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Plain letters for a Latin letter with marks; empty for every other character.
fn folded(c: char) -> &'static str {
    match c {
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "Ae",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "Oe",
        'ü' => "ue",
        'Ü' => "Ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ą' | 'Ă' => "A",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ď' | 'đ' => "d",
        'Ď' | 'Đ' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ę' | 'Ě' => "E",
        'ğ' => "g",
        'Ğ' => "G",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ő' => "O",
        'ř' => "r",
        'Ř' => "R",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ť' | 'ț' => "t",
        'Ť' | 'Ț' => "T",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ů' | 'Ű' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'µ' | 'μ' => "u",
        '²' => "2",
        '³' => "3",
        _ => "",
    }
}

/// Type of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A real number.
    Number,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// One of some texts.
    Category,
    /// Free text.
    Text,
    /// A moment.
    Datetime,
}

impl ColumnType {
    /// As in the spec and in the data contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Category => "category",
            Self::Text => "text",
            Self::Datetime => "datetime",
        }
    }

    /// Whether the cells have limits, a mean and a standard deviation that a person would write down.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Integer)
    }
}

/// A cell, as callers send it and as contracts say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Text without control characters.
    Text(String),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// What becomes of a missing value.
#[derive(Clone, Debug, PartialEq)]
pub enum WhenMissing {
    /// Training leaves the row out, and a request with it is refused.
    DropRow,
    /// The mean takes its place.
    Mean,
    /// The median takes its place.
    Median,
    /// The most frequent value takes its place.
    MostFrequent,
    /// The mean takes its place, of a category no level, and a further feature says so.
    Indicator,
    /// This value of the column's type takes its place.
    Constant(Cell),
}

/// What an unseen level of a category is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// An error.
    #[default]
    Refuse,
    /// None of the known levels.
    Ignore,
    /// The most frequent level.
    MostFrequent,
}

impl Unknown {
    /// As in the spec and in the data contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Ignore => "ignore",
            Self::MostFrequent => "most-frequent",
        }
    }
}

/// Moments that history leads us to expect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation, positive.
    pub standard_deviation: f64,
}

#[cfg(test)]
mod tests {
    use super::Alias;

    #[test]
    fn headers_become_identifiers_that_tell_them_apart() {
        let mut taken: Vec<String> = vec!["lot_size".to_owned()];
        for (header, expected) in [
            ("living area (m2)", "living_area_m2"),
            ("1stFloor", "_1stFloor"),
            ("lot.size", "lot_size_2"),
            ("Größe", "Groesse"),
            ("Cena (Kč)", "Cena_Kc"),
            ("price-per-m²", "price_per_m2"),
            ("price per m2", "price_per_m2_2"),
            ("価格", "column_9"),
            ("plain_1", "plain_1"),
        ] {
            let alias = Alias::derive(header, 8, |name| taken.iter().any(|known| known == name));
            assert_eq!(alias.as_str(), expected, "{header}");
            assert!(Alias::parse(alias.as_str()).is_ok());
            taken.push(alias.as_str().to_owned());
        }
        let long = Alias::derive(&"ab ".repeat(100), 0, |_| false);
        assert!(Alias::parse(long.as_str()).is_ok());
    }

    #[test]
    fn an_alias_is_an_identifier() {
        for bad in ["", "1st", "a b", "ä", &"a".repeat(65)] {
            assert!(Alias::parse(bad).is_err(), "{bad:?}");
        }
    }
}
