//! Which files a project has: path, what makes them, and whose they are afterwards.
//!
//! [`plan`] decides; nothing is rendered here. Each area adds its own files in a module of its own.

// Invariant: a file changes only with what it says it depends on
// (test: a_changed_line_changes_only_files_that_say_they_depend_on_it).

pub mod docker;
pub mod fragment;
pub mod infra;
pub mod kubernetes;
pub mod ml;
mod parameters;
pub mod path;
pub mod pipelines;
mod plan;
pub mod project;
#[cfg(test)]
pub(crate) mod sample;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use path::RelPath;
pub use plan::plan;

/// Whose a file is after it was written for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// The tool's: rendered again each time; a person's edits are merged or refused, never lost.
    Managed,
    /// The team's: it follows the spec as long as nobody has touched it.
    Seed,
}

/// The language of a file: decides how strings are escaped and who reads the file back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Azure Pipelines, Azure ML, Kubernetes and other YAML.
    Yaml,
    /// Bicep and Bicep parameter files.
    Bicep,
    /// JSON.
    Json,
    /// Dockerfiles.
    Docker,
    /// Bash.
    Shell,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// TOML.
    Toml,
    /// Markdown.
    Markdown,
    /// Ignore files and other lists of lines.
    Lines,
}

/// One file to be.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Where it goes.
    pub path: RelPath,
    /// Whose it is afterwards.
    pub ownership: Ownership,
    /// What makes it.
    pub content: Content,
    /// Parts of the spec that it depends on, as dotted paths: `training.compute`.
    pub because: Vec<&'static str>,
}

/// What makes a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// A template and the one view that it sees.
    Template {
        /// Language of the output.
        language: Language,
        /// Name under `templates/`: `pipelines/build.yml`.
        template: &'static str,
        /// The template's view struct, serialised.
        view: serde_json::Value,
    },
    /// Bytes that travel along as they are.
    Verbatim {
        /// Where they come from, for `explain`.
        origin: Cow<'static, str>,
        /// The bytes.
        bytes: Cow<'static, [u8]>,
    },
    /// ARM JSON compiled from a rendered Bicep file of the same plan.
    Arm {
        /// The Bicep file (`main.bicep`) or parameter file (`main.bicepparam`).
        bicep: RelPath,
    },
}

impl Artifact {
    /// A managed file from a template.
    ///
    /// # Panics
    /// If `path` is not a path or `view` cannot be serialised: both are mistakes in this program, not in a spec.
    pub fn template(path: &str, language: Language, template: &'static str, view: impl Serialize) -> Self {
        let view = serde_json::to_value(view).expect("a view struct serialises");
        Self::new(path, Content::Template { language, template, view })
    }

    /// A managed file of given bytes.
    ///
    /// # Panics
    /// If `path` is not a path.
    pub fn verbatim(path: &str, origin: impl Into<Cow<'static, str>>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self::new(path, Content::Verbatim { origin: origin.into(), bytes: bytes.into() })
    }

    /// A managed ARM file compiled from the Bicep file at `bicep`.
    ///
    /// # Panics
    /// If one of the paths is not a path.
    pub fn arm(path: &str, bicep: &str) -> Self {
        Self::new(path, Content::Arm { bicep: RelPath::parse(bicep).expect("a path of this program is a path") })
    }

    fn new(path: &str, content: Content) -> Self {
        let path = RelPath::parse(path).expect("a path of this program is a path");
        Self { path, ownership: Ownership::Managed, content, because: Vec::new() }
    }

    /// The same file, but the team's once it is written.
    #[must_use]
    pub fn seed(self) -> Self {
        Self { ownership: Ownership::Seed, ..self }
    }

    /// The same file, with the parts of the spec that it depends on.
    #[must_use]
    pub fn because(self, parts: &[&'static str]) -> Self {
        Self { because: parts.to_vec(), ..self }
    }
}
