//! Expands every pipeline below a folder, as `corpus FOLDER`: nothing may crash; what is refused is counted by its message.
//!
//! A file counts if it has stages, jobs, steps or `extends` at its root. The nearest folder with a `.git` above it is where its
//! templates start, or else FOLDER.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::yaml::{parse, print};
use azure_pipelines::{Node, Problem};

struct Repository(PathBuf);

impl Files for Repository {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        std::fs::read_to_string(self.0.join(path)).ok().map(|text| parse(path, &text)).transpose()
    }
}

/// Results, on standard output: this is a program for people at a terminal.
#[allow(clippy::print_stdout)]
fn report(line: &str) {
    println!("{line}");
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        report("usage: corpus FOLDER");
        return ExitCode::from(2);
    };
    let mut files = Vec::new();
    yaml_files(&folder, &mut files);
    files.sort();
    let (mut pipelines, mut clean, mut unread, mut unlike) = (0, 0, 0, 0);
    let mut refused: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let root = file.ancestors().skip(1).find(|folder| folder.join(".git").exists()).unwrap_or(&folder);
        let path = file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let Ok(node) = parse(&path, &text) else {
            unread += 1;
            continue;
        };
        if !["stages", "jobs", "steps", "extends"].iter().any(|key| node.get(key).is_some()) {
            continue;
        }
        pipelines += 1;
        let repository = Repository(root.to_owned());
        let expanded = expand(&Request {
            root: &node,
            path: &path,
            files: &repository,
            parameters: None,
            payloads: Vec::new(),
            variables: Vec::new(),
            knowledge: Knowledge::Files,
        });
        let mut problems = expanded.problems.clone();
        problems.extend(Pipeline::read(&expanded).problems());
        match problems.first() {
            None => {
                clean += 1;
                // What is left open is printed in another form than it is held in.
                let printed = print(&expanded.root);
                let again = parse(&path, &printed).is_ok_and(|again| again.to_json() == expanded.root.to_json());
                unlike += usize::from(!again && !printed.contains("${{"));
            }
            Some(problem) => {
                let entry = refused.entry(kind(&problem.message)).or_insert((0, problem.to_string()));
                entry.0 += 1;
            }
        }
    }
    report(&format!("{pipelines} pipelines and templates expanded without a crash, {clean} of them without a word"));
    report(&format!("{unread} files are no YAML that Azure Pipelines takes; {unlike} print as something else"));
    for (count, example) in refused.values() {
        report(&format!("{count:5} {example}"));
    }
    if pipelines == 0 { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// The message without what is in quotes.
fn kind(message: &str) -> String {
    message.split('`').step_by(2).collect::<Vec<_>>().join("…").chars().take(60).collect()
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && entry.file_name() != ".git" && entry.file_name() != ".github" => {
                yaml_files(&path, found)
            }
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|end| end == "yml" || end == "yaml") => {
                found.push(path);
            }
            _ => {}
        }
    }
}
