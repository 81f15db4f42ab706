//! The files of a project that is read.

use std::collections::BTreeMap;

/// Text files of a project by their paths below its folder, with `/`; files that are no text, or large, are empty.
pub type Files = BTreeMap<String, String>;

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
