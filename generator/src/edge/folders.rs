//! The folders of a project: each is looked at once, however many files it holds.

// Invariant: no write follows a symbolic link out of the project
// (test: a_symbolic_link_never_leads_a_write_out_of_the_project).

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::EdgeError;
use crate::tree::path::RelPath;

/// Places of files under one root, none of which lies behind a symbolic link: that could lead out of the project.
#[derive(Debug)]
pub(super) struct Folders<'a> {
    root: &'a Path,
    /// Whether there is something, by path relative to the root.
    seen: HashMap<PathBuf, bool>,
}

impl<'a> Folders<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, seen: HashMap::new() }
    }

    /// The place of `path`; `None` if nothing is there.
    pub(super) fn existing(&mut self, path: &RelPath) -> Result<Option<PathBuf>, EdgeError> {
        let parent = Path::new(path.as_str()).parent().unwrap_or(Path::new(""));
        let full = self.root.join(path.as_str());
        Ok((self.is_there(parent)? && look(&full)?).then_some(full))
    }

    /// The place of `path`, in a folder that is there now.
    pub(super) fn made(&mut self, path: &RelPath) -> Result<PathBuf, EdgeError> {
        let parent = Path::new(path.as_str()).parent().unwrap_or(Path::new(""));
        let full = self.root.join(path.as_str());
        if self.is_there(parent)? {
            look(&full)?;
            return Ok(full);
        }
        let folder = self.root.join(parent);
        fs::create_dir_all(&folder).map_err(|error| EdgeError::new("create the folder", &folder, error))?;
        self.seen.extend(parent.ancestors().map(|folder| (folder.to_owned(), true)));
        Ok(full)
    }

    fn is_there(&mut self, folder: &Path) -> Result<bool, EdgeError> {
        if let Some(known) = self.seen.get(folder) {
            return Ok(*known);
        }
        let there = match folder.parent() {
            Some(parent) => self.is_there(parent)? && look(&self.root.join(folder))?,
            // The root itself may be a link: the person named it.
            None => self.root.as_os_str().is_empty() || self.root.exists(),
        };
        self.seen.insert(folder.to_owned(), there);
        Ok(there)
    }
}

/// Whether something is at `full` that is no symbolic link.
fn look(full: &Path) -> Result<bool, EdgeError> {
    match fs::symlink_metadata(full) {
        Ok(found) if found.is_symlink() => {
            Err(EdgeError::new("use", full, "it is a symbolic link, which may lead out of the project; remove it"))
        }
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(EdgeError::new("read", full, error)),
    }
}
