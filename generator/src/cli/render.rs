//! `mlops-gen render`.

use mlops_gen::edge::disk;
use mlops_gen::tree::changes::{Action, Change, Policy};

use super::Outcome;
use super::args::Render;
use super::failure::Failure;
use super::loaded::Loaded;
use super::output::{Output, changes_json};

pub(super) fn run(options: &Render, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(&options.place)?;
    write(&loaded, Policy { force: options.force, merge: options.merge }, output)
}

/// Carries out what `render` decided, unless a person's work would be lost: then nothing is written.
pub(super) fn write(loaded: &Loaded, policy: Policy, output: Output) -> Result<Outcome, Failure> {
    let changes = loaded.changes(policy);
    let refused = changes.iter().filter(|change| matches!(change.action, Action::Refuse(_))).count();
    if output.is_json() {
        output.data(&changes_json(&changes));
    }
    if refused > 0 {
        let shown: Vec<Change> = changes.into_iter().filter(|c| matches!(c.action, Action::Refuse(_))).collect();
        output.changes(&shown);
        output.say(&format!("nothing was written: {refused} of {} files refused", loaded.tree.len()));
        return Ok(Outcome::Different);
    }
    disk::apply(&loaded.root, &loaded.tree, &changes)?;
    output.changes(&changes);
    let written = changes.iter().filter(|change| change.writes()).count();
    output.say(&format!("{written} files written, {} rendered and verified", loaded.tree.len()));
    Ok(Outcome::Clean)
}
