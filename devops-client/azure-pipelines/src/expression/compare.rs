//! Comparisons: the right value becomes what the left one is; texts do not mind case.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::value::Value;

/// Whether two values are equal; what cannot be converted is not. Both are known.
pub fn equals(left: &Value, right: &Value) -> bool {
    match left {
        Value::Null => right == &Value::Null || matches!(right, Value::String(text) if text.is_empty()),
        Value::Boolean(left) => *left == right.is_true(),
        Value::Number(left) => right.to_number().as_ref() == Some(left),
        Value::Version(left) => right.to_version().as_ref() == Some(left),
        Value::String(left) => right.to_text().is_some_and(|right| fold(left).eq(fold(&right))),
        // Lists and mappings are equal to themselves alone.
        Value::List(left) => matches!(right, Value::List(right) if Arc::ptr_eq(left, right)),
        Value::Map(left) => matches!(right, Value::Map(right) if Arc::ptr_eq(left, right)),
        Value::Unknown(_) => false,
    }
}

/// How two values are ordered; both are known.
///
/// # Errors
/// If the right one cannot become what the left one is, or if there is no order among such values.
pub fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    let refuse = || format!("{} cannot be compared with {}", named(left), named(right));
    match left {
        Value::Null => Err(refuse()),
        Value::Boolean(left) => Ok(left.cmp(&right.is_true())),
        Value::Number(left) => right.to_number().map(|right| left.cmp(&right)).ok_or_else(refuse),
        Value::Version(left) => right.to_version().map(|right| left.cmp(&right)).ok_or_else(refuse),
        Value::String(left) => right.to_text().map(|right| fold(left).cmp(fold(&right))).ok_or_else(refuse),
        Value::List(_) | Value::Map(_) | Value::Unknown(_) => Err(refuse()),
    }
}

/// A value, for messages.
pub(super) fn named(value: &Value) -> String {
    match value.to_text() {
        Some(text) => format!("the {} '{text}'", value.kind()),
        None => format!("a {}", value.kind()),
    }
}

/// The characters of a text in their upper case, one for one: what .NET calls ordinal, ignoring case.
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(upper)
}

/// The upper case of a character, if that is one character.
pub(super) fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}
