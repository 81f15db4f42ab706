//! Arguments of the commands about whose a file is: `adopt-edit`, `eject`.

use clap::Args;

use super::args_place::Place;

/// Options of `adopt-edit`.
#[derive(Debug, Args)]
pub struct AdoptEdit {
    /// Files of the tool's that were edited
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Drop the accepted edit: the file is as rendered again
    #[arg(long)]
    pub undo: bool,
    #[command(flatten)]
    pub place: Place,
}

/// Options of `eject`.
#[derive(Debug, Args)]
pub struct Eject {
    /// Files of the tool's
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Give the file back: it is rendered again from now on
    #[arg(long)]
    pub undo: bool,
    /// With --undo: what the team made of it stays, as an accepted edit
    #[arg(long, requires = "undo", conflicts_with = "discard_edits")]
    pub keep_edits: bool,
    /// With --undo: what the team made of it is lost
    #[arg(long, requires = "undo")]
    pub discard_edits: bool,
    #[command(flatten)]
    pub place: Place,
}

/// Options of `upgrade`.
#[derive(Debug, Args)]
pub struct Upgrade {
    #[command(flatten)]
    pub place: Place,
    /// Say what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}
