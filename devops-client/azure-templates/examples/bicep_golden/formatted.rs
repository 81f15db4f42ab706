//! Layout: what the compiler's own formatter prints, and that laying out changes nothing else.

use std::borrow::Cow;
use std::path::Path;

use azure_templates::bicep::{self, Compiler, Sources};
use serde_json::Value;

use crate::Subject;
use crate::files::{below, text};

/// Files as they should be: from themselves, and from the same without blanks in front of lines and with loops and lists
/// that start and end within a line.
pub(crate) fn subject(folder: &Path) -> Result<Subject, String> {
    let folder = folder.join("formatted");
    let mut subject = Subject { name: "formatted", right: 0, total: 0, open: Vec::new(), wrong: Vec::new() };
    for file in below(&folder)? {
        let theirs = text(&folder.join(&file))?;
        let flush: String = theirs.lines().map(|line| format!("{}\n", line.trim_start())).collect();
        let squeezed = flush.replace("[\nfor ", "[for ").replace("}\n]", "}]").replace(" = {", "   =  {");
        subject.total += 1;
        let wrong = [&theirs, &flush, &squeezed].into_iter().find_map(|source| match bicep::format(source) {
            Ok(ours) if ours == theirs => None,
            Ok(ours) => Some(first_difference(&theirs, &ours)),
            Err(problem) => Some(problem.to_string()),
        });
        match wrong {
            None => subject.right += 1,
            Some(what) => subject.open.push(format!("{file}: {what}")),
        }
    }
    Ok(subject)
}

/// Every source that can be laid out: once more changes nothing, and its JSON is the same.
pub(crate) fn kept(folder: &Path) -> Result<Subject, String> {
    let mut subject = Subject { name: "kept", right: 0, total: 0, open: Vec::new(), wrong: Vec::new() };
    for part in ["compiles", "evaluated", "formatted", "refused", "warned"] {
        let folder = folder.join(part);
        for file in below(&folder)?.iter().filter(|file| file.ends_with(".bicep") || file.ends_with(".bicepparam")) {
            let Ok(once) = bicep::format(&text(&folder.join(file))?) else {
                continue;
            };
            subject.total += 1;
            let twice = bicep::format(&once).map_err(|problem| format!("{file}: once formatted: {problem}"))?;
            if once != twice {
                subject.open.push(format!("{file}: {}", first_difference(&once, &twice)));
            } else if made(&folder, file, None) != made(&folder, file, Some(&once)) {
                subject.wrong.push(format!("{part}/{file}: its JSON, once it is formatted"));
            } else {
                subject.right += 1;
            }
        }
    }
    Ok(subject)
}

/// The JSON of `file`, with `text` in its place if there is one.
fn made(folder: &Path, file: &str, text: Option<&str>) -> Option<Value> {
    let sources = Sources::gather([file.to_owned()], |path| match text {
        Some(text) if path == file => Some(Cow::Borrowed(text.as_bytes())),
        _ => std::fs::read(folder.join(path)).ok().map(Cow::Owned),
    });
    let compiler = Compiler::new(&sources);
    if file.ends_with(".bicepparam") { compiler.parameters(file, &|_| None) } else { compiler.template(file) }.ok()
}

fn first_difference(theirs: &str, ours: &str) -> String {
    let lines = theirs.lines().zip(ours.lines().chain(std::iter::repeat(""))).enumerate();
    match lines.into_iter().find(|(_, (a, b))| a != b) {
        Some((index, (a, b))) => format!("line {}: {a:?}, ours {b:?}", index + 1),
        None => "ours is longer".to_owned(),
    }
}
