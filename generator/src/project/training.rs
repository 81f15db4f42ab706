//! How and when the model is learned.

use super::name::{ComputeName, ContainerName, EndpointName};
use super::text::Text;

pub use super::cron::Cron;

/// Training on Azure ML.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The cluster.
    pub compute: Compute,
    /// Greatest run time of a training job, in minutes.
    pub timeout_minutes: u32,
    /// Instances that share one training job; 1 is a single process.
    pub instances: u32,
    /// How several processes train together, where the project's own estimator does that.
    pub distribution: Option<Distribution>,
    /// When to retrain, by the clock (UTC).
    pub schedules: Vec<Schedule>,
    /// Retrain when a blob arrives.
    pub on_new_data: Option<NewData>,
    /// Learn from scoring logs too.
    pub scoring_logs: Option<ScoringLogs>,
    /// The callable retraining endpoint (batch endpoint with a pipeline deployment).
    pub endpoint: EndpointName,
}

impl Training {
    /// Whether instances sum up shares of the rows, and one process combines the sums.
    pub fn sharded(&self) -> bool {
        self.instances > 1 && self.distribution.is_none()
    }
}

/// Azure ML's own distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Which.
    pub kind: DistributionKind,
    /// Processes on each instance; of Ray one.
    pub processes: u32,
}

/// Kinds of Azure ML's distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistributionKind {
    /// As `torch.distributed` reads its environment.
    Pytorch,
    /// By `mpirun`.
    Mpi,
    /// A cluster of Ray.
    Ray,
}

impl DistributionKind {
    /// As in the spec and in Azure ML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pytorch => "pytorch",
            Self::Mpi => "mpi",
            Self::Ray => "ray",
        }
    }
}

/// An Azure ML compute cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compute {
    /// Its name.
    pub name: ComputeName,
    /// Size of a node: `Standard_D4ds_v5`.
    pub sku: Sku,
    /// Nodes that always run; 0 scales to nothing.
    pub min_nodes: u32,
    /// Nodes at the most.
    pub max_nodes: u32,
    /// Dedicated or low-priority nodes.
    pub priority: Priority,
    /// Idle seconds before a node is given back.
    pub idle_seconds: u32,
}

/// A virtual machine size: `Standard_D4ds_v5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku(String);

impl Sku {
    /// Accepts `Standard_…` or `Basic_…` sizes of letters, digits, underscores and hyphens.
    ///
    /// # Errors
    /// What a size looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tail = text.strip_prefix("Standard_").or_else(|| text.strip_prefix("Basic_"));
        let good = |t: &str| {
            !t.is_empty() && t.len() < 60 && t.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        match tail {
            Some(tail) if good(tail) => Ok(Self(text.to_owned())),
            _ => Err("a virtual machine size looks like `Standard_D4ds_v5`".to_owned()),
        }
    }

    /// The size.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the size has a GPU: Azure's N-series.
    pub fn has_gpu(&self) -> bool {
        self.0.split('_').nth(1).is_some_and(|family| family.starts_with('N'))
    }
}

/// Whether Azure may take a node back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Nodes are ours until we give them back.
    Dedicated,
    /// Cheaper nodes that Azure may take back.
    LowPriority,
}

/// A schedule in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its name, for display and for the Azure ML schedule.
    pub name: EndpointName,
    /// When.
    pub cron: Cron,
    /// Run even if the source has not changed since the last time (Azure Pipelines' `always`).
    pub always: bool,
    /// Who keeps the clock; exactly one, so that nothing is trained twice.
    pub runner: Runner,
}

/// Who keeps the clock of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// `schedules:` of the retrain pipeline.
    AzurePipelines,
    /// A schedule of the Azure ML workspace.
    AzureMl,
}

/// New data in Blob starts a retraining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewData {
    /// Blob container to watch, in the platform's storage account.
    pub container: ContainerName,
    /// Folder to watch, without a slash in front; empty for the whole container.
    pub prefix: Text,
}

impl NewData {
    /// The folder with a slash behind, or nothing for the whole container: what starts a training is exactly what it
    /// reads. `incoming` alone would also fit blobs of `incoming-old/`, and a job cannot mount a part of a folder.
    pub fn folder(&self) -> String {
        match self.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{}/", prefix.trim_end_matches('/')),
        }
    }
}

/// Scoring logs as a further source of training data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringLogs {
    /// Blob container with the files of later known outcomes, in the platform's storage account.
    pub outcomes_container: ContainerName,
    /// Environment whose logs are collected.
    pub environment: super::name::EnvironmentName,
}
