//! A pipeline of a project, carried out on this machine with the groups and connections of its spec.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use azure_sandbox::run::{Options, Report, RunError, run};
use azure_sandbox::tools;
use devops_emulator::{Execution, RunSettings};
pub use pipeline_runner::{Cancel, Value};

use crate::project::Project;
use crate::project::variables::GroupContent;
use crate::remote::kinds::service_connection;

use super::EdgeError;
use super::sandbox_ids::{ids_of, made_up};

/// The variable by which the stand-ins know whose sign-in a step has.
const CONNECTION: &str = "MLOPS_GEN_SANDBOX_CONNECTION";

/// A run of the pipeline `path` of the folder `root`, with what the project has. Values that the spec does not hold are read
/// from the environment, or made up.
///
/// # Errors
/// If the sandbox's folder cannot be written to.
pub fn options(root: &Path, path: &str, folder: &Path, project: Option<&Project>) -> Result<Options, EdgeError> {
    let mut options = Options::new(root, path, folder);
    options.tools = vec![stand_ins(folder)?];
    options.environment = environment(folder)?;
    if let Some(project) = project {
        options.groups = groups(project);
        let connections = service_connection::connections(project);
        let environment = |name: &str| vec![(CONNECTION.to_owned(), name.to_owned())];
        options.connections =
            connections.iter().map(|connection| (connection.name.to_owned(), environment(connection.name))).collect();
    }
    Ok(options)
}

/// How runs of a sandbox are really carried out, in a folder.
///
/// # Errors
/// If the folder cannot be written to.
pub fn execution(folder: &Path) -> Result<Execution, EdgeError> {
    let wrong = |why: String| EdgeError::new("prepare the sandbox in", folder, why);
    let whole = std::path::absolute(folder).map_err(|error| wrong(error.to_string()))?;
    let mut settings = RunSettings::new(&whole);
    settings.environment = environment(&whole)?;
    settings.tools = vec![stand_ins(&whole)?];
    settings.seeds = tools::seeds(&whole);
    let mut execution = Execution::new(settings);
    execution.connection = Arc::new(|name| vec![(CONNECTION.to_owned(), name.to_owned())]);
    execution.roles = true;
    Ok(execution)
}

/// What steps find of this machine.
fn environment(folder: &Path) -> Result<Vec<(String, String)>, EdgeError> {
    tools::environment(folder).map_err(|why| EdgeError::new("prepare the sandbox in", folder, why))
}

/// Puts the stand-ins into the sandbox's folder; gives back where they are.
fn stand_ins(folder: &Path) -> Result<PathBuf, EdgeError> {
    let wrong = |why: String| EdgeError::new("prepare the sandbox in", folder, why);
    let program = std::env::current_exe().map_err(|error| wrong(error.to_string()))?;
    let words = [program.display().to_string(), "sandbox".to_owned(), "tool".to_owned()];
    tools::install(folder, &words).map_err(wrong)
}

/// Ends every process that the sandbox of a folder has; gives back how many there were.
///
/// # Errors
/// If the folder is none.
pub fn end_all(folder: &Path) -> Result<usize, EdgeError> {
    if !folder.is_dir() {
        return Ok(0);
    }
    azure_sandbox::processes::end_all(folder).map_err(|why| EdgeError::new("end the sandbox in", folder, why))
}

/// Ends what runs in the sandbox of a folder, and forgets what it holds; images, caches and homes of tools stay.
///
/// # Errors
/// If something cannot be removed.
pub fn reset(folder: &Path) -> Result<(), EdgeError> {
    let wrong = |why: String| EdgeError::new("start the sandbox afresh in", folder, why);
    std::fs::create_dir_all(folder).map_err(|error| wrong(error.to_string()))?;
    azure_sandbox::processes::reset(folder).map_err(wrong)
}

/// Makes ahead, beside everything else, what images of a project begin with; gives back of how many.
///
/// # Errors
/// If nothing can be started.
pub fn ahead(folder: &Path, root: &Path) -> Result<usize, EdgeError> {
    tools::ahead(folder, root).map_err(|why| EdgeError::new("make images ahead in", folder, why))
}

/// Starts again what ran in the Azure of a sandbox that had ended or was cut off. What people have to do again comes back.
///
/// # Errors
/// If the folder cannot be read or written.
pub fn revive(folder: &Path) -> Result<Vec<String>, EdgeError> {
    azure_sandbox::revive::revive(folder).map_err(|why| EdgeError::new("start again what ran in", folder, why))
}

/// What a stand-in says, in the sandbox that its environment names.
///
/// # Errors
/// If none is named.
pub fn stand_in(words: &[String]) -> Result<tools::Said, EdgeError> {
    let here = std::env::current_dir().map_err(|error| EdgeError::new("read", Path::new("."), error))?;
    match std::env::var_os(tools::FOLDER) {
        Some(folder) => Ok(tools::main(Path::new(&folder), &here, words)),
        None => Err(EdgeError::new("find the sandbox of", &here, format!("{} is not set", tools::FOLDER))),
    }
}

fn groups(project: &Project) -> BTreeMap<String, Vec<(String, Value)>> {
    let ids = ids_of(project);
    let one = |content: &GroupContent| match content {
        GroupContent::KeyVault { secrets, .. } => {
            secrets.iter().map(|name| (name.to_string(), Value::secret(made_up()))).collect()
        }
        GroupContent::Plain(values) => {
            values.iter().map(|(name, text)| (name.to_string(), Value::plain(text.as_str()).literal())).collect()
        }
        GroupContent::Named(names) => {
            let value = |name: &str| {
                let known = std::env::var(name).ok().or_else(|| ids.get(name).cloned());
                known.unwrap_or_else(|| format!("sandbox-{}", name.to_lowercase()))
            };
            names.iter().map(|name| (name.to_string(), Value::plain(value(name.as_str())).literal())).collect()
        }
    };
    project.variable_groups.iter().map(|group| (group.name.to_string(), one(&group.content))).collect()
}
