//! Scripts that steps run: they are there, they can be run, and data reaches them through the environment only.

use azure_pipelines::Node;
use azure_pipelines::model::{Pipeline, Step};
use azure_pipelines::template::macros;

use super::super::Finding;
use super::files::{Files, finding};
use crate::tree::RenderedTree;

/// A variable that a script sets for what runs after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Whether other jobs can read it.
    pub output: bool,
}

/// The variables that `script` sets through logging commands (Microsoft Learn, "Logging commands").
pub fn sets(script: &str) -> Vec<Set> {
    let mut found = Vec::new();
    let mut rest = script;
    while let Some(start) = rest.find("##vso[task.setvariable ") {
        rest = &rest[start + "##vso[task.setvariable ".len()..];
        let head = rest.split(']').next().unwrap_or_default();
        let property = |wanted: &str| {
            let pairs = head.split(';').filter_map(|pair| pair.split_once('='));
            pairs.map(|(k, v)| (k.trim(), v.trim())).find(|(k, _)| k.eq_ignore_ascii_case(wanted)).map(|(_, v)| v)
        };
        if let Some(name) = property("variable") {
            let output = property("isOutput").is_some_and(|value| value.eq_ignore_ascii_case("true"));
            found.push(Set { name: name.to_owned(), output });
        }
    }
    found
}

/// The text of the script that a step runs, whether it is written there or in a file of the tree.
pub fn text_of(step: &Step<'_>, files: &Files<'_>) -> Option<String> {
    if let Some(path) = step.script_file().and_then(script_path) {
        return files.tree.get(of_project(path, files.tree))?.text().map(str::to_owned);
    }
    step.inline().and_then(Node::text).map(str::to_owned)
}

/// The path in what a step says it runs.
fn script_path(node: &Node) -> Option<&str> {
    node.text()?.split_whitespace().find(|word| *word != "bash").map(|path| path.trim_start_matches("./"))
}

/// A path that a step names, as one of the project: a task counts from the top of the repository, a script from the folder
/// that it runs in.
fn of_project<'a>(path: &'a str, tree: &RenderedTree) -> &'a str {
    tree.directory.inside(path).unwrap_or(path)
}

/// Checks every script of a pipeline.
pub fn check(pipeline: &Pipeline<'_>, files: &Files<'_>, findings: &mut Vec<Finding>) {
    for step in pipeline.jobs().flat_map(|(_, job)| &job.steps) {
        if let Some(node) = step.script_file()
            && let Some(path) = script_path(node).filter(|path| !path.contains('$'))
        {
            file(of_project(path, files.tree), node, step, files.tree, findings);
            place(path, node, step, files.tree, findings);
        } else if let Some(node) = step.inline() {
            inline(node, findings);
        }
        paths(step, files.tree, findings);
    }
}

fn file(path: &str, node: &Node, step: &Step<'_>, tree: &RenderedTree, findings: &mut Vec<Finding>) {
    match tree.get(path) {
        // The team's own: git knows whether it may be run.
        None if tree.own(path).is_some() => {}
        None => findings.push(finding(&node.place, format!("script `{path}` does not exist"))),
        // AzureCLI@2 hands the file to bash; a plain bash step runs it, and a push through the service's API makes no
        // file executable.
        Some(_) if step.kind == "bash" && !node.text().is_some_and(|text| text.starts_with("bash ")) => {
            findings.push(finding(&node.place, format!("script `{path}` may not be executable: run `bash {path}`")));
        }
        Some(_) => {}
    }
}

/// A script of a project in a folder of its repository runs there, and a task finds it from the top.
fn place(path: &str, node: &Node, step: &Step<'_>, tree: &RenderedTree, findings: &mut Vec<Finding>) {
    if tree.directory.is_top() {
        return;
    }
    let directory = tree.directory.as_str();
    let folder = step.input("workingDirectory").or_else(|| step.node.get("workingDirectory")).and_then(Node::text);
    let folder = folder.map(|folder| folder.trim_start_matches("$(Build.SourcesDirectory)/").trim_end_matches('/'));
    if folder != Some(directory) {
        let message = format!("`{path}` does not run in the project's folder: say `workingDirectory: {directory}`");
        findings.push(finding(&node.place, message));
    }
    if step.kind == "task" && tree.directory.inside(path).is_none() {
        let message = format!("`{path}` is looked for at the top of the repository: say `{directory}/{path}`");
        findings.push(finding(&node.place, message));
    }
}

/// A value that is put into a script's text can end the string that it stands in.
fn inline(node: &Node, findings: &mut Vec<Finding>) {
    let text = node.text().unwrap_or_default();
    let known = |name: &&str| name.contains('.') || name.chars().any(|c| c.is_ascii_uppercase());
    for name in macros(text).into_iter().filter(known) {
        findings.push(finding(
            &node.place,
            format!("`$({name})` is put into the text of a script; give it to the step's `env` and read it from there"),
        ));
    }
}

/// Files and folders of the repository that a step gives to its script.
fn paths(step: &Step<'_>, tree: &RenderedTree, findings: &mut Vec<Finding>) {
    const FOLDERS: [&str; 6] = ["infra/", "ml/", "kubernetes/", "docker/", "pipelines/", "tests/"];
    let values = step.node.get("env").into_iter().chain(step.input("manifests")).flat_map(|node| {
        let own = node.text().map(|_| node);
        own.into_iter().chain(node.entries().iter().map(|(_, value)| value))
    });
    for node in values {
        let text = node.text().map(|text| of_project(text, tree));
        let Some(text) = text.filter(|text| FOLDERS.iter().any(|folder| text.starts_with(folder))) else {
            continue;
        };
        let plain = !text.contains(['$', ' ']);
        let stem = text.trim_end_matches("/*.yml");
        let folder = format!("{stem}/");
        let own = tree.own(stem).is_some() || tree.has_own_below(&folder);
        let rendered = || tree.get(stem).is_some() || tree.iter().any(|(path, _)| path.as_str().starts_with(&folder));
        if plain && !own && !rendered() {
            findings.push(finding(&node.place, format!("`{text}` is neither a file nor a folder of the project")));
        }
    }
}

/// Checks that scripts find each other: `bash "$here/retry.sh"`.
pub fn check_neighbours(tree: &RenderedTree, findings: &mut Vec<Finding>) {
    for (path, file) in
        tree.iter().filter(|(path, _)| path.as_str().starts_with("pipelines/") && path.as_str().ends_with(".sh"))
    {
        for (index, line) in file.text().unwrap_or_default().lines().enumerate() {
            let Some((before, rest)) = line.split_once("\"$here/") else { continue };
            let name = rest.split('"').next().unwrap_or_default();
            let neighbour = format!("{}/{name}", path.folder());
            let there = tree.get(&neighbour).is_some() || tree.own(&neighbour).is_some();
            if !there || !before.ends_with("bash ") {
                let message = format!("script `{neighbour}` does not exist, or is run without `bash` before it");
                findings.push(Finding::new(path, message).at(index + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Set, sets};

    #[test]
    fn variables_that_a_script_sets_are_found() {
        let script =
            "echo \"##vso[task.setvariable variable=a;isOutput=true]$x\"\necho '##vso[task.setvariable variable=B]1'";
        let expected = [("a", true), ("B", false)].map(|(name, output)| Set { name: name.to_owned(), output });
        assert_eq!(sets(script), expected);
    }
}
