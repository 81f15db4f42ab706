//! `mlops-gen check` and `mlops-gen diff`.

use mlops_gen::tree::changes::{Action, Change, Policy, unified};
use serde_json::json;

use super::Outcome;
use super::args::Place;
use super::failure::Failure;
use super::loaded::Loaded;
use super::output::{Output, changes_json};

/// The managed files on disk must be what the spec renders; seed files are the team's and may differ.
pub(super) fn check(place: &Place, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::new(place)?;
    let different: Vec<Change> =
        loaded.changes(Policy { force: true, merge: false }).into_iter().filter(Change::writes).collect();
    if output.is_json() {
        output.data(&changes_json(&different));
    } else {
        output.text(&patches(&loaded, &different));
    }
    if different.is_empty() {
        output.say(&format!("{} files are what the spec renders, and verified", loaded.tree.len()));
        return Ok(Outcome::Clean);
    }
    output.say(&format!("{} files differ; `mlops-gen render` writes them", different.len()));
    Ok(Outcome::Different)
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
        let new = loaded.tree.get(change.path.as_str()).map(|file| file.bytes.as_slice());
        unified(&change.path, old, new)
    };
    changes.iter().map(patch).collect()
}
