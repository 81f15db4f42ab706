//! Edits of the tool's files that the team has had accepted: patches that every later render keeps.

use std::collections::BTreeMap;

use diffy::Patch;

use super::RenderedTree;
use super::changes::unified;
use super::merge::{Merged, merge};
use super::path::RelPath;

/// Where a project keeps the edits that were accepted, one patch for each file.
pub const EDITS: &str = ".mlops-gen/edits";

/// What the name of a patch ends with, after the path of its file.
pub const SUFFIX: &str = ".patch";

/// The edits of a project, by the file that they are made in.
pub type Edits = BTreeMap<RelPath, Edit>;

/// One edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// From the render to what the team made of it: a unified diff.
    pub patch: String,
    /// The file as it is on disk, if it is there and text.
    pub disk: Option<String>,
    /// Whether that is what the patch has led to the last time, and nothing was done to it since.
    pub written: bool,
}

/// What becomes of an edit in a new render.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// The render with the edit.
    Fits(String),
    /// The render has changes in the same lines.
    Outgrown(Merged),
}

impl Edit {
    /// The edit that makes `edited` of `rendered`.
    pub fn new(path: &RelPath, rendered: &str, edited: &str) -> Self {
        let patch = unified(path, Some(rendered.as_bytes()), Some(edited.as_bytes()));
        Self { patch, disk: Some(edited.to_owned()), written: true }
    }

    fn applied(&self, rendered: &str) -> Outcome {
        let patch = Patch::from_str(&self.patch).ok();
        if let Some(fits) = patch.as_ref().and_then(|patch| diffy::apply(rendered, patch).ok()) {
            return Outcome::Fits(fits);
        }
        let ours = self.disk.as_deref().unwrap_or(rendered);
        // What was written, taken back, is the render that the edit was made in.
        let base = patch.filter(|_| self.written).and_then(|patch| diffy::apply(ours, &patch.reverse()).ok());
        match merge(base.as_deref(), ours, rendered) {
            Merged { text, conflicts: 0 } if base.is_some() => Outcome::Fits(text),
            merged => Outcome::Outgrown(merged),
        }
    }
}

/// Puts every edit into its file, as far as `tree` has the file already and the edit is not in it.
pub fn put_into(tree: &mut RenderedTree, edits: &Edits) {
    for (path, edit) in edits {
        let text = tree.get(path.as_str()).filter(|_| tree.accepted(path).is_none()).and_then(|file| file.text());
        match text.map(|text| edit.applied(text)) {
            Some(Outcome::Fits(text)) => tree.accept(path, Some(text.into_bytes()), None),
            Some(Outcome::Outgrown(merged)) => tree.accept(path, None, Some(merged)),
            None => {}
        }
    }
}

/// The patches that `tree` stands on, by the file that each is kept in.
pub fn patches(tree: &RenderedTree) -> BTreeMap<String, String> {
    let one = |(path, file): (&RelPath, &super::RenderedFile)| {
        let accepted = tree.accepted(path).filter(|accepted| accepted.outgrown.is_none())?;
        let managed = file.ownership == crate::artifacts::Ownership::Managed;
        let patch = unified(path, Some(&accepted.unedited), Some(&file.bytes));
        (managed && accepted.unedited != file.bytes).then(|| (file_of(path), patch))
    };
    tree.iter().filter_map(one).collect()
}

/// The file that holds the patch for `path`.
pub fn file_of(path: &RelPath) -> String {
    format!("{EDITS}/{path}{SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::{Edit, Outcome};
    use crate::tree::path::RelPath;

    const RENDERED: &str = "a\nb\nc\nd\ne\nf\ng\nh\n";

    fn edit(edited: &str) -> Edit {
        Edit::new(&RelPath::parse("a.yml").unwrap(), RENDERED, edited)
    }

    #[test]
    fn an_edit_stays_while_the_render_changes_elsewhere() {
        let edit = edit("a\nB\nc\nd\ne\nf\ng\nh\n");
        assert_eq!(edit.applied("0\na\nb\nc\nd\ne\nf\ng\nH\n"), Outcome::Fits("0\na\nB\nc\nd\ne\nf\ng\nH\n".into()));
    }

    #[test]
    fn an_edit_stays_when_the_render_changes_the_lines_around_it() {
        let edit = edit("a\nB\nc\nd\ne\nf\ng\nh\n");
        assert_eq!(edit.applied("a\nb\nc\nD\ne\nf\ng\nh\n"), Outcome::Fits("a\nB\nc\nD\ne\nf\ng\nh\n".into()));
    }

    #[test]
    fn an_edit_and_a_render_that_change_the_same_line_are_marked() {
        let Outcome::Outgrown(merged) = edit("a\nB\nc\nd\ne\nf\ng\nh\n").applied("a\nbb\nc\nd\ne\nf\ng\nh\n") else {
            panic!("both cannot be had");
        };
        assert_eq!(merged.conflicts, 1);
        assert!(merged.text.contains("B\n=======\nbb\n"), "{}", merged.text);
    }
}
