//! Paths inside an image.

use std::path::{Path, PathBuf};

/// A path inside, from a folder on.
pub(super) fn absolute(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{}", folder.trim_end_matches('/'), path) }
}

/// A path inside as one of this machine; it leads to nothing outside.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..");
    parts.fold(root.to_owned(), |path, part| path.join(part))
}
