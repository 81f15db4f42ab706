//! Keys of a definition.

use serde_json::Value;

/// Keys that are not among those that are known.
pub(super) fn unknown(value: &Value, known: &[&str], wrong: &mut Vec<String>) {
    let keys = value.as_object().into_iter().flatten().map(|(key, _)| key);
    wrong.extend(keys.filter(|key| !known.contains(&key.as_str())).map(|key| format!("`{key}` is not known")));
}
