//! Options of `plan`, `apply` and `destroy`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mlops_gen::edge::remote::target::Goal;
use mlops_gen::remote::desired::Scope;
use mlops_gen::remote::resource::{Key, Kind};

/// Which projects.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// The spec; may be given several times [default: mlops.yaml]
    #[arg(long, value_name = "FILE")]
    pub spec: Vec<PathBuf>,
    /// Every mlops.yaml below this folder
    #[arg(long, value_name = "DIR", conflicts_with = "spec")]
    pub recursive: Option<PathBuf>,
    /// Leave Azure alone
    #[arg(long, value_name = "WHERE")]
    pub only: Option<Only>,
}

/// How far the tool's hands go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Azure DevOps alone
    Devops,
}

impl Which {
    /// How far the tool's hands go.
    pub fn scope(&self) -> Scope {
        if self.only.is_some() { Scope::DevOps } else { Scope::Everything }
    }
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub which: Which,
    /// Save the plan; `apply FILE` carries it out, unless resources have changed by then
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write a page of HTML that shows the plan, as a graph and in full, into this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Take over a resource that somebody else has made
    #[arg(long, value_name = "KIND/NAME")]
    pub adopt: Vec<Key>,
    /// Take over everything that stands where the project's resources should
    #[arg(long, conflicts_with = "adopt")]
    pub adopt_all: bool,
    #[command(flatten)]
    pub look: Look,
}

/// How a plan is shown.
#[derive(Clone, Debug, Default, Args)]
pub struct Look {
    /// In few lines: what changes first, then what is made, one line for each kind
    #[arg(long)]
    pub compact: bool,
    /// Only resources of this kind; may be given several times
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<Kind>,
    /// Hashes of files instead of how many lines come and go
    #[arg(long, conflicts_with = "compact")]
    pub full: bool,
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    pub which: Which,
    /// A plan that `plan --out` saved
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["adopt", "adopt_all", "recursive", "only"])]
    pub plan: Option<PathBuf>,
    /// Take over a resource that somebody else has made
    #[arg(long, value_name = "KIND/NAME")]
    pub adopt: Vec<Key>,
    /// Take over everything that stands where the project's resources should
    #[arg(long, conflicts_with = "adopt")]
    pub adopt_all: bool,
    #[command(flatten)]
    pub consent: Consent,
}

/// Options of `destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    #[command(flatten)]
    pub which: Which,
    /// Leave something where it is: `data`, or one resource
    #[arg(long, value_name = "data|KIND/NAME")]
    pub keep: Vec<String>,
    /// Remove what the project had under a name of before, and no longer uses
    #[arg(long, value_name = "NAME", conflicts_with = "recursive")]
    pub former: Option<String>,
    #[command(flatten)]
    pub consent: Consent,
}

/// What is to be led where: to what the spec wants, with what is taken over for it.
pub(super) fn goal(adopt: &[Key], all: bool) -> Goal {
    if all { Goal::TakeOver } else { Goal::Apply { adopt: adopt.iter().cloned().collect() } }
}

/// What the person agrees to in advance.
#[derive(Clone, Debug, Args)]
pub struct Consent {
    /// Do not ask; the loss of data needs --confirm all the same
    #[arg(long, short)]
    pub yes: bool,
    /// The name of a project whose data may be lost; may be given several times
    #[arg(long, value_name = "NAME")]
    pub confirm: Vec<String>,
}
