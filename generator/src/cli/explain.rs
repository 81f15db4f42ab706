//! `mlops-gen explain FILE`, and `explain --resources`.

use mlops_gen::artifacts::Ownership;
use serde_json::json;

use super::Outcome;
use super::args::Explain;
use super::explain_resources;
use super::failure::Failure;
use super::loaded::Loaded;
use super::output::Output;

pub(super) fn run(options: &Explain, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(&options.place)?;
    if let Some(environment) = &options.resources {
        return explain_resources::run(&loaded, Some(environment.as_str()).filter(|name| !name.is_empty()), output);
    }
    let name = options.file.as_deref().unwrap_or_default().trim_start_matches("./");
    let Some(file) = loaded.tree.get(name) else {
        return Err(Failure::Usage(unknown(name, &loaded)));
    };
    let disk = loaded.disk.iter().find(|(path, _)| path.as_str() == name).map(|(_, bytes)| bytes);
    let state = match disk {
        None => "not on disk",
        Some(bytes) if *bytes == file.bytes => "as rendered",
        Some(_) => "differs from what the spec renders",
    };
    let ownership = match file.ownership {
        Ownership::Managed => "managed: rendered again each time",
        Ownership::Seed => "seed: written once, then the team's",
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

fn unknown(name: &str, loaded: &Loaded) -> String {
    let distance = |path: &str| strsim::normalized_damerau_levenshtein(name, path);
    let nearest = loaded.tree.iter().map(|(path, _)| path.as_str()).max_by(|a, b| distance(a).total_cmp(&distance(b)));
    match nearest {
        Some(nearest) => format!("the spec renders no file `{name}`; the nearest is `{nearest}`"),
        None => format!("the spec renders no file `{name}`"),
    }
}
