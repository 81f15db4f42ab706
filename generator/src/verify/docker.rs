//! Dockerfiles: instructions, pinned images, stages, user, health check, copied files.
//!
//! The instructions and their forms are those of the Dockerfile reference (Docker documentation, "Dockerfile
//! reference").

mod parse;
#[cfg(test)]
mod tests;

use super::Finding;
use super::document::exists;
use crate::artifacts::docker::scoring::MODEL_FILES;
use crate::project::Project;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;

pub(super) use parse::{Instruction, parse};

/// Instructions that Docker knows.
const KNOWN: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Everything wrong with the Dockerfiles.
pub fn verify(tree: &RenderedTree, _project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| path.file_name() == "Dockerfile") {
        match file.text() {
            Some(text) => dockerfile(tree, path, text, &mut findings),
            None => findings.push(Finding::new(path, "the file is not UTF-8 text")),
        }
    }
    findings
}

fn dockerfile(tree: &RenderedTree, path: &RelPath, text: &str, findings: &mut Vec<Finding>) {
    let instructions = parse(text);
    let mut stages: Vec<&str> = Vec::new();
    let mut seen_from = false;
    for instruction in &instructions {
        let say = |message: String| Finding::new(path, message).at(instruction.line);
        let problem = match instruction.name.as_str() {
            name if !KNOWN.contains(&name) => Some(format!("`{name}` is no instruction of a Dockerfile")),
            "MAINTAINER" => Some("MAINTAINER is deprecated, use a LABEL".to_owned()),
            "FROM" => {
                seen_from = true;
                let problem = from(instruction, &stages);
                stages
                    .push(instruction.words().skip_while(|word| !word.eq_ignore_ascii_case("as")).nth(1).unwrap_or(""));
                problem
            }
            "ARG" => None,
            name if !seen_from => Some(format!("`{name}` stands before the first FROM")),
            "COPY" | "ADD" => copy(tree, instruction, &stages),
            "ENTRYPOINT" | "CMD" | "HEALTHCHECK" => exec_form(instruction),
            _ => None,
        };
        findings.extend(problem.map(say));
    }
    if !seen_from {
        findings.push(Finding::new(path, "a Dockerfile has a FROM"));
        return;
    }
    last_stage(path, &instructions, findings);
}

/// The image is one of the stages before, empty, or pinned by a version or digest.
fn from(instruction: &Instruction, stages: &[&str]) -> Option<String> {
    let image = instruction.words().find(|word| !word.starts_with("--"))?.to_owned();
    if image == "scratch" || stages.contains(&image.as_str()) || image.contains("@sha256:") {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(&image);
    match name.split_once(':') {
        None => Some(format!("`{image}` has no tag: pin it to a version")),
        Some((_, "latest")) => Some(format!("`{image}` is another image tomorrow: pin it to a version")),
        Some((_, tag)) if !tag.contains(|c: char| c.is_ascii_digit()) => {
            Some(format!("the tag of `{image}` names no version"))
        }
        Some(_) => None,
    }
}

/// What is copied is there: in a stage before, or in the repository.
fn copy(tree: &RenderedTree, instruction: &Instruction, stages: &[&str]) -> Option<String> {
    let before = &stages[..stages.len().saturating_sub(1)];
    if let Some(stage) = instruction.words().find_map(|word| word.strip_prefix("--from=")) {
        let image = stage.contains(['/', ':', '.']);
        return (!image && !before.contains(&stage)).then(|| format!("--from={stage}: no stage before has that name"));
    }
    let words: Vec<&str> = instruction.words().filter(|word| !word.starts_with("--")).collect();
    let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
    if sources.is_empty() {
        return Some("expected at least one source and a destination".to_owned());
    }
    let missing = sources.iter().find(|source| {
        let known = source.contains('$') || source.starts_with(MODEL_FILES);
        let path = source.split('*').next().unwrap_or(source).trim_end_matches('/');
        let found = if source.contains('*') {
            tree.iter().any(|(file, _)| file.as_str().starts_with(path))
        } else {
            exists(tree, path)
        };
        !known && !found
    });
    missing.map(|source| format!("there is no `{source}` in the build context, which is the repository"))
}

/// The exec form, without a shell that would keep signals from the program and that may not be in the image.
fn exec_form(instruction: &Instruction) -> Option<String> {
    let command = match instruction.name.as_str() {
        "HEALTHCHECK" => instruction.rest.split_once("CMD").map(|(_, command)| command.trim())?,
        _ => instruction.rest.trim(),
    };
    let words: Result<Vec<String>, _> = serde_json::from_str(command);
    match words {
        Ok(words) if !words.is_empty() => None,
        _ => Some(format!("{} is written as a list of words: [\"program\", \"argument\"]", instruction.name)),
    }
}

/// The image of jobs of Azure ML.
const TRAINING: &str = "docker/training/Dockerfile";

/// Who runs, and how the container says that it is well.
fn last_stage(path: &RelPath, instructions: &[Instruction], findings: &mut Vec<Finding>) {
    let start = instructions.iter().rposition(|i| i.name == "FROM").unwrap_or(0);
    let stage = &instructions[start..];
    let last = |name: &str| stage.iter().rev().find(|i| i.name == name);
    match last("USER") {
        None => findings.push(Finding::new(path, "the last stage has no USER: the container would run as root")),
        Some(user) => {
            let name = user.rest.split(':').next().unwrap_or_default().trim();
            // Azure ML's folders of a job belong to root (AzureML-Containers#24); everything else runs as nobody.
            let job = path.as_str() == TRAINING;
            if !job && (name == "root" || name.parse() == Ok(0_u32)) {
                findings.push(Finding::new(path, format!("the container runs as `{}`", user.rest)).at(user.line));
            }
        }
    }
    if last("HEALTHCHECK").is_none() {
        findings.push(Finding::new(path, "the last stage has no HEALTHCHECK; a job's image says HEALTHCHECK NONE"));
    }
    if last("ENTRYPOINT").is_none() && last("CMD").is_none() {
        findings.push(Finding::new(path, "the last stage starts no program: it has neither ENTRYPOINT nor CMD"));
    }
}
