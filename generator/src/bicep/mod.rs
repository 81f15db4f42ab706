//! Bicep of a rendered tree: the ARM templates of a project are compiled from the rendered Bicep files, so a template
//! that a user shadows flows into both. The language itself is the crate `azure-templates`.

pub mod made;

use std::borrow::Cow;

use azure_templates::Located;
use azure_templates::bicep::{Compiler, old_api_versions};
pub use azure_templates::bicep::{Sources, ast, format, is_function, parameters, parse, resolve};

use crate::artifacts::infra::api_versions;
use crate::artifacts::{Artifact, Content};
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};
use crate::verify::Finding;

/// The Bicep files of a tree.
pub fn read(tree: &RenderedTree) -> Sources {
    let bicep = |path: &&RelPath| path.as_str().ends_with(".bicep") || path.as_str().ends_with(".bicepparam");
    let paths = tree.iter().map(|(path, _)| path).filter(bicep).map(ToString::to_string);
    Sources::gather(paths, |path| tree.get(path).map(|file| Cow::Borrowed(file.bytes.as_slice())))
}

/// Lays out the Bicep files of `tree`, those of templates of the user's too. What is no Bicep stays as it is: it is
/// reported where it is compiled.
pub fn lay_out(tree: &mut RenderedTree) {
    let bicep = |path: &&RelPath| path.as_str().ends_with(".bicep") || path.as_str().ends_with(".bicepparam");
    let paths: Vec<String> = tree.iter().map(|(path, _)| path).filter(bicep).map(ToString::to_string).collect();
    for path in paths {
        if let Some(file) = tree.get_mut(&path)
            && let Some(Ok(text)) = file.text().map(format)
        {
            file.bytes = text.into_bytes();
        }
    }
}

/// Fills in the ARM JSON files of `plan` from the Bicep files that `tree` holds already.
///
/// # Errors
/// Every file that could not be read or compiled, with the place in the Bicep file.
pub fn compile_arm(plan: &[Artifact], tree: &mut RenderedTree) -> Result<(), Vec<Finding>> {
    let sources = read(tree);
    let compiler = Compiler::new(&sources);
    let mut findings = unread(&sources);
    let mut made = Vec::new();
    let mut beyond = false;
    for artifact in plan {
        let Content::Arm { bicep } = &artifact.content else {
            continue;
        };
        if let Some(value) = tree.outside.as_ref().and_then(|outside| outside.compiled.get(bicep)) {
            made.push((artifact, bicep, value.clone()));
            continue;
        }
        let value = if bicep.as_str().ends_with(".bicepparam") {
            compiler.parameters(bicep.as_str(), &|_| None)
        } else {
            compiler.template(bicep.as_str())
        };
        match value {
            Ok(value) => made.push((artifact, bicep, value)),
            Err(problems) => {
                beyond |= problems.iter().any(|located| located.problem.code.is_empty());
                findings.extend(problems.into_iter().map(|problem| finding(bicep, problem)));
            }
        }
    }
    if tree.outside.is_some() {
        findings.retain(|finding| !is_beyond(&sources, finding));
    } else if beyond {
        let way_out = "what is Bicep and not of this tool's subset, the Bicep compiler itself compiles: it runs where `bicep`, \
                       or `az` with `az bicep install`, is on the PATH";
        findings.extend(
            sources
                .unread()
                .first()
                .and_then(|first| RelPath::parse(&first.path).ok())
                .map(|path| Finding::new(&path, way_out)),
        );
    }
    if !findings.is_empty() {
        findings.sort();
        findings.dedup();
        return Err(findings);
    }
    for (artifact, bicep, value) in made {
        let mut bytes = serde_json::to_vec_pretty(&value).unwrap_or_default();
        bytes.push(b'\n');
        let file = RenderedFile {
            bytes,
            ownership: artifact.ownership,
            origin: bicep.to_string(),
            because: artifact.because.iter().map(|part| (*part).to_owned()).collect(),
        };
        if tree.insert(artifact.path.clone(), file).is_err() {
            return Err(vec![Finding::new(&artifact.path, "two files of the plan have this path")]);
        }
    }
    Ok(())
}

/// Files of `plan` that cannot be compiled because something of them, or of what they use, is Bicep that this tool's own
/// compiler does not know: what [`Outside`](crate::tree::Outside) has to have. None where all is known, or simply wrong.
pub fn beyond(plan: &[Artifact], tree: &RenderedTree) -> Vec<RelPath> {
    let sources = read(tree);
    let compiler = Compiler::new(&sources);
    let (mut wanted, mut unknown) = (Vec::new(), false);
    for artifact in plan {
        let Content::Arm { bicep } = &artifact.content else {
            continue;
        };
        let made = match bicep.as_str().ends_with(".bicepparam") {
            true => compiler.parameters(bicep.as_str(), &|_| None),
            false => compiler.template(bicep.as_str()),
        };
        if let Err(problems) = made {
            unknown |= problems.iter().any(|located| located.problem.code.is_empty());
            wanted.push(bicep.clone());
        }
    }
    if unknown { wanted } else { Vec::new() }
}

/// Whether a finding is only that this tool's own compiler does not know a file, or one that it uses.
fn is_beyond(sources: &Sources, finding: &Finding) -> bool {
    sources.unread().iter().any(|located| located.path == finding.path.as_str() && located.problem.code.is_empty())
}

/// Everything that keeps the files of `tree` from being compiled, less what the Bicep compiler itself has compiled.
pub fn check(tree: &RenderedTree, sources: &Sources) -> Vec<Finding> {
    let compiler = Compiler::new(sources);
    let mut findings = unread(sources);
    if tree.outside.is_some() {
        findings.retain(|finding| !is_beyond(sources, finding));
    }
    let known = |path: &str| {
        let outside = tree.outside.iter().flat_map(|outside| outside.compiled.keys());
        outside.into_iter().any(|compiled| compiled.as_str() == path)
    };
    for path in sources.files().keys().filter(|path| !known(path)) {
        let made = match path.ends_with(".bicep") {
            true => compiler.template(path),
            false => compiler.parameters(path, &|_| None),
        };
        for problem in made.err().into_iter().flatten() {
            if let Ok(main) = RelPath::parse(path) {
                findings.push(finding(&main, problem));
            }
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

/// What is not wrong with the Bicep files of `tree`, and worth a look: what the rules of the Bicep linter say, by their own
/// names. `today` is a date, as `2026-11-30`, by which versions of the API are old.
pub fn lint(tree: &RenderedTree, today: &str) -> Vec<Finding> {
    let sources = read(tree);
    let compiler = Compiler::new(&sources);
    let known = |kind: &str| api_versions::find(kind).map_or(&[][..], |entry| entry.known);
    let mut findings = Vec::new();
    for (path, file) in sources.files() {
        let mut problems = compiler.warnings(path);
        if let Ok(today) = today.parse() {
            problems.extend(old_api_versions(file, today, &known));
        }
        let Ok(main) = RelPath::parse(path) else {
            continue;
        };
        findings.extend(problems.into_iter().map(|problem| finding(&main, Located { path: path.clone(), problem })));
    }
    findings.sort();
    findings.dedup();
    findings
}

fn unread(sources: &Sources) -> Vec<Finding> {
    let located = |located: &Located| {
        let path = RelPath::parse(&located.path).ok()?;
        Some(finding(&path, located.clone()))
    };
    sources.unread().iter().filter_map(located).collect()
}

/// A problem in a file that was compiled for `main`.
fn finding(main: &RelPath, Located { path, problem }: Located) -> Finding {
    let path = RelPath::parse(&path).unwrap_or_else(|_| main.clone());
    let code = if problem.code.is_empty() { String::new() } else { format!(" ({})", problem.code) };
    Finding::new(&path, format!("{}{code}", problem.message)).at(problem.at.line)
}

#[cfg(test)]
mod tests;
