//! Azure Pipelines, read back: a model of their YAML, and what must hold of it.
//!
//! `yaml` reads, `expression` and `text` know what is evaluated where, `expand` puts templates in and decides what can
//! be decided, `model` sees stages, jobs and steps; the remaining modules check one subject each.

pub mod expand;
pub mod expression;
pub mod files;
pub mod graph;
pub mod model;
pub mod outputs;
pub mod parameters;
pub mod scripts;
pub mod secrets;
pub mod shape;
pub mod syntax;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod text;
pub mod variables;
pub mod yaml;

use super::Finding;
use crate::project::Project;
use crate::tree::RenderedTree;

/// Everything wrong with the pipelines of `tree`.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files = files::Files::read(tree, &mut findings);
    syntax::check(&files, &mut findings);
    secrets::check(&files, &mut findings);
    for (_, file) in files.iter() {
        parameters::check(file, &mut findings);
    }
    for (_, root, kind) in files.pipelines() {
        let expanded = expand::expand(&files, root, &mut findings);
        let pipeline = model::Pipeline::read(&expanded);
        shape::check(&pipeline, &mut findings);
        graph::check(&pipeline, &mut findings);
        outputs::check(&pipeline, &files, &mut findings);
        variables::check(&pipeline, kind, project, &files, &mut findings);
        tasks::check(&pipeline, project, &mut findings);
        scripts::check(&pipeline, &files, &mut findings);
    }
    scripts::check_neighbours(tree, &mut findings);
    findings.sort();
    findings.dedup();
    findings
}
