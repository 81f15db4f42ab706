//! The command line, as plain clap types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::args_own;
use super::args_place::{Place, spec_path};
use super::args_run;
use super::args_runtime::RuntimeArg;
use super::args_sandbox;
use super::args_secrets::Secrets;
pub use super::cost::Cost;
use super::recursive::Below;
use super::remote::args as remote;

/// One spec, a whole MLOps project: infrastructure, pipelines, ML assets and images for Azure DevOps and Azure ML.
#[derive(Debug, Parser)]
#[command(name = "mlops-gen", version, max_term_width = 110, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 clean, 1 differences or refused, 2 error. MLOPS_GEN_LOG=debug says what is done.\n\
    Start with `mlops-gen init my-project`; then edit my-project/mlops.yaml and run `mlops-gen render`."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON on standard output instead of text: one document, also when something goes wrong
    #[arg(long, global = true)]
    pub json: bool,
    /// Go to this folder first
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project: write the spec, render it, start a git repository
    Init(Init),
    /// Render the spec into the project; writes only what changed
    Render(Render),
    /// Check the spec, the files on disk and everything rendered; exit 1 with a diff where they differ
    Check(Check),
    /// Show what `render` would change
    Diff(Place),
    /// Accept what a person made of a rendered file: later renders keep it
    AdoptEdit(args_own::AdoptEdit),
    /// Make a rendered file the team's, or give it back
    Eject(args_own::Eject),
    /// Print the final YAML of any Azure pipeline: templates put in, conditions decided, loops unrolled
    Expand(Expand),
    /// Compile anybody's Bicep to an ARM template, without Bicep or Azure; or say what its deployment makes
    Compile(Compile),
    /// Lay out anybody's Bicep as `bicep format` does, without Bicep
    Format(Format),
    /// Explain a rendered file or a key of the spec, or say what is made in Azure, or who may do what where
    Explain(Explain),
    /// Estimate what a month costs, by resource, before anything is made
    Cost(Cost),
    /// Show what `apply` would change on Azure DevOps and Azure; exit 1 when there is something to do
    Plan(remote::Plan),
    /// Make Azure DevOps and Azure hold what the spec says
    Apply(remote::Apply),
    /// Remove what `apply` has made
    Destroy(remote::Destroy),
    /// Start a pipeline
    Run(args_run::Run),
    /// List, show, follow, stop and retry runs; print their logs
    Runs(args_run::Runs),
    /// Give the approval that a run waits for
    Approve(args_run::Decide),
    /// Refuse the approval that a run waits for
    Reject(args_run::Decide),
    /// Show the whole project at a glance: last runs, model versions, what is deployed where, what waits for approval
    Status(args_run::Status),
    /// Try everything without an account: doubles of Azure DevOps and Azure on this machine
    Sandbox(args_sandbox::Sandbox),
    /// Check what setting up and running need: who you are, what you may do, agents, tasks, names, quota, providers
    Doctor(Doctor),
    /// See, set and check the secrets that variable groups name
    Secrets(Secrets),
    /// Bring a project that an older version rendered up to this one: what is new, what changes, joined with the team's work
    Upgrade(args_own::Upgrade),
    /// List, print and check templates
    Templates(super::templates::Templates),
    /// Print the JSON Schema of the spec
    Schema,
    /// Write man pages, one for each command, into a folder
    Man {
        /// The folder
        dir: PathBuf,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub below: Below,
}

/// Options of `render`.
#[derive(Debug, Args)]
pub struct Render {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub below: Below,
    /// Drop edits that nobody has accepted, and restore deleted files; the team's own stay
    #[arg(long)]
    pub force: bool,
    /// Join what people have changed with the new render; where both changed the same lines, both stand between marks
    #[arg(long, conflicts_with = "force")]
    pub merge: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml", value_parser = spec_path)]
    pub spec: PathBuf,
    /// Leave Azure alone
    #[arg(long, value_name = "WHERE")]
    pub only: Option<remote::Only>,
    /// Show what is well, too
    #[arg(long)]
    pub all: bool,
}

/// Options of `expand`.
#[derive(Debug, Args)]
pub struct Expand {
    /// A pipeline; its templates are found in its repository
    pub file: PathBuf,
    /// A parameter of the run; lists and mappings are written as YAML
    #[arg(long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
}

/// Options of `compile`.
#[derive(Debug, Args)]
pub struct Compile {
    /// A Bicep file, or a parameter file (.bicepparam)
    pub file: PathBuf,
    /// Print what a deployment with these parameters makes, instead of the template
    #[arg(long, value_name = "PARAMETERS")]
    pub evaluate: Option<PathBuf>,
    /// Subscription of that deployment
    #[arg(long, value_name = "ID", requires = "evaluate")]
    pub subscription: Option<String>,
    /// Tenant of that deployment
    #[arg(long, value_name = "ID", requires = "evaluate")]
    pub tenant: Option<String>,
    /// Resource group of that deployment; none for one to the subscription
    #[arg(long, value_name = "NAME", requires = "evaluate")]
    pub resource_group: Option<String>,
    /// Region of the group, or of a deployment to the subscription
    #[arg(long, value_name = "REGION", requires = "evaluate")]
    pub location: Option<String>,
    /// Name of that deployment
    #[arg(long, value_name = "NAME", requires = "evaluate")]
    pub deployment: Option<String>,
}

/// Options of `format`.
#[derive(Debug, Args)]
pub struct Format {
    /// Bicep files and parameter files (.bicep, .bicepparam)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the files, instead of printing them
    #[arg(long, conflicts_with = "check")]
    pub write: bool,
    /// Print nothing but the names of files that would change; exit 1 if there is one
    #[arg(long)]
    pub check: bool,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    pub place: Place,
    /// A rendered file, relative to the project: which template and which part of the spec made it
    pub file: Option<String>,
    /// A key of the spec, as in scoring.replicas.max: type, default, limits, an example
    #[arg(long, value_name = "KEY", conflicts_with = "file")]
    pub key: Option<String>,
    /// Say what is made where, before anything is: of all, or of the platform or one environment
    #[arg(long, value_name = "ENVIRONMENT", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["file", "key"])]
    pub resources: Option<String>,
    /// Say what each identity may do where, or one of them, and what gives it that
    #[arg(long, value_name = "IDENTITY", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["file", "key", "resources"])]
    pub permissions: Option<String>,
}

/// Options of `init`. What is left out is asked for on a terminal, or takes its default.
#[derive(Debug, Args)]
pub struct Init {
    /// Folder of the new project
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Your own data: a CSV, TSV, Parquet or spreadsheet file, or a folder of such files; the spec is made from a look at
    /// it, and the data go into the project [default: example data]
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// The column of the data to predict
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// A project that is laid out like microsoft/MLOpsPython, Azure/mlops-v2 or databricks/mlops-stacks: its data,
    /// settings and libraries are taken over, and what could not be is listed
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Ask nothing: take defaults for what the flags leave out
    #[arg(long, short)]
    pub yes: bool,
    /// Project name [default: the folder's name, or that of the data]
    #[arg(long)]
    pub name: Option<String>,
    /// Language of training and scoring [default: rust; python with --from]
    #[arg(long)]
    pub runtime: Option<RuntimeArg>,
    /// Azure DevOps organization, as in https://dev.azure.com/ORGANIZATION [default: my-organization]
    #[arg(long)]
    pub organization: Option<String>,
    /// Azure DevOps project [default: the project name]
    #[arg(long, value_name = "PROJECT")]
    pub devops_project: Option<String>,
    /// Azure region [default: westeurope]
    #[arg(long)]
    pub location: Option<String>,
    /// Mail address for approvals and alerts [default: ml-team@example.com]
    #[arg(long)]
    pub mail: Option<String>,
    /// Add to ignore lists that are there what they lack
    #[arg(long)]
    pub complete: bool,
    /// Start no git repository
    #[arg(long)]
    pub no_git: bool,
}
