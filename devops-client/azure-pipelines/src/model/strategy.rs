//! Strategies: how often a job runs, and the parts of a deployment.

use super::step::Step;
use crate::value::Node;

/// How often a job runs, and in which parts.
#[derive(Clone, Debug, Default)]
pub enum Strategy<'a> {
    /// Once.
    #[default]
    Once,
    /// Once for each entry: name and variables.
    Matrix {
        /// The entries; empty if only an expression gives them.
        entries: Vec<(&'a str, &'a Node)>,
        /// The expression that gives them, if one does.
        expression: Option<&'a str>,
        /// How many at a time.
        max_parallel: Option<&'a Node>,
    },
    /// In as many slices at a time.
    Parallel(&'a Node),
    /// A deployment, in hooks.
    Deployment {
        /// `runOnce`, `rolling` or `canary`.
        kind: &'a str,
        /// Its hooks, in the order in which they run.
        hooks: Vec<Hook<'a>>,
        /// What the strategy has beside hooks: `increments`, `maxParallel`.
        node: &'a Node,
    },
}

/// A part of a deployment.
#[derive(Clone, Debug)]
pub struct Hook<'a> {
    /// `preDeploy`, `deploy`, `routeTraffic`, `postRouteTraffic`, `on.failure`, `on.success`.
    pub name: &'static str,
    /// Its mapping.
    pub node: &'a Node,
    /// Its own pool, if it has one.
    pub pool: Option<&'a Node>,
    /// Its steps.
    pub steps: Vec<Step<'a>>,
}

/// The hooks of a deployment in the order in which they run (Microsoft Learn, "Deployment jobs").
pub const HOOKS: [&str; 6] = ["preDeploy", "deploy", "routeTraffic", "postRouteTraffic", "on.failure", "on.success"];

impl<'a> Strategy<'a> {
    /// The strategy of the job that `job` is.
    pub(super) fn read(job: &'a Node, deployment: bool) -> Self {
        let Some(strategy) = job.get("strategy") else { return Self::Once };
        if deployment {
            let found = strategy
                .entries()
                .iter()
                .find(|(key, _)| key.text().is_some_and(|key| ["runOnce", "rolling", "canary"].contains(&key)));
            let Some((key, node)) = found else { return Self::Once };
            let hooks = HOOKS.iter().filter_map(|name| Hook::read(node, name)).collect();
            return Self::Deployment { kind: key.text().unwrap_or_default(), hooks, node };
        }
        if let Some(matrix) = strategy.get("matrix") {
            let entry = |(key, value): &'a (Node, Node)| Some((key.text()?, value));
            return Self::Matrix {
                entries: matrix
                    .entries()
                    .iter()
                    .filter_map(entry)
                    .filter(|(name, _)| !name.starts_with("${{"))
                    .collect(),
                expression: matrix.text().filter(|text| !text.is_empty()),
                max_parallel: strategy.get("maxParallel"),
            };
        }
        strategy.get("parallel").map_or(Self::Once, Self::Parallel)
    }

    /// The hooks of a deployment; none of any other job.
    pub fn hooks(&self) -> &[Hook<'a>] {
        match self {
            Self::Deployment { hooks, .. } => hooks,
            _ => &[],
        }
    }
}

impl<'a> Hook<'a> {
    fn read(strategy: &'a Node, name: &'static str) -> Option<Self> {
        let node = name.split('.').try_fold(strategy, |node, key| node.get(key))?;
        let steps = node.get("steps").into_iter().flat_map(Node::known_items).map(Step::read).collect();
        Some(Self { name, node, pool: node.get("pool"), steps })
    }
}
