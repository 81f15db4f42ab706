//! `mlops-gen render`.

use std::collections::BTreeSet;

use mlops_gen::edge::project_dir;
use mlops_gen::spec::counted;
use mlops_gen::tree::changes::{Action, Change, Policy};

use super::advice;
use super::args::Render;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::{Output, changes_json};
use super::recursive;

pub(super) fn run(options: &Render, output: Output) -> Result<Outcome, Failure> {
    let policy = Policy { force: options.force, merge: options.merge };
    match options.below.folder(options.place.out.as_deref())? {
        Some(folder) => recursive::each(folder, output, |spec| write(&mut Loaded::at(spec)?, policy, output)),
        None => write(&mut Loaded::new(&options.place)?, policy, output),
    }
}

/// Carries out what `render` decided, unless a person's work would be lost: then nothing is written.
pub(super) fn write(loaded: &mut Loaded, policy: Policy, output: Output) -> Result<Outcome, Failure> {
    let changes = if policy.merge { loaded.merged(policy)? } else { loaded.changes(policy) };
    let refused = changes.iter().filter(|change| matches!(change.action, Action::Refuse(_))).count();
    if output.is_json() {
        output.data(&changes_json(&changes));
    }
    if refused > 0 {
        let shown: Vec<Change> = changes.into_iter().filter(|c| matches!(c.action, Action::Refuse(_))).collect();
        output.changes(&shown);
        output.say(&format!("nothing was written: {refused} of {} files refused", loaded.tree.len()));
        if loaded.is_new() {
            output.say("move these files out of the way, or start in another folder");
        } else {
            advice::of(loaded, &shown).iter().for_each(|line| output.say(line));
        }
        return Ok(Outcome::Different);
    }
    loaded.write(&changes)?;
    output.changes(&changes);
    if let Some(name) = loaded.lock.renamed_from(loaded.project.name.as_str()) {
        let plan = loaded.call("plan");
        output.say(&format!(
            "the project was called {name}: `{plan}` says what goes on under the new name, and what is left"
        ));
        let left = left_behind(loaded)?;
        if !left.is_empty() {
            output.say(&format!(
                "yours, and in folders of the former name, where nothing looks any more: {}; move them with `git mv`",
                left.join(", ")
            ));
        }
    }
    let written = changes.iter().filter(|change| change.writes()).count();
    output.say(&format!("{} written, {} rendered and verified", counted(written, "file"), loaded.tree.len()));
    let open: Vec<&Change> = changes.iter().filter(|change| conflicts(change) > 0).collect();
    for change in &open {
        let places = if conflicts(change) == 1 { "place" } else { "places" };
        output.say(&format!(
            "decide {} {places} in {}: both sides stand there between marks",
            conflicts(change),
            change.path
        ));
    }
    advice::of(loaded, &kept(&changes)).iter().for_each(|line| output.say(line));
    Ok(if open.is_empty() { Outcome::Clean } else { Outcome::Different })
}

fn conflicts(change: &Change) -> usize {
    match &change.action {
        Action::Merge(merged) | Action::Move { merged, .. } => merged.conflicts,
        _ => 0,
    }
}

/// What is left to a person after everything else was written.
fn kept(changes: &[Change]) -> Vec<Change> {
    changes.iter().filter(|change| matches!(change.action, Action::Keep(_))).cloned().collect()
}

/// Files of the team's in folders that the last render had files in and this one has none.
fn left_behind(loaded: &Loaded) -> Result<Vec<String>, Failure> {
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let before: BTreeSet<String> = loaded.lock.files.keys().filter_map(|path| folder(path)).collect();
    let now: BTreeSet<String> = loaded.tree.iter().filter_map(|(path, _)| folder(path.as_str())).collect();
    let left = |path: &str| folder(path).is_some_and(|folder| before.contains(&folder) && !now.contains(&folder));
    let files = project_dir::team_files(&loaded.root)?;
    Ok(files.keys().map(|path| path.as_str().to_owned()).filter(|path| left(path)).collect())
}
