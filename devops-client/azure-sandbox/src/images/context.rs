//! What an image is built from.

use std::fs;
use std::path::Path;

use pipeline_runner::path_matches;
use sha2::{Digest, Sha256};

use crate::folders::copy;

/// Copies a folder without what the first of these files in it says is left out.
pub(crate) fn keep(from: &Path, to: &Path, ignores: &[&str]) -> Result<(), String> {
    let found = ignores.iter().find_map(|name| fs::read_to_string(from.join(name)).ok());
    let patterns: Vec<Pattern> = found.unwrap_or_default().lines().filter_map(Pattern::parse).collect();
    keep_below(from, "", to, &patterns)
}

fn keep_below(from: &Path, path: &str, to: &Path, patterns: &[Pattern]) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in fs::read_dir(from).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name();
        let below = if path.is_empty() {
            name.to_string_lossy().into_owned()
        } else {
            format!("{path}/{}", name.to_string_lossy())
        };
        if below == ".git" {
            continue;
        }
        if entry.path().is_dir() {
            keep_below(&entry.path(), &below, &to.join(&name), patterns)?;
        } else if !is_left_out(&below, patterns) {
            copy(&entry.path(), &to.join(&name))?;
        }
    }
    // a folder of which nothing is left is not there
    let _ = fs::remove_dir(to);
    Ok(())
}

/// A line of an ignore file.
#[derive(Debug)]
struct Pattern {
    text: String,
    /// Whether it takes back what lines before it left out.
    back: bool,
}

impl Pattern {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (text, back) = line.strip_prefix('!').map_or((line, false), |text| (text, true));
        let text = text.trim_end_matches('/');
        let anchored = text.trim_start_matches('/').contains('/') || text.starts_with('/');
        let text = if anchored { text.trim_start_matches('/').to_owned() } else { format!("**/{text}") };
        Some(Self { text, back })
    }
}

/// Whether a file is left out: the last line counts that names it or a folder that it is in, as the tools of Azure ML and Docker
/// read such files, and not as git does.
fn is_left_out(path: &str, patterns: &[Pattern]) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let above: Vec<&str> = ends.map(|end| &path[..end]).collect();
    let names = |pattern: &&Pattern| above.iter().any(|path| path_matches(&pattern.text, path));
    patterns.iter().rev().find(names).is_some_and(|pattern| !pattern.back)
}

/// A digest of everything that an image is built from.
pub(super) fn digest(context: &Path, dockerfile: &str, arguments: &[(String, String)]) -> Result<String, String> {
    let mut digest = Sha256::new();
    digest.update(dockerfile);
    for (name, value) in arguments {
        digest.update(format!("\0{name}={value}"));
    }
    walk(context, context, &mut digest)?;
    Ok(hex(&digest.finalize()))
}

pub(super) fn walk(folder: &Path, context: &Path, digest: &mut Sha256) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut entries = fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, context, digest)?;
        } else {
            let content = fs::read(&path).map_err(wrong)?;
            digest.update(format!("\0{}\0{}\0", path.strip_prefix(context).unwrap_or(&path).display(), content.len()));
            digest.update(content);
        }
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that a text always has.
pub(super) fn short(text: &str) -> String {
    hex(&Sha256::digest(text))[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_names_a_file_or_its_folder_counts() {
        let text = "# note\n*\n!model\n!data\n**/target\ndata/*\n!data/contract.json\n!/docker/\ndocker/scoring\n";
        let patterns: Vec<Pattern> = text.lines().filter_map(Pattern::parse).collect();
        for (path, expected) in [
            ("README.md", true),
            ("model/src/lib.rs", false),
            ("model/target/debug/x", true),
            ("data/rows.csv", true),
            ("data/contract.json", false),
            ("docker/training/Dockerfile", false),
            ("docker/scoring/Dockerfile", true),
            ("infra/docker", true),
        ] {
            assert_eq!(is_left_out(path, &patterns), expected, "{path}");
        }
    }
}
