//! Outputs that one stage or job reads of another: the other is waited for, the step is there, and it sets them.

use azure_pipelines::Node;
use azure_pipelines::expression::{Context, parse};
use azure_pipelines::model::{Item, Job, Pipeline, Stage, Step, ancestors, jobs, stages};
use azure_pipelines::template::runtime;

use super::super::Finding;
use super::files::{Files, finding};
use super::scripts;

/// Checks every `dependencies.…` and `stageDependencies.…` of a pipeline.
pub fn check(pipeline: &Pipeline<'_>, files: &Files<'_>, findings: &mut Vec<Finding>) {
    if pipeline.open {
        return;
    }
    let all = stages(pipeline);
    for stage in &pipeline.stages {
        let reader = Reader { pipeline, files, stages: &all, stage };
        let outside = |(key, _): &&(Node, Node)| key.text() != Some("jobs") && key.text() != Some("steps");
        if !std::ptr::eq(stage.node, pipeline.root) {
            for (key, value) in stage.node.entries().iter().filter(outside) {
                reader.texts(key, value, None, findings);
            }
        }
        for job in &stage.jobs {
            for (key, value) in job.node.entries() {
                reader.texts(key, value, Some(job), findings);
            }
        }
    }
}

struct Reader<'a, 'b> {
    pipeline: &'b Pipeline<'a>,
    files: &'b Files<'b>,
    stages: &'b [Item<'a>],
    stage: &'b Stage<'a>,
}

impl<'a> Reader<'a, '_> {
    fn texts(&self, key: &Node, value: &'a Node, job: Option<&Job<'a>>, findings: &mut Vec<Finding>) {
        let mut conditions = vec![(key.text() == Some("condition"), value)];
        value.walk(&mut |node, _| {
            for (key, value) in node.entries() {
                conditions.push((key.text() == Some("condition"), value));
            }
            for item in node.items() {
                conditions.push((false, item));
            }
        });
        for (is_condition, node) in conditions {
            let Some(text) = node.text() else { continue };
            let body = if is_condition { Some(text) } else { runtime(text) };
            let Some(Ok(expression)) =
                body.filter(|b| !b.contains("${{")).map(|body| parse::<&str>(body, Context::Condition, &[]))
            else {
                continue;
            };
            let mut paths: Vec<Vec<String>> = Vec::new();
            expression.walk(&mut |part| {
                if let Some(path) = part.path() {
                    paths.push(path.into_iter().map(str::to_owned).collect());
                }
            });
            for path in paths {
                if let Err(message) = self.path(&path.iter().map(String::as_str).collect::<Vec<_>>(), job) {
                    findings.push(finding(&node.place, message));
                }
            }
        }
    }

    fn path(&self, path: &[&str], job: Option<&Job<'a>>) -> Result<(), String> {
        match path {
            [context, stage, "outputs", output] if context.eq_ignore_ascii_case("dependencies") && job.is_none() => {
                self.of_stage(stage, output)
            }
            [context, other, "outputs", output] if context.eq_ignore_ascii_case("dependencies") => {
                self.of_job(job, other, output)
            }
            [context, other, "result"] if context.eq_ignore_ascii_case("dependencies") => match job {
                Some(job) => self.awaited_job(job, other).map(|_| ()),
                None => self.awaited_stage(other, false).map(|_| ()),
            },
            [context, stage, other, "outputs", output] if context.eq_ignore_ascii_case("stageDependencies") => {
                let stage = self.awaited_stage(stage, true)?;
                let job = find_job(stage, other)?;
                self.step(job, output)
            }
            _ => Ok(()),
        }
    }

    fn of_stage(&self, stage: &str, output: &str) -> Result<(), String> {
        let stage = self.awaited_stage(stage, false)?;
        let Some((job, rest)) = output.split_once('.') else {
            return Err(format!("output `{output}` of a stage has the form JOB.STEP.VARIABLE"));
        };
        self.step(find_job(stage, job)?, rest)
    }

    fn of_job(&self, job: Option<&Job<'a>>, other: &str, output: &str) -> Result<(), String> {
        let Some(job) = job else { return Ok(()) };
        self.step(self.awaited_job(job, other)?, output)
    }

    fn awaited_stage(&self, name: &str, indirectly: bool) -> Result<&Stage<'a>, String> {
        let Some(found) = self.pipeline.stages.iter().find(|stage| stage.name.eq_ignore_ascii_case(name)) else {
            return Err(format!("there is no stage `{name}`"));
        };
        let own = self.stages.iter().find(|item| item.name == self.stage.name);
        let awaited = match own {
            Some(_) if indirectly => ancestors(self.stages, self.stage.name),
            Some(item) => item.depends.clone(),
            None => return Ok(found),
        };
        if awaited.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Ok(found);
        }
        Err(format!("stage `{}` does not wait for stage `{name}`, so its outputs are empty here", self.stage.name))
    }

    fn awaited_job(&self, job: &Job<'a>, name: &str) -> Result<&Job<'a>, String> {
        let found = find_job(self.stage, name)?;
        let item = jobs(self.stage).into_iter().find(|item| item.name == job.name);
        if item.is_none_or(|item| item.depends.iter().any(|other| other.eq_ignore_ascii_case(name))) {
            return Ok(found);
        }
        Err(format!("job `{}` does not wait for job `{name}`, so its outputs are empty here", job.name))
    }

    /// `STEP.VARIABLE`; a deployment job wants the name of the job or hook in front.
    fn step(&self, job: &Job<'a>, output: &str) -> Result<(), String> {
        let mut parts: Vec<&str> = output.split('.').collect();
        if job.deployment {
            if parts.len() != 3 {
                let name = job.name;
                return Err(format!("output `{output}` of deployment job `{name}` has the form {name}.STEP.VARIABLE"));
            }
            parts.remove(0);
        }
        let [step, variable] = parts.as_slice() else {
            return Err(format!("output `{output}` of job `{}` has the form STEP.VARIABLE", job.name));
        };
        let named = |candidate: &&Step<'a>| candidate.name().is_some_and(|name| name.eq_ignore_ascii_case(step));
        let Some(found) = job.steps.iter().find(named) else {
            return Err(format!("job `{}` has no step named `{step}`", job.name));
        };
        let Some(script) = scripts::text_of(found, self.files) else { return Ok(()) };
        match scripts::sets(&script).into_iter().find(|set| set.name.eq_ignore_ascii_case(variable) && set.output) {
            Some(_) => Ok(()),
            None => Err(format!("step `{step}` of job `{}` sets no output `{variable}` (isOutput=true)", job.name)),
        }
    }
}

fn find_job<'a, 'b>(stage: &'b Stage<'a>, name: &str) -> Result<&'b Job<'a>, String> {
    let found = stage.jobs.iter().find(|job| job.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| format!("stage `{}` has no job `{name}`", stage.name))
}
