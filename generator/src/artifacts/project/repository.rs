//! Settings of the repository and of editors, and the schema that completes the spec.

use serde::Serialize;

use super::super::{Artifact, Language};
use crate::project::Project;
use crate::project::model::Runtime;

/// What the templates of settings see.
#[derive(Serialize)]
struct View {
    /// Whether training and scoring are in Rust.
    rust: bool,
    /// Whether the scoring server is in Rust and training in Python.
    native: bool,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let view = View { rust: project.model.runtime == Runtime::Rust, native: project.scoring.native };
    let seed = |path, language, template: &'static str| {
        Artifact::template(path, language, template, &view).seed().because(&["model.runtime"])
    };
    let mut schema = serde_json::to_string_pretty(&crate::spec::json_schema()).expect("a schema serialises");
    schema.push('\n');
    vec![
        seed(".gitignore", Language::Lines, "project/gitignore"),
        seed(".gitattributes", Language::Lines, "project/gitattributes"),
        seed(".editorconfig", Language::Lines, "project/editorconfig"),
        seed(".vscode/settings.json", Language::Json, "project/vscode/settings.json"),
        seed(".vscode/extensions.json", Language::Json, "project/vscode/extensions.json"),
        Artifact::verbatim(".mlops-gen/mlops.schema.json", "the spec's own types", schema.into_bytes()),
    ]
}
