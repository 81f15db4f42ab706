//! `environments:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::azure::PlaceSpec;

/// One environment, with its own place, identity, vault, storage and monitoring.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EnvironmentSpec {
    /// `qa`, `production`.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// What the scoring image runs on.
    #[schemars(extend("x-required" = true))]
    pub target: Option<TargetSpec>,
    /// Where its resources live.
    pub azure: PlaceSpec,
    /// Service connection of Azure DevOps for that place. Left out: `<project>-<environment>`.
    pub service_connection: Option<String>,
    /// Environment of Azure DevOps. Left out: `<project>-<environment>`.
    pub devops_environment: Option<String>,
    /// Who approves a deployment. Left out: nobody has to.
    pub approvals: Option<ApprovalsSpec>,
    /// Further checks before a deployment.
    pub checks: ChecksSpec,
    /// Hours after which a deployment is taken down again (container instances and managed endpoints).
    /// Left out: it stays.
    #[schemars(range(min = 1, max = 8760))]
    pub time_to_live_hours: Option<i64>,
    /// Share of the replicas (Kubernetes) or of the traffic (endpoints of Azure ML) that a new version gets first, in
    /// percent. Left out: no canary.
    #[schemars(range(min = 1, max = 99))]
    pub canary_percent: Option<i64>,
    /// Minutes for which a canary serves, and is held against the version beside it, before it takes over; it serves 30
    /// requests in any case, a second each. Left out: 10.
    #[schemars(range(min = 0, max = 50))]
    pub canary_bake_minutes: Option<i64>,
    /// First day of the first month of this environment's budget, as in `2026-12-01`. Left out: `monitoring.budget.start`.
    /// An environment that is added later needs a month that is not over; the start of a budget that is there stays.
    pub budget_start: Option<String>,
    /// Host name and certificate of the team's own (everywhere but managed endpoints). Left out: the service's own name,
    /// with a certificate that the environment's Key Vault signs itself.
    pub tls: Option<TlsSpec>,
    /// Nodes of the AKS cluster (Kubernetes). Left out: 1 to 3.
    pub cluster: Option<ClusterSpec>,
    /// Names of resources, where the derived ones do not suit.
    pub names: EnvironmentNamesSpec,
}

/// A certificate of the team's own.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TlsSpec {
    /// Name by which callers know the service; the team's DNS leads it there.
    #[schemars(extend("x-required" = true))]
    pub host_name: Option<String>,
    /// Certificate of the environment's Key Vault: with an exportable key, kept as PEM.
    #[schemars(extend("x-required" = true))]
    pub certificate: Option<String>,
}

/// What the scoring image runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetSpec {
    /// Azure Container Instances: quick and cheap, one replica.
    ContainerInstances,
    /// Azure Kubernetes Service: autoscaling, canary, rollback.
    Kubernetes,
    /// Managed online endpoint of Azure ML.
    ManagedEndpoint,
    /// Online endpoint of Azure ML on a Kubernetes cluster.
    KubernetesEndpoint,
}

/// Who approves a deployment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ApprovalsSpec {
    /// Mail addresses or group names.
    #[schemars(extend("x-required" = true), length(min = 1, max = 100))]
    pub approvers: Option<Vec<String>>,
    /// How many of them must approve.
    #[schemars(range(min = 1, max = 100))]
    pub required: i64,
    /// What the approver is asked to look at. Left out: nothing.
    pub instructions: Option<String>,
    /// Whether who started the run may approve it.
    pub requester_may_approve: bool,
    /// Minutes until the request lapses, at most 30 days.
    #[schemars(range(min = 1, max = 43_200))]
    pub timeout_minutes: i64,
}

impl Default for ApprovalsSpec {
    fn default() -> Self {
        Self { approvers: None, required: 1, instructions: None, requester_may_approve: false, timeout_minutes: 4320 }
    }
}

/// Further checks before a deployment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChecksSpec {
    /// One deployment at a time.
    pub exclusive_lock: bool,
    /// Only at these hours. Left out: at any.
    pub business_hours: Option<BusinessHoursSpec>,
    /// Only from these branches, without `refs/heads/`; empty for any.
    #[schemars(length(max = 50))]
    pub branches: Vec<String>,
}

impl Default for ChecksSpec {
    fn default() -> Self {
        Self { exclusive_lock: true, business_hours: None, branches: Vec::new() }
    }
}

/// When deployments may run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BusinessHoursSpec {
    /// Days of the week.
    #[schemars(length(min = 1, max = 7))]
    pub days: Vec<WeekdaySpec>,
    /// Start, as in `08:30`.
    pub start: String,
    /// End, after the start.
    pub end: String,
    /// Time zone by its Windows name, as in `UTC` or `W. Europe Standard Time`, or by its IANA name, as in
    /// `Europe/Berlin`.
    pub time_zone: String,
}

impl Default for BusinessHoursSpec {
    fn default() -> Self {
        use WeekdaySpec::*;
        Self {
            days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
            start: "08:00".to_owned(),
            end: "18:00".to_owned(),
            time_zone: "UTC".to_owned(),
        }
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum WeekdaySpec {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Nodes of the AKS cluster.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClusterSpec {
    /// Least number of nodes.
    #[schemars(range(min = 1, max = 1000))]
    pub min_nodes: i64,
    /// Greatest number of nodes.
    #[schemars(range(min = 1, max = 1000))]
    pub max_nodes: i64,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self { min_nodes: 1, max_nodes: 3 }
    }
}

/// Names of an environment's resources. Each is derived from project and environment unless it stands here.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EnvironmentNamesSpec {
    /// Key Vault: 3 to 24 letters, digits and hyphens, unique in all of Azure.
    pub key_vault: Option<String>,
    /// Storage account: 3 to 24 lower-case letters and digits, unique in all of Azure.
    pub storage: Option<String>,
    /// Blob container for scoring logs.
    pub logs_container: Option<String>,
    /// Application Insights.
    pub app_insights: Option<String>,
    /// Log Analytics workspace.
    pub log_analytics: Option<String>,
    /// Managed identity of the scoring server.
    pub identity: Option<String>,
    /// Container group, also its DNS label (container instances).
    pub container_group: Option<String>,
    /// Online endpoint of Azure ML (managed and Kubernetes endpoints).
    pub endpoint: Option<String>,
    /// Name under which the cluster is attached to the workspace (Kubernetes endpoints).
    pub compute: Option<String>,
    /// AKS cluster (Kubernetes).
    pub cluster: Option<String>,
    /// Namespace of the scoring workload (Kubernetes).
    pub namespace: Option<String>,
}
