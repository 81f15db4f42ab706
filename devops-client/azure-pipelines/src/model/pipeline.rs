//! What a pipeline is made of: stages, jobs, variables, environments.

use super::resources::{Resource, Schedule, Trigger};
use super::step::Step;
use super::strategy::Strategy;
use crate::value::Node;

/// A whole pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline<'a> {
    /// The file's own mapping.
    pub root: &'a Node,
    /// Its stages; jobs or steps without one stand in a stage without a name.
    pub stages: Vec<Stage<'a>>,
    /// Variables of the whole pipeline.
    pub variables: Vec<Variable<'a>>,
    /// What starts it when something is pushed.
    pub trigger: Trigger<'a>,
    /// What starts it when a pull request is made.
    pub pr: Trigger<'a>,
    /// When it starts by the clock.
    pub schedules: Vec<Schedule<'a>>,
    /// Repositories, pipelines, containers, webhooks, packages and builds that it names.
    pub resources: Vec<Resource<'a>>,
    /// Whether more may be there than can be seen.
    pub open: bool,
}

/// A stage.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// Its name; empty for the one that nobody wrote.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// Stages that it waits for, as written; `None` waits for the one above.
    pub depends: Option<Vec<&'a Node>>,
    /// Its condition.
    pub condition: Option<&'a Node>,
    /// Its jobs.
    pub jobs: Vec<Job<'a>>,
    /// Its own variables.
    pub variables: Vec<Variable<'a>>,
    /// Its own pool, if it has one.
    pub pool: Option<&'a Node>,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// Its name; empty if nobody gave it one.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// Whether it is a deployment job.
    pub deployment: bool,
    /// Jobs of its stage that it waits for; none by default.
    pub depends: Vec<&'a Node>,
    /// Its condition.
    pub condition: Option<&'a Node>,
    /// How often and in which parts it runs.
    pub strategy: Strategy<'a>,
    /// Its steps; of a deployment job, those of all its hooks.
    pub steps: Vec<Step<'a>>,
    /// Its own variables.
    pub variables: Vec<Variable<'a>>,
    /// Its own pool, if it has one.
    pub pool: Option<&'a Node>,
    /// The environment that it deploys to, and the resource in it.
    pub environment: Option<Environment<'a>>,
}

/// The environment of a deployment job: `production.namespace`, or a mapping with both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Environment<'a> {
    /// Its name.
    pub name: &'a str,
    /// The resource in it.
    pub resource: Option<&'a str>,
}

/// One entry of `variables`.
#[derive(Clone, Copy, Debug)]
pub enum Variable<'a> {
    /// A variable with its value.
    Named {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: &'a Node,
        /// Whether scripts may not set it.
        readonly: bool,
    },
    /// A variable group.
    Group(&'a Node),
}

impl<'a> Pipeline<'a> {
    /// Every job, with its stage.
    pub fn jobs(&self) -> impl Iterator<Item = (&Stage<'a>, &Job<'a>)> {
        self.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
    }

    /// The pool that a job of a stage runs in.
    pub fn pool(&self, stage: &Stage<'a>, job: &Job<'a>) -> Option<&'a Node> {
        job.pool.or(stage.pool).or_else(|| self.root.get("pool"))
    }
}

impl Job<'_> {
    /// Whether it runs on no agent at all, in that pool.
    pub fn is_agentless(pool: Option<&Node>) -> bool {
        pool.and_then(Node::text) == Some("server")
    }
}
