//! `mlops-gen explain FILE`, `explain --key KEY`, `explain --resources` and `explain --permissions`.

use mlops_gen::artifacts::Ownership;
use mlops_gen::edge::clock;
use mlops_gen::example::{Answers, spec_text};
use mlops_gen::keys;
use mlops_gen::remote::spec_changes::read;
use mlops_gen::spec::json_schema;
use mlops_gen::tree::path::RelPath;
use serde_json::{Value, json};

use super::args::Explain;
use super::explain_resources;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;

pub(super) fn run(options: &Explain, output: Output) -> Result<Outcome, Failure> {
    if let Some(key) = &options.key {
        return explain_key(key, output);
    }
    if let Some(environment) = &options.resources {
        let only = Some(environment.as_str()).filter(|name| !name.is_empty());
        return explain_resources::run(&Loaded::new(&options.place)?, only, output);
    }
    if let Some(identity) = &options.permissions {
        return super::permissions::run(&Loaded::new(&options.place)?, identity, output);
    }
    match &options.file {
        Some(file) => explain_file(options, file, output),
        None => Err(Failure::Usage("say what: a rendered FILE, --key KEY, --resources or --permissions".to_owned())),
    }
}

/// Any key of the spec, whether there is a project or not.
fn explain_key(path: &str, output: Output) -> Result<Outcome, Failure> {
    let answers = Answers {
        name: "demo".to_owned(),
        runtime: "python",
        organization: "contoso".to_owned(),
        devops_project: "ml".to_owned(),
        location: "westeurope".to_owned(),
        mail: "ml-team@example.com".to_owned(),
        budget_start: clock::first_of_next_month(),
        place: None,
    };
    let text = spec_text(&answers).map_err(|error| Failure::Templates(vec![error]))?;
    let (worked, further) = (read(text.as_bytes()).unwrap_or_default(), read(keys::FURTHER).unwrap_or_default());
    let keys = keys::all(&json_schema(), &[&worked, &further]);
    let key = keys::find(&keys, path)
        .map_err(|near| Failure::Usage(format!("the spec has no key `{path}`; the nearest are {}", near.join(", "))))?;
    if output.is_json() {
        output.data(&json!({
            "key": key.path, "description": key.description, "type": key.kind, "required": key.required,
            "default": key.default, "limits": key.limits, "example": key.example,
        }));
        return Ok(Outcome::Clean);
    }
    let default = match (&key.default, key.required) {
        (_, true) => "none: it must be there".to_owned(),
        (Some(value), _) => keys::plain(value),
        (None, _) => "none".to_owned(),
    };
    let limits = if key.limits.is_empty() { "none".to_owned() } else { key.limits.join("; ") };
    let example = key.example.as_ref().map_or_else(|| "none".to_owned(), shown);
    output.text(&format!(
        "key      {}\n         {}\ntype     {}\ndefault  {default}\nlimits   {limits}\nexample  {example}\n",
        key.path, key.description, key.kind
    ));
    let inside: Vec<&str> = keys
        .iter()
        .filter_map(|other| other.path.strip_prefix(&key.path)?.strip_prefix('.'))
        .filter(|rest| !rest.contains('.'))
        .collect();
    if !inside.is_empty() {
        output.text(&format!("keys     {}\n", inside.join(", ")));
    }
    Ok(Outcome::Clean)
}

/// An example in one line; of a long list its beginning.
fn shown(example: &Value) -> String {
    let text = keys::plain(example);
    match example.as_array() {
        Some(items) if text.len() > 200 && items.len() > 2 => {
            let first: Vec<String> = items.iter().take(2).map(Value::to_string).collect();
            format!("[{}, …]", first.join(", "))
        }
        _ => text,
    }
}

fn explain_file(options: &Explain, file: &str, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(&options.place)?;
    let path = path(&loaded, file)?;
    let name = path.as_str();
    let Some(file) = loaded.tree.get(name) else {
        return Err(Failure::Usage(unknown(name, &loaded)));
    };
    let disk = loaded.disk.iter().find(|(path, _)| path.as_str() == name).map(|(_, bytes)| bytes);
    let state = match disk {
        None => "not on disk",
        Some(bytes) if *bytes == file.bytes => {
            if loaded.tree.accepted(&path).is_some() {
                "as rendered, with the edit that was accepted"
            } else {
                "as rendered"
            }
        }
        Some(_) => "differs from what the spec renders",
    };
    let ownership = match file.ownership {
        Ownership::Managed => "managed: rendered again each time",
        Ownership::Seed => "seed: the team's; follows the spec as long as nobody has touched it",
    };
    if output.is_json() {
        output.data(&json!({ "file": name, "origin": file.origin, "spec": file.because, "ownership": file.ownership, "state": state }));
    } else {
        let spec = if file.because.is_empty() { "nothing in particular".to_owned() } else { file.because.join(", ") };
        output.text(&format!(
            "file       {name}\ntemplate   {}\nspec       {spec}\nownership  {ownership}\nstate      {state}\n",
            file.origin
        ));
    }
    Ok(Outcome::Clean)
}

/// The rendered file that is meant: named from the project's folder, or from where the person is.
///
/// # Errors
/// If the spec renders no such file, with the nearest one.
pub(super) fn path(loaded: &Loaded, name: &str) -> Result<RelPath, Failure> {
    let plain = name.trim_start_matches("./");
    let known = loaded.tree.get(plain).is_some();
    let found = if known { Some(plain.to_owned()) } else { loaded.inside(name) };
    let found = found.as_deref().filter(|name| loaded.tree.get(name).is_some());
    let found = found.and_then(|path| RelPath::parse(path).ok());
    found.ok_or_else(|| Failure::Usage(unknown(plain, loaded)))
}

fn unknown(name: &str, loaded: &Loaded) -> String {
    if loaded.is_spec(name) {
        return format!("`{name}` is the spec, which everything else is rendered from: it is yours");
    }
    let distance = |path: &str| strsim::normalized_damerau_levenshtein(name, path);
    let nearest = loaded.tree.iter().map(|(path, _)| path.as_str()).max_by(|a, b| distance(a).total_cmp(&distance(b)));
    match nearest {
        Some(nearest) => format!("the spec renders no file `{name}`; the nearest is `{nearest}`"),
        None => format!("the spec renders no file `{name}`"),
    }
}
