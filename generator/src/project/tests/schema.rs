//! The JSON Schema says what `load` does.

use super::*;
use crate::spec::json_schema;
use crate::spec::located::{Limits, read};
use serde_json::{Value, json};

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&json_schema()).expect("the schema is one")
}

/// The document as a program that knows only YAML sees it.
fn document(text: &str) -> Value {
    fn plain(node: &crate::spec::located::Node) -> Value {
        use crate::spec::located::Value as V;
        match &node.value {
            V::Null | V::Broken => Value::Null,
            V::Bool(b) => json!(b),
            V::Integer(i) => json!(i),
            V::Float(f) => json!(f),
            V::String(s) => json!(s),
            V::List(items) => items.iter().map(plain).collect(),
            V::Map(entries) => entries.iter().map(|e| (e.key.clone(), plain(&e.node))).collect(),
        }
    }
    plain(&read(text, Limits::SPEC, &mut Vec::new()).expect("the document can be read"))
}

#[test]
fn the_example_and_every_case_fit_the_schema() {
    let validator = validator();
    let mut texts = example::cases();
    texts.push(("out".to_owned(), include_str!("../../../../out/mlops.yaml").to_owned()));
    for (name, text) in texts {
        let errors: Vec<String> = validator.iter_errors(&document(&text)).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn what_the_structure_check_refuses_does_not_fit_the_schema() {
    let wrong = [
        small(&[("version: 1", "version: 2")]),
        small(&[("location:", "locaton:")]),
        small(&[("runtime: python", "runtime: go")]),
        small(&[("{name: churn}", "{name: 5}")]),
        small_and("scoring: {cpu: 0}"),
        small_and("network: other"),
        small_and("training:"),
        small_and("environment: []"),
        small(&[("[a, b, y]", "[y]")]),
        small(&[("[a, b, y]", "[a, {nam: b}, y]")]),
        small(&[("{location: westeurope}", "{location: westeurope, tenant: {variabel: X}}")]),
    ];
    let validator = validator();
    for text in wrong {
        assert!(!validator.is_valid(&document(&text)), "{text}");
        assert!(load("mlops.yaml", &text).is_err(), "{text}");
    }
}

/// Every schema of an object's property, with its dotted path from the definition that holds it.
fn properties(schema: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let definitions = schema["$defs"].as_object().into_iter().flatten().map(|(name, s)| (name.as_str(), s));
    for (name, definition) in definitions.chain([("", schema)]) {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            found.push((format!("{name}.{key}"), property.clone()));
        }
    }
    found
}

#[test]
fn every_key_has_a_description() {
    let properties = properties(&json_schema());
    assert!(properties.len() > 100, "{}", properties.len());
    let without: Vec<&String> =
        properties.iter().filter(|(_, p)| !p["description"].is_string()).map(|(path, _)| path).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn every_key_is_required_or_has_a_default_or_says_what_happens_without_it() {
    let schema = json_schema();
    let required = |name: &str| -> Vec<String> {
        let (definition, _) = name.rsplit_once('.').unwrap_or_default();
        let holder = if definition.is_empty() { &schema } else { &schema["$defs"][definition] };
        holder["required"].as_array().into_iter().flatten().filter_map(|k| k.as_str().map(str::to_owned)).collect()
    };
    let silent: Vec<String> = properties(&schema)
        .into_iter()
        .filter(|(name, p)| {
            let key = name.rsplit('.').next().unwrap_or_default();
            !required(name).iter().any(|r| r == key) && p.get("default").is_none()
        })
        .filter(|(name, p)| {
            let text = p["description"].as_str().unwrap_or_default();
            // Names of resources say it once, for all of them.
            let names = name.contains("NamesSpec.");
            !(names || text.contains("Left out") || text.contains("Leave it out"))
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    let schema = json_schema();
    assert_eq!(schema["additionalProperties"], json!(false));
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        // An algorithm's parameters have whatever names the algorithm gives them; the check knows those.
        if definition.get("properties").is_some() && name != "ParametersSpec" {
            assert_eq!(definition["additionalProperties"], json!(false), "{name}");
        }
    }
}

#[test]
fn null_and_the_widths_of_numbers_are_no_part_of_the_format() {
    let text = json_schema().to_string();
    assert!(!text.contains("null") && !text.contains("int64") && !text.contains("x-required"), "{text}");
}
