//! The files on the default branch.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field::{FieldError, FieldValue, Typed};
use crate::artifacts::Ownership;
use crate::remote::desired::Wanted;
use crate::remote::observed::PULL_REQUEST;
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// Value of a file of the team's: whatever is in it, it is there.
const SEED: &str = "seed";

/// Field that says that a pull request is open that does not hold everything that is wanted now.
const OLD_REQUEST: &str = "git:pull-request-to-update";

/// Field that says that a candidate was left behind.
const LEFTOVER: &str = "git:candidate";

/// The files of a branch, each a field under its path, and how far a push of them is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// What is at each path.
    pub files: BTreeMap<String, File>,
    /// What an earlier push has left open.
    pub open: Option<Open>,
}

/// A file of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// One with this git object id.
    Blob(String),
    /// One of the team's, whatever is in it.
    Seed,
}

/// What a push leaves open. No path holds a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// A pull request with everything that is wanted, by its address.
    Request(String),
    /// A pull request that lacks something, by its address.
    OldRequest(String),
    /// A candidate that nobody needs, by its commit.
    Leftover(String),
}

impl Open {
    /// The field that says it, and what it says.
    fn named(&self) -> (&'static str, &String) {
        match self {
            Self::Request(address) => (PULL_REQUEST, address),
            Self::OldRequest(address) => (OLD_REQUEST, address),
            Self::Leftover(commit) => (LEFTOVER, commit),
        }
    }
}

impl FieldValue for File {
    fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Blob(id) => id.as_str().into(),
            Self::Seed => SEED.into(),
        })
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        String::from_value(value).map(|text| if text == SEED { Self::Seed } else { Self::Blob(text) })
    }
}

impl Typed for Files {
    fn to_fields(&self) -> Fields {
        let files = self.files.iter().filter_map(|(path, file)| Some((path.clone(), file.to_value()?)));
        let open = self.open.iter().map(|open| {
            let (name, text) = open.named();
            (name.to_owned(), text.as_str().into())
        });
        files.chain(open).collect()
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        let mut read = Self::default();
        for (name, value) in fields {
            let wrong = |why| FieldError { field: name.clone(), why };
            let open: fn(String) -> Open = match name.as_str() {
                PULL_REQUEST => Open::Request,
                OLD_REQUEST => Open::OldRequest,
                LEFTOVER => Open::Leftover,
                _ => {
                    read.files.insert(name.clone(), File::from_value(Some(value)).map_err(wrong)?);
                    continue;
                }
            };
            read.open = Some(open(String::from_value(Some(value)).map_err(wrong)?));
        }
        Ok(read)
    }
}

/// The files that the repository shall hold: those of the tool with the object ids of their content, those of the team's.
///
/// They come after what their pipelines name: the push starts runs, and the server's preview reads the definitions.
pub(crate) fn desired(wanted: &Wanted<'_>, others: &[Resource]) -> Resource {
    use Kind::{Environment, Pipeline, ServiceConnection, VariableGroup};
    let devops = &wanted.project.devops;
    let files = wanted.content.iter().map(|(path, file)| {
        let held = match file.ownership {
            Ownership::Managed => File::Blob(file.blob.clone()),
            Ownership::Seed => File::Seed,
        };
        (path.as_str().to_owned(), held)
    });
    let files = Files { files: files.collect(), open: None };
    let resource = Resource::new(Kind::Files, devops.branch.as_str())
        .with(&files.to_fields())
        .needs(Key::new(Kind::Repository, devops.repository.as_str()));
    let named =
        |other: &&Resource| matches!(other.key.kind, Pipeline | ServiceConnection | VariableGroup | Environment);
    others.iter().filter(named).fold(resource, |resource, other| resource.needs(other.key.clone()))
}
