//! Files that are compiled together, read once.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Expr, ExprKind, File};
use super::parser::parse;
use crate::{Located, Place, Problem};

/// Bicep files, parsed, by path: those that were asked for, and the modules and templates that they use.
#[derive(Debug, Default)]
pub struct Sources {
    files: BTreeMap<String, File>,
    unread: Vec<Located>,
    data: BTreeMap<String, Vec<u8>>,
}

impl Sources {
    /// Reads the files at `paths` and whatever they use. `read` gives the bytes of a file, or nothing if it is not there.
    ///
    /// Paths have slashes, whatever the system; `..` of a file that is used leads at most to where `paths` start.
    pub fn gather<'b>(
        paths: impl IntoIterator<Item = String>,
        mut read: impl FnMut(&str) -> Option<std::borrow::Cow<'b, [u8]>>,
    ) -> Self {
        let mut sources = Self::default();
        let mut wanted: Vec<String> = paths.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(path) = wanted.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let Some(bytes) = read(&path) else {
                continue;
            };
            let parsed = match std::str::from_utf8(&bytes) {
                Ok(text) => parse(text),
                Err(_) => Err(Problem::unsupported(Place::START, "the file is not UTF-8")),
            };
            match parsed {
                Ok(file) => {
                    for path in loads(&file).into_iter().filter_map(|reference| resolve(&path, reference)) {
                        if let Some(bytes) = read(&path) {
                            sources.data.insert(path, bytes.into_owned());
                        }
                    }
                    wanted.extend(used(&file).filter_map(|reference| resolve(&path, reference)));
                    sources.files.insert(path, file);
                }
                Err(problem) => sources.unread.push(Located { path, problem }),
            }
        }
        sources.unread.sort();
        sources
    }

    /// The file at `path`, if it is there and can be read.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// The bytes of a file that a source loads.
    pub fn data(&self, path: &str) -> Option<&[u8]> {
        self.data.get(path).map(Vec::as_slice)
    }

    /// Every file that can be read, by path in order.
    pub fn files(&self) -> &BTreeMap<String, File> {
        &self.files
    }

    /// What keeps files from being read.
    pub fn unread(&self) -> &[Located] {
        &self.unread
    }
}

/// The paths of Bicep files that a file names, as it names them.
fn used(file: &File) -> impl Iterator<Item = &str> {
    file.modules().chain(file.using.iter().map(|(path, _)| path.as_str()))
}

/// The paths of files that a file loads, as it names them.
fn loads(file: &File) -> Vec<&str> {
    let mut found = Vec::new();
    file.walk(&mut |expr| {
        if let ExprKind::Call { name, arguments } | ExprKind::Method { name, arguments, .. } = &expr.kind
            && name.starts_with("load")
        {
            found.extend(arguments.first().and_then(Expr::literal));
        }
    });
    found
}

/// The path that `reference` (`../modules/a.bicep`) means in the file at `path`; `None` if it leads out of where paths
/// start, or to a registry.
pub fn resolve(path: &str, reference: &str) -> Option<String> {
    if reference.contains(':') || reference.starts_with('/') {
        return None;
    }
    let mut segments: Vec<&str> = path.split('/').collect();
    segments.pop();
    for segment in reference.split('/') {
        match segment {
            "." | "" => {}
            ".." => drop(segments.pop()?),
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}
