//! Resources as they are.

use std::collections::BTreeMap;

use super::resource::{Fields, Key};

/// Field of files that says that they wait in a pull request: its address. No path holds a colon.
pub const PULL_REQUEST: &str = "git:pull-request";

/// Fact of every resource: the service's own id.
pub const ID: &str = "id";

/// Fact of a repository: the other project whose lock is in it.
pub const HOLDER: &str = "holder";

/// Fact of a repository that is looked at to be removed: the folder of another project in it.
pub const NEIGHBOURS: &str = "neighbours";

/// Whose a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It carries this project's mark.
    Ours,
    /// It does not: somebody else made it.
    Foreign,
    /// It is so for everybody, without anybody's doing: nobody takes it over, and no `destroy` ends it.
    Everybody,
}

/// A resource as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The service's own id, as text.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The fields that a spec can set, under the same names as in a [`Resource`](super::resource::Resource).
    pub fields: Fields,
    /// What the service says of the resource and nobody can set: issuer and subject of a connection, client id of an
    /// identity. Not compared with anything.
    pub facts: BTreeMap<String, String>,
    /// Revision, version or object id, where the service has one.
    pub version: Option<String>,
}

impl Observed {
    /// A resource without facts or version.
    pub fn new(id: impl Into<String>, owner: Owner, fields: Fields) -> Self {
        Self { id: id.into(), owner, fields, facts: BTreeMap::new(), version: None }
    }

    /// The same resource with a fact.
    #[must_use]
    pub fn with_fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same resource with a version.
    #[must_use]
    pub fn version(mut self, version: impl ToString) -> Self {
        self.version = Some(version.to_string());
        self
    }

    /// Whether this project made it.
    pub fn is_ours(&self) -> bool {
        self.owner == Owner::Ours
    }

    /// A fact, or else a field that is a text. The fact `id` is there always: it is the service's own id.
    pub fn fact(&self, name: &str) -> Option<String> {
        if name == ID {
            return Some(self.id.clone());
        }
        let field = || self.fields.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        self.facts.get(name).cloned().or_else(field)
    }
}

/// Everything that was found.
pub type State = BTreeMap<Key, Observed>;
