//! What the services should hold for a project, kind by kind.

pub mod azure;
pub mod branch_policy;
mod files;
mod project;
pub mod repository;

use std::collections::BTreeMap;

use super::content::Content;
use super::resource::Resource;
use crate::project::Project;
use crate::tree::RenderedTree;

/// What the desired things are worked out from.
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

/// A value that is needed and not there: what it is, and where it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not known: {next}")]
pub struct Missing {
    /// What is missing.
    pub what: String,
    /// How to give it.
    pub next: String,
}

impl Missing {
    /// A value that an environment variable gives.
    pub fn variable(name: &str) -> Self {
        Self { what: name.to_owned(), next: format!("set the environment variable {name}") }
    }
}

/// Everything that `wanted` asks for, in order of kind and name.
///
/// # Errors
/// Every value that is missing.
pub fn desired(wanted: &Wanted<'_>) -> Result<Vec<Resource>, Vec<Missing>> {
    let mut resources: Vec<Resource> = vec![project::desired(wanted), repository::desired(wanted)];
    let mut missing: Vec<Missing> = Vec::new();
    if wanted.scope == Scope::Everything {
        match azure::desired(wanted) {
            Ok(found) => resources.extend(found),
            Err(lacks) => missing.extend(lacks),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    resources.push(files::desired(wanted, &resources));
    resources.extend(branch_policy::desired(wanted));
    resources.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(resources)
}
