//! `devops:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where code and pipelines live.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DevOpsSpec {
    /// `<organization>` in `https://dev.azure.com/<organization>`.
    #[schemars(extend("x-required" = true))]
    pub organization: Option<String>,
    /// Project in it.
    #[schemars(extend("x-required" = true))]
    pub project: Option<String>,
    /// Repository in that. Left out: the project's name.
    pub repository: Option<String>,
    /// Folder of the repository that holds this project, with its spec: `churn` or `models/churn`, so that a repository can
    /// hold several. Left out: the top of the repository.
    pub directory: Option<String>,
    /// Default branch, without `refs/heads/`.
    pub branch: String,
    /// Folder of the pipelines in the portal. Left out: the project's name.
    pub folder: Option<String>,
    /// What jobs run on: an image of Microsoft's agents, or a pool of your own.
    pub agent: AgentSpec,
}

impl Default for DevOpsSpec {
    fn default() -> Self {
        Self {
            organization: None,
            project: None,
            repository: None,
            directory: None,
            branch: "main".to_owned(),
            folder: None,
            agent: AgentSpec::default(),
        }
    }
}

/// What jobs run on: `image` for Microsoft's agents, or `pool` (with `demands`) for your own.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AgentSpec {
    /// Image of Microsoft's agents. Left out without a pool: `ubuntu-24.04`.
    pub image: Option<AgentImage>,
    /// Your own pool of Linux agents. Left out: Microsoft's.
    pub pool: Option<String>,
    /// Capabilities that an agent of the pool must have, as in `docker` or `Agent.OS -equals Linux`.
    pub demands: Vec<String>,
}

/// Images of Microsoft's agents that run bash steps and are not about to be retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum AgentImage {
    /// Ubuntu 24.04.
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// Ubuntu 22.04.
    #[serde(rename = "ubuntu-22.04")]
    Ubuntu2204,
    /// The newest Ubuntu, whichever that is.
    #[serde(rename = "ubuntu-latest")]
    UbuntuLatest,
}

impl AgentImage {
    /// As Azure Pipelines writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ubuntu2404 => "ubuntu-24.04",
            Self::Ubuntu2204 => "ubuntu-22.04",
            Self::UbuntuLatest => "ubuntu-latest",
        }
    }
}
