//! Where a project is: arguments that most commands have.

use std::path::{Path, PathBuf};

use clap::Args;
use mlops_gen::edge::project_dir;

/// A spec. The usual one is looked for in the folders above as well, as far as the repository goes.
///
/// # Errors
/// None: whether there is one is found out when it is read.
pub fn spec_path(text: &str) -> Result<PathBuf, String> {
    Ok(if text == SPEC { project_dir::find_upwards(SPEC) } else { PathBuf::from(text) })
}

/// Where the spec and the files are.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml", value_parser = spec_path)]
    pub spec: PathBuf,
    /// Folder of the rendered files [default: the spec's]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Where a spec is if nobody says otherwise.
pub(super) const SPEC: &str = "mlops.yaml";

/// A path from the root of the file system, without `.` and `..`.
pub(super) fn plain(path: &Path) -> Option<PathBuf> {
    let mut full = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            std::path::Component::ParentDir => drop(full.pop()),
            part => full.push(part),
        }
    }
    Some(full)
}
