//! What people write: `mlops.yaml` as it stands, before anything is believed.
//!
//! Every key here mirrors a field of [`Project`](crate::project::Project). What must be there is an `Option` that the
//! schema calls required: the structure check reports its absence, and the rest of the file is still judged. The doc
//! comments become the descriptions in the JSON Schema, which editors show.

pub mod located;
pub mod report;
pub mod schema;
pub mod structure;

mod azure;
mod batch;
mod column;
mod data;
mod devops;
mod environment;
mod model;
mod monitoring;
mod nearest;
mod network;
mod pins;
mod project;
mod scoring;
mod training;
mod usage;
mod variables;
mod words;

pub use azure::*;
pub use batch::*;
pub use column::*;
pub use data::*;
pub use devops::*;
pub use environment::*;
pub use model::*;
pub use monitoring::*;
pub use nearest::nearest;
pub(crate) use nearest::{did_you_mean, fitting, listed};
pub use network::*;
pub use pins::*;
pub use project::*;
pub use schema::json_schema;
pub use scoring::*;
pub use training::*;
pub use usage::*;
pub use variables::*;
pub use words::{are, counted, verb_of};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine learning project on Azure: data, training, scoring and the environments that it is promoted through.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "mlops.yaml", deny_unknown_fields)]
pub struct SpecFile {
    /// Version of this format.
    #[schemars(extend("x-required" = true), extend("const" = 1))]
    pub version: Option<i64>,
    /// What the project is called.
    #[schemars(extend("x-required" = true))]
    pub project: Option<ProjectSpec>,
    /// Where training lives in Azure.
    #[schemars(extend("x-required" = true))]
    pub azure: Option<AzureSpec>,
    /// Where code and pipelines live in Azure DevOps.
    #[schemars(extend("x-required" = true))]
    pub devops: Option<DevOpsSpec>,
    /// What the model learns from.
    #[schemars(extend("x-required" = true))]
    pub data: Option<DataSpec>,
    /// What is learned, and when a new model is better than the old one.
    #[schemars(extend("x-required" = true))]
    pub model: Option<ModelSpec>,
    /// How and when the model is learned.
    pub training: TrainingSpec,
    /// How the model answers.
    pub scoring: ScoringSpec,
    /// Where the model answers, in order of promotion.
    #[schemars(extend("x-required" = true), length(min = 1, max = 12))]
    pub environments: Option<Vec<EnvironmentSpec>>,
    /// Scoring of whole files. Leave it out if nobody needs it.
    pub batch: Option<BatchSpec>,
    /// Variable groups of Azure DevOps: from a Key Vault or plain, never both in one.
    pub variable_groups: Vec<VariableGroupSpec>,
    /// `public` (guarded by identity), `private` (virtual network, private endpoints, private DNS), or `private` with
    /// address ranges of your own.
    pub network: NetworkSpec,
    /// Alerts, budget and how long logs are kept.
    pub monitoring: MonitoringSpec,
    /// How much the project is used, for `mlops-gen cost`.
    pub usage: UsageSpec,
    /// Versions that the team holds still.
    pub pins: PinsSpec,
}
