//! YAML documents of a rendered file, each value with its line.

use crate::spec::located::{Entry, Limits, Node, Value, read};
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;
use crate::verify::Finding;

/// One document of a rendered YAML file.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// The file.
    pub path: &'a RelPath,
    /// The document's root, a mapping.
    pub root: Node,
    /// The document's text.
    text: &'a str,
    /// Lines of the file before the document.
    before: usize,
}

impl Document<'_> {
    /// A finding at the line of `node`.
    pub fn finding(&self, node: &Node, message: impl Into<String>) -> Finding {
        let start = node.span.start.min(self.text.len());
        let line = self.before + self.text[..start].matches('\n').count() + 1;
        Finding::new(self.path, message).at(line)
    }
}

/// Every document of the YAML files of which `wanted` is true of the path, and what cannot be read of them.
pub(super) fn documents(tree: &RenderedTree, wanted: impl Fn(&str) -> bool) -> (Vec<Document<'_>>, Vec<Finding>) {
    let mut documents = Vec::new();
    let mut findings = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| path.as_str().ends_with(".yml") && wanted(path.as_str())) {
        match file.text() {
            Some(text) => split(path, text, &mut documents, &mut findings),
            None => findings.push(Finding::new(path, "the file is not UTF-8 text")),
        }
    }
    (documents, findings)
}

fn split<'a>(path: &'a RelPath, text: &'a str, documents: &mut Vec<Document<'a>>, findings: &mut Vec<Finding>) {
    let (mut start, mut before) = (0, 0);
    while start <= text.len() {
        let end = text[start..].find("\n---\n").map_or(text.len(), |at| start + at + 1);
        let part = &text[start..end];
        let mut mistakes = Vec::new();
        let root = read(part, Limits::SPEC, &mut mistakes);
        for mistake in mistakes {
            let line = before + part[..mistake.span.start.min(part.len())].matches('\n').count() + 1;
            findings.push(Finding::new(path, mistake.message).at(line));
        }
        match root {
            Some(root) if matches!(root.value, Value::Map(_)) => {
                documents.push(Document { path, root, text: part, before });
            }
            Some(root) => findings.push(Finding::new(path, format!("expected a mapping, not {}", root.value.kind()))),
            None => {}
        }
        before += part.matches('\n').count() + 1;
        start = end + "---\n".len();
    }
}

/// The value at the end of `keys`, one inside the other.
pub(super) fn at<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter()
        .try_fold(node, |node, key| entries(node).iter().find(|entry| entry.key == *key).map(|entry| &entry.node))
}

/// The text at the end of `keys`.
pub(super) fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    match at(node, keys).map(|node| &node.value) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The whole number at the end of `keys`.
pub(super) fn integer(node: &Node, keys: &[&str]) -> Option<i64> {
    match at(node, keys).map(|node| &node.value) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

/// The entries of a mapping; none of anything else.
pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// The entries of the mapping at the end of `keys`.
pub(super) fn entries_at<'a>(node: &'a Node, keys: &[&str]) -> &'a [Entry] {
    at(node, keys).map_or(&[], entries)
}

/// The items of the list at the end of `keys`; none of anything else.
pub(super) fn items<'a>(node: &'a Node, keys: &[&str]) -> &'a [Node] {
    match at(node, keys).map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// Every text in `node`, at any depth.
pub(super) fn texts(node: &Node) -> Vec<(&Node, &str)> {
    match &node.value {
        Value::String(text) => vec![(node, text)],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| texts(&entry.node)).collect(),
        _ => Vec::new(),
    }
}

/// The file that `reference` means, seen from a file in `folder`; `None` when it leads out of the tree.
pub(super) fn resolve(folder: &str, reference: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether `path` is a file of the tree, or a folder with one.
pub(super) fn exists(tree: &RenderedTree, path: &str) -> bool {
    let folder = format!("{path}/");
    path.is_empty() || tree.iter().any(|(file, _)| file.as_str() == path || file.as_str().starts_with(&folder))
}
