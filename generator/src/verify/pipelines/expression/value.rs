//! Values of expressions.

use std::fmt;

/// A value, as expressions see it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing; a missing property is this.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Text.
    String(String),
    /// A list; an item that is not known is `None`.
    List(Vec<Option<Value>>),
    /// A mapping, in order; a value that is not known is `None`.
    Object(Vec<(String, Option<Value>)>),
}

impl Value {
    /// Whether it counts as true: everything but null, false, zero and the empty string does.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(value) => *value != 0.0,
            Self::String(value) => !value.is_empty(),
            Self::List(_) | Self::Object(_) => true,
        }
    }

    /// As a number; `None` where there is no sensible one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Null => Some(0.0),
            Self::Boolean(value) => Some(f64::from(u8::from(*value))),
            Self::Number(value) => Some(*value),
            Self::String(text) if text.trim().is_empty() => Some(0.0),
            Self::String(text) => text.trim().parse().ok(),
            Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Whether two values are equal: the right one becomes what the left one is; strings do not mind case.
    ///
    /// `None` if the comparison is not defined.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::String(left), right) => Some(left.to_lowercase() == right.scalar_text()?.to_lowercase()),
            (Self::Boolean(left), right) => Some(*left == right.is_true()),
            (Self::Number(left), right) => Some(right.number() == Some(*left)),
            (Self::Null, right) => Some(*right == Self::Null || *right == Self::String(String::new())),
            (Self::List(_) | Self::Object(_), _) => None,
        }
    }

    /// As text, if it is a scalar.
    pub fn scalar_text(&self) -> Option<String> {
        match self {
            Self::List(_) | Self::Object(_) => None,
            scalar => Some(scalar.to_string()),
        }
    }

    /// The property `key`; names do not mind case. Outer `None`: it is not known.
    pub fn property(&self, key: &str) -> Option<Self> {
        match self {
            Self::Object(entries) => match entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
                Some((_, value)) => value.clone(),
                None => Some(Self::Null),
            },
            Self::List(items) => match key.parse::<usize>() {
                Ok(index) => items.get(index).cloned().unwrap_or(Some(Self::Null)),
                Err(_) => Some(Self::Null),
            },
            _ => Some(Self::Null),
        }
    }
}

/// As it is put into a string.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Boolean(value) => f.write_str(if *value { "True" } else { "False" }),
            Self::Number(value) => write!(f, "{value}"),
            Self::String(value) => f.write_str(value),
            Self::List(_) => f.write_str("Array"),
            Self::Object(_) => f.write_str("Object"),
        }
    }
}
