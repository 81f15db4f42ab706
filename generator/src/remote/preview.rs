//! What the server must be given so that it can expand a pipeline without a person: values for parameters that have no
//! default. What is expanded is thrown away.

use std::collections::BTreeMap;

use azure_pipelines::Node;
use azure_pipelines::template::parameters::{Declared, declared};
use azure_pipelines::yaml::parse;

/// A value for each parameter of `yaml` that has no default: the first that it allows, or else one of its type.
pub fn required_parameters(yaml: &str) -> BTreeMap<String, String> {
    let Ok(pipeline) = parse("", yaml) else { return BTreeMap::new() };
    let required = declared(&pipeline).into_iter().filter(|parameter| parameter.default.is_none());
    required.map(|parameter| (parameter.name.to_owned(), stand_in(&parameter))).collect()
}

fn stand_in(parameter: &Declared<'_>) -> String {
    if let Some(first) = parameter.values.first().and_then(Node::text) {
        return first.to_owned();
    }
    match parameter.kind {
        "boolean" => "false",
        "object" | "stepList" | "jobList" | "stageList" => "[]",
        _ => "1",
    }
    .to_owned()
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
