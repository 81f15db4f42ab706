//! From a project to its files, rendered and proved: the one path that every command shares.

use std::collections::BTreeMap;

use crate::project::Project;
use crate::render::{RenderError, Renderer};
use crate::tree::edit::{self, Edits};
use crate::tree::path::RelPath;
use crate::tree::{Beyond, Outside, RenderedTree};
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
        /// The template or source that made the file, in words, if one did; or the edit that is in it.
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
                    write!(f, " ({origin})")?;
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
    compose_with(project, renderer, &Team::default())
}

/// What the team has done in a project, as far as rendered files are about it.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// Accepted edits of the tool's files: they are in what is proved.
    pub edits: Edits,
    /// Files beside the rendered ones: templates and accepted edits may name them.
    pub files: BTreeMap<RelPath, Vec<u8>>,
    /// What the Bicep compiler of this machine has made of what [`beyond`] told.
    pub outside: Option<Outside>,
}

/// What of a project is beyond this tool's own compiler: asked where [`compose_with`] fails. Nothing to compile where it fails
/// for another reason.
pub fn beyond(project: &Project, renderer: &Renderer, team: &Team) -> Beyond {
    let plan = artifacts::plan(project);
    let Ok(mut tree) = renderer.render(&plan) else {
        return Beyond::default();
    };
    bicep::lay_out(&mut tree);
    edit::put_into(&mut tree, &team.edits);
    let wanted = bicep::beyond(&plan, &tree);
    if wanted.is_empty() {
        return Beyond::default();
    }
    let mut files = team.files.clone();
    files.extend(tree.iter().map(|(path, file)| (path.clone(), file.bytes.clone())));
    files.retain(|path, _| path.as_str().starts_with("infra/") || path.as_str().ends_with("bicepconfig.json"));
    Beyond { wanted, files }
}

// Invariant: nothing is written when a part of a render or its proof fails
// (test: a_template_that_breaks_its_file_writes_nothing_and_is_named_with_its_line).
/// The same with what the team has done.
///
/// # Errors
/// As [`compose`].
pub fn compose_with(project: &Project, renderer: &Renderer, team: &Team) -> Result<RenderedTree, Vec<Problem>> {
    let plan = artifacts::plan(project);
    let mut tree =
        renderer.render(&plan).map_err(|errors| errors.into_iter().map(Problem::Render).collect::<Vec<_>>())?;
    tree.project = project.name.to_string();
    tree.directory = project.devops.directory.clone();
    tree.outside = team.outside.clone();
    bicep::lay_out(&mut tree);
    edit::put_into(&mut tree, &team.edits);
    bicep::compile_arm(&plan, &mut tree).map_err(|findings| refuted(findings, &tree))?;
    // Files that are compiled from others may have edits of their own.
    edit::put_into(&mut tree, &team.edits);
    let own = team.files.iter().filter(|(path, _)| tree.get(path.as_str()).is_none());
    let own = own.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    tree.beside(own);
    let findings = verify::verify(&tree, project);
    if findings.is_empty() { Ok(tree) } else { Err(refuted(findings, &tree)) }
}

fn refuted(findings: Vec<Finding>, tree: &RenderedTree) -> Vec<Problem> {
    let with_origin = |finding: Finding| {
        let edited = tree.accepted(&finding.path).is_some_and(|accepted| accepted.outgrown.is_none());
        let origin = if edited {
            Some(format!("with the accepted edit {}", edit::file_of(&finding.path)))
        } else {
            tree.get(finding.path.as_str()).map(|file| format!("template {}", file.origin))
        };
        Problem::Refuted { finding, origin }
    };
    findings.into_iter().map(with_origin).collect()
}
