//! What to do about files that are not as they should be: commands that work as they stand there.

use mlops_gen::artifacts::Ownership;
use mlops_gen::tree::changes::{Action, Change, Kept, Refused};

use super::loaded::Loaded;

/// A state that files are in, and what helps.
struct Case {
    /// Which changes it is about.
    is: fn(&Change, Ownership) -> bool,
    /// What to do, with `{files}` for the files, each command beginning with `{mlops-gen}`.
    says: &'static str,
}

const CASES: [Case; 12] = [
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::Edited),
        says: "edited, and the spec has changes for it as well ({files}): `{mlops-gen} render --merge` joins both, \
               `{mlops-gen} render --force` drops the edit",
    },
    Case {
        is: |change, _| change.action == Action::Keep(Kept::Edited),
        says: "edited by hand ({files}): `{mlops-gen} adopt-edit {files}` keeps the edit in every later render, \
               `{mlops-gen} eject {files}` makes the file the team's, `{mlops-gen} render --force` drops the edit",
    },
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::Outgrown),
        says: "an accepted edit no longer fits ({files}): `{mlops-gen} render --merge` shows both sides between marks, \
               `{mlops-gen} adopt-edit --undo {files}` drops the edit",
    },
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::Unresolved),
        says: "conflict marks are left in {files}: decide between the sides, take the marks out, then \
               `{mlops-gen} adopt-edit {files}`",
    },
    Case {
        is: |change, _| change.action == Action::Keep(Kept::Unresolved),
        says: "conflict marks are left in {files}: decide between the sides, and take the marks out",
    },
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::InTheWay),
        says: "not written by mlops-gen ({files}): `{mlops-gen} eject {files}` leaves it to the team, \
               `{mlops-gen} render --force` overwrites it",
    },
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::NotText),
        says: "edited, and not text ({files}): `{mlops-gen} eject {files}` leaves it to the team, \
               `{mlops-gen} render --force` drops the edit",
    },
    Case {
        is: |change, _| change.action == Action::Refuse(Refused::Moved),
        says: "moving with the project's name ({files}): `{mlops-gen} render --merge` moves them, and marks what is to be \
               decided",
    },
    Case {
        is: |change, owner| change.action == Action::Keep(Kept::Deleted) && owner == Ownership::Managed,
        says: "deleted by hand ({files}): `{mlops-gen} render --force` brings it back, `{mlops-gen} eject {files}` lets it \
               stay away",
    },
    Case {
        is: |change, _| change.action == Action::Keep(Kept::OwnWithNews),
        says: "the team's, and the render has news for it ({files}): `{mlops-gen} render --merge` brings them in",
    },
    Case {
        is: |change, _| change.action == Action::Keep(Kept::Unneeded),
        says: "no longer rendered, and the team has worked on it ({files}): bring the work over to what has come in its \
               place, if anything has, and delete it",
    },
    Case { is: |change, _| change.writes(), says: "`{mlops-gen} render` writes what is new" },
];

/// Whether a change is one that `check` does not let pass.
pub(super) fn differs(loaded: &Loaded, change: &Change) -> bool {
    match change.action {
        Action::Unchanged => false,
        Action::Keep(Kept::Own | Kept::OwnWithNews | Kept::Unneeded) => false,
        Action::Keep(Kept::Deleted) => owner(loaded, change) == Ownership::Managed,
        _ => true,
    }
}

/// What to do about `changes`, as far as a person must do something; one line for each kind.
pub(super) fn of(loaded: &Loaded, changes: &[Change]) -> Vec<String> {
    let refused = changes.iter().any(|change| matches!(change.action, Action::Refuse(_)));
    let line = |(number, case): (usize, &Case)| {
        let found = changes.iter().filter(|change| (case.is)(change, owner(loaded, change)));
        let files: Vec<String> = found.map(|change| super::program::shell_word(change.path.as_str())).collect();
        // A render writes nothing as long as something is refused.
        let idle = files.is_empty() || number + 1 == CASES.len() && refused;
        (!idle).then(|| case.says.replace("{mlops-gen}", &loaded.program()).replace("{files}", &files.join(" ")))
    };
    CASES.iter().enumerate().filter_map(line).map(|line| loaded.placed(&line)).collect()
}

fn owner(loaded: &Loaded, change: &Change) -> Ownership {
    loaded.tree.get(change.path.as_str()).map_or(Ownership::Seed, |file| file.ownership)
}
