//! What the tool believes: a [`Project`] is a spec that has been checked, so every value in it is right.
//!
//! Nothing here can be read or written as YAML or JSON (no serde): the only way in is [`check`].

pub mod algorithm;
pub mod azure;
pub mod check;
pub mod column;
pub mod cron;
pub mod data;
pub mod devops;
pub mod environment;
pub mod load;
pub mod metric;
pub mod model;
pub mod monitoring;
pub mod name;
pub mod network;
pub mod parameter;
pub mod pins;
pub mod rules;
pub mod scoring;
pub mod task;
#[cfg(test)]
mod tests;
pub mod text;
pub mod training;
pub mod usage;
pub mod variables;

use std::collections::BTreeMap;

use azure::Platform;
use data::Data;
use devops::DevOps;
use environment::Environment;
use model::Model;
use monitoring::Monitoring;
use name::{ContainerName, ProjectName};
use network::Network;
use pins::Pins;
use scoring::{BatchScoring, Scoring};
use text::Text;
use training::Training;
use usage::Usage;
use variables::VariableGroup;

/// A whole MLOps project, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The project's name; names of resources, pipelines and folders start with it.
    pub name: ProjectName,
    /// One sentence, for READMEs and descriptions.
    pub description: Text,
    /// Tags on every Azure resource, beside the tool's own (`project`, `environment`, `managed-by`).
    pub tags: BTreeMap<Text, Text>,
    /// Where training lives: workspace, compute, storage, vault, registry, monitoring.
    pub platform: Platform,
    /// Where code and pipelines live.
    pub devops: DevOps,
    /// What the model learns from.
    pub data: Data,
    /// What is learned.
    pub model: Model,
    /// How and when it is learned.
    pub training: Training,
    /// How it answers.
    pub scoring: Scoring,
    /// Where it answers, in order of promotion; never empty.
    pub environments: Vec<Environment>,
    /// Scoring of whole files, if asked for.
    pub batch: Option<BatchScoring>,
    /// Variable groups of the spec, and the ones that the tool needs itself.
    pub variable_groups: Vec<VariableGroup>,
    /// Public or private networking.
    pub network: Network,
    /// Alerts and budget.
    pub monitoring: Monitoring,
    /// How much it is used, for estimates of its cost.
    pub usage: Usage,
    /// Versions that the team holds still.
    pub pins: Pins,
}

impl Project {
    /// The blob container with what turned out to be true of scored rows, if training or drift reads it.
    pub fn outcomes_container(&self) -> Option<&ContainerName> {
        let learned = self.training.scoring_logs.as_ref().map(|logs| &logs.outcomes_container);
        let judged = self.monitoring.drift.as_ref().and_then(|drift| drift.outcomes.as_ref());
        learned.or(judged.map(|outcomes| &outcomes.container))
    }
}
