//! An expanded pipeline as stages, jobs and steps.

use super::expand::Expanded;
use super::yaml::{Kind, Node};

/// A whole pipeline.
#[derive(Debug)]
pub struct Pipeline<'a> {
    /// The file's own mapping.
    pub root: &'a Node,
    /// Its stages; jobs or steps without one stand in a stage without a name.
    pub stages: Vec<Stage<'a>>,
    /// Variables of the whole pipeline.
    pub variables: Vec<Variable<'a>>,
    /// Whether more may be there than can be seen.
    pub open: bool,
}

/// A stage.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Its name; empty for the one that nobody wrote.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// Stages that it waits for, as written; `None` waits for the one above.
    pub depends: Option<Vec<&'a Node>>,
    /// Its jobs.
    pub jobs: Vec<Job<'a>>,
    /// Its own variables.
    pub variables: Vec<Variable<'a>>,
}

/// A job.
#[derive(Debug)]
pub struct Job<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// Whether it is a deployment job.
    pub deployment: bool,
    /// Jobs of its stage that it waits for; none by default.
    pub depends: Vec<&'a Node>,
    /// Its steps; of a deployment job, those of all its hooks.
    pub steps: Vec<Step<'a>>,
    /// Its own variables.
    pub variables: Vec<Variable<'a>>,
    /// Its own pool, if it has one.
    pub pool: Option<&'a Node>,
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its mapping.
    pub node: &'a Node,
    /// The key that says what it is: `task`, `bash`, `checkout`, …
    pub kind: &'a str,
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
    },
    /// A variable group.
    Group(&'a Node),
}

/// The keys that say what a step is.
pub const STEP_KINDS: [&str; 12] = [
    "task",
    "script",
    "bash",
    "pwsh",
    "powershell",
    "checkout",
    "download",
    "downloadBuild",
    "getPackage",
    "publish",
    "upload",
    "reviewApp",
];

impl<'a> Pipeline<'a> {
    /// The stages, jobs and steps of `expanded`.
    pub fn read(expanded: &'a Expanded) -> Self {
        let root = &expanded.root;
        let stages = match (root.get("stages"), root.get("jobs")) {
            (Some(stages), _) => stages.items().iter().map(Stage::read).collect(),
            (None, Some(jobs)) => {
                vec![Stage { jobs: jobs.items().iter().map(Job::read).collect(), ..Stage::unnamed(root) }]
            }
            (None, None) => vec![Stage { jobs: vec![Job::read(root)], ..Stage::unnamed(root) }],
        };
        Self { root, stages, variables: variables(root), open: expanded.open }
    }

    /// Every job, with its stage.
    pub fn jobs(&self) -> impl Iterator<Item = (&Stage<'a>, &Job<'a>)> {
        self.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
    }
}

impl<'a> Stage<'a> {
    fn unnamed(root: &'a Node) -> Self {
        Self { name: "", node: root, depends: Some(Vec::new()), jobs: Vec::new(), variables: Vec::new() }
    }

    fn read(node: &'a Node) -> Self {
        Self {
            name: node.text_at("stage").unwrap_or_default(),
            node,
            depends: node.get("dependsOn").map(names),
            jobs: node.get("jobs").map(Node::items).unwrap_or_default().iter().map(Job::read).collect(),
            variables: variables(node),
        }
    }
}

impl<'a> Job<'a> {
    fn read(node: &'a Node) -> Self {
        let deployment = node.get("deployment").is_some();
        let mut steps = Vec::new();
        if deployment {
            if let Some(strategy) = node.get("strategy") {
                hooks(strategy, &mut steps);
            }
        } else {
            steps.extend(node.get("steps").map(Node::items).unwrap_or_default().iter().map(Step::read));
        }
        Self {
            name: node.text_at(if deployment { "deployment" } else { "job" }).unwrap_or_default(),
            node,
            deployment,
            depends: node.get("dependsOn").map(names).unwrap_or_default(),
            steps,
            variables: variables(node),
            pool: node.get("pool"),
        }
    }

    /// The pool that it runs in, given that of the pipeline.
    pub fn runs_in<'b>(&'b self, pipeline: &'b Pipeline<'a>) -> Option<&'b Node> {
        self.pool.or_else(|| pipeline.root.get("pool"))
    }

    /// Whether it runs on no agent at all.
    pub fn is_agentless(&self, pipeline: &Pipeline<'a>) -> bool {
        self.runs_in(pipeline).and_then(Node::text) == Some("server")
    }
}

impl<'a> Step<'a> {
    fn read(node: &'a Node) -> Self {
        let kind = STEP_KINDS.into_iter().find(|kind| node.get(kind).is_some()).unwrap_or_default();
        Self { node, kind }
    }

    /// Its name, by which other steps and jobs read its outputs.
    pub fn name(&self) -> Option<&'a str> {
        self.node.text_at("name")
    }

    /// An input of a task; names do not mind case.
    pub fn input(&self, name: &str) -> Option<&'a Node> {
        let inputs = self.node.get("inputs").map(Node::entries).unwrap_or_default();
        inputs.iter().find(|(key, _)| key.text().is_some_and(|k| k.eq_ignore_ascii_case(name))).map(|(_, value)| value)
    }

    /// The text of its inline script, if it has one.
    pub fn inline(&self) -> Option<&'a Node> {
        match self.kind {
            "script" | "bash" | "pwsh" | "powershell" => self.node.get(self.kind),
            "task" => self.input("inlineScript").or_else(|| self.input("script")),
            _ => None,
        }
    }

    /// The script of the repository that it runs, if it names one.
    pub fn script_file(&self) -> Option<&'a Node> {
        match self.kind {
            "bash" | "script" => {
                let text = self.node.text_at(self.kind)?;
                let one_line = !text.trim().contains('\n');
                let first = text.split_whitespace().find(|word| *word != "bash")?;
                (one_line && first.contains('/') && first.ends_with(".sh")).then(|| self.node.get(self.kind))?
            }
            "task" => self.input("scriptPath").or_else(|| self.input("filePath")),
            _ => None,
        }
    }
}

/// Steps of all hooks of a deployment strategy.
fn hooks<'a>(node: &'a Node, steps: &mut Vec<Step<'a>>) {
    for (key, value) in node.entries() {
        if key.text() == Some("steps") {
            steps.extend(value.items().iter().map(Step::read));
        } else {
            hooks(value, steps);
        }
    }
}

/// A `dependsOn`: one name or a list; the empty string is none.
fn names(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Scalar { text, .. } if text.is_empty() => Vec::new(),
        Kind::Scalar { .. } => vec![node],
        Kind::List(items) => items.iter().collect(),
        Kind::Map(_) => Vec::new(),
    }
}

fn variables(node: &Node) -> Vec<Variable<'_>> {
    let Some(variables) = node.get("variables") else { return Vec::new() };
    let mut found: Vec<Variable<'_>> = map_form(variables.entries());
    for item in variables.items() {
        match (item.text_at("name"), item.get("value"), item.get("group")) {
            (Some(name), Some(value), _) => found.push(Variable::Named { name, value }),
            (_, _, Some(group)) => found.push(Variable::Group(group)),
            _ => found.extend(map_form(item.entries())),
        }
    }
    found
}

fn map_form(entries: &[(Node, Node)]) -> Vec<Variable<'_>> {
    entries.iter().filter_map(|(key, value)| Some(Variable::Named { name: key.text()?, value })).collect()
}
