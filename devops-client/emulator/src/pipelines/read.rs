//! Reads an expanded pipeline into what runs, refusing what the service refuses.

use serde_json::{Map, Value};

use super::expression::text as value_text;
use super::model::{Job, Plan, Stage, Step};
use super::shape::{JOB, Locate, ROOT, STAGE, check_graph, check_name, known_keys};
use super::tasks;
use super::variables::{collect_variables, groups};

const STEP_KINDS: &[(&str, &str)] = &[
    ("task", ""),
    ("script", "CmdLine@2"),
    ("bash", "Bash@3"),
    ("pwsh", "PowerShell@2"),
    ("powershell", "PowerShell@2"),
    ("checkout", "checkout"),
    ("download", "DownloadPipelineArtifact@2"),
    ("publish", "PublishPipelineArtifact@1"),
    ("downloadBuild", "DownloadBuildArtifacts@1"),
    ("getPackage", "getPackage"),
    ("reviewApp", "reviewApp"),
];

/// Reads an expanded pipeline. `locate` makes an error's text from what stands wrong and the message.
pub fn read(root: &Value, locate: Locate<'_>) -> Result<Plan, String> {
    let map = root.as_object().ok_or_else(|| locate("", "A mapping was expected"))?;
    known_keys(map, ROOT, locate)?;
    let shapes = ["stages", "jobs", "steps"].iter().filter(|key| map.contains_key(**key)).count();
    if shapes > 1 {
        return Err(locate("jobs:", "Only one of 'stages', 'jobs' and 'steps' can be at the root."));
    }
    let mut plan = Plan { groups: groups(root), ..Plan::default() };
    if let Some(variables) = map.get("variables") {
        collect_variables(variables, &mut plan.variables);
    }
    let pool = map.get("pool");
    if let Some(stages) = map.get("stages") {
        let list = list(stages, "stages", locate)?;
        for (at, stage) in list.iter().enumerate() {
            let before = plan.stages.last().map(|stage: &Stage| stage.name.clone());
            plan.stages.push(read_stage(stage, at, before, pool, locate)?);
        }
    } else {
        let jobs = match map.get("jobs") {
            Some(jobs) => read_jobs(jobs, pool, locate)?,
            None if map.contains_key("steps") => vec![read_job_body(map, "Job".to_owned(), pool, locate)?],
            None => return Err(locate("", "A pipeline needs 'stages', 'jobs', 'steps' or 'extends'.")),
        };
        plan.stages.push(Stage {
            name: "__default".to_owned(),
            display: "__default".to_owned(),
            jobs,
            ..Stage::default()
        });
    }
    if plan.stages.is_empty() {
        return Err(locate("stages:", "The pipeline must contain at least one stage."));
    }
    check_graph(plan.stages.iter().map(|stage| (stage.name.as_str(), stage.depends_on.as_slice())), "Stage", locate)?;
    for stage in &plan.stages {
        check_graph(stage.jobs.iter().map(|job| (job.name.as_str(), job.depends_on.as_slice())), "Job", locate)?;
    }
    Ok(plan)
}

fn list<'a>(value: &'a Value, key: &str, locate: Locate<'_>) -> Result<&'a Vec<Value>, String> {
    value.as_array().ok_or_else(|| locate(&format!("{key}:"), "A sequence was expected"))
}

fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key).filter(|value| !value.is_null()).map(value_text)
}

fn names(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(items) => Some(items.iter().map(value_text).collect()),
        Value::Null => Some(Vec::new()),
        Value::String(text) if text.is_empty() => Some(Vec::new()),
        other => Some(vec![value_text(other)]),
    }
}

fn read_stage(
    value: &Value,
    at: usize,
    before: Option<String>,
    pool: Option<&Value>,
    locate: Locate<'_>,
) -> Result<Stage, String> {
    let map = value.as_object().ok_or_else(|| locate("stages:", "A mapping was expected"))?;
    known_keys(map, STAGE, locate)?;
    let name = text(map, "stage").unwrap_or_else(|| format!("Stage{}", at + 1));
    check_name(&name, "stage", locate)?;
    let pool = map.get("pool").or(pool);
    let mut stage = Stage {
        display: text(map, "displayName").unwrap_or_else(|| name.clone()),
        depends_on: names(map.get("dependsOn")).unwrap_or_else(|| before.into_iter().collect()),
        condition: text(map, "condition"),
        groups: groups(value),
        lock_behavior: text(map, "lockBehavior"),
        jobs: map.get("jobs").map(|jobs| read_jobs(jobs, pool, locate)).transpose()?.unwrap_or_default(),
        name,
        ..Stage::default()
    };
    if let Some(variables) = map.get("variables") {
        collect_variables(variables, &mut stage.variables);
    }
    if stage.jobs.is_empty() {
        return Err(locate(&stage.name, &format!("Stage {} must contain at least one job.", stage.name)));
    }
    Ok(stage)
}

fn read_jobs(value: &Value, pool: Option<&Value>, locate: Locate<'_>) -> Result<Vec<Job>, String> {
    let mut jobs = Vec::new();
    for (at, job) in list(value, "jobs", locate)?.iter().enumerate() {
        let map = job.as_object().ok_or_else(|| locate("jobs:", "A mapping was expected"))?;
        known_keys(map, JOB, locate)?;
        let deployment = map.contains_key("deployment");
        if !deployment && !map.contains_key("job") {
            return Err(locate("jobs:", "Expected 'job', 'deployment' or 'template'"));
        }
        let name = text(map, if deployment { "deployment" } else { "job" }).unwrap_or_else(|| format!("Job{}", at + 1));
        check_name(&name, "job", locate)?;
        if deployment && name == "deploy" {
            return Err(locate(
                &name,
                "The job name 'deploy' is reserved: a deployment job must not be named like its lifecycle hook.",
            ));
        }
        jobs.push(read_job_body(map, name, pool, locate)?);
    }
    Ok(jobs)
}

fn read_job_body(
    map: &Map<String, Value>,
    name: String,
    pool: Option<&Value>,
    locate: Locate<'_>,
) -> Result<Job, String> {
    let pool = map.get("pool").or(pool);
    let server = pool.and_then(Value::as_str) == Some("server");
    let pool_name = match pool {
        Some(Value::String(text)) if text != "server" => Some(text.clone()),
        Some(Value::Object(pool)) => text(pool, "name").filter(|_| !pool.contains_key("vmImage")),
        _ => None,
    };
    let environment = match map.get("environment") {
        Some(Value::String(name)) => match name.split_once('.') {
            Some((name, resource)) => Some((name.to_owned(), Some(resource.to_owned()))),
            None => Some((name.clone(), None)),
        },
        Some(Value::Object(environment)) => {
            let name =
                text(environment, "name").ok_or_else(|| locate("environment:", "The environment has no name."))?;
            Some((name, text(environment, "resourceName")))
        }
        _ => None,
    };
    let mut steps = Vec::new();
    if map.contains_key("deployment") {
        let strategy = map.get("strategy").and_then(Value::as_object);
        let strategy = strategy.ok_or_else(|| locate(&name, &format!("The deployment job {name} has no strategy.")))?;
        let (kind, hooks) = strategy.iter().next().ok_or_else(|| locate(&name, "The strategy is empty."))?;
        if !["runOnce", "rolling", "canary"].contains(&kind.as_str()) {
            return Err(locate(kind, &format!("Unexpected value '{kind}'")));
        }
        for hook in ["preDeploy", "deploy", "routeTraffic", "postRouteTraffic"] {
            for step in hooks
                .get(hook)
                .and_then(|hook| hook.get("steps"))
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice)
            {
                steps.push(read_step(step, locate)?);
            }
        }
        if let Some(done) = hooks.get("on").and_then(|on| on.get("success")).and_then(|done| done.get("steps")) {
            for step in list(done, "steps", locate)? {
                steps.push(read_step(step, locate)?);
            }
        }
    } else if let Some(list_value) = map.get("steps") {
        for step in list(list_value, "steps", locate)? {
            steps.push(read_step(step, locate)?);
        }
    }
    let value = Value::Object(map.clone());
    Ok(Job {
        display: text(map, "displayName").unwrap_or_else(|| name.clone()),
        depends_on: names(map.get("dependsOn")).unwrap_or_default(),
        condition: text(map, "condition"),
        groups: groups(&value),
        environment,
        pool: pool_name,
        server,
        steps,
        name,
    })
}

fn read_step(value: &Value, locate: Locate<'_>) -> Result<Step, String> {
    let map = value.as_object().ok_or_else(|| locate("steps:", "A mapping was expected"))?;
    let first = map.keys().next().map_or("", String::as_str);
    let kind = STEP_KINDS.iter().find(|(kind, _)| map.contains_key(*kind));
    let (kind, task) = kind.ok_or_else(|| locate(first, &format!("Unexpected value '{first}'")))?;
    let argument = text(map, kind).unwrap_or_default();
    let task = if *kind == "task" { argument.clone() } else { (*task).to_owned() };
    if *kind == "task" {
        tasks::check(&task, locate)?;
    }
    let inputs = map.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
    let connections = inputs
        .iter()
        .filter(|(input, _)| tasks::is_connection(input))
        .map(|(input, value)| (input.clone(), value_text(value)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let artifact = match *kind {
        "publish" => Some(text(map, "artifact").unwrap_or_else(|| "drop".to_owned())),
        _ if task.starts_with("PublishPipelineArtifact@") => Some(input(&inputs, &["artifact", "artifactName"])),
        _ if task.starts_with("PublishBuildArtifacts@") => Some(input(&inputs, &["ArtifactName", "artifactName"])),
        _ => None,
    };
    let script = if matches!(*kind, "script" | "bash" | "pwsh" | "powershell") {
        argument.clone()
    } else {
        let mut lines: Vec<String> =
            inputs.iter().map(|(name, value)| format!("{name}: {}", value_text(value))).collect();
        lines.insert(0, format!("Task: {task}"));
        lines.join("\n")
    };
    let display = text(map, "displayName").unwrap_or_else(|| match *kind {
        "task" => task.split('@').next().unwrap_or_default().to_owned(),
        "checkout" => format!("Checkout {argument}"),
        other => other[..1].to_uppercase() + &other[1..],
    });
    Ok(Step {
        name: text(map, "name"),
        display,
        task,
        condition: text(map, "condition")
            .or_else(|| text(map, "enabled").filter(|on| on.eq_ignore_ascii_case("false"))),
        continue_on_error: text(map, "continueOnError").is_some_and(|on| on.eq_ignore_ascii_case("true")),
        script,
        connections,
        artifact,
    })
}

fn input(inputs: &Map<String, Value>, names: &[&str]) -> String {
    names
        .iter()
        .find_map(|name| text(inputs, name))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "drop".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::yaml::{error_at, parse};

    fn check(yaml: &str) -> Result<Plan, String> {
        let root = parse("/p.yml", yaml).unwrap();
        read(&root, &|needle, message| error_at("/p.yml", yaml, needle, message))
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
            ("foo: 1\nsteps: []\n", "/p.yml (Line: 1, Col: 1): Unexpected value 'foo'"),
            ("steps:\n- nope: x\n", "/p.yml (Line: 2, Col: 3): Unexpected value 'nope'"),
            ("steps:\n- task: Gone@1\n", "/p.yml (Line: 2, Col: 9): A task is missing."),
            ("steps:\n- task: AzureCLI@9\n", "/p.yml (Line: 2, Col: 9): A task is missing."),
            ("stages:\n- stage: a b\n  jobs: []\n", "/p.yml (Line: 2, Col: 10): The stage name a b is not valid."),
            (
                "stages:\n- stage: a\n  dependsOn: z\n  jobs:\n  - job: j\n",
                "/p.yml (Line: 3, Col: 14): Stage a depends on unknown stage z.",
            ),
            (
                "jobs:\n- deployment: deploy\n  environment: e\n",
                "/p.yml (Line: 2, Col: 15): The job name 'deploy' is reserved",
            ),
            ("trigger: none\n", "/p.yml (Line: 1, Col: 1): A pipeline needs"),
        ] {
            let error = check(yaml).unwrap_err();
            assert!(error.starts_with(expected), "{yaml:?}: {error}");
        }
    }
}
