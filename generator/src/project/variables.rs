//! Variable groups: from Key Vault or plain, never both.

use std::collections::BTreeMap;

use super::name::{DevOpsName, EnvironmentName, SecretName, VariableName};
use super::text::Text;

/// A variable group of Azure DevOps, authorised for exactly the named pipelines.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableGroup {
    /// Its name.
    pub name: DevOpsName,
    /// For the portal.
    pub description: Text,
    /// Pipelines that see it.
    pub pipelines: Vec<PipelineKind>,
    /// What is in it.
    pub content: GroupContent,
}

/// What a variable group holds.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupContent {
    /// Secrets of a Key Vault, under their own names.
    KeyVault {
        /// Whose vault.
        vault: VaultOwner,
        /// Which secrets.
        secrets: Vec<SecretName>,
    },
    /// Plain values.
    Plain(BTreeMap<VariableName, Text>),
    /// Plain variables whose values the spec does not hold, such as ids: the team sets them.
    Named(Vec<VariableName>),
}

/// Whose Key Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultOwner {
    /// The platform's.
    Platform,
    /// That of an environment.
    Environment(EnvironmentName),
}

/// The pipelines that are rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PipelineKind {
    /// Lint, tests, data tests; publishes the training pipeline.
    Build,
    /// Trains, evaluates, registers.
    Retrain,
    /// Image, QA, production.
    Release,
    /// What-if, deploy, destroy.
    Infrastructure,
    /// Validation of pull requests.
    PullRequest,
    /// Takes down deployments whose time to live is over.
    Cleanup,
    /// Holds scoring logs against training data.
    Drift,
}

impl PipelineKind {
    /// As in the spec and in file names: `pull-request`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Retrain => "retrain",
            Self::Release => "release",
            Self::Infrastructure => "infrastructure",
            Self::PullRequest => "pull-request",
            Self::Cleanup => "cleanup",
            Self::Drift => "drift",
        }
    }
}
