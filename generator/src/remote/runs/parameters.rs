//! Parameters that a person gives a run, held against what the rendered pipeline declares, before anything is sent.

// Invariant: parameters that do not fit start nothing
// (test: parameters_that_do_not_fit_are_refused_before_anything_is_sent).

use azure_pipelines::Node;
use azure_pipelines::template::parameters::{Declared, declared, value};
use azure_pipelines::yaml::parse;
use serde_json::{Value, json};

use crate::spec::nearest;

/// A pipeline's declared parameters.
#[derive(Clone, Debug)]
pub struct Parameters {
    root: Node,
}

impl Parameters {
    /// Reads the declarations in the text of a rendered pipeline.
    ///
    /// # Errors
    /// Where the file is no YAML that Azure Pipelines takes, as a phrase.
    pub fn read(file: &str, text: &str) -> Result<Self, String> {
        let root = parse(file, text).map_err(|error| format!("{file}:{}: {}", error.place.line, error.message))?;
        Ok(Self { root })
    }

    /// `name=value` pairs as the pipeline takes them, names written as they are declared.
    ///
    /// # Errors
    /// Everything that is wrong with them, a phrase each: no `=`, unknown names, wrong types, values that are not
    /// allowed, a name given twice, a parameter without default that is not given.
    pub fn check(&self, given: &[String]) -> Result<Vec<(String, String)>, Vec<String>> {
        let all = declared(&self.root);
        let (mut taken, mut wrong): (Vec<(String, String)>, Vec<String>) = Default::default();
        for pair in given {
            match self.pair(&all, pair) {
                Ok((name, _)) if taken.iter().any(|(other, _)| *other == name) => {
                    wrong.push(format!("parameter `{name}` is given twice"));
                }
                Ok(pair) => taken.push(pair),
                Err(message) => wrong.push(message),
            }
        }
        let missing = all.iter().filter(|p| p.default.is_none() && !taken.iter().any(|(name, _)| name == p.name));
        // A value that was refused is not missing as well.
        if wrong.is_empty() {
            wrong.extend(missing.map(|p| format!("parameter `{}` has no default: give it a value", p.name)));
        }
        if wrong.is_empty() { Ok(taken) } else { Err(wrong) }
    }

    fn pair(&self, all: &[Declared<'_>], pair: &str) -> Result<(String, String), String> {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(format!("`{pair}` is no parameter: write NAME=VALUE"));
        };
        let Some(parameter) = all.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name)) else {
            let near = nearest(name, all.iter().map(|parameter| parameter.name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("there is no parameter `{name}`{hint}"));
        };
        if text.contains("${{") {
            return Err(format!("parameter `{name}` holds `${{{{`, which is an expression and not a value"));
        }
        value(parameter, &Node::given(text)).map_err(|message| format!("parameter `{name}` {message}"))?;
        Ok((parameter.name.to_owned(), text.to_owned()))
    }

    /// One line for each parameter: name, type, default, allowed values, what it is for.
    pub fn describe(&self) -> Vec<String> {
        let all = declared(&self.root);
        let width = all.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
        all.iter()
            .map(|parameter| {
                let default = match parameter.default.and_then(Node::text) {
                    Some("") => "empty unless given".to_owned(),
                    Some(text) => format!("{text} unless given"),
                    None if parameter.default.is_some() => "has a default".to_owned(),
                    None => "must be given".to_owned(),
                };
                let values: Vec<&str> = parameter.values.iter().filter_map(Node::text).collect();
                let kind = if values.is_empty() { parameter.kind.to_owned() } else { values.join(" | ") };
                let purpose = parameter.node.text_at("displayName").unwrap_or_default();
                format!("{:width$}  {kind}; {default}  {purpose}", parameter.name).trim_end().to_owned()
            })
            .collect()
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let one = |p: &Declared<'_>| {
            let values: Vec<&str> = p.values.iter().filter_map(Node::text).collect();
            json!({ "name": p.name, "type": p.kind, "default": p.default.and_then(Node::text), "values": values })
        };
        declared(&self.root).iter().map(one).collect()
    }
}
