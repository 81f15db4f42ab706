//! What each pipeline uses of the resources that need a permission, as its YAML says: templates put in, parameters filled.

use std::collections::{BTreeMap, BTreeSet};

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Variable};

use crate::remote::kinds::pipeline;
use crate::tree::RenderedTree;
use crate::verify::pipelines::files::Files;
use crate::verify::pipelines::tasks::CONNECTIONS;

/// What is used by which pipelines, by name.
pub type Users = BTreeMap<String, BTreeSet<String>>;

/// What the pipelines of a tree use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Service connections.
    pub connections: Users,
    /// Variable groups.
    pub groups: Users,
    /// Environments.
    pub environments: Users,
    /// Agent queues that are the team's own; those of Microsoft-hosted agents are open to every pipeline.
    pub queues: Users,
}

/// What every pipeline of `tree` uses, in any run that its parameters allow.
pub fn of(tree: &RenderedTree) -> Usage {
    let mut findings = Vec::new();
    let files = Files::read(tree, &mut findings);
    let mut usage = Usage::default();
    for (name, path) in pipeline::files(tree) {
        if let Some(root) = files.get(&path) {
            let expanded = files.expand(&path, root);
            usage.add(&name, &Pipeline::read(&expanded));
        }
    }
    usage
}

impl Usage {
    fn add(&mut self, name: &str, pipeline: &Pipeline<'_>) {
        let stages = pipeline.stages.iter().flat_map(|stage| &stage.variables);
        let jobs = pipeline.jobs().flat_map(|(_, job)| &job.variables);
        for variable in pipeline.variables.iter().chain(stages).chain(jobs) {
            if let Variable::Group(group) = variable {
                note(&mut self.groups, name, group.text());
            }
        }
        for (stage, job) in pipeline.jobs() {
            self.add_job(name, job);
            let pool = pipeline.pool(stage, job);
            let queue = pool.and_then(|pool| pool.text().filter(|text| *text != "server").or(pool.text_at("name")));
            note(&mut self.queues, name, queue);
        }
    }

    fn add_job(&mut self, name: &str, job: &Job<'_>) {
        if job.deployment {
            // The environment without the resource in it: `production.namespace` is in `production`.
            note(&mut self.environments, name, job.environment.map(|environment| environment.name));
        }
        for step in &job.steps {
            for (_, connection) in inputs(step.node).filter(|(input, _)| names_connection(input)) {
                note(&mut self.connections, name, connection.text());
            }
        }
    }
}

fn inputs(step: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let inputs = step.get("inputs").map(Node::entries).unwrap_or_default();
    inputs.iter().filter_map(|(key, value)| Some((key.text()?, value)))
}

fn names_connection(input: &str) -> bool {
    CONNECTIONS.iter().any(|known| known.eq_ignore_ascii_case(input))
}

/// Notes a name that is known before the run.
fn note(users: &mut Users, pipeline: &str, used: Option<&str>) {
    if let Some(used) = used.filter(|used| !used.is_empty() && !used.contains("${{") && !used.contains("$(")) {
        users.entry(used.to_owned()).or_default().insert(pipeline.to_owned());
    }
}
