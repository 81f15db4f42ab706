//! Values of fields: of what is wanted, known or known later; of what is found or about to be written, known.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::remote::later::Later;
use crate::remote::resource::Fields;

/// A value that is known, or known later: looked up in `remote/later.rs`, right before anything is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Pending<T> {
    /// It is known.
    Known(T),
    /// What stands for it.
    Later(Later),
}

/// A text that is known, or known later.
pub type Text = Pending<String>;

impl Text {
    /// The value of an environment variable; where the environment does not have it, what is there already stays.
    pub fn variable(values: &BTreeMap<String, String>, variable: &str) -> Self {
        values.get(variable).map_or_else(
            || Self::Later(Later::Kept { variable: variable.to_owned() }),
            |value| Self::Known(value.clone()),
        )
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Known(text)
    }
}

/// What a field can hold.
pub trait FieldValue: Sized {
    /// The value in a list of fields; none where the field is left out.
    fn to_value(&self) -> Option<Value>;

    /// The value that a list of fields has.
    ///
    /// # Errors
    /// Why it is none, as the end of a sentence.
    fn from_value(value: Option<&Value>) -> Result<Self, &'static str>;
}

impl FieldValue for String {
    fn to_value(&self) -> Option<Value> {
        Some(Value::from(self.as_str()))
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        match value {
            None => Err("nothing says what it is"),
            Some(value) if Later::read(value).is_some() => Err("it is not known yet"),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err("it is no text"),
        }
    }
}

impl<T: FieldValue> FieldValue for Pending<T> {
    fn to_value(&self) -> Option<Value> {
        match self {
            Self::Known(value) => value.to_value(),
            Self::Later(later) => Some(later.to_value()),
        }
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        match value.and_then(Later::read) {
            Some(later) => Ok(Self::Later(later)),
            None => T::from_value(value).map(Self::Known),
        }
    }
}

/// Anything that is known.
impl FieldValue for Value {
    fn to_value(&self) -> Option<Value> {
        Some(self.clone())
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        match value {
            None => Err("nothing says what it is"),
            Some(value) if Later::read(value).is_some() => Err("it is not known yet"),
            Some(value) => Ok(value.clone()),
        }
    }
}

impl FieldValue for bool {
    fn to_value(&self) -> Option<Value> {
        Some(Value::from(*self))
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        value.and_then(Value::as_bool).ok_or("it is neither true nor false")
    }
}

impl FieldValue for u64 {
    fn to_value(&self) -> Option<Value> {
        Some(Value::from(*self))
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        value.and_then(Value::as_u64).ok_or("it is no whole number")
    }
}

impl FieldValue for f64 {
    fn to_value(&self) -> Option<Value> {
        Some(Value::from(*self))
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        value.and_then(Value::as_f64).ok_or("it is no number")
    }
}

/// A list of texts.
impl FieldValue for Vec<String> {
    fn to_value(&self) -> Option<Value> {
        Some(self.iter().map(String::as_str).collect())
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        let list = value.and_then(Value::as_array).ok_or("it is no list")?;
        list.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or("it is no list of texts")
    }
}

/// A field that a service may not show, or that only some resources of a kind have.
impl<V: FieldValue> FieldValue for Option<V> {
    fn to_value(&self) -> Option<Value> {
        self.as_ref().and_then(V::to_value)
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        value.map(|value| V::from_value(Some(value))).transpose()
    }
}

/// A field that does not hold what its kind has there: a mistake of the tool's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} cannot be used: {why}")]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub why: &'static str,
}

// Invariant: fields and structs say the same, whichever way one goes
// (test: fields_of_azure_say_what_the_structs_say).
/// A kind of resource as a struct. Its two functions are all that knows the names of its fields.
pub trait Typed: Sized {
    /// The fields of the plan.
    fn to_fields(&self) -> Fields;

    /// The struct behind the fields of a plan.
    ///
    /// # Errors
    /// The first field that is not there, or holds something else.
    fn from_fields(fields: &Fields) -> Result<Self, FieldError>;

    /// The struct behind the fields of a plan, all of them.
    ///
    /// # Errors
    /// As [`from_fields`](Self::from_fields), and the first field that the kind does not have.
    fn read(fields: &Fields) -> Result<Self, FieldError> {
        let read = Self::from_fields(fields)?;
        let known = read.to_fields();
        match fields.keys().find(|name| !known.contains_key(*name)) {
            Some(field) => Err(FieldError { field: field.clone(), why: "the kind has no such field" }),
            None => Ok(read),
        }
    }
}

/// Fields of these names and values.
pub(super) fn fields<const N: usize>(all: [(&str, Option<Value>); N]) -> Fields {
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The value of one field.
pub(super) fn get<V: FieldValue>(fields: &Fields, name: &str) -> Result<V, FieldError> {
    V::from_value(fields.get(name)).map_err(|why| FieldError { field: name.to_owned(), why })
}

/// A value that a service may leave open; then `null` stands in the plan, so that the difference shows.
pub(super) fn or_null<V: FieldValue>(value: Option<&V>) -> Option<Value> {
    Some(value.and_then(V::to_value).unwrap_or(Value::Null))
}

/// A value that [`or_null`] has put.
pub(super) fn get_or_null<V: FieldValue>(fields: &Fields, name: &str) -> Result<Option<V>, FieldError> {
    if fields.get(name).is_some_and(Value::is_null) { Ok(None) } else { get(fields, name).map(Some) }
}

/// A map as fields below a prefix that ends in a full stop.
pub(super) fn put_map<V: FieldValue>(fields: &mut Fields, prefix: &str, map: &BTreeMap<String, V>) {
    fields.extend(map.iter().filter_map(|(name, value)| Some((format!("{prefix}{name}"), value.to_value()?))));
}

/// The fields below a prefix as a map.
pub(super) fn get_map<V: FieldValue>(fields: &Fields, prefix: &str) -> Result<BTreeMap<String, V>, FieldError> {
    let below = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, name, value)));
    let read = |(name, field, value): (&str, &String, &Value)| {
        let value = V::from_value(Some(value)).map_err(|why| FieldError { field: field.clone(), why })?;
        Ok((name.to_owned(), value))
    };
    below.map(read).collect()
}
