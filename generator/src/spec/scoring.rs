//! `scoring:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::column::CellSpec;

/// Online scoring: the same contract and the same image in every environment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScoringSpec {
    /// What callers may rely on; smoke tests, probes and canary gates are made from it.
    pub contract: ContractSpec,
    /// What answers requests. Left out: what trains the model, so Python for a model in Python.
    pub serving: Option<ServingSpec>,
    /// CPU cores of one replica.
    #[schemars(range(min = 0.1, max = 64))]
    pub cpu: f64,
    /// Memory of one replica in GiB.
    #[serde(rename = "memoryGiB")]
    #[schemars(range(min = 0.1, max = 512))]
    pub memory_gib: f64,
    /// Nodes that the replicas run on (Kubernetes and managed endpoints).
    pub node: NodeSpec,
    /// Number of replicas, and what moves it (Kubernetes and managed endpoints).
    pub replicas: ReplicasSpec,
    /// Who may call.
    pub authentication: AuthenticationSpec,
    /// How requests travel to container instances and clusters; managed endpoints speak TLS in any case.
    pub transport: TransportSpec,
    /// Origins whose pages may call from a browser, `https://app.example.com`, or `*` for any. Left out: none.
    #[schemars(length(max = 50))]
    pub cors: Vec<String>,
    /// Keep inputs and predictions in Blob, as JSON Lines. Left out: nothing is kept.
    pub logging: Option<LoggingSpec>,
}

impl Default for ScoringSpec {
    fn default() -> Self {
        Self {
            contract: ContractSpec::default(),
            serving: None,
            cpu: 0.5,
            memory_gib: 1.0,
            node: NodeSpec::default(),
            replicas: ReplicasSpec::default(),
            authentication: AuthenticationSpec::Key,
            transport: TransportSpec::Tls,
            cors: Vec::new(),
            logging: None,
        }
    }
}

/// What callers may rely on.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContractSpec {
    /// Route of the scoring request.
    pub route: String,
    /// Example request: rows of feature values in the order of the columns. Left out: one row from the columns' rules.
    #[schemars(length(min = 1, max = 1000))]
    pub request: Option<Vec<Vec<CellSpec>>>,
    /// Numbers, or classes of a classification, that the example is answered with, one for each row. Left out, only
    /// their count is checked.
    pub response: Option<Vec<CellSpec>>,
    /// Greatest acceptable latency of the example request at the 95th percentile, in milliseconds.
    #[schemars(range(min = 1, max = 60_000))]
    pub latency_ms: i64,
    /// Requests that the smoke test sends.
    #[schemars(range(min = 1, max = 10_000))]
    pub smoke_requests: i64,
}

impl Default for ContractSpec {
    fn default() -> Self {
        Self { route: "/score".to_owned(), request: None, response: None, latency_ms: 250, smoke_requests: 20 }
    }
}

/// Nodes of the serving cluster.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodeSpec {
    /// Size of a node. Left out: `Standard_D2ds_v5`, and `Standard_D2as_v4` for managed endpoints, which offer no newer
    /// one of that size.
    pub sku: Option<String>,
    /// Whether a replica asks for a GPU.
    pub gpu: bool,
}

/// Number of replicas, and what moves it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReplicasSpec {
    /// At least.
    #[schemars(range(min = 1, max = 1000))]
    pub min: i64,
    /// At most; equal to `min` means no autoscaler.
    #[schemars(range(min = 1, max = 1000))]
    pub max: i64,
    /// CPU utilisation that the autoscaler aims at, in percent of the request.
    #[schemars(range(min = 1, max = 100))]
    pub target_cpu_percent: i64,
}

impl Default for ReplicasSpec {
    fn default() -> Self {
        Self { min: 1, max: 3, target_cpu_percent: 70 }
    }
}

/// What answers requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServingSpec {
    /// The project's own Python package.
    Python,
    /// A server of Rust, with the fitted parameters of the Python model: linear models, trees, LightGBM and XGBoost, and the
    /// encoders before them. What it cannot serve, training refuses.
    Native,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthenticationSpec {
    /// Who sends the key from Key Vault in `Authorization: Bearer`.
    Key,
    /// Who sends an Entra token.
    Entra,
    /// Anybody who reaches the address.
    None,
}

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransportSpec {
    /// Encrypted, with a certificate of the environment's Key Vault: a self-signed one, or the team's own.
    Tls,
    /// As HTTP: whoever is on the way reads keys, rows and predictions, and may change them.
    ClearText,
}

/// Inputs and predictions, kept in Blob.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LoggingSpec {
    /// Share of the requests that are kept.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub sample: f64,
    /// Feature columns left out.
    pub omit: Vec<String>,
}

impl Default for LoggingSpec {
    fn default() -> Self {
        Self { sample: 1.0, omit: Vec::new() }
    }
}
