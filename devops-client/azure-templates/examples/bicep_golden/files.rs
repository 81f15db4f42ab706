//! Files of the folder, and what is made of them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use azure_templates::Located;
use azure_templates::bicep::{Compiler, Sources};
use serde_json::Value;

pub(crate) fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Rows of a table below its heading, cell by cell.
pub(crate) fn rows(path: &Path) -> Result<Vec<Vec<String>>, String> {
    Ok(text(path)?.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

/// Every file below `folder`, in order, with slashes.
pub(crate) fn below(folder: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(part) = open.pop() {
        let entries =
            std::fs::read_dir(folder.join(&part)).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let path = part.join(entry.file_name());
            if entry.path().is_dir() { open.push(path) } else { found.push(path.to_string_lossy().replace('\\', "/")) }
        }
    }
    found.sort();
    Ok(found)
}

/// The sources that `file` of `folder` needs.
pub(crate) fn sources(folder: &Path, file: &str) -> Sources {
    Sources::gather([file.to_owned()], |path| std::fs::read(folder.join(path)).ok().map(Cow::Owned))
}

/// The JSON of a source.
pub(crate) fn compile(folder: &Path, file: &str) -> Result<Value, Vec<Located>> {
    let sources = sources(folder, file);
    let compiler = Compiler::new(&sources);
    if file.ends_with(".bicepparam") { compiler.parameters(file, &|_| None) } else { compiler.template(file) }
}

/// `value` without what differs between compilers of the same language: names of generators, and metadata left empty.
pub(crate) fn plain(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.remove("_generator");
            if map.get("metadata").is_some_and(|metadata| {
                metadata.as_object().is_some_and(|m| m.is_empty() || m.len() == 1 && m.contains_key("_generator"))
            }) {
                map.remove("metadata");
            }
            for (_, inner) in map.iter_mut() {
                *inner = plain(inner.take());
            }
            // The order of keys says nothing.
            map.sort_keys();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = plain(item.take())),
        _ => {}
    }
    value
}

/// Where two values differ first, and both sides.
pub(crate) fn difference(theirs: &Value, ours: &Value, at: &str) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.filter_map(|key| {
                let at = format!("{at}/{key}");
                difference(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), &at)
                    .or_else(|| (a.contains_key(key) != b.contains_key(key)).then(|| format!("{at}: only one has it")))
            })
            .next()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        _ if theirs == ours => None,
        _ => Some(format!("{at}: theirs {theirs}, ours {ours}")),
    }
}
