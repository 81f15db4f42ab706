//! `training:`, and compute clusters and schedules, which batch scoring has too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Training on Azure ML.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TrainingSpec {
    /// The cluster.
    pub compute: ComputeSpec,
    /// Greatest run time of a training job, in minutes.
    #[schemars(range(min = 1, max = 10_080))]
    pub timeout_minutes: i64,
    /// Instances that share one training job; 1 is a single process. Ridge regression adds up what each instance sums over its
    /// share of the rows; an estimator of the project's own needs `distribution`.
    #[schemars(range(min = 1, max = 100))]
    pub instances: i64,
    /// How Azure ML starts the processes of an estimator of the project's own (`algorithm: custom`) that trains over several.
    /// Left out: one process, or the sums of ridge regression.
    pub distribution: Option<TrainingDistributionSpec>,
    /// When to retrain, by the clock.
    #[schemars(length(max = 50))]
    pub schedules: Vec<ScheduleSpec>,
    /// Retrain when a blob arrives. Left out: only by the clock and by hand.
    pub on_new_data: Option<NewDataSpec>,
    /// Learn from scoring logs too, once their outcomes are known. Left out: from the data asset alone.
    pub scoring_logs: Option<ScoringLogsSpec>,
    /// The callable retraining endpoint. Left out: `<project>-train-<suffix>`.
    pub endpoint: Option<String>,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            compute: ComputeSpec::default(),
            timeout_minutes: 120,
            instances: 1,
            distribution: None,
            schedules: Vec::new(),
            on_new_data: None,
            scoring_logs: None,
            endpoint: None,
        }
    }
}

/// Azure ML's own distribution. Every process runs `train`, and `estimator.py` joins them; the first one writes the model.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TrainingDistributionSpec {
    /// Which.
    #[serde(rename = "type")]
    #[schemars(extend("x-required" = true))]
    pub kind: Option<DistributionKindSpec>,
    /// Processes on each instance: one for each GPU, as a rule. Ray has workers of its own. Left out: 1.
    #[schemars(range(min = 1, max = 64))]
    pub processes_per_instance: Option<i64>,
}

/// Kinds of Azure ML's distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DistributionKindSpec {
    /// Processes find each other by `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT`, as `torch.distributed` reads them.
    Pytorch,
    /// `mpirun` starts the processes; the image has an MPI.
    Mpi,
    /// A cluster of Ray: `train` runs on its head, the other instances are workers.
    Ray,
}

/// An Azure ML compute cluster.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ComputeSpec {
    /// Its name, 2 to 16 letters, digits and hyphens. Left out: `cpu-cluster`, or `batch-cluster` for batch scoring.
    pub name: Option<String>,
    /// Size of a node.
    pub sku: String,
    /// Nodes that always run; 0 scales to nothing.
    #[schemars(range(min = 0, max = 1000))]
    pub min_nodes: i64,
    /// Nodes at the most.
    #[schemars(range(min = 1, max = 1000))]
    pub max_nodes: i64,
    /// Whether Azure may take a node back.
    pub priority: PrioritySpec,
    /// Idle seconds before a node is given back.
    #[schemars(range(min = 60, max = 86_400))]
    pub idle_seconds: i64,
}

impl Default for ComputeSpec {
    fn default() -> Self {
        Self {
            name: None,
            sku: "Standard_D4ds_v5".to_owned(),
            min_nodes: 0,
            max_nodes: 4,
            priority: PrioritySpec::Dedicated,
            idle_seconds: 300,
        }
    }
}

/// Whether Azure may take a node back.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrioritySpec {
    /// Nodes are yours until you give them back.
    Dedicated,
    /// Cheaper nodes that Azure may take back.
    LowPriority,
}

/// A schedule.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScheduleSpec {
    /// Its name.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// Five fields: minute, hour, day of the month, month, day of the week (0 is Sunday), in UTC. Days and months may be
    /// names, as in `Mon-Fri`.
    #[schemars(extend("x-required" = true))]
    pub cron: Option<String>,
    /// Run even if nothing has changed since the last time. Azure ML always runs.
    #[serde(default)]
    pub always: bool,
    /// Who keeps the clock. Left out: Azure Pipelines, which records build and commit with the model; batch scoring is
    /// always started by Azure ML.
    pub runner: Option<RunnerSpec>,
}

/// Who keeps the clock of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunnerSpec {
    /// `schedules:` of the retrain pipeline.
    AzurePipelines,
    /// A schedule of the Azure ML workspace; goes on when Azure DevOps is down.
    AzureMl,
}

/// New data starts a retraining.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewDataSpec {
    /// Blob container to watch, in the platform's storage account. Left out: the container for training data.
    pub container: Option<String>,
    /// Folder of the blobs, without a slash in front: what arrives there starts a training, which reads all of it. Left
    /// out: the whole container.
    pub prefix: String,
}

/// Scoring logs as a further source of training data.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScoringLogsSpec {
    /// Blob container with the outcomes that became known later, in the platform's storage account.
    pub outcomes_container: String,
    /// Environment whose logs are collected. Left out: the last one.
    pub environment: Option<String>,
}

impl Default for ScoringLogsSpec {
    fn default() -> Self {
        Self { outcomes_container: "outcomes".to_owned(), environment: None }
    }
}
