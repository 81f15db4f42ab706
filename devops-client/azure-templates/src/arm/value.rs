//! Values while a template is evaluated: what is known, with what is not known yet within it.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::expression::Arm;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Val>),
    Object(Vec<(String, Val)>),
    /// What only a running deployment knows: the expression that is left.
    Open(Arm),
}

impl Val {
    pub(crate) fn int(number: i64) -> Self {
        Self::Number(number.into())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether nothing in it is open.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Self::Open(_) => false,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Object(entries) => entries.iter().all(|(_, value)| value.is_known()),
            _ => true,
        }
    }

    /// As JSON; what is open is an expression in brackets.
    pub(crate) fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => text.into(),
            Self::List(items) => items.into_iter().map(Self::into_json).collect::<Vec<_>>().into(),
            Self::Object(entries) => {
                entries.into_iter().map(|(key, value)| (key, value.into_json())).collect::<Map<_, _>>().into()
            }
            Self::Open(arm) => Value::String(format!("[{arm}]")),
        }
    }

    /// JSON that holds no expressions.
    pub(crate) fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            Value::Object(map) => {
                Self::Object(map.into_iter().map(|(key, value)| (key, Self::from_json(value))).collect())
            }
        }
    }

    /// As an expression, to stand within one that is open.
    pub(crate) fn into_arm(self) -> Arm {
        match self {
            Self::Null => Arm::call("null", Vec::new()),
            Self::Bool(value) => Arm::call(if value { "true" } else { "false" }, Vec::new()),
            Self::Number(number) => match number.as_i64() {
                Some(number) => Arm::Int(number),
                None => Arm::call("json", vec![Arm::text(number.to_string())]),
            },
            Self::Text(text) => Arm::Str(text),
            Self::List(items) => Arm::call("createArray", items.into_iter().map(Self::into_arm).collect()),
            Self::Object(entries) => {
                let pairs = entries.into_iter().flat_map(|(key, value)| [Arm::Str(key), value.into_arm()]);
                Arm::call("createObject", pairs.collect())
            }
            Self::Open(arm) => arm,
        }
    }

    /// A property of an object; names differ in more than capitals.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => {
                entries.iter().find(|(key, _)| key.to_lowercase() == name.to_lowercase()).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// What kind of value it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
            Self::Open(_) => "a value that is not known yet",
        }
    }

    /// Equality of the template language: the order of keys says nothing, capitals of texts do.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| other.get(key).is_some_and(|found| value.same(found)))
            }
            (Self::Number(a), Self::Number(b)) => a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()),
            _ => self == other,
        }
    }
}

/// The order of two texts: letters first without their capitals, small ones before large ones.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    let plain = a.to_lowercase().cmp(&b.to_lowercase());
    plain.then_with(|| {
        let capitals = |text: &str| text.chars().map(char::is_uppercase).collect::<Vec<_>>();
        capitals(a).cmp(&capitals(b))
    })
}

/// Sets a property, whatever its capitals.
pub(crate) fn set(entries: &mut Vec<(String, Val)>, key: String, value: Val) {
    match entries.iter_mut().find(|(known, _)| known.to_lowercase() == key.to_lowercase()) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}
