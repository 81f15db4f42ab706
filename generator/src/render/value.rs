//! From a view to Tera's values: fragments become safe strings, everything else is escaped when printed.

use tera::value::Key;
use tera::{Map, Value};

use crate::artifacts::fragment::MARK;

/// Turns a serialised view struct into a Tera value. `null` becomes undefined, so that printing it is an error.
pub(super) fn to_tera(view: &serde_json::Value) -> Value {
    match view {
        serde_json::Value::Null => Value::undefined(),
        serde_json::Value::Object(map) => match map.get(MARK).and_then(|v| v.as_str()) {
            Some(code) => Value::safe_string(code),
            None => Value::from(map.iter().map(|(k, v)| (Key::from(k.clone()), to_tera(v))).collect::<Map>()),
        },
        serde_json::Value::Array(items) => Value::from(items.iter().map(to_tera).collect::<Vec<_>>()),
        other => Value::from_serializable(other),
    }
}
