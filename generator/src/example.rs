//! The spec that `init` writes: the worked example, with a team's own names in it.

use serde::Serialize;

use crate::artifacts::Language;
use crate::render::{Overrides, RenderError, Renderer};

/// What `init` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Project name.
    pub name: String,
    /// `rust` or `python`.
    pub runtime: &'static str,
    /// Organization of Azure DevOps.
    pub organization: String,
    /// Project of Azure DevOps.
    pub devops_project: String,
    /// Azure region.
    pub location: String,
    /// Mail address for approvals and alerts.
    pub mail: String,
    /// First day of the budget, the first of a month: `2026-12-01`.
    pub budget_start: String,
    /// Where in a repository that is there already the project will lie; none makes a repository of its own.
    pub place: Option<Place>,
}

/// A folder of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The repository's name.
    pub repository: String,
    /// The folder, without a slash at its end.
    pub directory: String,
}

/// What the template of the spec sees. Every field is a whole scalar.
#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    runtime: &'a str,
    organization: &'a str,
    devops_project: &'a str,
    location: &'a str,
    mail: &'a str,
    budget_start: &'a str,
    repository: &'a str,
    /// Folder of the repository, unless it is the top.
    directory: Option<&'a str>,
    /// Name of the variable group of training.
    training_group: String,
    /// Name of the plain variable group.
    settings_group: String,
}

/// The text of a new project's spec.
///
/// Answers that the spec refuses show up when it is [loaded](crate::load), with their place in this text.
///
/// # Errors
/// If the template cannot be rendered.
pub fn spec_text(answers: &Answers) -> Result<String, RenderError> {
    let view = View {
        name: &answers.name,
        runtime: answers.runtime,
        organization: &answers.organization,
        devops_project: &answers.devops_project,
        location: &answers.location,
        mail: &answers.mail,
        budget_start: &answers.budget_start,
        repository: answers.place.as_ref().map_or(&answers.name, |place| &place.repository),
        directory: answers.place.as_ref().map(|place| place.directory.as_str()),
        training_group: format!("{}-training", answers.name),
        settings_group: format!("{}-settings", answers.name),
    };
    let renderer = Renderer::new(&Overrides::new()).map_err(|mut errors| errors.remove(0))?;
    renderer.render_one(Language::Yaml, "project/mlops.yaml", &view)
}
