//! What pipelines use: service connections, variable groups, environments, queues, and who may use them; hooks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::core::json::{text, text_at};
use crate::core::secret::Secret;

/// The name of the pool with Microsoft-hosted agents.
pub const HOSTED: &str = "Azure Pipelines";

/// The project that a reference names by its id.
pub fn reference_project(reference: &Value) -> Option<Uuid> {
    Uuid::parse_str(text_at(reference, &["projectReference", "id"])?).ok()
}

/// A service connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: Uuid,
    /// What was given, without secrets; the service's own fields are put in on reading.
    pub body: Value,
    /// The projects that see it: `serviceEndpointProjectReferences`.
    pub references: Vec<Value>,
    /// Authorization parameters that are secret.
    pub secrets: BTreeMap<String, Secret>,
    /// Who made it.
    pub created_by: Uuid,
    /// Reads that still find it not ready.
    pub reads_left: u32,
    /// TestConnection calls that still fail.
    pub tests_left: u32,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl Endpoint {
    /// The name.
    pub fn name(&self) -> &str {
        text(&self.body, "name").unwrap_or_default()
    }

    /// The type, e.g. `AzureRM`.
    pub fn kind(&self) -> &str {
        text(&self.body, "type").unwrap_or_default()
    }

    /// Whether a project sees it.
    pub fn in_project(&self, project: Uuid) -> bool {
        self.references.iter().any(|reference| reference_project(reference) == Some(project))
    }

    /// The name under which a project sees it.
    pub(crate) fn name_in(&self, project: Uuid) -> &str {
        let reference = self.references.iter().find(|reference| reference_project(reference) == Some(project));
        reference.and_then(|reference| text(reference, "name")).unwrap_or_else(|| self.name())
    }

    /// Takes a project's reference away.
    pub fn leave_project(&mut self, project: Uuid) {
        self.references.retain(|reference| reference_project(reference) != Some(project));
    }

    /// Whether it can be used.
    pub fn is_ready(&self) -> bool {
        self.reads_left == 0 && self.failure.is_none()
    }
}

/// A variable group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariableGroup {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `Vsts` or `AzureKeyVault`.
    pub kind: String,
    /// Connection and vault of a linked group, as given.
    pub provider_data: Value,
    /// Variables by name, as given, without secret values.
    pub variables: Map<String, Value>,
    /// The values of secret variables of a plain group.
    pub secrets: BTreeMap<String, Secret>,
    /// The projects that see it: `variableGroupProjectReferences`.
    pub references: Vec<Value>,
    /// Who made it, and when.
    pub created: (Uuid, Timestamp),
    /// Who changed it last, and when.
    pub modified: (Uuid, Timestamp),
}

impl VariableGroup {
    /// Whether a project sees it.
    pub fn in_project(&self, project: Uuid) -> bool {
        self.references.iter().any(|reference| reference_project(reference) == Some(project))
    }

    /// Takes a project's reference away.
    pub fn leave_project(&mut self, project: Uuid) {
        self.references.retain(|reference| reference_project(reference) != Some(project));
    }

    /// The name under which a project sees it.
    pub fn name_in(&self, project: Uuid) -> &str {
        let reference = self.references.iter().find(|reference| reference_project(reference) == Some(project));
        reference.and_then(|reference| text(reference, "name")).unwrap_or(&self.name)
    }
}

/// A Kubernetes namespace within an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kubernetes {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: Option<String>,
    /// The service connection.
    pub endpoint: Option<String>,
    /// Tags.
    pub tags: Value,
    /// Who made it, and when.
    pub created: (Uuid, Timestamp),
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its project.
    pub project: Uuid,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its Kubernetes resources.
    pub kubernetes: Vec<Kubernetes>,
    /// Deployments, the oldest first.
    pub deployments: Vec<Value>,
    /// Who made it, and when.
    pub created: (Uuid, Timestamp),
    /// Who changed it last, and when.
    pub modified: (Uuid, Timestamp),
}

/// An agent pool of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether Microsoft hosts its agents.
    pub hosted: bool,
    /// Its agents, as the service shows them.
    #[serde(default)]
    pub agents: Vec<Value>,
}

impl Pool {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "isHosted": self.hosted, "poolType": "automation", "size": if self.hosted { 1 } else { 0 },
            "isLegacy": false, "options": if self.hosted { "singleUseAgents" } else { "none" },
            "autoProvision": true, "autoUpdate": true, "autoSize": true, "createdOn": "2026-01-01T00:00:00Z",
            "scope": crate::core::ids::named("pools"), "properties": {},
        })
    }
}

/// A pool as seen from one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its id.
    pub id: i64,
    /// The project.
    pub project: Uuid,
    /// The pool behind it.
    pub pool: i64,
    /// Its name, that of the pool at first.
    pub name: String,
}

/// The permissions on one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Permissions {
    /// The project.
    pub project: Uuid,
    /// `endpoint`, `queue`, `variablegroup`, `environment`, `repository`.
    pub kind: String,
    /// The resource's id; of a repository `{projectId}.{repositoryId}`.
    pub id: String,
    /// Whether every pipeline may use it.
    pub all: bool,
    /// The pipelines that may: id, who said so, when.
    pub pipelines: Vec<(i64, Uuid, Timestamp)>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// What was given, secrets masked.
    pub body: Value,
    /// Who made it, and when.
    pub created: (Uuid, Timestamp),
    /// Who changed it last, and when.
    pub modified: (Uuid, Timestamp),
}
