//! Compile time: templates and `${{ }}` expressions, until only plain stages, jobs and steps are left.

use serde_json::{Map, Value, json};

use super::expression::{self, truthy};
use super::parameters;
use super::template_expressions::{Directive, Names, directive, first_expression, interpolate};
use super::variables::collect_variables;
use super::yaml::{File, parse};

/// Where files come from: a path with a leading slash to the text, if the version has it.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The most files that one pipeline may take in (service limit).
const MOST_FILES: usize = 100;

/// What expansion starts from.
pub struct Input<'a> {
    /// The pipeline's file.
    pub path: &'a str,
    /// Its text, which may stand in for the file (`yamlOverride`).
    pub text: String,
    /// The other files.
    pub files: Files<'a>,
    /// `templateParameters` of the run.
    pub parameters: Map<String, Value>,
    /// Payloads of webhooks, by their alias: parameters that need no declaration.
    pub payloads: Map<String, Value>,
    /// Variables known at compile time, e.g. `Build.SourceBranch`.
    pub variables: Map<String, Value>,
}

/// Expands a pipeline. Errors with the service's text: file, line and column where they are known.
pub fn expand(input: &Input<'_>) -> Result<Value, String> {
    let mut expander = Expander { files: input.files, payloads: &input.payloads, loaded: 1 };
    let root = parse(input.path, &input.text)?;
    let variables = input.variables.clone();
    expander.file(&File { path: input.path, text: &input.text }, root, &input.parameters, variables, 0)
}

struct Expander<'a> {
    files: Files<'a>,
    payloads: &'a Map<String, Value>,
    loaded: usize,
}

impl Expander<'_> {
    fn file(
        &mut self,
        file: &File<'_>,
        root: Value,
        given: &Map<String, Value>,
        mut variables: Map<String, Value>,
        depth: usize,
    ) -> Result<Value, String> {
        if depth > 100 {
            return Err(file.error("template", "The maximum template nesting depth of 100 was exceeded."));
        }
        let Value::Object(mut root) = root else {
            return Err(format!("{} (Line: 1, Col: 1): A mapping was expected", file.path));
        };
        let parameters = parameters::resolve(root.get("parameters"), given);
        let mut parameters = parameters.map_err(|text| file.error("parameters:", &text))?;
        if depth == 0 {
            parameters.extend(self.payloads.clone());
        }
        root.shift_remove("parameters");
        let mut names = Names { parameters, variables: variables.clone(), locals: Map::new() };
        // variables first, because what follows may refer to them
        if let Some(own) = root.get("variables").cloned() {
            let own = self.value(file, own, &names, "variables", depth)?;
            collect_variables(&own, &mut variables);
            names.variables = variables.clone();
            root.insert("variables".to_owned(), own);
        }
        if let Some(extends) = root.shift_remove("extends") {
            return self.extend(file, root, extends, &names, depth);
        }
        let mut out = Map::new();
        for (key, value) in root {
            let value = if key == "variables" { value } else { self.value(file, value, &names, &key, depth)? };
            if key.trim().starts_with("${{") {
                pair(file, &key, value, &names, &mut out)?;
            } else {
                out.insert(key, value);
            }
        }
        Ok(Value::Object(out))
    }

    fn extend(
        &mut self,
        file: &File<'_>,
        root: Map<String, Value>,
        extends: Value,
        names: &Names,
        depth: usize,
    ) -> Result<Value, String> {
        let extends = self.value(file, extends, names, "extends", depth)?;
        let name = extends.get("template").and_then(Value::as_str);
        let name = name.ok_or_else(|| file.error("extends:", "Expected 'template' below 'extends'"))?;
        let given = extends.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
        let (path, text) = self.load(file, name)?;
        let parsed = parse(&path, &text)?;
        let inner = File { path: &path, text: &text };
        let expanded = self.file(&inner, parsed, &given, names.variables.clone(), depth + 1)?;
        let mut out = Map::new();
        for (key, value) in root {
            let value = if key == "variables" { value } else { self.value(file, value, names, &key, depth)? };
            out.insert(key, value);
        }
        if let Value::Object(expanded) = expanded {
            out.extend(expanded);
        }
        Ok(Value::Object(out))
    }

    fn load(&mut self, file: &File<'_>, name: &str) -> Result<(String, String), String> {
        self.loaded += 1;
        if self.loaded > MOST_FILES {
            return Err(file.error(name, &format!("No more than {MOST_FILES} separate YAML files may be included.")));
        }
        let (name, repository) = name.split_once('@').unwrap_or((name, "self"));
        if repository != "self" {
            return Err(file.error(
                name,
                &format!("Repository '{repository}' is not known: templates are taken from this repository only."),
            ));
        }
        let path = resolve_path(file.path, name);
        match (self.files)(&path) {
            Some(text) => Ok((path, text)),
            None => {
                Err(file.error(name, &format!("File {path} not found in the repository at the version of the run.")))
            }
        }
    }

    /// Expands a value; `within` is the key that it stands below, which tells what a template must bring.
    fn value(
        &mut self,
        file: &File<'_>,
        value: Value,
        names: &Names,
        within: &str,
        depth: usize,
    ) -> Result<Value, String> {
        match value {
            Value::String(text) => {
                interpolate(&text, names).map_err(|message| file.error(first_expression(&text), &message))
            }
            Value::Array(items) => {
                let mut out = Vec::new();
                let mut taken = None;
                for item in items {
                    self.item(file, item, names, within, &mut out, &mut taken, depth)?;
                }
                Ok(Value::Array(out))
            }
            Value::Object(map) => {
                let mut out = Map::new();
                let mut taken = None;
                for (key, value) in map {
                    if let Some(directive) = directive(&key) {
                        if let Some(values) = self.branch(file, &directive, value, names, within, &mut taken, depth)? {
                            for value in values {
                                if let Value::Object(inner) = value {
                                    out.extend(inner);
                                }
                            }
                        }
                    } else {
                        taken = None;
                        let value = self.value(file, value, names, &key, depth)?;
                        pair(file, &key, value, names, &mut out)?;
                    }
                }
                Ok(Value::Object(out))
            }
            other => Ok(other),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn item(
        &mut self,
        file: &File<'_>,
        item: Value,
        names: &Names,
        within: &str,
        out: &mut Vec<Value>,
        taken: &mut Option<bool>,
        depth: usize,
    ) -> Result<(), String> {
        if let Value::Object(map) = &item {
            if map.len() == 1
                && let Some((key, value)) = map.iter().next()
                && let Some(directive) = directive(key)
            {
                if let Some(values) = self.branch(file, &directive, value.clone(), names, within, taken, depth)? {
                    for value in values {
                        match value {
                            Value::Array(items) => out.extend(items),
                            other => out.push(other),
                        }
                    }
                }
                return Ok(());
            }
            if let Some(template) = map.get("template") {
                *taken = None;
                let template = self.value(file, template.clone(), names, "template", depth)?;
                let given = map.get("parameters").cloned().unwrap_or_default();
                let given = self.value(file, given, names, "parameters", depth)?;
                out.extend(self.template(file, &expression::text(&template), &given, names, within, depth)?);
                return Ok(());
            }
        }
        *taken = None;
        match self.value(file, item.clone(), names, within, depth)? {
            // a whole list that an expression gave is spliced in, as the service does
            Value::Array(items) if item.is_string() => out.extend(items),
            other => out.push(other),
        }
        Ok(())
    }

    fn template(
        &mut self,
        file: &File<'_>,
        name: &str,
        given: &Value,
        names: &Names,
        within: &str,
        depth: usize,
    ) -> Result<Vec<Value>, String> {
        let (path, text) = self.load(file, name)?;
        let parsed = parse(&path, &text)?;
        let given = given.as_object().cloned().unwrap_or_default();
        let inner = File { path: &path, text: &text };
        let expanded = self.file(&inner, parsed, &given, names.variables.clone(), depth + 1)?;
        match expanded.get(within) {
            Some(Value::Array(items)) => Ok(items.clone()),
            Some(Value::Object(map)) if within == "variables" => {
                Ok(map.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect())
            }
            _ => {
                Err(file
                    .error(name, &format!("The template {path} has no '{within}', which is what is expected here.")))
            }
        }
    }

    /// Expands the body of an `if`, `elseif`, `else`, `each` or `insert` as often as it applies.
    #[allow(clippy::too_many_arguments)]
    fn branch(
        &mut self,
        file: &File<'_>,
        directive: &Directive,
        body: Value,
        names: &Names,
        within: &str,
        taken: &mut Option<bool>,
        depth: usize,
    ) -> Result<Option<Vec<Value>>, String> {
        let test = |text: &str| {
            expression::evaluate(text, names).map(|value| truthy(&value)).map_err(|message| file.error(text, &message))
        };
        let applies = match directive {
            Directive::If(condition) => {
                let applies = test(condition)?;
                *taken = Some(applies);
                applies
            }
            Directive::ElseIf(condition) => {
                let before = taken.ok_or_else(|| file.error("elseif", "An 'elseif' must follow an 'if'."))?;
                let applies = !before && test(condition)?;
                *taken = Some(before || applies);
                applies
            }
            Directive::Else => {
                let before = taken.take().ok_or_else(|| file.error("else", "An 'else' must follow an 'if'."))?;
                !before
            }
            Directive::Insert => true,
            Directive::Each(variable, list) => {
                let list_value = expression::evaluate(list, names).map_err(|message| file.error(list, &message))?;
                let items: Vec<Value> = match list_value {
                    Value::Array(items) => items,
                    Value::Object(map) => {
                        map.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
                    }
                    _ => Vec::new(),
                };
                let mut out = Vec::new();
                for item in items {
                    let mut inner = names.clone();
                    inner.locals.insert(variable.clone(), item);
                    out.push(self.value(file, body.clone(), &inner, within, depth)?);
                }
                return Ok(Some(out));
            }
        };
        Ok(if applies { Some(vec![self.value(file, body, names, within, depth)?]) } else { None })
    }
}

/// Puts a pair in, its key interpolated.
fn pair(file: &File<'_>, key: &str, value: Value, names: &Names, out: &mut Map<String, Value>) -> Result<(), String> {
    let key = interpolate(key, names).map_err(|message| file.error(key, &message))?;
    out.insert(expression::text(&key), value);
    Ok(())
}

fn resolve_path(from: &str, name: &str) -> String {
    let start = if name.starts_with('/') { "" } else { from.rsplit_once('/').map_or("", |(directory, _)| directory) };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], parameters: Value) -> Result<Value, String> {
        let find = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let input = Input {
            path: "/p.yml",
            text: find("/p.yml").unwrap(),
            files: &find,
            parameters: parameters.as_object().cloned().unwrap_or_default(),
            payloads: Map::new(),
            variables: Map::new(),
        };
        expand(&input)
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
