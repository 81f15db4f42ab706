//! Reads back what was printed, and proves what must hold of it before anything is written.
//!
//! One module per output language. Each takes the rendered tree (templates of the project included, so a shadowed
//! template passes the same proof) and returns findings; an empty list is the proof.

mod arm;
mod bicep;
mod contract;
mod docker;
mod document;
mod kubernetes;
mod ml;
pub mod networks;
pub mod permissions;
pub mod pipelines;

use crate::project::Project;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;

/// Something wrong with a rendered file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: RelPath,
    /// Line in the file, from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong, what was expected, and what to do.
    pub message: String,
}

impl Finding {
    /// A finding without a line.
    pub fn new(path: &RelPath, message: impl Into<String>) -> Self {
        Self { path: path.clone(), line: None, message: message.into() }
    }

    /// The same finding at a line, from 1.
    #[must_use]
    pub fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// Everything wrong with `tree`, in order of path and line.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    // Pipelines take about as long as all the others together.
    let others: [fn(&RenderedTree, &Project) -> Vec<Finding>; 7] = [
        arm::verify,
        bicep::verify,
        contract::verify,
        docker::verify,
        kubernetes::verify,
        ml::verify,
        networks::verify,
    ];
    let mut findings: Vec<Finding> = std::thread::scope(|scope| {
        let pipelines = scope.spawn(|| pipelines::verify(tree, project));
        let mut findings: Vec<Finding> = others.iter().flat_map(|check| check(tree, project)).collect();
        findings.extend(pipelines.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        findings
    });
    findings.sort();
    findings.dedup();
    findings
}
