//! What the server must be given so that it can expand a pipeline without a person: values for parameters that have no
//! default. What is expanded is thrown away.

use std::collections::BTreeMap;

use serde_json::Value;

/// A value for each parameter of `yaml` that has no default: the first that it allows, or else one of its type.
pub fn required_parameters(yaml: &str) -> BTreeMap<String, String> {
    let Ok(pipeline) = serde_saphyr::from_str::<Value>(yaml) else { return BTreeMap::new() };
    let declared = pipeline.get("parameters").and_then(Value::as_array);
    let required = declared.into_iter().flatten().filter(|parameter| parameter.get("default").is_none());
    required.filter_map(|parameter| Some((parameter.get("name")?.as_str()?.to_owned(), stand_in(parameter)))).collect()
}

fn stand_in(parameter: &Value) -> String {
    let allowed = parameter.get("values").and_then(Value::as_array).and_then(|values| values.first());
    match (allowed, parameter.get("type").and_then(Value::as_str)) {
        (Some(Value::String(first)), _) => first.clone(),
        (Some(first), _) => first.to_string(),
        (None, Some("boolean")) => "false".to_owned(),
        (None, Some("object" | "stepList" | "jobList" | "stageList")) => "[]".to_owned(),
        (None, _) => "1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::required_parameters;

    #[test]
    fn only_parameters_without_default_get_a_value_and_it_is_one_that_they_allow() {
        let yaml = "
parameters:
  - {name: model, type: string, default: m}
  - {name: version, type: string}
  - {name: place, type: string, values: [qa, production]}
  - {name: again, type: boolean}
  - {name: count, type: number, values: [3, 4]}
steps: []
";
        let given = required_parameters(yaml);
        let pairs: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("again", "false"), ("count", "3"), ("place", "qa"), ("version", "1")]);
    }

    #[test]
    fn a_file_without_parameters_or_that_is_no_yaml_needs_none() {
        for yaml in ["", "steps: []", "a: [", "parameters: {a: 1}"] {
            assert!(required_parameters(yaml).is_empty(), "{yaml}");
        }
    }
}
