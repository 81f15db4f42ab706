//! Every call of a program in the scripts of a rendered tree, as it is written there.

use azure_pipelines::yaml::parse;
use serde_json::Value;

use super::shell::commands;
use crate::tree::RenderedTree;

/// A call as a script has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The file.
    pub file: String,
    /// Its words without quotes; variables stay as `$NAME`, the output of other commands is `$()`.
    pub words: Vec<String>,
}

/// The calls of `programs` in scripts and in the steps of pipelines, also those that another script repeats.
pub fn listed(tree: &RenderedTree, programs: &[&str]) -> Vec<Listed> {
    let mut all = Vec::new();
    for (path, file) in tree.iter() {
        let (path, Some(text)) = (path.as_str(), file.text()) else { continue };
        if path.ends_with(".sh") {
            from(text, path, programs, &mut all);
        } else if path.contains("pipelines/") && path.ends_with(".yml") {
            let root = parse(path, text).map(|root| root.to_json()).unwrap_or_default();
            inline(&root, path, programs, &mut all);
        }
    }
    all
}

fn from(script: &str, path: &str, programs: &[&str], all: &mut Vec<Listed>) {
    for command in commands(script) {
        let own = programs.contains(&command.words[0].as_str());
        // one that repeats its arguments until they succeed
        let repeats = command.words[0] == "bash" && command.words.len() > 2;
        let at = match (own, repeats) {
            (true, _) => Some(0),
            (false, true) => command.words.iter().position(|word| programs.contains(&word.as_str())),
            _ => None,
        };
        all.extend(at.map(|at| Listed { file: path.to_owned(), words: command.words[at..].to_vec() }));
    }
}

/// Scripts that stand in the steps themselves.
fn inline(value: &Value, path: &str, programs: &[&str], all: &mut Vec<Listed>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("script" | "bash" | "inlineScript", Value::String(text)) => from(text, path, programs, all),
                    _ => inline(value, path, programs, all),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| inline(item, path, programs, all)),
        _ => {}
    }
}
