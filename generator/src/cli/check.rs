//! `mlops-gen check` and `mlops-gen diff`.

use mlops_gen::bicep;
use mlops_gen::edge::clock;
use mlops_gen::spec::report::Report;
use mlops_gen::tree::changes::{Action, Change, Policy, unified};
use mlops_gen::verify::permissions::Permissions;
use serde_json::json;

use super::advice;
use super::args::Check;
use super::args_place::Place;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::{Output, changes_json};
use super::permissions;
use super::recursive;

/// Columns that a line names.
const SHOWN: usize = 10;

/// The managed files on disk must be what the spec renders, where the team's own may differ; nobody may be given a role
/// that is not needed, or lack one; data on this machine must be readable as the spec says. What the linter of Bicep says
/// of rendered files, those of templates of one's own too, are warnings: they change no exit code.
pub(super) fn check(options: &Check, output: Output) -> Result<Outcome, Failure> {
    match options.below.folder(options.place.out.as_deref())? {
        Some(folder) => {
            recursive::each(folder, output, |spec| check_one(&Place { spec: spec.to_owned(), out: None }, output))
        }
        None => check_one(&options.place, output),
    }
}

fn check_one(place: &Place, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(place)?;
    let changes = loaded.changes(Policy::default());
    let different: Vec<Change> = changes.iter().filter(|change| advice::differs(&loaded, change)).cloned().collect();
    let advice = advice::of(&loaded, &changes);
    let who = Permissions::read(&loaded.tree, &loaded.project);
    let wrong = who.findings();
    let warnings = bicep::lint(&loaded.tree, &clock::today());
    let (held, extra, notes) = loaded.data_held();
    if output.is_json() {
        let mut value = changes_json(&different);
        value["advice"] = json!(advice);
        value["permissions"] =
            json!({ "findings": permissions::findings(&wrong), "unknown": permissions::findings(&who.unknown) });
        value["warnings"] = json!(permissions::findings(&warnings));
        value["data"] = held.as_ref().map_or_else(|| json!([]), Report::to_json);
        value["columnsLeftOut"] = json!(extra);
        value["notes"] = json!(notes);
        output.data(&value);
    } else {
        output.text(&patches(&loaded, &different));
    }
    wrong.iter().chain(&who.unknown).for_each(|one| output.say(&one.to_string()));
    match different.len() {
        0 => output.say(&format!("{} files are what the spec renders, and verified", loaded.tree.len())),
        1 => output.say("1 file differs"),
        more => output.say(&format!("{more} files differ")),
    }
    warnings.iter().for_each(|one| output.say(&format!("warning: {one}")));
    advice.iter().for_each(|line| output.say(line));
    if !extra.is_empty() {
        let shown: Vec<String> = extra.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = if extra.len() > SHOWN { format!(" and {} more", extra.len() - SHOWN) } else { String::new() };
        output.say(&format!("the data have columns that the spec leaves out: {}{more}", shown.join(", ")));
    }
    notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    let fits = held.is_none();
    if let Some(report) = held {
        output.say("the data on this machine are not what the spec says:");
        output.report(report);
    }
    Ok(if different.is_empty() && wrong.is_empty() && fits { Outcome::Clean } else { Outcome::Different })
}

/// What `render` would change, as a patch.
pub(super) fn diff(place: &Place, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(place)?;
    let changes = loaded.changes(Policy::default());
    let shown: Vec<Change> =
        changes.into_iter().filter(|c| c.writes() || matches!(c.action, Action::Refuse(_))).collect();
    if output.is_json() {
        let mut value = changes_json(&shown);
        value["patch"] = json!(patches(&loaded, &shown));
        output.data(&value);
    } else {
        output.text(&patches(&loaded, &shown));
    }
    Ok(if shown.is_empty() { Outcome::Clean } else { Outcome::Different })
}

fn patches(loaded: &Loaded, changes: &[Change]) -> String {
    let patch = |change: &Change| {
        let old = loaded.disk.get(&change.path).map(Vec::as_slice);
        let file = loaded.tree.get(change.path.as_str());
        let new = match &change.action {
            Action::Merge(merged) | Action::Move { merged, .. } => Some(merged.text.as_bytes()),
            _ => file.map(|file| loaded.tree.rendered(&change.path, file)),
        };
        unified(&change.path, old, new)
    };
    changes.iter().map(patch).collect()
}
