//! Source files as text: their module, the code without tests, comments and texts, and the paths that it names.

use std::collections::BTreeSet;
use std::path::Path;

/// A file.
#[derive(Debug)]
pub struct Source {
    /// From the repository's root.
    pub path: String,
    /// `edge::remote`; empty for the crate's root.
    pub module: String,
    /// The whole text.
    pub text: String,
    /// The code alone: no comments, no texts, no tests in the file.
    pub code: String,
    /// Every path that the code names, whole: `crate::project::Project`.
    pub paths: BTreeSet<String>,
    /// How many lines it has.
    pub lines: usize,
    /// Whether it holds tests alone.
    pub is_test: bool,
}

/// Every Rust file below a folder, in order of path.
///
/// # Panics
/// If a file cannot be read.
pub fn sources(folder: &Path, name: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(folder).expect("below it").to_string_lossy().replace('\\', "/");
        found.push(read(&relative, name, text));
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path);
        }
    }
}

fn read(relative: &str, folder: &str, text: String) -> Source {
    let stem = relative.trim_end_matches(".rs");
    let module = stem.strip_suffix("/mod").unwrap_or(if stem == "lib" { "" } else { stem }).replace('/', "::");
    let tests =
        text.find("#[cfg(test)]\nmod ").filter(|at| text[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{')));
    let code = bare(&text[..tests.unwrap_or(text.len())]);
    let is_test = ["tests", "sample"].iter().any(|name| stem == *name || stem.ends_with(&format!("/{name}")))
        || stem.contains("tests/")
        || stem.starts_with("bin/");
    let paths = paths(&code, &module);
    Source { path: format!("{folder}/{relative}"), module, lines: text.lines().count(), code, paths, is_test, text }
}

/// The code without comments and texts.
fn bare(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut chars = line.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => {
                    chars.next();
                }
                '"' => quoted = !quoted,
                '/' if !quoted && chars.peek() == Some(&'/') => break,
                _ if quoted => {}
                _ => code.push(c),
            }
        }
        code.push('\n');
    }
    code
}

/// Paths of `use` items and of expressions, from the crate's root.
fn paths(code: &str, module: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut body = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let line_start = rest[..at].rfind('\n').map_or(0, |at| at + 1);
        let before = rest[line_start..at].trim();
        let Some(end) = rest[at..].find(';').filter(|_| before.is_empty() || before.starts_with("pub")) else {
            body.push_str(&rest[..at + "use ".len()]);
            rest = &rest[at + "use ".len()..];
            continue;
        };
        body.push_str(&rest[..line_start]);
        let mut own = BTreeSet::new();
        tree("", &rest[at + "use ".len()..at + end], &mut own);
        // What a module gives on of its own children is no dependency.
        own.retain(|path| before.is_empty() || path.starts_with("crate::") || path.starts_with("super::"));
        found.extend(own);
        rest = &rest[at + end..];
    }
    body.push_str(rest);
    for word in body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':') {
        let word = word.trim_matches(':');
        if word.contains("::") && word.starts_with(|c: char| c.is_ascii_lowercase()) {
            found.insert(word.to_owned());
        }
    }
    found.iter().map(|path| absolute(path, module)).collect()
}

/// The paths of a tree of names: `a::{b, c::{self, d}}`.
fn tree(prefix: &str, item: &str, found: &mut BTreeSet<String>) {
    let item = item.trim();
    let Some(open) = item.find('{') else {
        let name = item.split(" as ").next().unwrap_or(item).trim();
        let whole = if name == "self" { prefix.trim_end_matches("::").to_owned() } else { format!("{prefix}{name}") };
        found.insert(whole);
        return;
    };
    let prefix = format!("{prefix}{}", &item[..open]);
    let inner = item[open + 1..].rsplit_once('}').map_or("", |(inner, _)| inner);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            tree(&prefix, &inner[start..at], found);
            start = at + 1;
        }
    }
    if !inner[start..].trim().is_empty() {
        tree(&prefix, &inner[start..], found);
    }
}

/// A path from the crate's root. What begins with another name is a child's, or another crate's: it stays.
fn absolute(path: &str, module: &str) -> String {
    let mut here: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut rest = path;
    match path {
        _ if path.starts_with("crate::") => return path.to_owned(),
        _ if path.starts_with("self::") => rest = &path["self::".len()..],
        _ if path.starts_with("super::") => {
            while let Some(inner) = rest.strip_prefix("super::") {
                here.pop();
                rest = inner;
            }
        }
        _ => {}
    }
    here.push(rest);
    format!("crate::{}", here.join("::"))
}
