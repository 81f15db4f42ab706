//! `init --from`: what a project of another layout says, in a spec, and what could not be taken over.

use std::path::{Path, PathBuf};

use mlops_gen::edge::{disk, project_dir};
use mlops_gen::origin::join::with_line;
use mlops_gen::origin::{self, Layout, Origin, Said};
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::Output;
use mlops_gen::remote::runs::log::harmless;

/// A project of another layout.
pub(super) struct Former {
    /// What it says.
    pub(super) origin: Origin,
    root: PathBuf,
}

/// Reads a project of another layout.
pub(super) fn read(root: &Path) -> Result<Former, Failure> {
    let files = project_dir::files_of_settings(root)?;
    let Some(origin) = origin::read(&files) else {
        let (root, all) = (root.display(), Layout::ALL);
        return Err(Failure::Usage(format!(
            "{root} has none of the layouts that are known, which are those of {all}; start from its data instead: \
             `mlops-gen init DIR --data FILE --target COLUMN`"
        )));
    };
    Ok(Former { origin, root: root.to_owned() })
}

impl Former {
    /// The file to learn from.
    pub(super) fn data(&self) -> Result<PathBuf, Failure> {
        let (root, layout) = (self.root.display(), self.origin.layout);
        match &self.origin.settings.data {
            Some(path) => Ok(self.root.join(path)),
            None => Err(Failure::Usage(format!(
                "{root} is a project like {layout}, and no data were found in it: give a file with --data, and --target"
            ))),
        }
    }

    /// The spec with the settings that it takes: one that does not go with what the data are is left out and told.
    pub(super) fn put_into(&mut self, text: &str, name: &str) -> String {
        let mut text = text.to_owned();
        for (section, lines) in self.origin.settings.sections() {
            for line in lines {
                let Some(with) = with_line(&text, section, &line) else { continue };
                if mlops_gen::load(name, &with).is_ok() {
                    text = with;
                } else {
                    let said = Said { file: name.to_owned(), line: None, key: section.to_owned(), value: line.clone() };
                    let kept = |(_, key, _): &(Said, &'static str, String)| {
                        !key.starts_with(&format!("{section}.{}", line.split(':').next().unwrap_or_default()))
                    };
                    self.origin.mapped.retain(kept);
                    self.origin.left.push((said, "it does not go with the rest of the spec".to_owned()));
                }
            }
        }
        text
    }

    /// Says what went where, and what is left.
    pub(super) fn tell(&self, output: Output) {
        let Origin { layout, mapped, left, .. } = &self.origin;
        output.say(&format!("{} is a project like {layout}", self.root.display()));
        for (said, key, value) in mapped {
            output.say(&format!("taken    {}", harmless(&format!("{}: {} -> {key}: {value}", place(said), said.key))));
        }
        for (said, why, more) in together(left) {
            let others = if more == 0 { String::new() } else { format!(" and {more} more") };
            let text = format!("{}: {} = {}{others}: {why}", place(said), said.key, shown(&said.value));
            output.say(&format!("left     {}", harmless(&text)));
        }
        output.say("");
        if output.is_json() {
            let taken: Vec<Value> = mapped.iter().map(|(said, key, value)| {
                json!({ "file": said.file, "line": said.line, "key": said.key, "spec": key, "value": value })
            }).collect();
            let left: Vec<Value> = left.iter().map(|(said, why)| {
                json!({ "file": said.file, "line": said.line, "key": said.key, "value": said.value, "why": why })
            }).collect();
            output.data(&json!({ "from": { "layout": layout.to_string(), "taken": taken, "left": left } }));
        }
    }

    /// Adds the libraries that the other project needs and this one lacks, or says which they are.
    pub(super) fn add_requirements(&self, dir: &Path, complete: bool, output: Output) -> Result<(), Failure> {
        let path = dir.join("requirements-train.txt");
        let Ok(there) = project_dir::read_text(&path) else { return Ok(()) };
        let others = project_dir::read_text(&dir.join("requirements.txt")).unwrap_or_default();
        let has = |package: &str| there.lines().chain(others.lines()).any(|line| name(line) == name(package));
        let lacking: Vec<&String> =
            self.origin.settings.requirements.iter().filter(|package| !has(package) && !platform(package)).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let lines: Vec<&str> = lacking.iter().map(|line| line.as_str()).collect();
        let all = harmless(&lines.join(", "));
        if complete {
            let text = format!("{}\n{}\n", there.trim_end(), lines.join("\n"));
            disk::write(&path, text.as_bytes())?;
            output.say(&format!("extended requirements-train.txt: {all}"));
        } else {
            output.say(&format!(
                "left     {all}: requirements-train.txt lacks them; add what your estimator imports, or give --complete"
            ));
        }
        Ok(())
    }
}

/// What is left, each file and reason once, with the number of further keys.
fn together(left: &[(Said, String)]) -> Vec<(&Said, &str, usize)> {
    let mut all: Vec<(&Said, &str, usize)> = Vec::new();
    for (said, why) in left {
        match all.iter_mut().find(|(first, reason, _)| first.file == said.file && reason == why) {
            Some((.., more)) => *more += 1,
            None => all.push((said, why, 0)),
        }
    }
    all
}

/// Libraries of the platform that is left: nothing rendered imports them.
fn platform(package: &str) -> bool {
    let name = name(package);
    ["azureml", "databricks", "pyspark", "inference-schema", "opencensus"].iter().any(|one| name.starts_with(one))
}

fn name(line: &str) -> String {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    line[..end].to_lowercase().replace('_', "-")
}

fn place(said: &Said) -> String {
    said.line.map_or_else(|| said.file.clone(), |line| format!("{}:{line}", said.file))
}

/// A value as far as it is worth reading.
fn shown(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    if line.chars().count() > 40 { line.chars().take(39).chain(['…']).collect() } else { line.to_owned() }
}
