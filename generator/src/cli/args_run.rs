//! Arguments of the commands about runs: `run`, `runs`, `approve`, `reject`, `status`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use mlops_gen::project::variables::PipelineKind;

use super::args_place::spec_path;
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
    /// Holds scoring logs against training data
    Drift,
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
            Self::Drift => PipelineKind::Drift,
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

/// The id of a run, or the one in the address of its page.
fn run_id(text: &str) -> Result<i64, String> {
    let in_address = || text.split(['?', '&', '#']).find_map(|part| part.strip_prefix("buildId="));
    let id = if text.contains("://") { in_address().unwrap_or_default() } else { text };
    let wrong = || "a run is named by its number, which `mlops-gen runs list` shows".to_owned();
    id.parse().ok().filter(|id| *id > 0).ok_or_else(wrong)
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
    Show {
        #[command(flatten)]
        run: OneRun,
        /// Write a page of HTML that shows it, with its logs, into this file
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
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
    #[arg(value_name = "RUN", value_parser = run_id)]
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
