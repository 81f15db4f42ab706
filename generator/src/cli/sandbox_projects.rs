//! What the doubles are made for, and what is said of them.

use std::path::{Path, PathBuf};

use mlops_gen::edge::project_dir;
use mlops_gen::edge::sandbox::Sandbox as Doubles;
use mlops_gen::project::Project;

use super::args_place::SPEC;
use super::failure::Failure;
use super::output::Output;

/// Where the specs are that are named, or the one in this folder if there is one.
fn specs(named: &[PathBuf]) -> Vec<PathBuf> {
    let default = project_dir::find_upwards(SPEC);
    match named {
        [] if default.exists() => vec![default],
        named => named.to_vec(),
    }
}

/// Adds what the projects of these specs have in Azure to the page of the doubles.
pub(super) fn show(doubles: &Doubles, named: &[PathBuf], projects: &[Project], folder: Option<&Path>) {
    let specs = specs(named);
    let pairs: Vec<(&Path, &Project)> = specs.iter().map(PathBuf::as_path).zip(projects).collect();
    doubles.show(&pairs, folder);
}

/// The projects of those specs.
pub(super) fn projects(named: &[PathBuf]) -> Result<Vec<Project>, Failure> {
    let load = |path: &Path| {
        let text = project_dir::read_spec(path)?;
        mlops_gen::load(&path.display().to_string(), &text).map_err(|report| Failure::Spec(Box::new(report)))
    };
    specs(named).iter().map(|path| load(path)).collect()
}

pub(super) fn say(doubles: &Doubles, output: Output) {
    output.say("sandbox: Azure DevOps, Key Vault and Azure Resource Manager on this machine; nothing leaves it");
    output.say(&format!("sandbox: pipelines and runs are shown at {}", doubles.page()));
    if !doubles.seeded().is_empty() {
        output.say(&format!("sandbox: made-up values for the secrets {}", doubles.seeded().join(", ")));
    }
}
