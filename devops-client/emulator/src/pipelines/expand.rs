//! From files to the final YAML: the language crate expands, this says what is wrong in the service's words.

use azure_pipelines::template::{self, Files as Templates, Knowledge, Request};
use azure_pipelines::{Node, Place, Problem, What, yaml};
use serde_json::{Map, Value};

pub use azure_pipelines::template::Expanded;

/// Where files come from: a path with a leading slash to the text, if the version has it.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What expansion starts from.
pub struct Input<'a> {
    /// The pipeline's file, with a leading slash.
    pub path: &'a str,
    /// Its text, which may stand in for the file (`yamlOverride`).
    pub text: &'a str,
    /// The other files.
    pub files: Files<'a>,
    /// `templateParameters` of the run.
    pub parameters: &'a Map<String, Value>,
    /// Payloads of webhooks, by their alias: parameters that need no declaration.
    pub payloads: &'a Map<String, Value>,
    /// Variables known at compile time, e.g. `Build.SourceBranch`.
    pub variables: Map<String, Value>,
}

struct Version<'a>(Files<'a>);

impl Templates for Version<'_> {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        (self.0)(&format!("/{path}")).map(|text| yaml::parse(path, &text)).transpose()
    }
}

/// Expands a pipeline. Errors with the service's text: file, line and column.
pub fn expand(input: &Input<'_>) -> Result<Expanded, String> {
    let path = input.path.trim_start_matches('/');
    let root = yaml::parse(path, input.text).map_err(|problem| said(&problem))?;
    let nowhere = Place::nowhere();
    let named = |map: &Map<String, Value>| -> Vec<(String, Node)> {
        map.iter().map(|(name, value)| (name.clone(), Node::from_json(value, &nowhere))).collect()
    };
    let parameters =
        input.parameters.iter().map(|(name, value)| (Node::given(name), Node::from_json(value, &nowhere))).collect();
    let expanded = template::expand(&Request {
        root: &root,
        path,
        files: &Version(input.files),
        parameters: Some(parameters),
        payloads: named(input.payloads),
        variables: named(&input.variables),
        knowledge: Knowledge::All,
    });
    match expanded.problems.first() {
        Some(problem) => Err(said(problem)),
        None => Ok(expanded),
    }
}

/// The final YAML.
pub fn print(expanded: &Expanded) -> String {
    yaml::print(&expanded.root)
}

/// A text at a place, as the service writes it: `/file.yml (Line: 3, Col: 5): text`.
pub fn located(place: &Place, message: &str) -> String {
    match place.line {
        0 => message.to_owned(),
        line => format!("/{} (Line: {line}, Col: {}): {message}", place.file, place.column),
    }
}

/// What is wrong, in the service's words where they are known.
pub fn said(problem: &Problem) -> String {
    let message = match &problem.what {
        What::UnknownName(name) => {
            format!("Unrecognized value: '{name}'. Located within expression: {}", problem.message)
        }
        What::UnknownKey(key) => format!("Unexpected value '{key}'"),
        What::NoSuchFile(path) => format!("File /{path} not found in the repository at the version of the run."),
        What::UnknownParameter(name) => format!("Unexpected parameter '{name}'"),
        What::MissingParameter(name) => format!("A value for the '{name}' parameter must be provided."),
        _ => problem.message.clone(),
    };
    located(
        if problem.place.line == 0 { problem.see.as_ref().unwrap_or(&problem.place) } else { &problem.place },
        &message,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(files: &[(&str, &str)], parameters: Value) -> Result<Value, String> {
        let find = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let input = Input {
            path: "/p.yml",
            text: &find("/p.yml").unwrap(),
            files: &find,
            parameters: &parameters.as_object().cloned().unwrap_or_default(),
            payloads: &Map::new(),
            variables: Map::new(),
        };
        expand(&input).map(|expanded| expanded.root.to_json())
    }

    #[test]
    fn templates_conditions_and_loops_are_expanded() {
        let files = [
            (
                "/p.yml",
                "parameters:\n- name: envs\n  type: object\n  default: [qa, prod]\n- name: smoke\n  type: boolean\n  default: false\nvariables:\n  a: b\nstages:\n- ${{ each e in parameters.envs }}:\n  - template: t/stage.yml\n    parameters:\n      env: ${{ e }}\n- ${{ if parameters.smoke }}:\n  - stage: smoke\n- ${{ else }}:\n  - stage: none_${{ variables.a }}\n",
            ),
            (
                "/t/stage.yml",
                "parameters:\n- name: env\nstages:\n- stage: deploy_${{ parameters.env }}\n  jobs:\n  - job: j\n    steps:\n    - template: steps.yml\n",
            ),
            ("/t/steps.yml", "steps:\n- script: echo hi\n"),
        ];
        let out = check(&files, json!({})).unwrap();
        let names: Vec<&str> =
            out["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
        assert_eq!(names, ["deploy_qa", "deploy_prod", "none_b"]);
        assert_eq!(out["stages"][1]["jobs"][0]["steps"][0]["script"], "echo hi");
        let out = check(&files, json!({ "smoke": true })).unwrap();
        assert_eq!(out["stages"][2]["stage"], "smoke");
    }

    #[test]
    fn a_missing_template_and_a_bad_expression_are_errors_with_their_place() {
        let error = check(&[("/p.yml", "steps:\n- script: x\n- template: gone.yml\n")], json!({})).unwrap_err();
        assert_eq!(
            error,
            "/p.yml (Line: 3, Col: 13): File /gone.yml not found in the repository at the version of the run."
        );
        let error = check(&[("/p.yml", "steps:\n- script: ${{ nope }}\n")], json!({})).unwrap_err();
        assert!(error.starts_with("/p.yml (Line: 2, Col: 11): Unrecognized value: 'nope'"), "{error}");
        let error = check(&[("/p.yml", "steps: []\n")], json!({ "x": 1 })).unwrap_err();
        assert!(error.contains("Unexpected parameter 'x'"), "{error}");
        let error = check(&[("/p.yml", "a: 1\na: 2\n")], json!({})).unwrap_err();
        assert!(error.starts_with("/p.yml (Line: 2, Col: 1): "), "{error}");
    }

    #[test]
    fn extends_takes_the_template_as_the_pipeline() {
        let files = [
            ("/p.yml", "trigger: none\nextends:\n  template: base.yml\n  parameters:\n    image: x\n"),
            ("/base.yml", "parameters:\n- name: image\nsteps:\n- script: echo ${{ parameters.image }}\n"),
        ];
        let out = check(&files, json!({})).unwrap();
        assert_eq!(out, json!({ "trigger": "none", "steps": [{ "script": "echo x" }] }));
    }
}
