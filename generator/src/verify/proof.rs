//! All checks together.

use super::{Finding, arm, bicep, contract, docker, kubernetes, ml, networks, pipelines};
use crate::project::Project;
use crate::tree::RenderedTree;

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
