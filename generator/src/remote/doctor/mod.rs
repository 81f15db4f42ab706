//! What keeps a project from being set up or from running: findings, each with its remedy. Checks are functions from what
//! was read to findings; nothing here reads anything.
//!
//! | check | what it looks at |
//! |---|---|
//! | [`credentials`] | who the caller is, in Azure DevOps and in each subscription |
//! | [`permissions`] | what the caller may do, and where not |
//! | [`agents`] | agent pool, hosted image, parallelism |
//! | [`budgets`] | budgets that Azure would refuse |
//! | [`tasks`] | tasks that the pipelines use |
//! | [`names`] | names that must be unique: free, ours, taken, soft-deleted |
//! | [`machines`] | sizes of virtual machines: there, not about to end, within the quota |
//! | [`providers`] | resource providers that the templates need |
//! | `flows` | each flow of a private network, tried from this machine (`edge::doctor::flows`) |

pub mod agents;
pub mod budgets;
pub mod credentials;
pub mod machines;
pub mod names;
pub mod permissions;
pub mod providers;
pub mod tasks;

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// All is well.
    Good,
    /// Worth knowing, or could not be told.
    Note,
    /// Something will not work.
    Blocks,
}

/// What a check found about one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What was found: resource and place.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well with something.
    pub fn good(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, level: Level::Good, says: says.into(), remedy: None }
    }

    /// Something worth knowing, with what can be done.
    pub fn note(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Note, says: says.into(), remedy: Some(remedy.into()) }
    }

    /// Something that will not work, with its remedy.
    pub fn blocks(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Blocks, says: says.into(), remedy: Some(remedy.into()) }
    }
}

/// Whether something blocks.
pub fn is_blocked(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Blocks)
}
