//! Paths of rendered files: always inside the output folder, on every operating system.

use std::fmt;

/// A relative path with forward slashes that stays inside the output folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

impl RelPath {
    /// Accepts a relative path whose segments every common file system can hold.
    ///
    /// # Errors
    /// What is wrong with the path, as a phrase.
    pub fn parse(path: &str) -> Result<Self, String> {
        if path.is_empty() || path.len() > 240 {
            return Err("a path has 1 to 240 characters".to_owned());
        }
        for segment in path.split('/') {
            check_segment(segment)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The path, with forward slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the file, without its folders.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder, without a slash at its end; empty for the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// What two paths have in common when a file system ignores case.
    pub fn case_folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_segment(segment: &str) -> Result<(), String> {
    const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
    if segment.is_empty() {
        return Err("a path is relative and has no empty segment".to_owned());
    }
    if segment == "." || segment == ".." {
        return Err(format!("`{segment}` may lead out of the folder"));
    }
    if segment.ends_with(['.', ' ']) {
        return Err(format!("Windows drops the last character of `{segment}`"));
    }
    if let Some(bad) = segment.chars().find(|c| c.is_control() || "<>:\"\\|?*".contains(*c)) {
        return Err(format!("{bad:?} is not allowed in a file name on Windows"));
    }
    let stem = segment.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = ["com", "lpt"]
        .iter()
        .any(|p| stem.strip_prefix(p).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit()));
    if RESERVED.contains(&stem.as_str()) || numbered {
        return Err(format!("`{segment}` is a device on Windows"));
    }
    Ok(())
}
