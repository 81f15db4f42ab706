//! Pipelines: whether each expands, at which line it is refused, and what it becomes. The other program writes steps in their
//! long form, jobs and stages without a name as `Job` and `Stage`, and variables as a list; so both sides are brought there.

use std::path::{Path, PathBuf};

use azure_pipelines::model::{Job, Pipeline, Stage, Step, Strategy, Variable, stages};
use azure_pipelines::template::{Expanded, Files, Knowledge, Request, expand};
use azure_pipelines::yaml::parse;
use azure_pipelines::{Node, Problem};
use serde_json::{Map, Value as Json, json};

use crate::{Compared, read, rows};

struct Folder(PathBuf);

impl Files for Folder {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        std::fs::read_to_string(self.0.join(path)).ok().map(|text| parse(path, &text)).transpose()
    }
}

/// Compares every pipeline.
pub fn compare(folder: &Path) -> Result<Compared, String> {
    let rows = rows(&folder.join("pipelines.tsv"))?;
    let mut differences = Vec::new();
    for row in &rows {
        let [name, outcome, line] = row.as_slice() else { return Err(format!("no three cells: {row:?}")) };
        let case = folder.join("pipelines").join(name);
        let difference = match (outcome.as_str(), expanded(&case)) {
            ("expands", Ok(found)) => unlike(&found, &case)?,
            ("expands", Err(problems)) => Some(format!("expands there, refused here: {}", problems[0])),
            (_, Ok(_)) => Some("refused there, expands here".to_owned()),
            (_, Err(problems)) => {
                let at = |problem: &Problem| {
                    let see = problem.see.as_ref().map(|see| see.line);
                    [Some(problem.place.line), see].contains(&line.parse().ok())
                };
                let right = line.is_empty() || problems.iter().any(at);
                (!right).then(|| format!("refused at line {line} there, here: {}", problems[0]))
            }
        };
        differences.extend(difference.map(|difference| (name.clone(), difference)));
    }
    Ok(Compared { name: "pipelines", total: rows.len(), differences })
}

fn expanded(case: &Path) -> Result<Expanded, Vec<Problem>> {
    let files = Folder(case.to_owned());
    let root = files.load("pipeline.yml").map_err(|problem| vec![problem])?;
    let given = files.load("pipeline.parameters.yml").map_err(|problem| vec![problem])?;
    let Some(root) = root else { return Err(Vec::new()) };
    let request = Request {
        root: &root,
        path: "pipeline.yml",
        files: &files,
        parameters: Some(given.map(|given| given.entries().to_vec()).unwrap_or_default()),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::All,
    };
    let expanded = expand(&request);
    let mut problems = expanded.problems.clone();
    if problems.is_empty() {
        problems = Pipeline::read(&expanded).problems();
    }
    if problems.is_empty() { Ok(expanded) } else { Err(problems) }
}

fn unlike(expanded: &Expanded, case: &Path) -> Result<Option<String>, String> {
    let theirs = parse("expanded.yml", &read(&case.join("expanded.yml"))?).map_err(|problem| problem.to_string())?;
    let (ours, theirs) = (long(&Pipeline::read(expanded)), texts(&theirs));
    Ok((ours != theirs).then(|| format!("\n there {theirs}\n here  {ours}")))
}

/// Every scalar as the text that it is written with.
fn texts(node: &Node) -> Json {
    if !node.entries().is_empty() {
        let pair = |(key, value): &(Node, Node)| (key.text().unwrap_or_default().to_owned(), texts(value));
        return Json::Object(node.entries().iter().map(pair).collect());
    }
    match node.text() {
        Some(text) => json!(text),
        None => node.items().iter().map(texts).collect(),
    }
}

fn long(pipeline: &Pipeline<'_>) -> Json {
    let mut out = Map::new();
    put_variables(&mut out, &pipeline.variables);
    let graph = stages(pipeline);
    let one = |stage: &Stage<'_>| {
        // The other program writes down what a stage waits for without saying so.
        let above = graph.iter().find(|item| std::ptr::eq(item.node, stage.node) && stage.depends.is_none());
        self::stage(stage, above.map(|item| item.depends.as_slice()).unwrap_or_default())
    };
    out.insert("stages".to_owned(), pipeline.stages.iter().map(one).collect());
    Json::Object(out)
}

fn put_variables(out: &mut Map<String, Json>, variables: &[Variable<'_>]) {
    let one = |variable: &Variable<'_>| match variable {
        Variable::Named { name, value, .. } => json!({ "name": name, "value": texts(value) }),
        Variable::Group(group) => json!({ "group": texts(group) }),
    };
    if !variables.is_empty() {
        out.insert("variables".to_owned(), variables.iter().map(one).collect());
    }
}

fn put(out: &mut Map<String, Json>, node: &Node, keys: &[&str]) {
    for key in keys {
        if let Some(value) = node.get(key) {
            out.insert((*key).to_owned(), texts(value));
        }
    }
}

fn named(name: &str, otherwise: &str) -> Json {
    json!(if name.is_empty() { otherwise } else { name })
}

fn stage(stage: &Stage<'_>, above: &[&str]) -> Json {
    let mut out = Map::from_iter([("stage".to_owned(), named(stage.name, "Stage"))]);
    if !stage.name.is_empty() {
        put(&mut out, stage.node, &["displayName", "condition"]);
        put_depends(&mut out, stage.depends.as_deref());
        if !above.is_empty() {
            out.insert("dependsOn".to_owned(), json!(above));
        }
        put_variables(&mut out, &stage.variables);
    }
    out.insert("jobs".to_owned(), stage.jobs.iter().map(|job| self::job(job, stage)).collect());
    Json::Object(out)
}

fn put_depends(out: &mut Map<String, Json>, depends: Option<&[&Node]>) {
    if let Some(depends) = depends {
        out.insert("dependsOn".to_owned(), depends.iter().map(|node| texts(node)).collect());
    }
}

fn job(job: &Job<'_>, stage: &Stage<'_>) -> Json {
    let key = if job.deployment { "deployment" } else { "job" };
    let mut out = Map::from_iter([(key.to_owned(), named(job.name, "Job"))]);
    if !std::ptr::eq(job.node, stage.node) {
        put(&mut out, job.node, &["displayName", "condition"]);
        if !job.depends.is_empty() {
            put_depends(&mut out, Some(&job.depends));
        }
        put_variables(&mut out, &job.variables);
    }
    match &job.strategy {
        Strategy::Deployment { kind, hooks, .. } => {
            let hooks: Map<String, Json> =
                hooks.iter().map(|hook| (hook.name.to_owned(), json!({ "steps": steps(&hook.steps) }))).collect();
            out.insert("strategy".to_owned(), json!({ *kind: hooks }));
        }
        _ => put(&mut out, job.node, &["strategy"]),
    }
    if let Some(environment) = &job.environment {
        out.insert("environment".to_owned(), json!({ "name": environment.name }));
    }
    if !job.deployment {
        out.insert("steps".to_owned(), json!(steps(&job.steps)));
    }
    Json::Object(out)
}

fn steps(steps: &[Step<'_>]) -> Vec<Json> {
    steps.iter().map(step).collect()
}

fn step(step: &Step<'_>) -> Json {
    let mut out = Map::from_iter([("task".to_owned(), json!(step.task()))]);
    put(&mut out, step.node, &["name", "displayName", "condition", "continueOnError", "timeoutInMinutes", "env"]);
    let inputs: Map<String, Json> =
        step.inputs().iter().map(|(name, value)| (name.to_string(), texts(value))).collect();
    out.insert("inputs".to_owned(), Json::Object(inputs));
    Json::Object(out)
}
