//! Values as JSON, and JSON as values.

use std::sync::Arc;

use serde_json::{Map, Number as JsonNumber, Value as Json};

use crate::number::Number;
use crate::place::Place;
use crate::value::{Node, Value};

impl Node {
    /// The value as JSON; what is not known is the text of its expression.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(number) => json_number(number),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => {
                let pair = |(key, value): &(Self, Self)| (key.text().unwrap_or_default().to_owned(), value.to_json());
                Json::Object(entries.iter().map(pair).collect::<Map<String, Json>>())
            }
            Value::Version(_) | Value::String(_) | Value::Unknown(_) => Json::from(self.text().unwrap_or_default()),
        }
    }

    /// JSON as a value at a place.
    pub fn from_json(json: &Json, place: &Place) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Boolean(*value),
            Json::Number(number) => {
                Number::parse(&number.to_string()).map_or_else(|| Value::text(number.to_string()), Value::Number)
            }
            Json::String(text) => Value::text(text),
            Json::Array(items) => {
                Value::List(Arc::new(items.iter().map(|item| Self::from_json(item, place)).collect()))
            }
            Json::Object(map) => {
                let pair = |(key, value): (&String, &Json)| {
                    (Self::new(Value::text(key), place), Self::from_json(value, place))
                };
                Value::Map(Arc::new(map.iter().map(pair).collect()))
            }
        };
        Self::new(value, place)
    }
}

fn json_number(number: &Number) -> Json {
    let text = number.to_string();
    let whole = text.parse::<i64>().ok().map(JsonNumber::from);
    let number = whole.or_else(|| text.parse::<f64>().ok().and_then(JsonNumber::from_f64));
    number.map_or(Json::String(text), Json::Number)
}
