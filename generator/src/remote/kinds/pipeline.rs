//! Pipelines: one for each file in `pipelines/`, named as the file, in the project's folder.

use serde_json::Value;

use super::field::{FieldError, FieldValue, Typed, fields, get};
use crate::project::devops::Agent;
use crate::remote::desired::{Wanted, project_key};
use crate::remote::resource::{Fields, Key, Kind, Resource};
use crate::tree::RenderedTree;

const DESCRIPTION: &str = "description";
const NAME: &str = "name";
const FOLDER: &str = "path";
const FILE: &str = "process.yamlFilename";
const REPOSITORY: &str = "repository.name";
const DEFAULT_BRANCH: &str = "repository.defaultBranch";
const TRIGGERS: &str = "triggers";
const QUEUE: &str = "queue.name";

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline<V = String> {
    /// Its description, without the mark.
    pub description: String,
    /// Its name.
    pub name: String,
    /// Its folder in the portal.
    pub folder: String,
    /// Its file, from the root of the repository, with a slash before it.
    pub file: String,
    /// Name of the repository.
    pub repository: V,
    /// The branch that runs start from, as a full ref.
    pub default_branch: V,
    /// Where its triggers are set.
    pub triggers: Triggers,
    /// Name of its agent queue; none where that is the service's choice.
    pub queue: Option<String>,
}

/// Where the triggers of a pipeline are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triggers {
    /// In its file, all of them.
    File,
    /// In the portal.
    Portal,
}

impl FieldValue for Triggers {
    fn to_value(&self) -> Option<Value> {
        Some(if *self == Self::File { "yaml" } else { "portal" }.into())
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        match String::from_value(value)?.as_str() {
            "yaml" => Ok(Self::File),
            "portal" => Ok(Self::Portal),
            _ => Err("it is neither yaml nor portal"),
        }
    }
}

impl<V: FieldValue> Typed for Pipeline<V> {
    fn to_fields(&self) -> Fields {
        fields([
            (DESCRIPTION, self.description.to_value()),
            (NAME, self.name.to_value()),
            (FOLDER, self.folder.to_value()),
            (FILE, self.file.to_value()),
            (REPOSITORY, self.repository.to_value()),
            (DEFAULT_BRANCH, self.default_branch.to_value()),
            (TRIGGERS, self.triggers.to_value()),
            (QUEUE, self.queue.to_value()),
        ])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            description: get(fields, DESCRIPTION)?,
            name: get(fields, NAME)?,
            folder: get(fields, FOLDER)?,
            file: get(fields, FILE)?,
            repository: get(fields, REPOSITORY)?,
            default_branch: get(fields, DEFAULT_BRANCH)?,
            triggers: get(fields, TRIGGERS)?,
            queue: get(fields, QUEUE)?,
        })
    }
}

/// Where the files are.
const FILES: &str = "pipelines/";

/// The pipelines that a tree has files for: name as in the portal, and path of the file.
pub fn files(tree: &RenderedTree) -> Vec<(String, String)> {
    let name = |path: &str| {
        let file = path.strip_prefix(FILES)?;
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
pub(crate) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    files(wanted.tree).iter().map(|(name, file)| one(wanted, name, file)).collect()
}

fn one(wanted: &Wanted<'_>, name: &str, file: &str) -> Resource {
    let devops = &wanted.project.devops;
    let pipeline = Pipeline {
        description: format!("Rendered from {file}"),
        name: name.to_owned(),
        folder: devops.folder.as_str().to_owned(),
        file: format!("/{}", devops.directory.within(file)),
        repository: devops.repository.as_str().to_owned(),
        default_branch: format!("refs/heads/{}", devops.branch.as_str()),
        // Triggers and schedules are those of the file: one that is set in the portal would override it.
        triggers: Triggers::File,
        queue: match &devops.agent {
            Agent::Pool { name, .. } => Some(name.as_str().to_owned()),
            Agent::Hosted { .. } => None,
        },
    };
    Resource::of(key(name))
        .with(&pipeline.to_fields())
        .needs(project_key(wanted.project))
        .needs(Key::new(Kind::Repository, devops.repository.as_str()))
}
