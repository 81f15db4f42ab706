//! What holds a stage or a branch: checks, approvals, policies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::core::json::{at, flag, items, text, text_at, wildcard};

/// A check configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its id.
    pub id: i64,
    /// Its project.
    pub project: Uuid,
    /// Id and name of the type.
    pub kind: Value,
    /// Settings, whose shape depends on the type.
    pub settings: Value,
    /// Minutes.
    pub timeout: i64,
    /// Type and id of the resource.
    pub resource: Value,
    /// Counts changes, from 1.
    pub version: i64,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Who made it, and when.
    pub created: (Uuid, Timestamp),
    /// Who changed it last, and when.
    pub modified: (Uuid, Timestamp),
}

impl Check {
    /// Whether it stands on a resource.
    pub fn is_on(&self, kind: &str, id: &str) -> bool {
        text(&self.resource, "type").is_some_and(|own| own.eq_ignore_ascii_case(kind))
            && text(&self.resource, "id").is_some_and(|own| own.eq_ignore_ascii_case(id))
    }

    /// The type's id.
    pub fn type_id(&self) -> &str {
        text(&self.kind, "id").unwrap_or_default()
    }
}

/// One approver's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Who is asked.
    pub approver: Uuid,
    /// Who answered.
    pub actual: Option<Uuid>,
    /// `pending`, `approved`, `rejected` or `skipped`.
    pub status: String,
    /// What they said.
    pub comment: String,
    /// When it last changed.
    pub modified: Timestamp,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id; that of the timeline's `Checkpoint.Approval` record.
    pub id: Uuid,
    /// Its project.
    pub project: Uuid,
    /// The run that waits.
    pub build: i64,
    /// The stage that waits.
    pub stage: String,
    /// The attempt of the stage.
    pub attempt: u32,
    /// The check that asks.
    pub check: i64,
    /// `pending`, `approved`, `rejected` or `canceled`.
    pub status: String,
    /// Instructions for the approvers.
    pub instructions: String,
    /// How many must approve; 0 for all.
    pub required: usize,
    /// Whether one after the other.
    pub in_sequence: bool,
    /// Whether who started the run may not approve it.
    pub requester_excluded: bool,
    /// Who started the run.
    pub requester: Uuid,
    /// The approvers' parts.
    pub steps: Vec<Step>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

impl Approval {
    /// Ends it; what was still pending is skipped.
    pub fn settle(&mut self, status: &str) {
        self.status = status.to_owned();
        for step in &mut self.steps {
            if step.status == "pending" {
                step.status = "skipped".to_owned();
            }
        }
    }
}

/// A policy configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: i64,
    /// Its project.
    pub project: Uuid,
    /// Every state it had, the newest last: what was given, with who and when.
    pub revisions: Vec<(Value, Uuid, Timestamp)>,
}

impl Policy {
    pub(crate) fn current(&self) -> &Value {
        self.revisions.last().map_or(&Value::Null, |(body, ..)| body)
    }

    pub(crate) fn type_id(&self) -> &str {
        text_at(self.current(), &["type", "id"]).unwrap_or_default()
    }

    pub(crate) fn blocks(&self) -> bool {
        flag(self.current(), "isEnabled").unwrap_or(true) && flag(self.current(), "isBlocking").unwrap_or(true)
    }

    pub(crate) fn settings(&self) -> &Value {
        at(self.current(), &["settings"]).unwrap_or(&Value::Null)
    }

    /// Whether one of its scopes has the branch in it.
    pub fn covers(&self, repository: Uuid, reference: &str) -> bool {
        items(self.settings(), "scope").iter().any(|scope| {
            let own = text(scope, "repositoryId").is_none_or(|id| Uuid::parse_str(id) == Ok(repository));
            let name = text(scope, "refName");
            let prefix = text(scope, "matchKind").is_some_and(|kind| kind.eq_ignore_ascii_case("prefix"));
            own && name.is_none_or(|name| if prefix { reference.starts_with(name) } else { name == reference })
        })
    }

    /// Whether one of the changed files is one that its path filter names; without a filter every change counts. A pattern
    /// behind `!` takes files out again that one before it has named, and alone names none; the last one that matches
    /// decides (document branch-policies, "Path filters").
    pub(crate) fn counts(&self, changed: &[String]) -> bool {
        let patterns = items(self.settings(), "filenamePatterns");
        let named = |path: &String| {
            let full = format!("/{}", path.trim_start_matches('/'));
            let verdict = patterns.iter().filter_map(Value::as_str).rev().find_map(|pattern| {
                let (plain, wanted) = pattern.strip_prefix('!').map_or((pattern, true), |rest| (rest, false));
                wildcard(plain, &full).then_some(wanted)
            });
            verdict.unwrap_or(false)
        };
        patterns.is_empty() || changed.iter().any(named)
    }
}
