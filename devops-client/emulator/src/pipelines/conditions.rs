//! Conditions of stages, jobs and steps, as they are decided when a run comes to them.

use azure_pipelines::expression::{Context, Scope, evaluate, parse};
use azure_pipelines::{Node, Place, Value as Plain};
use serde_json::{Map, Value, json};

use super::model::{Job, Stage};
use super::records::Record;
use crate::core::json::capitalised;
use crate::state::runs::{Build, Status};

/// Names and functions at run time.
struct Runtime<'a> {
    build: &'a Build,
    stage: &'a Stage,
    before: &'a [Record],
    in_job: bool,
}

impl Runtime<'_> {
    fn results(&self) -> impl Iterator<Item = &str> {
        self.before.iter().filter_map(|record| record.result.as_deref())
    }

    /// Results and outputs of jobs: of this stage, or of every stage by its name.
    fn dependencies(&self, across: bool) -> Value {
        let mut all = json!({});
        for stage in &self.build.plan.stages {
            let mut jobs = json!({});
            for job in &stage.jobs {
                let prefix = format!("{}.{}.", stage.name, job.name);
                let outputs: Map<String, Value> = self
                    .build
                    .outputs
                    .iter()
                    .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value.clone())))
                    .collect();
                let record = self
                    .build
                    .records
                    .iter()
                    .find(|record| record.kind == "Phase" && record.identifier == prefix.trim_end_matches('.'));
                jobs[&job.name] = json!({ "result": record.and_then(|record| record.result.as_deref()).map(capitalised), "outputs": outputs });
            }
            let result =
                self.build.stage_record(&stage.name).and_then(|record| record.result.as_deref()).map(capitalised);
            if across {
                all[&stage.name] = jobs;
            } else if !self.in_job {
                // between stages, outputs are keyed by job and step
                let outputs: Map<String, Value> = self
                    .build
                    .outputs
                    .iter()
                    .filter_map(|(name, value)| {
                        Some((name.strip_prefix(&format!("{}.", stage.name))?.to_owned(), value.clone()))
                    })
                    .collect();
                all[&stage.name] = json!({ "result": result, "outputs": outputs });
            } else if stage.name == self.stage.name {
                all = jobs;
            }
        }
        all
    }
}

impl Scope for Runtime<'_> {
    fn value(&self, name: &str) -> Option<Node> {
        let value = match name.to_lowercase().as_str() {
            "variables" => Value::Object(self.build.variables_at(self.stage)),
            "dependencies" => self.dependencies(false),
            "stagedependencies" => self.dependencies(true),
            _ => json!({}),
        };
        Some(Node::from_json(&value, &Place::nowhere()))
    }

    fn call(&self, name: &str, arguments: &[Plain]) -> Option<Plain> {
        let named: Vec<String> = arguments.iter().filter_map(|name| Some(name.to_text()?.to_string())).collect();
        let own = |record: &&Record| {
            named.is_empty() || named.iter().any(|name| record.identifier.rsplit('.').next() == Some(name))
        };
        Some(Plain::Boolean(match name {
            "always" => true,
            "canceled" => self.build.status == Status::Cancelling,
            "succeeded" => self.before.iter().filter(own).all(|record| {
                // a skipped step does not count against those after it, a skipped stage or job does
                record.is_good() || (record.kind == "Task" && record.result.as_deref() == Some("skipped"))
            }),
            "failed" => self.before.iter().filter(own).any(|record| record.result.as_deref() == Some("failed")),
            "succeededorfailed" => !self.results().any(|result| result == "canceled"),
            _ => return None,
        }))
    }
}

/// Whether a condition holds; without one, whether all before succeeded. Errors with what is wrong with it.
pub fn condition(
    build: &Build,
    stage: &Stage,
    job: Option<&Job>,
    stated: Option<&str>,
    before: &[Record],
) -> Result<bool, String> {
    let scope = Runtime { build, stage, before, in_job: job.is_some() };
    let stated = stated.filter(|text| !text.trim().is_empty()).unwrap_or("succeeded()");
    let tree = parse::<&str>(stated, Context::Condition, &[]).map_err(|error| error.message)?;
    let node = evaluate(&tree, &scope, &Place::nowhere()).map_err(|error| error.message)?;
    match &node.value {
        Plain::Unknown(unknown) => Err(format!("the condition cannot be decided: {}", unknown.expression)),
        value => Ok(value.is_true()),
    }
}
