//! Projects, and the work on them that takes its time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::time_text;

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `createPending`, `wellFormed` or `deleting`.
    pub state: String,
    /// `private`, `public` or `organization`.
    pub visibility: String,
    /// Counts changes.
    pub revision: u32,
    /// When it last changed.
    pub updated: Timestamp,
    /// Process template and version control, as given.
    pub capabilities: Value,
}

impl Project {
    /// The short form that other areas embed.
    pub fn reference(&self, root: &str) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "url": format!("{root}/_apis/projects/{}", self.id),
            "state": self.state,
            "revision": self.revision,
            "visibility": self.visibility,
            "lastUpdateTime": time_text(self.updated),
        })
    }
}

/// What an operation does when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// The project becomes well formed.
    CreateProject(Uuid),
    /// The project is gone.
    DeleteProject(Uuid),
    /// Nothing is left to do.
    UpdateProject(Uuid),
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub work: Work,
    /// Polls that still find it unfinished.
    pub polls_left: u32,
    /// Whether a poll has seen it yet.
    pub seen: bool,
    /// Whether its work is done.
    pub done: bool,
}
