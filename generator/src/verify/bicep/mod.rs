//! Bicep, read back: every file compiles, parameter files fit their templates, API versions are current.
//!
//! Symbols, functions, modules, their parameters and outputs are checked by compiling; this module adds what the
//! compiler does not need to know.

#[cfg(test)]
mod tests;

use crate::artifacts::infra::api_versions;
use crate::bicep::ast::{Declaration, File, Kind};
use crate::bicep::{self, Sources};
use crate::project::Project;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;
use crate::verify::Finding;
use azure_templates::Problem;

/// What is wrong with the Bicep files of `tree`.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    let sources = bicep::read(tree);
    let mut findings = bicep::check(&sources);
    findings.extend(check_pins(project));
    for (path, _) in tree.iter() {
        let Some(file) = sources.get(path.as_str()) else {
            continue; // no Bicep, or reported already
        };
        if path.as_str().ends_with(".bicep") {
            check_resources(path, file, &mut findings);
        } else {
            check_parameters(tree, &sources, path, file, &mut findings);
        }
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

/// Every parameter of the file is one of the template's, and every one that the template needs is given. Types and
/// allowed values are held against each other in the JSON of both.
fn check_parameters(tree: &RenderedTree, sources: &Sources, path: &RelPath, file: &File, findings: &mut Vec<Finding>) {
    let mut say = |line: usize, message: String| findings.push(Finding::new(path, message).at(line));
    let Some((using, line)) = &file.using else {
        return say(1, "a parameter file starts with `using './<file>.bicep'`".to_owned());
    };
    let target = bicep::resolve(path.as_str(), using).filter(|target| tree.get(target).is_some());
    let Some(target) = target else {
        return say(line.line, format!("`{using}` does not exist"));
    };
    let Some(template) = sources.get(&target) else {
        return; // reported where it stands
    };
    let declared: Vec<(&Declaration, bool)> = template
        .declarations
        .iter()
        .filter_map(|d| match &d.kind {
            Kind::Parameter { default, .. } => Some((d, default.is_none())),
            _ => None,
        })
        .collect();
    let given: Vec<&Declaration> = file.declarations.iter().filter(|d| matches!(d.kind, Kind::Assignment(_))).collect();
    for assignment in &given {
        if !declared.iter().any(|(d, _)| d.name == assignment.name) {
            say(assignment.at.line, format!("{using} declares no parameter `{}`", assignment.name));
        }
    }
    for (parameter, _) in declared.iter().filter(|(d, required)| *required && !given.iter().any(|g| g.name == d.name)) {
        say(line.line, format!("{using} needs parameter `{}`, which has no default", parameter.name));
    }
    if let Err(Problem { at, message, .. }) = bicep::parameters(file, &|_| None) {
        say(at.line, message);
    }
}
