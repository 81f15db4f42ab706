//! Where data are, and that they are of no use.

use std::path::{Path, PathBuf};

use crate::edge::EdgeError;

/// Where data are.
#[derive(Debug)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// In files of a folder: the folder, and each file with its name in there.
    Folder(PathBuf, Vec<(PathBuf, String)>),
    /// In a spreadsheet, of which this text was made.
    Sheet(PathBuf, Vec<u8>),
}

impl Source {
    /// What the person pointed at.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path, _) | Self::Sheet(path, _) => path,
        }
    }
}

/// Why a file or folder is no table that can be learned from.
pub(super) fn unusable(path: &Path, why: &str) -> EdgeError {
    EdgeError::new("use", path, why)
}
