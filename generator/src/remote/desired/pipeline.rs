//! Pipelines: one for each file in `pipelines/`, named as the file, in the project's folder.

use super::Wanted;
use crate::project::devops::Agent;
use crate::remote::resource::{Key, Kind, Resource};
use crate::tree::RenderedTree;

/// Where the files are.
const FOLDER: &str = "pipelines/";

/// The pipelines that a tree has files for: name as in the portal, and path of the file.
pub fn files(tree: &RenderedTree) -> Vec<(String, String)> {
    let name = |path: &str| {
        let file = path.strip_prefix(FOLDER)?;
        let name = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml"))?;
        (!name.contains('/')).then(|| (name.to_owned(), path.to_owned()))
    };
    tree.iter().filter_map(|(path, _)| name(path.as_str())).collect()
}

/// The key of a pipeline.
pub fn key(name: &str) -> Key {
    Key::new(Kind::Pipeline, name)
}

/// The pipelines as resources.
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    files(wanted.tree).iter().map(|(name, file)| one(wanted, name, file)).collect()
}

fn one(wanted: &Wanted<'_>, name: &str, file: &str) -> Resource {
    let devops = &wanted.project.devops;
    let resource = Resource { key: key(name), ..Resource::new(Kind::Pipeline, "") }
        .field("description", format!("Rendered from {file}"))
        .field("name", name)
        .field("path", devops.folder.as_str())
        .field("process.yamlFilename", format!("/{}", devops.directory.within(file)))
        .field("repository.name", devops.repository.as_str())
        .field("repository.defaultBranch", format!("refs/heads/{}", devops.branch.as_str()))
        // Triggers and schedules are those of the file: one that is set in the portal would override it.
        .field("triggers", "yaml")
        .needs(super::project_key(wanted.project))
        .needs(Key::new(Kind::Repository, devops.repository.as_str()));
    match &devops.agent {
        Agent::Pool { name, .. } => resource.field("queue.name", name.as_str()),
        Agent::Hosted { .. } => resource,
    }
}
