//! What the doubles are made for, and what is said of them.

use std::path::{Path, PathBuf};

use mlops_gen::edge::project_dir;
use mlops_gen::edge::sandbox::Sandbox as Doubles;
use mlops_gen::project::Project;

use super::args_place::SPEC;
use super::failure::Failure;
use super::output::Output;

/// The specs that are named, or the one in this folder if there is one.
pub(super) fn projects(named: &[PathBuf]) -> Result<Vec<Project>, Failure> {
    let default = project_dir::find_upwards(SPEC);
    let paths: Vec<&Path> = match named {
        [] if default.exists() => vec![&default],
        named => named.iter().map(PathBuf::as_path).collect(),
    };
    let load = |path: &Path| {
        let text = project_dir::read_spec(path)?;
        mlops_gen::load(&path.display().to_string(), &text).map_err(|report| Failure::Spec(Box::new(report)))
    };
    paths.into_iter().map(load).collect()
}

pub(super) fn say(doubles: &Doubles, output: Output) {
    output.say("sandbox: Azure DevOps, Key Vault and Azure Resource Manager on this machine; nothing leaves it");
    output.say(&format!("sandbox: pipelines and runs are shown at {}", doubles.page()));
    if !doubles.seeded().is_empty() {
        output.say(&format!("sandbox: made-up values for the secrets {}", doubles.seeded().join(", ")));
    }
}
