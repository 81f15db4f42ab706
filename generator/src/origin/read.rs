//! Reads a project of another layout.

use super::files::Files;
use super::{Layout, Origin, Settings, flat, python_code};

/// Reads a project, if its layout is known.
pub fn read(files: &Files) -> Option<Origin> {
    let layout = Layout::of(files)?;
    let mut origin = Origin { layout, settings: Settings::default(), mapped: Vec::new(), left: Vec::new() };
    for said in layout.said(files) {
        origin.take(said);
    }
    python_code::read(files, layout, &mut origin);
    origin.settings.data = data(files);
    let lists = files.iter().filter(|(path, _)| layout.is_requirements(path));
    origin.settings.requirements = lists.flat_map(|(path, text)| packages(path, text)).collect();
    origin.settings.requirements.sort();
    origin.settings.requirements.dedup();
    Some(origin)
}

/// The file to learn from: the one that an Azure ML data asset names, else the one in a folder of data with the shortest
/// name: beside it lie bad rows for tests, and requests.
fn data(files: &Files) -> Option<String> {
    let asset = files.iter().filter(|(path, _)| path.ends_with("train/data.yml"));
    let mut named = asset.filter_map(|(path, text)| {
        let said = flat::yaml(path, text).into_iter().find(|said| said.key == "path")?;
        beside(path, &said.value).filter(|path| files.contains_key(path))
    });
    let is_data = |path: &&String| {
        let ending = path.rsplit('.').next().unwrap_or_default();
        let folder = path.split('/').rev().nth(1).unwrap_or_default();
        folder == "data" && ["csv", "tsv", "parquet", "xlsx"].contains(&ending)
    };
    named.next().or_else(|| files.keys().filter(is_data).min_by_key(|path| (path.len(), (*path).clone())).cloned())
}

/// A relative path that a file gives, from the project's folder on; none if it leads out of that.
fn beside(file: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

fn packages(path: &str, text: &str) -> Vec<String> {
    if path.ends_with(".txt") { flat::requirements(text) } else { flat::conda(text) }
}
