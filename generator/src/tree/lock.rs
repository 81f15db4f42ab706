//! The lock file: what the tool wrote last, so that it can tell a person's edit from its own old output.
//!
//! Form 2 (this one) keeps of each file the hash of the render that the file on disk stands on: a seed that nobody has
//! touched is known by it, and follows the spec; a merge knows its base. Form 1 had the hash of the last render, whether
//! or not it was written; it is read, and replaced by the next render.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::path::RelPath;
use super::{RenderedFile, RenderedTree};
use crate::artifacts::Ownership;
use crate::artifacts::project::STAND_INS;

/// Where the lock file lies in a project.
pub const LOCK_PATH: &str = ".mlops-gen/lock.json";

/// The form of the file that this version writes.
pub const VERSION: u32 = 2;

/// What the tool wrote last: version, project, and hash and ownership of every file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of this file's own form; 0 where there is no file.
    pub version: u32,
    /// Version of the generator that wrote it.
    pub generator: String,
    /// The project whose files they are; a repository with this file belongs to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The spec that was rendered, by lines: the base of merges where git has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spec: Vec<String>,
    /// Specs of the names that the project had before, by name: what was applied under them may still be there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former: BTreeMap<String, Vec<String>>,
    /// Version of the Bicep compiler, where one compiled what this tool's own could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicep: Option<String>,
    /// The files, by path.
    pub files: BTreeMap<String, LockedFile>,
}

/// One file, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// SHA-256 of the render that the file on disk stands on, in lower-case hexadecimal; empty where that is not known.
    pub sha256: String,
    /// Whose file it is.
    pub ownership: Ownership,
    /// Template or source that made it.
    pub origin: String,
    /// SHA-256 of the render with the edit that the team has had accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// Whether the team has made a managed file its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ejected: bool,
    /// Whether the file was the team's before the tool came: no render stands behind it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub team: bool,
    /// Whether a merge left conflict marks in it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub conflicts: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
fn is_false(value: &bool) -> bool {
    !value
}

impl LockedFile {
    /// Whether rows that stood in for the team's were in it: rows of others are never joined with those.
    pub fn is_data(&self) -> bool {
        STAND_INS.contains(&self.origin.as_str())
    }

    /// The entry of a file that is on disk as it is in a tree.
    pub(super) fn of(tree: &RenderedTree, path: &RelPath, file: &RenderedFile) -> Self {
        let accepted = tree.accepted(path).filter(|_| file.ownership == Ownership::Managed);
        let edited = accepted.filter(|accepted| accepted.outgrown.is_none());
        Self {
            sha256: sha256(tree.unedited(path, file)),
            ownership: file.ownership,
            origin: file.origin.clone(),
            edited: edited.map(|_| sha256(&file.bytes)),
            ejected: false,
            team: false,
            conflicts: false,
        }
    }

    /// The hash of the file as the tool wrote it, with the accepted edit if there is one.
    pub fn written(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.sha256)
    }
}

impl Lock {
    /// Marks in `tree` what the team has made its own.
    pub fn hand_over(&self, tree: &mut RenderedTree) {
        for (path, locked) in self.files.iter().filter(|(_, locked)| locked.ejected) {
            if let Some(file) = tree.get_mut(path) {
                file.ownership = locked.ownership;
            }
        }
    }

    /// The name under which the project was rendered last, where that was another one than `name`.
    pub fn renamed_from(&self, name: &str) -> Option<&str> {
        (!self.project.is_empty() && self.project != name).then_some(self.project.as_str())
    }

    // Invariant: files of a newer tool are left alone (test: files_of_a_newer_tool_are_left_alone).
    /// Reads a lock file.
    ///
    /// # Errors
    /// Why the text is not one, with line and column, or which entry is not a path inside the project; and what to do.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
            return Err(format!(
                "line {}: a merge of git has left its conflict here; take either side (`git checkout --ours {LOCK_PATH}`), \
                 and run `mlops-gen render --merge`, which sees by the files what they are",
                line + 1
            ));
        }
        let corrupt = |error: serde_json::Error| {
            format!(
                "it is no lock file ({error}); bring back the last one (`git checkout HEAD -- {LOCK_PATH}`), or delete it \
                 and run `mlops-gen render`: files that are as rendered are known again"
            )
        };
        // The version comes first: the rest is read by the form that it names.
        let form: Form = serde_json::from_str(text).map_err(corrupt)?;
        if form.version == 0 || form.version > VERSION {
            // A version of a number that is the same, or lower, is a build on the way to the next one.
            let newer = match form.generator.as_str() {
                generator if numbers(generator) > numbers(env!("CARGO_PKG_VERSION")) => {
                    format!("mlops-gen {generator} or a newer one")
                }
                _ => "a newer mlops-gen".to_owned(),
            };
            return Err(format!(
                "it has form {}, and mlops-gen {} knows forms up to {VERSION}; install {newer}",
                form.version,
                env!("CARGO_PKG_VERSION"),
            ));
        }
        let lock: Self = serde_json::from_str(text).map_err(corrupt)?;
        for path in lock.files.keys() {
            RelPath::parse(path).map_err(|why| format!("`{path}` in the lock file: {why}"))?;
        }
        Ok(lock)
    }

    /// Why this version of the tool must leave the files alone: a newer one wrote them.
    pub fn too_new(&self) -> Option<String> {
        let (theirs, ours) = (numbers(&self.generator)?, numbers(env!("CARGO_PKG_VERSION"))?);
        (theirs > ours).then(|| {
            format!(
                "mlops-gen {} wrote it, and this is {}: what is older would take back what the newer one changed; install \
                 {} or a newer one",
                self.generator,
                env!("CARGO_PKG_VERSION"),
                self.generator
            )
        })
    }

    /// The file's text, stable from run to run.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock serialises");
        text.push('\n');
        text
    }
}

/// What every form of the file has.
#[derive(Deserialize)]
struct Form {
    version: u32,
    #[serde(default)]
    generator: String,
}

/// The three numbers of a version.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn a_lock_that_cannot_be_used_says_what_to_do() {
        for (text, says) in [
            ("{\"version\": 1,\n<<<<<<< HEAD\n", "line 2: a merge of git"),
            ("{\"version\": 1,", "git checkout HEAD"),
            ("{\"version\": 3, \"generator\": \"9.9.9\", \"more\": 1}", "install mlops-gen 9.9.9"),
            ("{\"version\": 99}", "install a newer mlops-gen"),
            (
                "{\"version\": 2, \"generator\": \"0\", \"files\": {\"../a\": {\"sha256\": \"\", \"ownership\": \"seed\", \"origin\": \"\"}}}",
                "`../a`",
            ),
        ] {
            let why = Lock::parse(text).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn files_of_a_newer_tool_are_left_alone() {
        let lock = |generator: &str| Lock { generator: generator.to_owned(), ..Lock::default() };
        assert!(lock("99.0.0").too_new().unwrap().contains("install 99.0.0"));
        assert_eq!(lock(env!("CARGO_PKG_VERSION")).too_new(), None);
        assert_eq!(lock("0.0.9").too_new(), None);
    }
}
