//! Arguments of the commands about runs: `run`, `runs`, `approve`, `reject`, `status`, `sandbox`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use mlops_gen::project::variables::PipelineKind;

use super::args::spec_path;
use super::recursive::Below;

/// Where the spec is, for commands that render nothing.
#[derive(Clone, Debug, Args)]
pub struct SpecFile {
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml", value_parser = spec_path)]
    pub spec: PathBuf,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub spec: SpecFile,
    #[command(flatten)]
    pub below: Below,
}

/// A pipeline that can be started by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PipelineArg {
    /// Tests, and publishes the training pipeline
    Build,
    /// Trains, compares with the champion, registers
    Retrain,
    /// Takes a model version through the environments
    Release,
    /// Shows, makes or removes the Azure resources
    Infrastructure,
    /// Takes down what is past its time to live
    Cleanup,
}

impl PipelineArg {
    /// Which of the rendered pipelines.
    pub fn kind(self) -> PipelineKind {
        match self {
            Self::Build => PipelineKind::Build,
            Self::Retrain => PipelineKind::Retrain,
            Self::Release => PipelineKind::Release,
            Self::Infrastructure => PipelineKind::Infrastructure,
            Self::Cleanup => PipelineKind::Cleanup,
        }
    }
}

/// How a run is watched.
#[derive(Clone, Copy, Debug, Args)]
pub struct Watching {
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub interval: Duration,
    /// Minutes after which to stop watching; the run goes on [default: none]
    #[arg(long, value_name = "MINUTES")]
    pub timeout: Option<u32>,
}

/// Seconds, also fractions, above zero and at most an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "a number of seconds above 0 and at most 3600".to_owned();
    let number: f64 = text.parse().map_err(|_| wrong())?;
    if number > 0.0 && number <= 3600.0 { Ok(Duration::from_secs_f64(number)) } else { Err(wrong()) }
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Which pipeline
    pub pipeline: PipelineArg,
    /// A parameter of the pipeline; may be given several times
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Branch to run [default: the spec's]
    #[arg(long)]
    pub branch: Option<String>,
    /// Follow the run to its end: stages, jobs, steps and logs; the exit code is the run's
    #[arg(long, short)]
    pub watch: bool,
    #[command(flatten)]
    pub watching: Watching,
    #[command(flatten)]
    pub spec: SpecFile,
}

/// Options of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    #[command(subcommand)]
    pub command: RunsCommand,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, the newest first
    List {
        /// Only of these pipelines
        pipelines: Vec<PipelineArg>,
        /// How many at most
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        top: usize,
        #[command(flatten)]
        spec: SpecFile,
    },
    /// Show one run: its stages, jobs and steps, and what it waits for
    Show(OneRun),
    /// Follow a run to its end; the exit code is the run's
    Watch {
        #[command(flatten)]
        run: OneRun,
        #[command(flatten)]
        watching: Watching,
    },
    /// Print the logs of a run
    Logs {
        #[command(flatten)]
        run: OneRun,
        /// Only of stages, jobs and steps whose name contains this
        #[arg(long, value_name = "TEXT")]
        step: Option<String>,
        /// Only of what failed
        #[arg(long)]
        failed: bool,
    },
    /// Stop a run
    Cancel(OneRun),
    /// Run the failed stages of a run again
    Retry {
        #[command(flatten)]
        run: OneRun,
        /// Only this stage
        #[arg(long)]
        stage: Option<String>,
        /// All jobs of the stages, not only those that failed
        #[arg(long)]
        all_jobs: bool,
        /// Follow the run to its end
        #[arg(long, short)]
        watch: bool,
        #[command(flatten)]
        watching: Watching,
    },
}

/// Which run.
#[derive(Clone, Debug, Args)]
pub struct OneRun {
    /// The run's id, as `runs list` shows it
    #[arg(value_name = "RUN")]
    pub id: i64,
    #[command(flatten)]
    pub spec: SpecFile,
}

/// Options of `approve` and `reject`.
#[derive(Debug, Args)]
pub struct Decide {
    #[command(flatten)]
    pub run: OneRun,
    /// What to say with it
    #[arg(long, default_value = "")]
    pub comment: String,
    /// Only the stage of this name
    #[arg(long)]
    pub stage: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// Options of `sandbox`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mlops-gen sandbox                          # shows the variables to set, and runs until Ctrl-C\n  \
    mlops-gen sandbox -- bash                  # a shell in which every command goes to the sandbox\n  \
    mlops-gen sandbox --state state.json -- mlops-gen apply --yes\n  \
    mlops-gen sandbox run pipelines/pull-request.yml  # carries out one pipeline of this folder, for real")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Sandbox {
    /// What to do instead
    #[command(subcommand)]
    pub action: Option<SandboxAction>,
    /// A spec whose names are there from the start: organization, ids, secrets; may be given several times
    /// [default: mlops.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub spec: Vec<PathBuf>,
    /// Keep what is made in this file, from one start to the next; it holds the made-up secrets
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Milliseconds in which a step of a run is done
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub tick: u64,
    /// Really carry out runs on this machine, instead of making up what their steps come to; workspaces, artifacts and caches
    /// are kept in this folder
    #[arg(long, value_name = "FOLDER")]
    pub execute: Option<PathBuf>,
    /// Run this command with the variables set, and end with its exit code
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// What else a sandbox does.
#[derive(Debug, Subcommand)]
pub enum SandboxAction {
    /// Carry out a pipeline of this folder on this machine: its scripts really run
    Run(SandboxRun),
    /// End what runs have left running on purpose: jobs of Azure ML, containers, services
    Down {
        /// The sandbox's folder
        #[arg(long, value_name = "FOLDER", default_value = ".mlops-gen/sandbox")]
        folder: PathBuf,
    },
    /// A stand-in for a tool of Azure, as scripts of a run call it
    #[command(hide = true)]
    Tool {
        /// Its name and arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// Options of `sandbox run`.
#[derive(Debug, Args)]
#[command(
    after_help = "The folder as it stands is what the jobs check out; nothing in it changes. Groups and connections are \
    those of the spec beside the pipeline.\n\nExamples:\n  \
    mlops-gen sandbox run pipelines/pull-request.yml\n  \
    mlops-gen sandbox run pipelines/release.yml --parameter modelVersion=3"
)]
pub struct SandboxRun {
    /// The pipeline
    pub file: PathBuf,
    /// A parameter of the pipeline; may be given several times
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// A variable of the run; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub variable: Vec<String>,
    /// Workspaces, artifacts and caches are kept here
    #[arg(long, value_name = "FOLDER", default_value = ".mlops-gen/sandbox")]
    pub folder: PathBuf,
    /// How many jobs go at once
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub agents: u8,
}
