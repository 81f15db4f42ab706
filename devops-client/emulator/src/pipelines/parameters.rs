//! Parameters of a pipeline or a template: declared, given, checked.

use serde_json::{Map, Value, json};

use crate::core::json::{items, text};

use super::expression;

/// The value of each declared parameter, from what was given and from the defaults.
///
/// Errors: a parameter that was given but not declared, one without value, one outside its `values`, one of another type.
pub fn resolve(declared: Option<&Value>, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut resolved = Map::new();
    let mut names = Vec::new();
    match declared {
        None => {}
        // the short form: a mapping of names to defaults
        Some(Value::Object(defaults)) => {
            for (name, default) in defaults {
                names.push(name.to_lowercase());
                resolved.insert(name.clone(), given_value(given, name).unwrap_or(default).clone());
            }
        }
        Some(list) => {
            for parameter in list.as_array().map_or(&[][..], Vec::as_slice) {
                let name = text(parameter, "name").ok_or("A parameter has no name.")?;
                names.push(name.to_lowercase());
                let value = given_value(given, name).or_else(|| parameter.get("default"));
                let value = value.ok_or_else(|| format!("A value for the '{name}' parameter must be provided."))?;
                let kind = text(parameter, "type").unwrap_or("string");
                let value = convert(name, kind, value)?;
                let allowed = items(parameter, "values");
                if !allowed.is_empty() && !allowed.iter().any(|other| expression::equal(other, &value)) {
                    return Err(format!(
                        "The '{name}' parameter value '{}' is not a valid value.",
                        expression::text(&value)
                    ));
                }
                resolved.insert(name.to_owned(), value);
            }
        }
    }
    match given.keys().find(|name| !names.contains(&name.to_lowercase())) {
        Some(unknown) => Err(format!("Unexpected parameter '{unknown}'")),
        None => Ok(resolved),
    }
}

fn given_value<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    given.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn convert(name: &str, kind: &str, value: &Value) -> Result<Value, String> {
    let refuse = || Err(format!("The '{name}' parameter is not a valid {kind}."));
    match kind.to_lowercase().as_str() {
        "string" => match value {
            Value::Array(_) | Value::Object(_) => refuse(),
            other => Ok(json!(expression::text(other))),
        },
        "number" => match value {
            Value::Number(_) => Ok(value.clone()),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.fract() == 0.0 => Ok(json!(number as i64)),
                Ok(number) => Ok(json!(number)),
                Err(_) => refuse(),
            },
            _ => refuse(),
        },
        "boolean" => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
            _ => refuse(),
        },
        "steplist" | "joblist" | "stagelist" | "deploymentlist" if !value.is_array() => refuse(),
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn parameters_are_held_against_their_declaration() {
        let declared = json!([
            { "name": "n", "type": "number", "default": 1 },
            { "name": "env", "values": ["qa", "prod"], "default": "qa" },
            { "name": "must", "type": "boolean" },
        ]);
        let good = resolve(Some(&declared), &given(json!({ "must": "True", "N": "2" })));
        assert_eq!(good, Ok(given(json!({ "n": 2, "env": "qa", "must": true }))));
        for bad in [
            json!({}),
            json!({ "must": "maybe" }),
            json!({ "must": true, "env": "dev" }),
            json!({ "must": true, "x": 1 }),
        ] {
            assert!(resolve(Some(&declared), &given(bad.clone())).is_err(), "{bad}");
        }
    }
}
