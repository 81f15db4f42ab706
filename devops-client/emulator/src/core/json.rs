//! Reading JSON bodies the way the service does: what is absent, null or of another type counts as not given.

use jiff::Timestamp;
use serde_json::Value;

/// The text at a key.
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The text at a path of keys.
pub fn text_at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str()
}

/// The value at a path of keys, unless null.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

/// The whole number at a key, be it written as a number or as text.
pub fn number(value: &Value, key: &str) -> Option<i64> {
    let found = value.get(key)?;
    found.as_i64().or_else(|| found.as_str()?.trim().parse().ok())
}

/// The truth value at a key, be it written as a boolean or as text.
pub fn flag(value: &Value, key: &str) -> Option<bool> {
    let found = value.get(key)?;
    found.as_bool().or_else(|| found.as_str()?.to_ascii_lowercase().parse().ok())
}

/// The items of a list at a key; an empty list if there is none.
pub fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A value as text, as it is put into a string: nothing for null, `True` and `False`, JSON for what has parts.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Takes over every key of `from` into the object `into`.
pub fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        for (key, value) in from {
            into.insert(key.clone(), value.clone());
        }
    }
}

/// Whether a text matches a pattern in which `*` stands for any text, without regard to case.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    // What stands between stars is taken where it comes first: whatever follows has the most room then.
    let (between, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in between.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

/// Whether two names are the same to the service.
pub fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// A time as the service writes it, in UTC with milliseconds.
pub fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A reason as variables show it: `manual` is `Manual`.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_stands_for_any_text_and_costs_no_more_than_reading_it() {
        for (pattern, text) in [
            ("*", ""),
            ("A*c", "abC"),
            ("a*", "a"),
            ("*b*", "abc"),
            ("refs/heads/*", "refs/heads/é"),
            ("a*b*c", "abbcbc"),
            ("**", "x"),
        ] {
            assert!(wildcard(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a*a", "a"), ("a*b", "abc"), ("*b", "ba"), ("a*b*b", "ab")] {
            assert!(!wildcard(pattern, text), "{pattern} {text}");
        }
        assert!(!wildcard(&"*a".repeat(500), &"a".repeat(499)));
    }
}
