//! Names of resources, derived from project, environment and suffix, each within its service's rule.
//!
//! The project's part is shortened before the environment's, so that environments stay distinguishable; a part that
//! must be shortened ends in a hash of the whole.

use sha2::{Digest, Sha256};

use crate::project::name::ProjectName;
use crate::spec::SpecFile;

/// What names are derived from; parts that are wrong or absent derive nothing.
#[derive(Debug)]
pub(super) struct Names {
    /// The project's name.
    pub(super) project: Option<String>,
    /// Five lower-case letters and digits.
    pub(super) suffix: Option<String>,
}

impl Names {
    /// The bases of `spec`.
    pub(super) fn new(spec: &SpecFile) -> Self {
        let project = spec.project.as_ref().and_then(|p| p.name.clone()).filter(|n| ProjectName::parse(n).is_ok());
        let devops = spec.devops.as_ref();
        let given = spec.azure.as_ref().and_then(|a| a.suffix.clone());
        let hashed = || {
            let organization = devops?.organization.as_deref()?.to_lowercase();
            let devops_project = devops?.project.as_deref()?.to_lowercase();
            Some(hash(&format!("{organization}/{devops_project}/{}", project.as_deref()?), 5))
        };
        let suffix = match given {
            Some(given) => super::azure::suffix(&given).ok().map(|()| given),
            None => hashed(),
        };
        Self { project, suffix }
    }

    /// `<project>-<part>`, at most `max` characters.
    pub(super) fn local(&self, part: &str, max: usize) -> Option<String> {
        Some(joined(self.project.as_deref()?, part, "", "-", max))
    }

    /// `<project>-<part>-<suffix>`, at most `max` characters.
    pub(super) fn global(&self, part: &str, max: usize) -> Option<String> {
        Some(joined(self.project.as_deref()?, part, self.suffix.as_deref()?, "-", max))
    }

    /// `<project><part><suffix>`, letters and digits only, at most `max` characters.
    pub(super) fn compact(&self, part: &str, max: usize) -> Option<String> {
        let bare = |text: &str| text.replace('-', "");
        Some(joined(&bare(self.project.as_deref()?), &bare(part), self.suffix.as_deref()?, "", max))
    }
}

/// The least number of characters of the project's name that are kept.
const PROJECT_KEEPS: usize = 4;

fn joined(project: &str, part: &str, suffix: &str, separator: &str, max: usize) -> String {
    let separators = separator.len() * [part, suffix].iter().filter(|p| !p.is_empty()).count();
    let room = max.saturating_sub(separators + suffix.len());
    let part = shorten(part, room.saturating_sub(PROJECT_KEEPS.min(project.len())));
    let project = shorten(project, room - part.len());
    [project.as_str(), part.as_str(), suffix]
        .iter()
        .filter(|p| !p.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(separator)
}

/// `text` in at most `max` characters; what is cut off lives on in a hash, if there is room for one.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    if max < 6 {
        return text[..max].trim_end_matches('-').to_owned();
    }
    format!("{}{}", text[..max - 3].trim_end_matches('-'), hash(text, 3))
}

/// `length` lower-case letters and digits that depend on `text` only, the first a letter.
fn hash(text: &str, length: usize) -> String {
    const LETTERS: &[u8; 24] = b"abcdefghjkmnopqrstuvwxyz";
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnopqrstuvwxyz23456789";
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(length)
        .enumerate()
        .map(|(i, byte)| {
            let byte = usize::from(*byte);
            char::from(if i == 0 { LETTERS[byte % LETTERS.len()] } else { ALPHABET[byte % ALPHABET.len()] })
        })
        .collect()
}
