//! Our subset of Bicep: reader, and compiler to ARM JSON.
//!
//! Bicep is the one source of truth for infrastructure. The ARM templates of a project are compiled from the rendered
//! Bicep files, so a template that a user shadows flows into both. What is written is what `bicep build` writes, less
//! the hash that only it can put under its name.

mod arm;
pub mod ast;
mod compile;
mod functions;
mod lexer;
mod parser;
mod token;

use std::collections::HashMap;

use crate::artifacts::{Artifact, Content};
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};
use crate::verify::Finding;

pub use functions::is_function;
pub use parser::parse;

/// Something wrong with a Bicep file, at a line from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Problem {
    /// The line.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Fills in the ARM JSON files of `plan` from the Bicep files that `tree` holds already.
///
/// # Errors
/// Every file that could not be read or compiled, with the place in the Bicep file.
pub fn compile_arm(plan: &[Artifact], tree: &mut RenderedTree) -> Result<(), Vec<Finding>> {
    let (files, mut findings) = read(tree);
    let done = compile::Done::new(HashMap::new());
    let mut made = Vec::new();
    for artifact in plan {
        let Content::Arm { bicep } = &artifact.content else {
            continue;
        };
        let value = match files.get(bicep.as_str()) {
            Some(file) if bicep.as_str().ends_with(".bicepparam") => {
                compile::parameter_file(file).map_err(|problem| (bicep.to_string(), problem))
            }
            Some(_) => compile::template(&files, bicep.as_str(), &done),
            // Its own finding says why it is not there.
            None if findings.iter().any(|f| f.path == *bicep) => continue,
            None => Err((bicep.to_string(), Problem { line: 1, message: "there is no such Bicep file".to_owned() })),
        };
        match value {
            Ok(value) => made.push((artifact, bicep, value)),
            Err((path, problem)) => findings.push(finding(&path, bicep, problem)),
        }
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
            executable: false,
        };
        if tree.insert(artifact.path.clone(), file).is_err() {
            return Err(vec![Finding::new(&artifact.path, "two files of the plan have this path")]);
        }
    }
    Ok(())
}

/// The ARM template of the Bicep file at `path` of `tree`, without writing anything.
///
/// # Errors
/// Files that cannot be read, or the first problem in compiling.
pub fn compile(tree: &RenderedTree, path: &str) -> Result<serde_json::Value, Vec<Finding>> {
    let (files, findings) = read(tree);
    if !findings.is_empty() {
        return Err(findings);
    }
    let main = RelPath::parse(path).map_err(|_| Vec::new())?;
    compile::template(&files, path, &compile::Done::default())
        .map_err(|(at, problem)| vec![finding(&at, &main, problem)])
}

/// The Bicep files of a tree, parsed once, by path.
#[derive(Debug)]
pub struct Sources {
    files: compile::Files,
    unread: Vec<Finding>,
}

impl Sources {
    /// Parses the Bicep files of `tree`.
    pub fn read(tree: &RenderedTree) -> Self {
        let (files, unread) = read(tree);
        Self { files, unread }
    }

    /// The file at `path`, if it is there and can be read.
    pub fn get(&self, path: &str) -> Option<&ast::File> {
        self.files.get(path)
    }

    /// Every file that can be read, by path in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ast::File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }
}

/// Everything that keeps the files of `sources` from being compiled: at most one finding for each file.
pub fn check(sources: &Sources) -> Vec<Finding> {
    let files = &sources.files;
    let mut findings = sources.unread.clone();
    let done = compile::Done::default();
    for path in files.keys().filter(|path| path.ends_with(".bicep")) {
        if let Err((at, problem)) = compile::template(files, path, &done)
            // A module that cannot be read has its own finding.
            && !findings.iter().any(|f| f.path.as_str() == at)
            && let Ok(main) = RelPath::parse(path)
        {
            findings.push(finding(&at, &main, problem));
        }
    }
    findings
}

/// The JSON of a parameter file.
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub fn parameters(file: &ast::File) -> Result<serde_json::Value, Problem> {
    compile::parameter_file(file)
}

/// The JSON of a parameter file, with the environment variables that `environment` knows; others are at their defaults.
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub fn parameters_with(
    file: &ast::File,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<serde_json::Value, Problem> {
    compile::parameter_file_with(file, environment)
}

/// The path that `reference` (`../modules/a.bicep`) means in the file at `path`; `None` if it leads out of the project.
pub fn module_path(path: &str, reference: &str) -> Option<String> {
    compile::module_path(path, reference)
}

/// Every Bicep file of `tree`, parsed, and a finding for each that cannot be.
fn read(tree: &RenderedTree) -> (compile::Files, Vec<Finding>) {
    let mut files = compile::Files::new();
    let mut findings = Vec::new();
    for (path, file) in tree.iter() {
        if !path.as_str().ends_with(".bicep") && !path.as_str().ends_with(".bicepparam") {
            continue;
        }
        let parsed = match file.text() {
            Some(text) => parse(text),
            None => Err(Problem { line: 1, message: "the file is not UTF-8".to_owned() }),
        };
        match parsed {
            Ok(parsed) => drop(files.insert(path.as_str().to_owned(), parsed)),
            Err(problem) => findings.push(Finding::new(path, problem.message).at(problem.line)),
        }
    }
    (files, findings)
}

fn finding(path: &str, main: &RelPath, problem: Problem) -> Finding {
    let path = RelPath::parse(path).unwrap_or_else(|_| main.clone());
    Finding::new(&path, problem.message).at(problem.line)
}

#[cfg(test)]
mod tests;
