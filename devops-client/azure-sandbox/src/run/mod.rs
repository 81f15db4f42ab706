//! A pipeline of a folder, carried out on this machine.

mod counters;
mod options;
mod shown;
mod source;

use std::path::{Path, PathBuf};

use azure_pipelines::template::{Expanded, Files, Knowledge, Request, expand};
use azure_pipelines::{Node, Place, Problem, What, yaml};
use pipeline_runner::{Cancel, Ended, Facts, Outcome, Plan, Settings, build_number, run as carry_out};

pub use options::Options;
use shown::Shown;
pub use shown::Sink;
pub use source::{Repository, snapshot};

use crate::tools;

/// Why nothing was carried out.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What is wrong with the pipeline, each with its place.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Pipeline(Vec<Problem>),
    /// What the machine refused.
    #[error("{0}")]
    Machine(String),
}

/// What a run has come to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its id in the sandbox.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// What it came to, and each of its stages.
    pub ended: Ended,
    /// Errors and warnings, each with its job.
    pub issues: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The folder of what it kept.
    pub kept: PathBuf,
}

impl Report {
    /// Whether it went well.
    pub fn is_good(&self) -> bool {
        self.ended.outcome.is_good() || self.ended.outcome == Outcome::Skipped
    }
}

struct Tree<'a>(&'a Path);

impl Files for Tree<'_> {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        match std::fs::read_to_string(self.0.join(path)) {
            Ok(text) => yaml::parse(path, &text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                Err(Problem::new(&Place::start(path), What::NoSuchFile(path.to_owned()), message))
            }
        }
    }
}

/// Carries a pipeline out, to its end; `sink` gets each line as it comes.
///
/// # Errors
/// If the pipeline is none, or the sandbox's folder cannot be used. What goes wrong in the run is its outcome.
pub fn run(options: &Options, sink: &Sink<'_>, cancel: &Cancel) -> Result<Report, RunError> {
    let source = snapshot(&options.root, &options.folder).map_err(RunError::Machine)?;
    let plan = Plan::of(&expanded(options, &source)?).map_err(RunError::Pipeline)?;
    let id = source::next(&options.folder).map_err(RunError::Machine)?;
    let name = Path::new(&options.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let part = |number: i8| u32::try_from(number).unwrap_or_default();
    let date = [
        u32::try_from(now.year()).unwrap_or_default(),
        part(now.month()),
        part(now.day()),
        part(now.hour()),
        part(now.minute()),
        part(now.second()),
    ];
    let format = plan.number.as_deref().unwrap_or("$(Date:yyyyMMdd).$(Rev:r)");
    let revision = u32::try_from(id).unwrap_or(u32::MAX);
    let number = build_number(format, date, revision, |name| match name.to_ascii_lowercase().as_str() {
        "build.buildid" | "buildid" => Some(id.to_string()),
        "sourcebranchname" | "build.sourcebranchname" => source.branch.rsplit('/').next().map(str::to_owned),
        _ => None,
    });
    let project = options.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let facts = Facts {
        id,
        number: number.clone(),
        reason: options.reason.clone(),
        definition: (stable(&options.path), name),
        collection: "https://dev.azure.com/sandbox/".to_owned(),
        project: ("5a4db000-0000-4000-8000-000000000003".to_owned(), project.clone()),
        repository: ("5a4db000-0000-4000-8000-000000000004".to_owned(), project),
        requested_for: ("Sandbox".to_owned(), "sandbox@example.invalid".to_owned()),
        token: None,
        variables: options.variables.clone(),
        attempt: 1,
        source,
    };
    let settings = Settings {
        folder: options.folder.clone(),
        shared: None,
        agents: options.agents,
        environment: options.environment.clone(),
        tools: options.tools.clone(),
        seeds: tools::seeds(&options.folder),
        minute: options.minute,
        patience: options.patience,
    };
    let shown = Shown::new(options, sink);
    let ended = carry_out(&plan, &settings, &facts, &shown, cancel);
    let (issues, tags, renamed) = shown.into_parts();
    let kept = options.folder.join("runs").join(id.to_string());
    Ok(Report { id, number: renamed.unwrap_or(number), ended, issues, tags, kept })
}

fn expanded(options: &Options, source: &pipeline_runner::Source) -> Result<Expanded, RunError> {
    let text = std::fs::read_to_string(options.root.join(&options.path))
        .map_err(|error| RunError::Machine(format!("cannot read {}: {error}", options.path)))?;
    let root = yaml::parse(&options.path, &text).map_err(|problem| RunError::Pipeline(vec![problem]))?;
    let short = source.branch.rsplit('/').next().unwrap_or_default();
    let known = [
        ("Build.Reason", options.reason.as_str()),
        ("Build.SourceBranch", &source.branch),
        ("Build.SourceBranchName", short),
        ("Build.SourceVersion", &source.commit),
    ];
    let given = options.variables.iter().filter(|(_, value)| !value.is_secret());
    let variables = known.iter().map(|(name, text)| ((*name).to_owned(), Node::given(text)));
    let expanded = expand(&Request {
        root: &root,
        path: &options.path,
        files: &Tree(&options.root),
        parameters: Some(options.parameters.clone()),
        payloads: Vec::new(),
        variables: given.map(|(name, value)| (name.clone(), Node::given(value.text()))).chain(variables).collect(),
        knowledge: Knowledge::All,
    });
    if expanded.problems.is_empty() { Ok(expanded) } else { Err(RunError::Pipeline(expanded.problems)) }
}

/// A number that a path always has, so that its caches are found again.
fn stable(path: &str) -> i64 {
    i64::from(path.bytes().fold(5381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte)))
}
