//! Where the model answers.

use super::azure::Place;
use super::name::*;
use super::text::Text;

/// One environment, with its own place, identity, vault, storage and monitoring.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// `qa`, `production`.
    pub name: EnvironmentName,
    /// Where its resources live.
    pub place: Place,
    /// Service connection for that place.
    pub service_connection: DevOpsName,
    /// Environment of Azure DevOps that deployment jobs name; approvals and checks hang on it.
    pub devops_environment: DevOpsName,
    /// What the scoring image runs on.
    pub target: Target,
    /// What the server proves itself with; `None` in clear text, and where Azure ML has a certificate of its own.
    pub certificate: Option<Certificate>,
    /// Minutes for which a canary is watched before it takes over, at least 1.
    pub bake_minutes: u32,
    /// People or groups who must approve a deployment; empty for none.
    pub approvals: Option<Approvals>,
    /// Further checks.
    pub checks: Checks,
    /// First day of the first month of the budget: `2026-01-01`; `None` for that of the project.
    pub budget_start: Option<Text>,
    /// Hours after which a deployment is taken down again.
    pub time_to_live_hours: Option<u32>,
    /// Key Vault with the scoring key and the environment's secrets.
    pub key_vault: KeyVaultName,
    /// Storage account for scoring logs.
    pub storage: StorageAccountName,
    /// Blob container for scoring logs.
    pub logs_container: ContainerName,
    /// Application Insights.
    pub app_insights: ResourceName,
    /// Log Analytics workspace.
    pub log_analytics: ResourceName,
    /// Managed identity of the scoring server: pulls the image, writes logs.
    pub identity: ResourceName,
}

/// A certificate of an environment's Key Vault, and whom it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its name in the vault, which is also that of the secret with its key.
    pub name: SecretName,
    /// The host name in it.
    pub host: HostName,
    /// Whether the vault signs it itself, because the team has none.
    pub self_signed: bool,
    /// Label of the service's public address, where Azure makes a name of it (Kubernetes).
    pub label: Option<ContainerGroupName>,
}

/// What the scoring image runs on.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Azure Container Instances.
    ContainerInstances {
        /// The container group, also its DNS label.
        group: ContainerGroupName,
    },
    /// Azure Kubernetes Service.
    Kubernetes(Cluster),
    /// Managed online endpoint of Azure ML.
    ManagedEndpoint {
        /// The endpoint, in the platform's workspace.
        endpoint: EndpointName,
        /// Share of the traffic that a new version gets first, in percent; `None` for no canary.
        canary_percent: Option<u32>,
    },
    /// Kubernetes online endpoint of Azure ML.
    KubernetesEndpoint {
        /// The endpoint, in the platform's workspace.
        endpoint: EndpointName,
        /// Name under which the cluster is attached to the workspace.
        compute: ComputeName,
        /// The cluster.
        cluster: Cluster,
    },
}

/// An AKS cluster that the tool creates.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its name.
    pub name: ClusterName,
    /// Namespace of the scoring workload.
    pub namespace: NamespaceName,
    /// Least number of nodes.
    pub min_nodes: u32,
    /// Greatest number of nodes.
    pub max_nodes: u32,
    /// Share of the replicas or of the traffic that a new version gets first, in percent; `None` for no canary.
    pub canary_percent: Option<u32>,
}

/// Who approves a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// Mail addresses or group names, at least one.
    pub approvers: Vec<Text>,
    /// How many of them, at least 1 and at most their number.
    pub required: u32,
    /// What the approver is asked to look at.
    pub instructions: Option<Text>,
    /// Whether who started the run may approve it.
    pub requester_may_approve: bool,
    /// Minutes until the request lapses.
    pub timeout_minutes: u32,
}

/// Further checks of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// One deployment at a time.
    pub exclusive_lock: bool,
    /// Only at these hours.
    pub business_hours: Option<BusinessHours>,
    /// Only from these branches, without `refs/heads/`; empty for any.
    pub branches: Vec<super::devops::BranchName>,
}

/// When deployments may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessHours {
    /// Days, in order from Monday, each once.
    pub days: Vec<Weekday>,
    /// Start, `HH:MM`.
    pub start: ClockTime,
    /// End, `HH:MM`, after the start.
    pub end: ClockTime,
    /// Windows name of the zone: `UTC`, `W. Europe Standard Time`.
    pub time_zone: Text,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A time of day, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime {
    hour: u8,
    minute: u8,
}

impl ClockTime {
    /// Accepts `HH:MM`, 00:00 to 23:59.
    ///
    /// # Errors
    /// The form that is expected, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |t: &str, limit: u8| {
            t.parse::<u8>().ok().filter(|n| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit()) && *n < limit)
        };
        text.split_once(':')
            .and_then(|(h, m)| Some(Self { hour: number(h, 24)?, minute: number(m, 60)? }))
            .ok_or_else(|| "a time of day has the form `08:30`".to_owned())
    }
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}
