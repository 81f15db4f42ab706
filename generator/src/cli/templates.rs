//! `mlops-gen templates`: the built-in templates, and the project's own that shadow or extend them.

use std::path::Path;

use clap::{Args, Subcommand};
use mlops_gen::edge::project_dir;
use mlops_gen::render::{Overrides, TEMPLATES, builtin_template, builtin_templates, nearest_template};
use serde_json::{Value, json};

use super::args_place::Place;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;

/// Options of `templates`.
#[derive(Debug, Args)]
pub struct Templates {
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the built-in templates; those that the project has of its own are marked
    List {
        /// Only those whose name contains this
        text: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Print a built-in template: its blocks are what a template of the project's own can replace
    Show {
        /// Its name, as `templates list` has it
        name: String,
    },
    /// Check the project's own templates: each has the name of a built-in one or is included, parses, and what it renders
    /// is proved
    Check(Place),
}

pub(super) fn run(options: &Templates, output: Output) -> Result<Outcome, Failure> {
    match &options.action {
        Action::List { text, place } => list(text.as_deref().unwrap_or_default(), place, output),
        Action::Show { name } => show(name, output),
        Action::Check(place) => check(place, output),
    }
}

fn list(text: &str, place: &Place, output: Output) -> Result<Outcome, Failure> {
    let own = own(place)?;
    let mut names: Vec<String> = builtin_templates().filter(|name| name.contains('/')).collect();
    names.extend(own.keys().filter(|name| builtin_template(name).is_none()).cloned());
    names.retain(|name| name.contains(text));
    names.sort();
    let state = |name: &str| match (own.contains_key(name), builtin_template(name).is_some()) {
        (true, true) => "shadowed",
        (true, false) => "own",
        (false, _) => "built-in",
    };
    if output.is_json() {
        let all: Vec<Value> = names.iter().map(|name| json!({ "name": name, "state": state(name) })).collect();
        output.data(&json!({ "templates": all }));
    } else {
        output.text(&names.iter().map(|name| format!("{:8}  {name}\n", state(name))).collect::<String>());
    }
    Ok(Outcome::Clean)
}

fn show(name: &str, output: Output) -> Result<Outcome, Failure> {
    let text = builtin_template(name).ok_or_else(|| {
        Failure::Usage(format!("there is no built-in template `{name}`; the nearest is `{}`", nearest_template(name)))
    })?;
    if output.is_json() {
        output.data(&json!({ "name": name, "text": text, "blocks": blocks(&text) }));
    } else {
        output.text(&text);
        output.say(&format!(
            "to change it, write {TEMPLATES}/{name} with `{{% extends \"builtin/{name}\" %}}` and the blocks to replace{}",
            if blocks(&text).is_empty() { String::new() } else { format!(": {}", blocks(&text).join(", ")) }
        ));
    }
    Ok(Outcome::Clean)
}

/// The names of a template's blocks.
fn blocks(text: &str) -> Vec<String> {
    let name = |rest: &str| rest.split_whitespace().next().map(|name| name.trim_end_matches("%}").to_owned());
    text.split("{% block ").skip(1).filter_map(name).collect()
}

fn check(place: &Place, output: Output) -> Result<Outcome, Failure> {
    let own = own(place)?;
    // Reading the project proves what its templates render.
    Loaded::new(place)?;
    if output.is_json() {
        output.data(&json!({ "own": own.keys().collect::<Vec<_>>() }));
    }
    let (number, word) = (own.len(), if own.len() == 1 { "template" } else { "templates" });
    output.say(&format!("{number} {word} of the project's own: all are used, and what they render is proved"));
    Ok(Outcome::Clean)
}

/// The project's own templates. A folder without a spec has none.
fn own(place: &Place) -> Result<Overrides, Failure> {
    let home = place.spec.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(project_dir::read_overrides(home)?)
}
