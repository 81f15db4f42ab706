//! One command for every project below a folder.

use std::path::{Path, PathBuf};

use clap::Args;
use mlops_gen::edge::project_dir;
use serde_json::{Value, json};

use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;

/// Which projects: one, or all below a folder.
#[derive(Clone, Debug, Args)]
pub struct Below {
    /// Every mlops.yaml below this folder, one after the other
    #[arg(long, value_name = "DIR", conflicts_with = "spec")]
    pub recursive: Option<PathBuf>,
}

impl Below {
    /// The folder, if one is named.
    ///
    /// # Errors
    /// If one folder is given for what several projects render.
    pub(super) fn folder(&self, out: Option<&Path>) -> Result<Option<&Path>, Failure> {
        match (&self.recursive, out) {
            (Some(_), Some(_)) => Err(Failure::Usage(
                "--out is one folder, and --recursive means several projects: give one of them".into(),
            )),
            (folder, _) => Ok(folder.as_deref()),
        }
    }
}

/// How many projects came to what.
#[derive(Debug, Default)]
struct Count {
    clean: usize,
    different: usize,
    failed: usize,
}

/// Runs `one` for every spec below `folder`: whatever becomes of one, the others have their turn. A program gets one
/// document with a part for each project.
///
/// # Errors
/// If the folder cannot be read, or there is no spec below it.
pub(super) fn each(
    folder: &Path,
    output: Output,
    one: impl Fn(&Path) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let specs = project_dir::find_specs(folder)?;
    if specs.is_empty() {
        return Err(Failure::Usage(format!("there is no mlops.yaml below {}", folder.display())));
    }
    let mut count = Count::default();
    let mut projects: Vec<Value> = Vec::new();
    for spec in &specs {
        output.say(&format!("{}:", spec.display()));
        let result = match one(spec) {
            Ok(Outcome::Clean) => "clean",
            Ok(Outcome::Different | Outcome::Code(_)) => "different",
            Err(failure) => {
                output.failure(&failure);
                "failed"
            }
        };
        match result {
            "clean" => count.clean += 1,
            "different" => count.different += 1,
            _ => count.failed += 1,
        }
        let mut part = json!({ "spec": spec.display().to_string(), "result": result });
        if let (Some(part), Some(Value::Object(said))) = (part.as_object_mut(), output.taken()) {
            part.extend(said);
        }
        projects.push(part);
    }
    if output.is_json() {
        output.data(&json!({ "projects": projects }));
    }
    let Count { clean, different, failed } = count;
    let all = if specs.len() == 1 { "1 project".to_owned() } else { format!("{} projects", specs.len()) };
    output.say(&format!("{all}: {clean} clean, {different} with something to do, {failed} failed"));
    Ok(match (failed, different) {
        (0, 0) => Outcome::Clean,
        (0, _) => Outcome::Different,
        _ => Outcome::Code(2),
    })
}
