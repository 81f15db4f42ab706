//! How the model answers.

use super::data::{Alias, Cell};
use super::name::EndpointName;
use super::training::{Compute, Sku};

/// Online scoring: the same contract and the same image in every environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Scoring {
    /// What callers may rely on.
    pub contract: Contract,
    /// Whether a server of Rust answers for a model that Python trained.
    pub native: bool,
    /// CPU cores of one replica.
    pub cpu: f64,
    /// Memory of one replica in GiB.
    pub memory_gib: f64,
    /// CPU or GPU nodes (Kubernetes and managed endpoints).
    pub node: Node,
    /// Number of replicas (Kubernetes and managed endpoints).
    pub replicas: Replicas,
    /// Who may call.
    pub authentication: Authentication,
    /// Whether requests travel encrypted.
    pub tls: bool,
    /// Origins whose pages may call from a browser.
    pub cors: Vec<Origin>,
    /// Inputs and predictions kept in Blob, if asked for.
    pub logging: Option<ScoringLogging>,
}

/// What callers may rely on; smoke tests, probes and canary gates are made from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Route of the scoring request: `/score`.
    pub route: Route,
    /// Example request: rows of feature values, as wide as the features.
    pub request: Vec<Vec<Cell>>,
    /// Numbers or classes that the request is answered with, if the spec says; otherwise only their count is checked.
    pub response: Option<Vec<Cell>>,
    /// Greatest acceptable latency of the example request at the 95th percentile, in milliseconds.
    pub latency_ms: u32,
    /// Requests that the smoke test sends.
    pub smoke_requests: u32,
}

/// A route: `/` and segments of letters, digits, `-`, `_`, `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(String);

impl Route {
    /// Accepts a path that no probe of the scoring server uses already.
    ///
    /// # Errors
    /// What a route looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        const TAKEN: [&str; 6] = ["/", "/livez", "/readyz", "/metrics", "/openapi.json", "/swagger.json"];
        if TAKEN.contains(&text) {
            return Err(format!("`{text}` is a route of the scoring server itself"));
        }
        let segment = |s: &str| {
            !s.is_empty() && s != "." && s != ".." && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match text.strip_prefix('/') {
            Some(rest) if text.len() <= 200 && rest.split('/').all(segment) => Ok(Self(text.to_owned())),
            _ => Err("a route starts with `/` and has segments of letters, digits and - _ .".to_owned()),
        }
    }

    /// The route, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An origin as browsers send it (RFC 6454, 6.2), or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Accepts `*`, or `http` or `https`, a host and perhaps a port, without anything behind.
    ///
    /// # Errors
    /// What an origin looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let host = |host: &str| {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
        };
        let place = |rest: &str| match rest.split_once(':') {
            None => host(rest),
            Some((name, port)) => host(name) && port.parse::<u16>().is_ok_and(|port| port > 0),
        };
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if text == "*" || text.len() <= 200 && rest.is_some_and(place) {
            return Ok(Self(text.to_owned()));
        }
        Err("an origin is `https://`, a host in small letters and perhaps a port, with no path and no slash at its end; \
             or `*`"
            .to_owned())
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nodes of the serving cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Size of a node of a cluster.
    pub sku: Sku,
    /// Size of an instance of a managed endpoint: the same, unless the spec leaves the choice to the tool.
    pub managed: Sku,
    /// Whether a replica asks for a GPU.
    pub gpu: bool,
}

/// Number of replicas, and what moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// At least.
    pub min: u32,
    /// At most; equal to `min` means no autoscaler.
    pub max: u32,
    /// CPU utilisation that the autoscaler aims at, in percent of the request.
    pub target_cpu_percent: u32,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// A key from Key Vault in `Authorization: Bearer`.
    Key,
    /// An Entra token.
    Entra,
    /// Anybody who reaches the address.
    None,
}

/// Inputs and predictions, kept in Blob as JSON Lines.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoringLogging {
    /// Share of the requests that are kept, above 0 up to 1.
    pub sample: f64,
    /// Columns left out, by their aliases, which no list of them can tear apart.
    pub omit: Vec<Alias>,
}

/// Scoring of whole files through an Azure ML batch endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchScoring {
    /// The endpoint.
    pub endpoint: EndpointName,
    /// The cluster; may be the training cluster.
    pub compute: Compute,
    /// Rows or files in one mini-batch.
    pub mini_batch_size: u32,
    /// Instances of one job.
    pub instances: u32,
    /// When to run by itself.
    pub schedule: Option<super::training::Schedule>,
}
