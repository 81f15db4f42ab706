//! From a project to its files, rendered and proved: the one path that every command shares.

use crate::project::Project;
use crate::render::{RenderError, Renderer};
use crate::tree::RenderedTree;
use crate::verify::{self, Finding};
use crate::{artifacts, bicep};

/// Why a project has no rendered tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A template could not be rendered.
    Render(RenderError),
    /// A rendered file does not hold what it must.
    Refuted {
        /// What is wrong, and where.
        finding: Finding,
        /// The template or source that made the file, if one did.
        origin: Option<String>,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Render(error) => write!(f, "template {error}"),
            Self::Refuted { finding, origin } => {
                write!(f, "{}", finding.path)?;
                if let Some(line) = finding.line {
                    write!(f, ":{line}")?;
                }
                if let Some(origin) = origin {
                    write!(f, " (template {origin})")?;
                }
                write!(f, ": {}", finding.message)
            }
        }
    }
}

/// Renders every file of `project` and proves the whole.
///
/// # Errors
/// Every template that failed; else everything that the verification refuted.
pub fn compose(project: &Project, renderer: &Renderer) -> Result<RenderedTree, Vec<Problem>> {
    let plan = artifacts::plan(project);
    let mut tree =
        renderer.render(&plan).map_err(|errors| errors.into_iter().map(Problem::Render).collect::<Vec<_>>())?;
    tree.project = project.name.to_string();
    bicep::compile_arm(&plan, &mut tree).map_err(|findings| refuted(findings, &tree))?;
    let findings = verify::verify(&tree, project);
    if findings.is_empty() { Ok(tree) } else { Err(refuted(findings, &tree)) }
}

fn refuted(findings: Vec<Finding>, tree: &RenderedTree) -> Vec<Problem> {
    let with_origin = |finding: Finding| {
        let origin = tree.get(finding.path.as_str()).map(|file| file.origin.clone());
        Problem::Refuted { finding, origin }
    };
    findings.into_iter().map(with_origin).collect()
}
