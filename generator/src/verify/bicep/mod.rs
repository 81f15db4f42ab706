//! Bicep, read back: every file compiles, parameter files fit their templates, API versions are current.
//!
//! What the Bicep compiler refuses, and how parameter files fit their templates, is checked by compiling; this module adds
//! what the compiler does not need to know.

#[cfg(test)]
mod tests;

use crate::artifacts::infra::api_versions;
use crate::bicep;
use crate::bicep::ast::{File, Kind};
use crate::project::Project;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;
use crate::verify::Finding;

/// What is wrong with the Bicep files of `tree`.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    let sources = bicep::read(tree);
    let mut findings = bicep::check(tree, &sources);
    findings.extend(check_pins(project));
    for (path, _) in tree.iter() {
        let Some(file) = sources.get(path.as_str()) else {
            continue; // no Bicep, or reported already
        };
        check_resources(path, file, &mut findings);
    }
    findings
}

/// Overrides of API versions that would do nothing, or harm.
fn check_pins(project: &Project) -> Vec<Finding> {
    let spec = RelPath::parse("mlops.yaml").expect("a path of this program is a path");
    let pins = project.pins.api_versions.iter();
    pins.filter_map(|(kind, version)| api_versions::check(kind, version).err())
        .map(|why| Finding::new(&spec, format!("pins.apiVersions: {why}")))
        .collect()
}

fn check_resources(path: &RelPath, file: &File, findings: &mut Vec<Finding>) {
    for declaration in &file.declarations {
        let Kind::Resource(block) = &declaration.kind else {
            continue;
        };
        if let Some((kind, version)) = block.reference.split_once('@')
            && let Err(why) = api_versions::check(kind, version)
        {
            findings.push(Finding::new(path, why).at(declaration.at.line));
        }
    }
}
