//! A rendered YAML file.

use crate::artifacts::{Artifact, Language};

/// A YAML file whose template has the file's own path.
pub(super) fn yaml(path: &'static str, view: impl serde::Serialize) -> Artifact {
    Artifact::template(path, Language::Yaml, path, view)
}
