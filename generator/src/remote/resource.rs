//! Resources that the tool makes, as keys and fields.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Fields that the spec sets, under dotted names: `checks.approval.minRequiredApprovers`.
pub type Fields = BTreeMap<String, Value>;

/// What kind of resource. No kind needs a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Azure DevOps: the team project; made where it is missing, never changed, never removed.
    Project,
    /// Azure: the resource group of a place.
    ResourceGroup,
    /// Azure: the managed identity behind a service connection.
    Identity,
    /// Azure: a role of that identity.
    RoleAssignment,
    /// Azure DevOps: the git repository.
    Repository,
    /// Azure DevOps: a connection to Azure.
    ServiceConnection,
    /// Azure: the trust of an identity in a service connection.
    FederatedCredential,
    /// Azure: what `infra/` describes.
    Deployment,
    /// Azure DevOps: a variable group.
    VariableGroup,
    /// Azure DevOps: an environment.
    Environment,
    /// Azure DevOps: an approval or a check of an environment.
    Check,
    /// Azure DevOps: a pipeline.
    Pipeline,
    /// Azure DevOps: the rendered files on the default branch.
    Files,
    /// Azure DevOps: which pipelines may use a resource.
    Permission,
    /// Azure DevOps: build validation of a branch.
    BranchPolicy,
    /// Azure DevOps: that an identity is in a group of the project, so that it may start pipelines.
    Membership,
}

/// All kinds, in an order in which no kind needs a later one.
pub const KINDS: [Kind; 16] = [
    Kind::Project,
    Kind::ResourceGroup,
    Kind::Identity,
    Kind::RoleAssignment,
    Kind::Repository,
    Kind::ServiceConnection,
    Kind::FederatedCredential,
    Kind::Deployment,
    Kind::VariableGroup,
    Kind::Environment,
    Kind::Check,
    Kind::Pipeline,
    Kind::Files,
    Kind::Permission,
    Kind::BranchPolicy,
    Kind::Membership,
];

impl Kind {
    /// As in `--adopt` and in plans: `variable-group`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::ResourceGroup => "resource-group",
            Self::Identity => "identity",
            Self::RoleAssignment => "role-assignment",
            Self::Repository => "repository",
            Self::Files => "files",
            Self::ServiceConnection => "service-connection",
            Self::FederatedCredential => "federated-credential",
            Self::Deployment => "deployment",
            Self::VariableGroup => "variable-group",
            Self::Environment => "environment",
            Self::Check => "check",
            Self::Pipeline => "pipeline",
            Self::Permission => "permission",
            Self::BranchPolicy => "branch-policy",
            Self::Membership => "membership",
        }
    }

    /// Whether the resource lives in Azure, not in Azure DevOps.
    pub fn is_azure(self) -> bool {
        use Kind::{Deployment, FederatedCredential, Identity, ResourceGroup, RoleAssignment};
        matches!(self, ResourceGroup | Identity | RoleAssignment | FederatedCredential | Deployment)
    }
}

impl Kind {
    /// Whether the tool leaves the resource where it is whatever happens: others live in the team project too.
    pub fn stays(self) -> bool {
        self == Self::Project
    }

    /// Whether removing the resource loses what cannot be made again from the spec: history, models, data.
    pub fn holds_data(self) -> bool {
        matches!(self, Self::Repository | Self::Files | Self::ResourceGroup | Self::Deployment)
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        KINDS.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
            format!("`{text}` is no kind of resource; the kinds are {}", names.join(", "))
        })
    }
}

/// A kind and a name that is unique in it: `variable-group/diabetes-settings`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
}

impl Key {
    /// The key of a resource.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// The resource that this one hangs on, so that it is adopted with it, and goes with it: a check on its environment, a
    /// permission on what it is for.
    pub fn host(&self) -> Option<Key> {
        match self.kind {
            Kind::Check => Some(place(&self.name).0),
            Kind::Permission => self.name.parse().ok(),
            _ => None,
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((kind, name)) if !name.is_empty() => Ok(Self::new(kind.parse()?, name)),
            _ => Err(format!("`{text}` names no resource; a resource is KIND/NAME, as in variable-group/settings")),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// What besides environments has checks, by the first part of their names.
const GUARDED: [Kind; 2] = [Kind::ServiceConnection, Kind::VariableGroup];

/// What a check guards, and which check it is, by the name of its key.
pub fn place(name: &str) -> (Key, &str) {
    let (host, check) = name.rsplit_once('/').unwrap_or((name, ""));
    let other = host.parse::<Key>().ok().filter(|key| GUARDED.contains(&key.kind));
    (other.unwrap_or_else(|| Key::new(Kind::Environment, host)), check)
}

/// A resource as the spec wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Which resource.
    pub key: Key,
    /// What the spec sets.
    pub fields: Fields,
    /// What must be there first.
    pub needs: Vec<Key>,
    /// Fields that cannot be changed on a resource that is there: a difference in one of them means replacing it.
    pub fixed: Vec<&'static str>,
    /// Fields that only its owner can change: a resource of somebody else that differs in one of them cannot become ours.
    pub owners: Vec<&'static str>,
}

impl Resource {
    /// A resource without fields.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self::of(Key::new(kind, name))
    }

    /// A resource of this key without fields.
    pub fn of(key: Key) -> Self {
        Self { key, fields: Fields::new(), needs: Vec::new(), fixed: Vec::new(), owners: Vec::new() }
    }

    /// The same resource with a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// The same resource with more fields.
    #[must_use]
    pub fn with(mut self, fields: &Fields) -> Self {
        self.fields.extend(fields.clone());
        self
    }

    /// The same resource, after another one.
    #[must_use]
    pub fn needs(mut self, key: Key) -> Self {
        self.needs.push(key);
        self
    }

    /// The same resource with fields that only replacing it changes.
    #[must_use]
    pub fn fixed(mut self, fields: &[&'static str]) -> Self {
        self.fixed.extend(fields);
        self
    }

    /// The same resource with fields that its owner alone can change.
    #[must_use]
    pub fn owners(mut self, fields: &[&'static str]) -> Self {
        self.owners.extend(fields);
        self
    }
}
