//! Arguments of `sandbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args_runtime::RuntimeArg;

/// Options of `sandbox`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mlops-gen sandbox demo                     # from nothing to a prediction of a deployed model, on this machine\n  \
    mlops-gen sandbox                          # shows the variables to set, and runs until Ctrl-C\n  \
    mlops-gen sandbox -- bash                  # a shell in which every command goes to the sandbox\n  \
    mlops-gen sandbox --state state.json -- mlops-gen apply --yes\n  \
    mlops-gen sandbox up                       # in the background, until `mlops-gen sandbox down`\n  \
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
    /// Keep what is made in this file, or in this folder if it is one, from one start to the next; it holds the made-up secrets
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
    /// Play the whole loop on this machine: a new project, training, release, a prediction of the deployed model
    Demo(SandboxDemo),
    /// Carry out a pipeline of this folder on this machine: its scripts really run
    Run(SandboxRun),
    /// Start a sandbox in the background, in which runs are really carried out; prints the variables to set
    Up(SandboxUp),
    /// End the sandbox in the background, and whatever runs have left running: jobs of Azure ML, containers, services
    Down(SandboxFolder),
    /// Show what runs: addresses, processes, runs, and what waits for approval; exit 1 if it is down
    Status(SandboxFolder),
    /// Print a log: of a run by its number, of a container, pod or job by its name, of the sandbox itself
    Logs(SandboxLogs),
    /// The sandbox that `up` starts
    #[command(hide = true)]
    Serve(SandboxUp),
    /// A stand-in for a tool of Azure, as scripts of a run call it
    #[command(hide = true)]
    Tool {
        /// Its name and arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// Where a sandbox keeps what it has.
#[derive(Clone, Debug, Args)]
pub struct SandboxFolder {
    /// The sandbox's folder
    #[arg(long, visible_alias = "folder", value_name = "FOLDER", default_value = ".mlops-gen/sandbox")]
    pub state: PathBuf,
}

/// Options of `sandbox up`.
#[derive(Clone, Debug, Args)]
pub struct SandboxUp {
    #[command(flatten)]
    pub folder: SandboxFolder,
    /// A spec whose names are there from the start; may be given several times [default: mlops.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub spec: Vec<PathBuf>,
    /// Milliseconds between two looks at what waits
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 50, hide = true)]
    pub tick: u64,
}

/// Options of `sandbox logs`.
#[derive(Clone, Debug, Args)]
pub struct SandboxLogs {
    /// The number of a run, or (a part of) a name [default: the sandbox itself]
    #[arg(value_name = "RUN|NAME")]
    pub what: Option<String>,
    #[command(flatten)]
    pub folder: SandboxFolder,
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

/// Options of `sandbox demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "A project is made (an empty or new folder) or taken as it is; Azure DevOps and Azure are doubles on this \
    machine, and every step of every pipeline really runs. Tools of steps come from this machine or their registries, into \
    the sandbox's own folder. Exit codes: 0 the model answered, 1 a step failed, 2 error.\n\nExamples:\n  \
    mlops-gen sandbox demo my-demo --runtime python\n  \
    mlops-gen sandbox demo my-demo --keep            # stays until Ctrl-C, to look at"
)]
pub struct SandboxDemo {
    /// The project's folder
    #[arg(default_value = "mlops-demo")]
    pub dir: PathBuf,
    /// Language of training and scoring of a new project
    #[arg(long, default_value = "python")]
    pub runtime: RuntimeArg,
    /// The sandbox's folder: workspaces, images, caches, homes of tools [default: .mlops-gen/sandbox of the project]
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
    /// Stay until Ctrl-C when the model has answered
    #[arg(long)]
    pub keep: bool,
}
