//! Rendered files as a value: what would be on disk, before anything is.

pub mod changes;
pub mod lock;
pub use crate::artifacts::path;

use std::collections::BTreeMap;

use path::RelPath;

use crate::artifacts::Ownership;

/// All rendered files, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedTree {
    /// Name of the project whose files they are.
    pub project: String,
    files: BTreeMap<RelPath, RenderedFile>,
    /// The paths as a file system that ignores case sees them.
    folded: BTreeMap<String, RelPath>,
}

/// One rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whose file it is after the first render.
    pub ownership: Ownership,
    /// The template (`pipelines/build.yml`) or source that made it.
    pub origin: String,
    /// Parts of the spec that it depends on, as dotted paths.
    pub because: Vec<String>,
    /// Whether the file is a program (mode 755).
    pub executable: bool,
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

    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<&RenderedFile> {
        RelPath::parse(path).ok().and_then(|p| self.files.get(&p))
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
