//! From a plan of files to their content: the Tera engines, one per output language.

mod engine;
mod error;
mod escape;
mod layout;
mod overrides;
mod value;

use std::sync::Arc;

use engine::Engines;
use serde::Serialize;

use crate::artifacts::{Artifact, Content, Language};
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};

pub use engine::{builtin_template, builtin_templates};
pub use error::RenderError;
pub use overrides::Overrides;

/// Where a project keeps templates that shadow or extend built-in ones.
pub const TEMPLATES: &str = ".mlops-gen/templates";

/// The engines with their templates parsed; renders any number of plans.
#[derive(Debug)]
pub struct Renderer {
    engines: Arc<Engines>,
}

impl Renderer {
    /// Parses the built-in templates and the overrides.
    ///
    /// # Errors
    /// The first template of each language that does not parse.
    /// Overrides that shadow nothing and that no other one names.
    pub fn new(overrides: &Overrides) -> Result<Self, Vec<RenderError>> {
        let strangers = strangers(overrides);
        if !strangers.is_empty() {
            return Err(strangers);
        }
        Engines::new(overrides).map(|engines| Self { engines })
    }

    /// Renders one template with one view.
    ///
    /// # Errors
    /// The engine's report.
    pub fn render_one(&self, language: Language, template: &str, view: &impl Serialize) -> Result<String, RenderError> {
        let failure =
            |error: serde_json::Error| RenderError { template: template.to_owned(), message: error.to_string() };
        let view = serde_json::to_value(view).map_err(failure)?;
        self.engines.render(language, template, &view)
    }

    /// Renders every file whose content comes from a template or is given.
    ///
    /// [`Content::Arm`] files are compiled afterwards from the rendered Bicep.
    ///
    /// # Errors
    /// Every template that failed, not the first.
    pub fn render(&self, plan: &[Artifact]) -> Result<RenderedTree, Vec<RenderError>> {
        let mut tree = RenderedTree::default();
        let mut errors = Vec::new();
        for artifact in plan {
            let (origin, bytes) = match &artifact.content {
                Content::Template { language, template, view } => {
                    match self.engines.render(*language, template, view) {
                        Ok(text) => ((*template).to_owned(), text.into_bytes()),
                        Err(error) => {
                            errors.push(error);
                            continue;
                        }
                    }
                }
                Content::Verbatim { origin, bytes } => (origin.clone().into_owned(), bytes.clone().into_owned()),
                Content::Arm { .. } => continue,
            };
            insert(&mut tree, artifact, origin, bytes).unwrap_or_else(|error| errors.push(error));
        }
        if errors.is_empty() { Ok(tree) } else { Err(errors) }
    }
}

/// A text as one scalar of YAML, in block and in flow style, as every template of YAML prints it.
pub fn yaml_scalar(text: &str) -> String {
    escape::yaml_scalar(text)
}

/// Overrides that would never be used: they have the name of no built-in template, and no other override names them.
fn strangers(overrides: &Overrides) -> Vec<RenderError> {
    let builtin: Vec<String> = builtin_templates().collect();
    let named = |name: &str| {
        let (double, single) = (format!("\"{name}\""), format!("'{name}'"));
        overrides.iter().any(|(other, text)| other != name && (text.contains(&double) || text.contains(&single)))
    };
    let unused = overrides.keys().filter(|name| !builtin.contains(name) && !named(name));
    let error = |name: &String| {
        let nearest = nearest_template(name);
        RenderError {
            template: name.clone(),
            message: format!(
                "it has the name of no built-in template, and no template includes it; the nearest name is `{nearest}` \
                 (`mlops-gen templates list` shows all)"
            ),
        }
    };
    unused.map(error).collect()
}

/// The built-in template whose name is the most like `name`, with or without its folder.
pub fn nearest_template(name: &str) -> String {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let distance = |other: &String| {
        let whole = strsim::normalized_damerau_levenshtein(name, other);
        whole.max(strsim::normalized_damerau_levenshtein(&last(name), &last(other)) - 0.01)
    };
    builtin_templates().max_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or_default()
}

fn insert(tree: &mut RenderedTree, artifact: &Artifact, origin: String, bytes: Vec<u8>) -> Result<(), RenderError> {
    let template = origin.clone();
    let file = RenderedFile {
        bytes,
        ownership: artifact.ownership,
        origin,
        because: artifact.because.iter().map(|part| (*part).to_owned()).collect(),
    };
    let collision = |other: RelPath| RenderError {
        template,
        message: format!("{} and {other} are one file where case does not count", artifact.path),
    };
    tree.insert(artifact.path.clone(), file).map_err(collision)
}
