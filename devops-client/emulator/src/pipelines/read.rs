//! Reads an expanded pipeline into what runs, refusing what the service refuses.

use azure_pipelines::model::{self, Pipeline, Strategy, Variable};
use azure_pipelines::{Node, Place};
use serde_json::{Map, Value};

use super::expand::{Expanded, located, said};
use super::model::{Job, Plan, Stage, Step};
use super::tasks;

/// Reads an expanded pipeline. Errors with the first thing that is wrong, and its place.
pub fn read(expanded: &Expanded) -> Result<Plan, String> {
    let pipeline = Pipeline::read(expanded);
    if let Some(problem) = pipeline.problems().first() {
        return Err(said(problem));
    }
    let mut plan = Plan { groups: groups(&pipeline.variables), ..Plan::default() };
    plan.variables = values(&pipeline.variables);
    let pool = pipeline.root.get("pool");
    let waits = model::stages(&pipeline);
    for stage in &pipeline.stages {
        let depends = waits.iter().find(|item| item.name == stage.name).map(|item| item.depends.as_slice());
        plan.stages.push(read_stage(stage, depends.unwrap_or_default(), pool)?);
    }
    match plan.stages.is_empty() {
        true => Err(located(&pipeline.root.place, "The pipeline must contain at least one stage.")),
        false => Ok(plan),
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.text_at(key).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn groups(variables: &[Variable<'_>]) -> Vec<String> {
    let group = |variable: &Variable<'_>| match variable {
        Variable::Group(name) => name.text().map(str::to_owned),
        Variable::Named { .. } => None,
    };
    variables.iter().filter_map(group).collect()
}

fn values(variables: &[Variable<'_>]) -> Map<String, Value> {
    let value = |variable: &Variable<'_>| match variable {
        Variable::Named { name, value, .. } => {
            Some(((*name).to_owned(), value.text().map_or_else(|| value.to_json(), Value::from)))
        }
        Variable::Group(_) => None,
    };
    variables.iter().filter_map(value).collect()
}

fn read_stage(stage: &model::Stage<'_>, depends: &[&str], pool: Option<&Node>) -> Result<Stage, String> {
    // jobs without a stage stand in one that nobody named
    let unnamed = stage.name.is_empty();
    let name = if unnamed { "__default" } else { stage.name }.to_owned();
    let node = stage.node;
    let jobs = stage.jobs.iter().enumerate();
    let jobs = jobs.map(|(at, job)| read_job(job, at, stage.pool.or(pool))).collect::<Result<Vec<_>, _>>()?;
    if jobs.is_empty() {
        return Err(located(&node.place, &format!("Stage {name} must contain at least one job.")));
    }
    Ok(Stage {
        display: text(node, "displayName").filter(|_| !unnamed).unwrap_or_else(|| name.clone()),
        depends_on: depends.iter().map(|name| (*name).to_owned()).collect(),
        condition: text(node, "condition").filter(|_| !unnamed),
        groups: if unnamed { Vec::new() } else { groups(&stage.variables) },
        variables: if unnamed { Map::new() } else { values(&stage.variables) },
        lock_behavior: text(node, "lockBehavior"),
        jobs,
        name,
    })
}

fn read_job(job: &model::Job<'_>, at: usize, pool: Option<&Node>) -> Result<Job, String> {
    let whole = job.node.get("job").is_none() && !job.deployment;
    let name = match job.name {
        "" if whole => "Job".to_owned(),
        "" => format!("Job{}", at + 1),
        name => name.to_owned(),
    };
    let pool = job.pool.or(pool);
    let pool_name = pool.and_then(|pool| match pool.text() {
        Some(name) => Some(name.to_owned()).filter(|name| name != "server"),
        None => text(pool, "name").filter(|_| pool.get("vmImage").is_none()),
    });
    if job.deployment && matches!(job.strategy, Strategy::Once) {
        return Err(located(&job.node.place, &format!("The deployment job {name} has no strategy.")));
    }
    Ok(Job {
        display: text(job.node, "displayName").unwrap_or_else(|| name.clone()),
        depends_on: job.depends.iter().filter_map(|name| name.text()).map(str::to_owned).collect(),
        condition: text(job.node, "condition"),
        groups: if whole { Vec::new() } else { groups(&job.variables) },
        environment: job
            .environment
            .map(|environment| (environment.name.to_owned(), environment.resource.map(str::to_owned))),
        pool: pool_name,
        server: pool.and_then(Node::text) == Some("server"),
        steps: job.steps.iter().map(read_step).collect::<Result<Vec<_>, _>>()?,
        name,
    })
}

fn read_step(step: &model::Step<'_>) -> Result<Step, String> {
    let node = step.node;
    if step.kind == "task" {
        let place = node.get("task").map_or(&node.place, |task| &task.place);
        check_task(step.task(), place)?;
    }
    let inputs = step.inputs();
    let given = |name: &str| {
        let found = inputs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.text()).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let connections = inputs
        .iter()
        .filter(|(input, _)| tasks::is_connection(input))
        .filter_map(|(input, value)| Some((input.to_string(), value.text()?.to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let drop = || Some("drop".to_owned());
    let artifact = match step.task().split('@').next().unwrap_or_default() {
        "PublishPipelineArtifact" => given("artifact").or_else(|| given("artifactName")).or_else(drop),
        "PublishBuildArtifacts" => given("ArtifactName").or_else(drop),
        _ => None,
    };
    let argument = node.text_at(step.kind).unwrap_or_default();
    let script = if matches!(step.kind, "script" | "bash" | "pwsh" | "powershell") {
        argument.to_owned()
    } else {
        let shown = |(name, value): &(_, Node)| format!("{name}: {}", value.text().unwrap_or_default());
        let lines = inputs.iter().map(shown);
        std::iter::once(format!("Task: {}", step.task())).chain(lines).collect::<Vec<_>>().join("\n")
    };
    let display = text(node, "displayName").unwrap_or_else(|| match step.kind {
        "task" => step.task().split('@').next().unwrap_or_default().to_owned(),
        "checkout" => format!("Checkout {argument}"),
        other => other[..1].to_uppercase() + &other[1..],
    });
    let flag = |key: &str, value: &str| node.text_at(key).is_some_and(|text| text.eq_ignore_ascii_case(value));
    Ok(Step {
        name: step.name().map(str::to_owned),
        display,
        task: step.task().to_owned(),
        condition: if flag("enabled", "false") { Some("false".to_owned()) } else { text(node, "condition") },
        continue_on_error: flag("continueOnError", "true"),
        script,
        connections,
        artifact,
    })
}

fn check_task(task: &str, place: &Place) -> Result<(), String> {
    tasks::check(task).map_err(|message| located(place, &message))
}

#[cfg(test)]
mod tests {
    use super::super::expand::{Input, expand};
    use super::*;

    fn check(yaml: &str) -> Result<Plan, String> {
        let nothing = Map::new();
        let input = Input {
            path: "/p.yml",
            text: yaml,
            files: &|_| None,
            parameters: &nothing,
            payloads: &nothing,
            variables: Map::new(),
        };
        expand(&input).and_then(|expanded| read(&expanded))
    }

    #[test]
    fn stages_jobs_and_steps_are_read_with_what_they_use() {
        let plan = check("variables:\n- group: kv\nstages:\n- stage: a\n  jobs:\n  - job: j\n    steps:\n    - script: echo\n    - publish: x\n      artifact: model\n- stage: b\n  jobs:\n  - deployment: d\n    environment: prod.ns\n    pool:\n      name: own\n    strategy:\n      runOnce:\n        deploy:\n          steps:\n          - task: AzureCLI@2\n            inputs:\n              azureSubscription: sc\n").unwrap();
        assert_eq!(plan.groups, ["kv"]);
        assert_eq!(plan.stages[1].depends_on, ["a"]);
        let job = &plan.stages[1].jobs[0];
        assert_eq!(job.environment, Some(("prod".into(), Some("ns".into()))));
        assert_eq!(job.pool.as_deref(), Some("own"));
        assert_eq!(job.steps[0].connections, [("azureSubscription".to_owned(), "sc".to_owned())]);
        assert_eq!(plan.stages[0].jobs[0].steps[1].artifact.as_deref(), Some("model"));
    }

    #[test]
    fn what_the_service_refuses_is_refused_with_its_place() {
        for (yaml, expected) in [
            ("foo: 1\nsteps: [{script: a}]\n", "/p.yml (Line: 1, Col: 1): Unexpected value 'foo'"),
            ("steps:\n- nope: x\n", "/p.yml (Line: 2, Col: 3): Unexpected value 'nope'"),
            ("steps:\n- task: Gone@1\n", "/p.yml (Line: 2, Col: 9): A task is missing."),
            ("steps:\n- task: AzureCLI@9\n", "/p.yml (Line: 2, Col: 9): A task is missing."),
            ("stages:\n- stage: a b\n  jobs: [{job: j}]\n", "/p.yml (Line: 2, Col: 10): stage `a b`: a name holds"),
            (
                "stages:\n- stage: a\n  dependsOn: z\n  jobs:\n  - job: j\n",
                "/p.yml (Line: 3, Col: 14): stage `a` waits for `z`, which is no stage here",
            ),
            (
                "jobs:\n- deployment: deploy\n  environment: e\n  strategy: {runOnce: {deploy: {steps: [{script: a}]}}}\n",
                "/p.yml (Line: 2, Col: 15): `deploy` is a keyword",
            ),
            ("trigger: none\n", "/p.yml (Line: 1, Col: 1): a pipeline has stages, jobs or steps"),
        ] {
            let error = check(yaml).unwrap_err();
            assert!(error.starts_with(expected), "{yaml:?}: {error}");
        }
    }
}
