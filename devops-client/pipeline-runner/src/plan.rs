//! What a run consists of: an expanded pipeline as values of its own, defaults put in.

use azure_pipelines::model::{self, Pipeline, Strategy};
use azure_pipelines::template::Expanded;
use azure_pipelines::{Node, Problem};

/// A pipeline that can be carried out.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The format of the run's number, if the pipeline has one.
    pub number: Option<String>,
    /// Variables of the whole pipeline.
    pub variables: Vec<Variable>,
    /// Its stages.
    pub stages: Vec<Stage>,
}

/// An entry of `variables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// A variable with its value.
    Value {
        /// Its name.
        name: String,
        /// Its value; `$[ … ]` is known when a job starts.
        value: String,
        /// Whether steps may not set it.
        readonly: bool,
    },
    /// A variable group.
    Group(String),
}

/// A stage.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Its name; `__default` for the one that nobody wrote.
    pub name: String,
    /// What it is shown as.
    pub display: String,
    /// The stages that it waits for.
    pub depends: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

/// A job.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What it is shown as.
    pub display: String,
    /// The jobs of its stage that it waits for.
    pub depends: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Whether no agent carries it out.
    pub server: bool,
    /// Whether its failure is only an issue.
    pub continue_on_error: bool,
    /// `timeoutInMinutes`, which may refer to variables.
    pub timeout: Option<String>,
    /// `cancelTimeoutInMinutes`.
    pub cancel_timeout: Option<String>,
    /// The environment that it deploys to, and the resource in it.
    pub environment: Option<(String, Option<String>)>,
    /// What it does.
    pub work: Work,
}

/// What a job does.
#[derive(Clone, Debug)]
pub enum Work {
    /// Steps, once or as often as the matrix says.
    Steps(Vec<Step>, Matrix),
    /// The hooks of a deployment: `runOnce`, `rolling` or `canary`.
    Deployment {
        /// The strategy.
        strategy: String,
        /// Its hooks, in order.
        hooks: Vec<Hook>,
        /// Shares of a canary, in percent.
        increments: Vec<String>,
    },
}

impl Default for Work {
    fn default() -> Self {
        Self::Steps(Vec::new(), Matrix::Once)
    }
}

/// How often a job's steps are carried out.
#[derive(Clone, Debug, Default)]
pub enum Matrix {
    /// Once.
    #[default]
    Once,
    /// Once for each entry, its variables set.
    Entries(Vec<(String, Vec<(String, String)>)>, Option<String>),
    /// The same, by an expression that gives a mapping as JSON.
    Expression(String, Option<String>),
    /// In so many slices.
    Parallel(String),
}

/// A hook of a deployment.
#[derive(Clone, Debug)]
pub struct Hook {
    /// `preDeploy`, `deploy`, `routeTraffic`, `postRouteTraffic`, `on.failure`, `on.success`.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its name, by which others read what it sets.
    pub name: Option<String>,
    /// What it is shown as; may refer to variables.
    pub display: String,
    /// Its task, `Bash@3`.
    pub task: String,
    /// The task's inputs.
    pub inputs: Vec<(String, String)>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Its condition.
    pub condition: Option<String>,
    /// Whether it is there at all.
    pub enabled: bool,
    /// Whether its failure is only an issue.
    pub continue_on_error: bool,
    /// `timeoutInMinutes`.
    pub timeout: Option<String>,
    /// `retryCountOnTaskFailure`.
    pub retries: Option<String>,
}

impl Plan {
    /// What `expanded` consists of.
    ///
    /// # Errors
    /// Everything that Azure Pipelines does not take.
    pub fn of(expanded: &Expanded) -> Result<Self, Vec<Problem>> {
        let pipeline = Pipeline::read(expanded);
        let problems: Vec<Problem> = expanded.problems.iter().cloned().chain(pipeline.problems()).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let waits = model::stages(&pipeline);
        let stage = |stage: &model::Stage<'_>| {
            let depends = waits.iter().find(|item| item.name == stage.name && !stage.name.is_empty());
            let pool = stage.pool.or(pipeline.root.get("pool"));
            read_stage(stage, depends.map(|item| item.depends.as_slice()).unwrap_or_default(), pool)
        };
        Ok(Self {
            number: text(pipeline.root, "name"),
            variables: variables(&pipeline.variables),
            stages: pipeline.stages.iter().map(stage).collect(),
        })
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.text_at(key).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn flag(node: &Node, key: &str) -> bool {
    node.text_at(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn variables(entries: &[model::Variable<'_>]) -> Vec<Variable> {
    let one = |entry: &model::Variable<'_>| match entry {
        model::Variable::Named { name, value, readonly } => Variable::Value {
            name: (*name).to_owned(),
            value: value.text().unwrap_or_default().to_owned(),
            readonly: *readonly,
        },
        model::Variable::Group(name) => Variable::Group(name.text().unwrap_or_default().to_owned()),
    };
    entries.iter().map(one).collect()
}

fn read_stage(stage: &model::Stage<'_>, depends: &[&str], pool: Option<&Node>) -> Stage {
    let unnamed = stage.name.is_empty();
    let name = if unnamed { "__default" } else { stage.name }.to_owned();
    Stage {
        display: text(stage.node, "displayName").filter(|_| !unnamed).unwrap_or_else(|| name.clone()),
        depends: depends.iter().map(|name| (*name).to_owned()).collect(),
        condition: text(stage.node, "condition").filter(|_| !unnamed),
        variables: if unnamed { Vec::new() } else { variables(&stage.variables) },
        jobs: stage.jobs.iter().enumerate().map(|(at, job)| read_job(job, at, pool)).collect(),
        name,
    }
}

fn read_job(job: &model::Job<'_>, at: usize, pool: Option<&Node>) -> Job {
    let whole = job.node.get("job").is_none() && !job.deployment;
    let name = match job.name {
        "" if whole => "Job".to_owned(),
        "" => format!("Job{}", at + 1),
        name => name.to_owned(),
    };
    let steps = |steps: &[model::Step<'_>]| steps.iter().map(read_step).collect::<Vec<_>>();
    let pairs = |node: &Node| {
        let pair =
            |(key, value): &(Node, Node)| Some((key.text()?.to_owned(), value.text().unwrap_or_default().to_owned()));
        node.entries().iter().filter_map(pair).collect::<Vec<_>>()
    };
    let limit = |node: Option<&Node>| node.and_then(Node::text).map(str::to_owned);
    let server = job.pool.or(pool).and_then(Node::text) == Some("server");
    let work = match &job.strategy {
        Strategy::Once => Work::Steps(with_checkout(steps(&job.steps), server), Matrix::Once),
        Strategy::Matrix { entries, expression: None, max_parallel } => {
            let entries = entries.iter().map(|(name, node)| ((*name).to_owned(), pairs(node))).collect();
            Work::Steps(with_checkout(steps(&job.steps), server), Matrix::Entries(entries, limit(*max_parallel)))
        }
        Strategy::Matrix { expression: Some(expression), max_parallel, .. } => Work::Steps(
            with_checkout(steps(&job.steps), server),
            Matrix::Expression((*expression).to_owned(), limit(*max_parallel)),
        ),
        Strategy::Parallel(count) => Work::Steps(
            with_checkout(steps(&job.steps), server),
            Matrix::Parallel(count.text().unwrap_or_default().to_owned()),
        ),
        Strategy::Deployment { kind, hooks, node } => Work::Deployment {
            strategy: (*kind).to_owned(),
            hooks: hooks
                .iter()
                .map(|hook| Hook { name: hook.name.to_owned(), steps: with_artifacts(hook.name, steps(&hook.steps)) })
                .collect(),
            increments: node
                .get("increments")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(|share| share.text().map(str::to_owned))
                .collect(),
        },
    };
    Job {
        display: text(job.node, "displayName").unwrap_or_else(|| name.clone()),
        depends: job.depends.iter().filter_map(|name| name.text()).map(str::to_owned).collect(),
        condition: text(job.node, "condition"),
        variables: if whole { Vec::new() } else { variables(&job.variables) },
        server,
        continue_on_error: flag(job.node, "continueOnError"),
        timeout: text(job.node, "timeoutInMinutes"),
        cancel_timeout: text(job.node, "cancelTimeoutInMinutes"),
        environment: job.environment.map(|place| (place.name.to_owned(), place.resource.map(str::to_owned))),
        work,
        name,
    }
}

fn implied(task: &str, display: &str, inputs: &[(&str, &str)]) -> Step {
    Step {
        display: display.to_owned(),
        task: task.to_owned(),
        inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        enabled: true,
        ..Step::default()
    }
}

/// A job that says nothing of it begins with a checkout; a deployment does not (Microsoft Learn, "steps.checkout").
fn with_checkout(mut steps: Vec<Step>, server: bool) -> Vec<Step> {
    if !server && !steps.iter().any(|step| step.task == "Checkout@1") {
        steps.insert(0, implied("Checkout@1", "Checkout self", &[("repository", "self")]));
    }
    steps
}

/// The `deploy` hook begins with every artifact of the run, unless it says which (Microsoft Learn, "Deployment jobs").
fn with_artifacts(hook: &str, mut steps: Vec<Step>) -> Vec<Step> {
    if hook == "deploy" && !steps.iter().any(|step| step.task.starts_with("DownloadPipelineArtifact@")) {
        let inputs = [("source", "current")];
        steps.insert(0, implied("DownloadPipelineArtifact@2", "Download Artifact", &inputs));
    }
    steps
}

fn read_step(step: &model::Step<'_>) -> Step {
    let node = step.node;
    let argument = node.text_at(step.kind).unwrap_or_default();
    let display = text(node, "displayName").unwrap_or_else(|| match step.kind {
        "task" => argument.split('@').next().unwrap_or_default().to_owned(),
        "script" => "CmdLine".to_owned(),
        "bash" => "Bash".to_owned(),
        "pwsh" | "powershell" => "PowerShell".to_owned(),
        "checkout" => format!("Checkout {argument}"),
        "publish" | "upload" => "PublishPipelineArtifact".to_owned(),
        "download" => "DownloadPipelineArtifact".to_owned(),
        other => other.to_owned(),
    });
    let pair =
        |(key, value): &(Node, Node)| Some((key.text()?.to_owned(), value.text().unwrap_or_default().to_owned()));
    Step {
        name: step.name().map(str::to_owned),
        display,
        task: step.task().to_owned(),
        inputs: step
            .inputs()
            .iter()
            .map(|(name, value)| (name.to_string(), value.text().unwrap_or_default().to_owned()))
            .collect(),
        environment: node.get("env").map(Node::entries).unwrap_or_default().iter().filter_map(pair).collect(),
        condition: text(node, "condition"),
        enabled: !node.text_at("enabled").is_some_and(|text| text.eq_ignore_ascii_case("false")),
        continue_on_error: flag(node, "continueOnError"),
        timeout: text(node, "timeoutInMinutes"),
        retries: text(node, "retryCountOnTaskFailure"),
    }
}
