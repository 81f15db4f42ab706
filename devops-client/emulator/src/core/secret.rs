//! A value that must not be shown.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The key under which a secret stands in a saved state, so that printing can find and mask it.
const MARK: &str = "$secret";

/// A secret text. It has no `Display`, its `Debug` hides it; a saved state holds it, a printed one does not.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the one place that must hand it over.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(MARK, &self.0)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.get(MARK).and_then(Value::as_str) {
            Some(text) => Ok(Secret(text.to_owned())),
            None => Err(serde::de::Error::custom(format!("expected an object with the one key {MARK}"))),
        }
    }
}

/// Masks every secret in a serialised state.
pub fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(secret) = map.get_mut(MARK) {
                *secret = Value::from("***");
            }
            map.values_mut().for_each(mask);
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}
