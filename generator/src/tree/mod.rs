//! Rendered files as a value: what would be on disk, before anything is.

pub mod changes;
pub mod edit;
pub mod kept;
pub mod line_ends;
pub mod lock;
pub mod merge;
mod written;

pub use crate::artifacts::path;

use std::collections::BTreeMap;

use merge::Merged;
use path::RelPath;

use crate::artifacts::Ownership;
use crate::project::devops::Directory;

/// All rendered files, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedTree {
    /// Name of the project whose files they are.
    pub project: String,
    /// Folder of the repository that they lie in.
    pub directory: Directory,
    files: BTreeMap<RelPath, RenderedFile>,
    /// The paths as a file system that ignores case sees them.
    folded: BTreeMap<String, RelPath>,
    /// Files that hold an edit of the team's, and what became of it.
    edits: BTreeMap<RelPath, Accepted>,
    /// Files of the team's beside the rendered ones, with what is in those that rendered files may be made of.
    own: BTreeMap<RelPath, Vec<u8>>,
    /// What the Bicep compiler itself has compiled, because this tool's could not.
    pub outside: Option<Outside>,
}

/// Bicep that only the Bicep compiler itself can compile.
#[derive(Clone, Debug, Default)]
pub struct Beyond {
    /// The files to compile.
    pub wanted: Vec<RelPath>,
    /// All rendered files that these may name, and the team's.
    pub files: BTreeMap<RelPath, Vec<u8>>,
}

/// What the Bicep compiler on this machine makes of files that are beyond this tool's own compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its version: `0.49.2`.
    pub version: String,
    /// JSON, by the Bicep file that it is compiled from.
    pub compiled: BTreeMap<RelPath, serde_json::Value>,
}

/// An edit that the team has had accepted, in a file of the tool's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The file as rendered, without the edit.
    pub unedited: Vec<u8>,
    /// Where the edit no longer fits: both joined, with marks. The file is then as rendered.
    pub outgrown: Option<Merged>,
}

/// One rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its content: as rendered, with the edit that the team has had accepted.
    pub bytes: Vec<u8>,
    /// Whose file it is after the first render.
    pub ownership: Ownership,
    /// The template (`pipelines/build.yml`) or source that made it.
    pub origin: String,
    /// Parts of the spec that it depends on, as dotted paths.
    pub because: Vec<String>,
}

impl RenderedFile {
    /// The content as text, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

impl RenderedTree {
    /// Adds a file.
    ///
    /// # Errors
    /// The path that is there already, or differs from this one in case only.
    pub fn insert(&mut self, path: RelPath, file: RenderedFile) -> Result<(), RelPath> {
        let folded = path.case_folded();
        if let Some(other) = self.folded.get(&folded) {
            return Err(other.clone());
        }
        self.folded.insert(folded, path.clone());
        self.files.insert(path, file);
        Ok(())
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        if let Ok(path) = RelPath::parse(path) {
            self.folded.remove(&path.case_folded());
            self.files.remove(&path);
        }
    }

    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<&RenderedFile> {
        RelPath::parse(path).ok().and_then(|p| self.files.get(&p))
    }

    /// The file at `path`, to be changed.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut RenderedFile> {
        RelPath::parse(path).ok().and_then(|p| self.files.get_mut(&p))
    }

    /// Makes files of the team's known to what reads the tree: rendered files may name them.
    pub fn beside(&mut self, own: BTreeMap<RelPath, Vec<u8>>) {
        self.own = own;
    }

    /// A file of the team's beside the rendered ones. It is empty where its content is nobody's business here.
    pub fn own(&self, path: &str) -> Option<&[u8]> {
        RelPath::parse(path).ok().and_then(|path| self.own.get(&path)).map(Vec::as_slice)
    }

    /// Whether the team has a file below `folder`, which ends in a slash.
    pub fn has_own_below(&self, folder: &str) -> bool {
        self.own.keys().any(|path| path.as_str().starts_with(folder))
    }

    /// Puts an accepted edit into a file.
    pub fn accept(&mut self, path: &RelPath, edited: Option<Vec<u8>>, outgrown: Option<Merged>) {
        if let Some(file) = self.files.get_mut(path) {
            let bytes = edited.unwrap_or_else(|| file.bytes.clone());
            let unedited = std::mem::replace(&mut file.bytes, bytes);
            self.edits.insert(path.clone(), Accepted { unedited, outgrown });
        }
    }

    /// The accepted edit in a file.
    pub fn accepted(&self, path: &RelPath) -> Option<&Accepted> {
        self.edits.get(path)
    }

    /// The file as rendered, without an accepted edit.
    pub fn unedited<'a>(&'a self, path: &RelPath, file: &'a RenderedFile) -> &'a [u8] {
        self.edits.get(path).map_or(&file.bytes, |accepted| &accepted.unedited)
    }

    /// The file as it goes to disk: with the accepted edit where it is the tool's, as rendered where it is the team's.
    pub fn rendered<'a>(&'a self, path: &RelPath, file: &'a RenderedFile) -> &'a [u8] {
        match file.ownership {
            Ownership::Managed => &file.bytes,
            Ownership::Seed => self.unedited(path, file),
        }
    }

    /// All files, by path in order.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &RenderedFile)> {
        self.files.iter()
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
