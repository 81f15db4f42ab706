//! Bicep on disk: a file with the modules, templates and data that it uses.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use azure_templates::bicep::Sources;

use super::EdgeError;

/// The text of a file.
///
/// # Errors
/// If it cannot be read, or is not UTF-8.
pub fn read(file: &Path) -> Result<String, EdgeError> {
    std::fs::read_to_string(file).map_err(|error| EdgeError::new("read", file, error))
}

/// Writes a file that is there, in one step.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &Path, text: &str) -> Result<(), EdgeError> {
    // A link stays one, and what it leads to is written.
    let file = file.canonicalize().map_err(|error| EdgeError::new("write", file, error))?;
    super::disk::write(&file, text.as_bytes())
}

/// A Bicep file or parameter file, and where paths of others start.
#[derive(Clone, Debug)]
pub struct BicepFiles {
    root: PathBuf,
    /// The path of the file from the root of its disk, with slashes.
    pub path: String,
}

impl BicepFiles {
    /// The file at `file`.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn open(file: &Path) -> Result<Self, EdgeError> {
        let whole = file.canonicalize().map_err(|error| EdgeError::new("read", file, error))?;
        std::fs::metadata(&whole).map_err(|error| EdgeError::new("read", file, error))?;
        // Modules may be anywhere above: paths start where the disk does.
        let root = whole.ancestors().last().unwrap_or(&whole).to_owned();
        let parts = whole.strip_prefix(&root).unwrap_or(&whole).components();
        let parts: Vec<String> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Ok(Self { root, path: parts.join("/") })
    }

    /// This file and what it uses, and what `others` are and use.
    pub fn sources(&self, others: &[&Self]) -> Sources {
        let paths = std::iter::once(self).chain(others.iter().copied()).map(|file| file.path.clone());
        Sources::gather(paths, |path| std::fs::read(self.root.join(path)).ok().map(Cow::Owned))
    }

    /// A path of a finding as people write it: from the current folder, if it is below that.
    pub fn shown(&self, path: &str) -> String {
        let whole = self.root.join(path);
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        let below = here.and_then(|here| whole.strip_prefix(here).ok().map(Path::to_owned));
        below.unwrap_or(whole).to_string_lossy().into_owned()
    }
}
