//! Azure Pipelines, read back. The crate `azure-pipelines-language` knows the language and says what breaks it; the modules
//! here check one subject each that a project adds to that.

pub mod files;
pub mod outputs;
pub mod schedules;
pub mod scripts;
pub mod secrets;
pub mod spelling;
pub mod syntax;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod variables;

use azure_pipelines::model::Pipeline;
use azure_pipelines::template::parameters;

use super::Finding;
use crate::project::Project;
use crate::tree::RenderedTree;

/// Everything wrong with the pipelines of `tree`.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files = files::Files::read(tree, &mut findings);
    syntax::check(&files, &mut findings);
    secrets::check(&files, &mut findings);
    spelling::check(&files, &mut findings);
    let mut problems = Vec::new();
    for (_, file) in files.iter() {
        parameters::check(file, &mut problems);
    }
    for (path, root, kind) in files.pipelines() {
        let expanded = files.expand(path, root);
        let pipeline = Pipeline::read(&expanded);
        problems.extend(expanded.problems.iter().cloned());
        problems.extend(pipeline.problems());
        schedules::check(&pipeline, &mut findings);
        outputs::check(&pipeline, &files, &mut findings);
        variables::check(&pipeline, kind, project, &files, &mut findings);
        tasks::check(&pipeline, project, &mut findings);
        scripts::check(&pipeline, &files, &mut findings);
    }
    scripts::check_neighbours(tree, &mut findings);
    findings.extend(problems.iter().map(|problem| files::finding(&problem.place, problem.message.clone())));
    findings.sort();
    findings.dedup();
    findings
}
