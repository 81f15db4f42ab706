//! `mlops-gen upgrade`: a project that an older version rendered is brought up to this one.

use mlops_gen::spec::counted;
use mlops_gen::tree::changes::{Change, Policy};
use mlops_gen::tree::lock::VERSION;
use serde_json::json;

use super::args_own::Upgrade;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::{Output, changes_json};
use super::render;

/// The notes of every release, the newest first.
const NOTES: &str = include_str!("../../CHANGELOG.md");

pub(super) fn run(options: &Upgrade, output: Output) -> Result<Outcome, Failure> {
    let mut loaded = Loaded::new(&options.place)?;
    let (from, form) = (loaded.lock.generator.clone(), loaded.lock.version);
    if form == 0 {
        let render = loaded.call("render");
        return Err(Failure::Usage(format!("no version of mlops-gen has rendered this project yet; `{render}` does")));
    }
    let notes = notes(&from, form);
    output
        .say(&format!("from mlops-gen {from}, lock of form {form}, to {}, form {VERSION}", env!("CARGO_PKG_VERSION")));
    for note in &notes {
        output.say(note);
    }
    let policy = Policy { force: false, merge: true };
    if options.dry_run {
        let changes: Vec<Change> = loaded.merged(policy)?.into_iter().filter(Change::writes).collect();
        if output.is_json() {
            output.data(&changes_json(&changes));
        }
        output.changes(&changes);
        for change in &changes {
            if let Some(file) = loaded.tree.get(change.path.as_str()) {
                output.say(&format!("           {} comes from {}", change.path, file.origin));
            }
        }
        output.say(&format!("{} would be written", counted(changes.len(), "file")));
        return Ok(if changes.is_empty() && form == VERSION { Outcome::Clean } else { Outcome::Different });
    }
    if output.is_json() {
        output.data(&json!({ "from": from, "form": form, "to": env!("CARGO_PKG_VERSION"), "notes": notes }));
    }
    render::write(&mut loaded, policy, output)
}

/// The notes of what came after `from`; those of what is not released yet too, if the lock is of an older form.
fn notes(from: &str, form: u32) -> Vec<String> {
    let mut told = Vec::new();
    let mut wanted = false;
    for line in NOTES.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            wanted = if title == "Unreleased" { form < VERSION } else { newer(title, from) };
        }
        if wanted && !line.is_empty() {
            told.push(line.to_owned());
        }
    }
    told
}

fn newer(version: &str, than: &str) -> bool {
    let numbers =
        |text: &str| text.split(['.', '-', '+']).map(|part| part.parse::<u64>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(version) > numbers(than)
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn the_notes_are_those_between_the_two_versions() {
        assert!(notes("0.1.0", 1).iter().any(|line| line.contains("second form")));
        assert!(notes("0.1.0", 2).is_empty());
        assert!(notes("0.0.9", 2).iter().any(|line| line.contains("The first version")));
    }
}
