//! Names of resources, derived from project, environment and suffix, each within its service's rule.
//!
//! The project's part is shortened before the environment's, so that environments stay distinguishable; a part that
//! must be shortened ends in a hash of the whole.

use sha2::{Digest, Sha256};

use crate::project::name::ProjectName;
use crate::spec::SpecFile;

/// What names are derived from. When parts of it are wrong or absent, something takes their place, so that what else is
/// wrong with names comes to light too; the mistake itself is reported where the part is read.
#[derive(Debug)]
pub(super) struct Names {
    /// The project's name.
    pub(super) project: String,
    /// Five lower-case letters and digits.
    pub(super) suffix: String,
}

impl Names {
    /// The bases of `spec`.
    pub(super) fn new(spec: &SpecFile) -> Self {
        let given = spec.project.as_ref().and_then(|p| p.name.as_deref()).unwrap_or_default();
        let project = if ProjectName::parse(given).is_ok() { given.to_owned() } else { alike(given) };
        let devops = spec.devops.as_ref();
        let organization = devops.and_then(|d| d.organization.as_deref()).unwrap_or_default().to_lowercase();
        let devops_project = devops.and_then(|d| d.project.as_deref()).unwrap_or_default().to_lowercase();
        let given = spec.azure.as_ref().and_then(|a| a.suffix.clone()).filter(|s| suffix(s).is_ok());
        let suffix = given.unwrap_or_else(|| hash(&format!("{organization}/{devops_project}/{project}"), 5));
        Self { project, suffix }
    }

    /// `<project>-<part>`, at most `max` characters.
    pub(super) fn local(&self, part: &str, max: usize) -> String {
        joined(&self.project, part, "", "-", max)
    }

    /// `<project>-<part>-<suffix>`, at most `max` characters.
    pub(super) fn global(&self, part: &str, max: usize) -> String {
        joined(&self.project, part, &self.suffix, "-", max)
    }

    /// `<project><part><suffix>`, letters and digits only, at most `max` characters.
    pub(super) fn compact(&self, part: &str, max: usize) -> String {
        let bare = |text: &str| text.replace('-', "");
        joined(&bare(&self.project), &bare(part), &self.suffix, "", max)
    }
}

/// A name that fits the rule, as like `wrong` as may be.
fn alike(wrong: &str) -> String {
    let kept: String =
        wrong.to_lowercase().chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit()).take(24).collect();
    if ProjectName::parse(&kept).is_ok() { kept } else { "project".to_owned() }
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

/// Whether `text` can be the suffix of names.
pub(super) fn suffix(text: &str) -> Result<(), String> {
    if text.len() == 5 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        Ok(())
    } else {
        Err("the suffix is five lower-case letters and digits".to_owned())
    }
}
