//! `mlops-gen check` and `mlops-gen diff`.

use mlops_gen::tree::changes::{Action, Change, Policy, unified};
use serde_json::json;

use super::advice;
use super::args::Place;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::{Output, changes_json};

/// The managed files on disk must be what the spec renders; the team's own may differ.
pub(super) fn check(place: &Place, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(place)?;
    let changes = loaded.changes(Policy::default());
    let different: Vec<Change> = changes.iter().filter(|change| advice::differs(&loaded, change)).cloned().collect();
    let advice = advice::of(&loaded, &changes);
    if output.is_json() {
        let mut value = changes_json(&different);
        value["advice"] = json!(advice);
        output.data(&value);
    } else {
        output.text(&patches(&loaded, &different));
    }
    if different.is_empty() {
        output.say(&format!("{} files are what the spec renders, and verified", loaded.tree.len()));
    } else {
        let files = if different.len() == 1 {
            "1 file differs".to_owned()
        } else {
            format!("{} files differ", different.len())
        };
        output.say(&files);
    }
    advice.iter().for_each(|line| output.say(line));
    Ok(if different.is_empty() { Outcome::Clean } else { Outcome::Different })
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
