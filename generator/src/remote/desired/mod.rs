//! What the services should hold for a project, kind by kind.

mod all;
pub mod azure;
#[cfg(test)]
mod tests;
pub mod usage;

use std::collections::BTreeMap;

use super::content::Content;
pub use super::missing::Missing;
use super::resource::{Key, Kind};
use crate::project::Project;
use crate::tree::RenderedTree;

pub use all::{desired, variables};

/// What the desired resources are worked out from.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What the spec says.
    pub project: &'a Project,
    /// The rendered files.
    pub tree: &'a RenderedTree,
    /// The files that the repository shall hold: those, and what they are rendered from.
    pub content: &'a Content,
    /// Values that the spec leaves to variables (`AZURE_TENANT_ID`), as far as the environment has them.
    pub values: &'a BTreeMap<String, String>,
    /// Azure DevOps alone, or Azure too.
    pub scope: Scope,
}

/// How far the tool's hands go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Azure DevOps and what it needs in Azure.
    Everything,
    /// Azure DevOps alone: an administrator does the rest.
    DevOps,
}

/// The key of the team project.
pub(crate) fn project_key(project: &Project) -> Key {
    Key::new(Kind::Project, project.devops.project.as_str())
}
