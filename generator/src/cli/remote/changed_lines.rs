//! What a push changes in files, as people count it: lines that come and go, and keys of the spec.

use std::collections::BTreeMap;

use diffy::{DiffOptions, Line};
use mlops_gen::edge::git;
use mlops_gen::remote::content::SPEC_PATH;
use mlops_gen::remote::plan::{FieldChange, RemotePlan};
use mlops_gen::remote::resource::Kind;
use mlops_gen::remote::spec_changes::{between, read};

use crate::cli::loaded::Loaded;

/// How many keys of the spec are told.
const KEYS: usize = 12;

/// How many lines of each file come and go, as far as git has what is there now: `+30 −8`, by path.
pub(super) fn of(one: &Loaded, plan: &RemotePlan) -> BTreeMap<String, String> {
    let changes: Vec<&FieldChange> = files(plan).collect();
    let old = git::blobs(&one.root, changes.iter().filter_map(|change| change.before.as_ref()?.as_str()));
    let line = |change: &&FieldChange| {
        let new = one.content.get(&change.field).map(|file| file.bytes.as_slice());
        let before = change.before.as_ref().map(|id| old.get(id.as_str().unwrap_or_default()).map(Vec::as_slice));
        let said = match (before, new) {
            (None, Some(new)) => format!("new, +{}", lines(new)?.len()),
            (Some(Some(old)), Some(new)) => counted(old, new)?,
            (Some(Some(old)), None) => format!("gone, −{}", lines(old)?.len()),
            _ => return None,
        };
        Some((change.field.clone(), said))
    };
    changes.iter().filter_map(line).collect()
}

/// The keys of the spec that the push changes, with their values.
pub(super) fn of_spec(one: &Loaded, plan: &RemotePlan) -> Vec<String> {
    let before =
        files(plan).find(|change| change.field == SPEC_PATH).and_then(|change| change.before.as_ref()?.as_str());
    let Some(before) = before else { return Vec::new() };
    let old = git::blobs(&one.root, std::iter::once(before)).remove(before).and_then(|old| read(&old));
    let new = one.content.get(SPEC_PATH).and_then(|file| read(&file.bytes));
    let (Some(old), Some(new)) = (old, new) else { return Vec::new() };
    let mut told = between(&old, &new);
    let more = told.len().saturating_sub(KEYS);
    told.truncate(KEYS);
    told.extend((more > 0).then(|| format!("and {more} more")));
    told
}

fn files(plan: &RemotePlan) -> impl Iterator<Item = &FieldChange> {
    plan.changes().filter(|step| step.key.kind == Kind::Files).flat_map(|step| &step.changes)
}

fn lines(bytes: &[u8]) -> Option<Vec<&str>> {
    Some(std::str::from_utf8(bytes).ok()?.lines().collect())
}

fn counted(old: &[u8], new: &[u8]) -> Option<String> {
    let (old, new) = (std::str::from_utf8(old).ok()?, std::str::from_utf8(new).ok()?);
    let patch = DiffOptions::new().create_patch(old, new);
    let all = || patch.hunks().iter().flat_map(|hunk| hunk.lines());
    let plus = all().filter(|line| matches!(line, Line::Insert(_))).count();
    let minus = all().filter(|line| matches!(line, Line::Delete(_))).count();
    Some(format!("+{plus} −{minus}"))
}
