//! Sources that the compiler accepts: the same JSON.

use std::path::Path;

use azure_templates::bicep::Compiler;
use serde_json::Value;

use crate::Subject;
use crate::files::{below, compile, difference, plain, rows, sources, text};

pub(crate) fn subject(folder: &Path) -> Result<Subject, String> {
    accepted(&folder.join("compiles"), "compiles")
}

/// Sources that are warned of: the same JSON.
pub(crate) fn warned(folder: &Path) -> Result<Subject, String> {
    accepted(&folder.join("warned"), "warned")
}

/// Each warning that is listed, at its line.
pub(crate) fn warnings(folder: &Path) -> Result<Subject, String> {
    let mut subject = Subject { name: "warnings", right: 0, total: 0, open: Vec::new(), wrong: Vec::new() };
    for row in rows(&folder.join("warned.tsv"))? {
        let [file, places] = row.as_slice() else {
            return Err(format!("warned.tsv: {row:?} has not two cells"));
        };
        let sources = sources(&folder.join("warned"), file);
        let found = Compiler::new(&sources).warnings(file);
        for place in places.split(' ').filter(|place| !place.is_empty()) {
            subject.total += 1;
            if found.iter().any(|problem| format!("{}:{}", problem.at.line, problem.code) == place) {
                subject.right += 1;
            } else {
                subject.open.push(format!("{file}: {place} is not reported"));
            }
        }
    }
    Ok(subject)
}

fn accepted(folder: &Path, name: &'static str) -> Result<Subject, String> {
    let mut subject = Subject { name, right: 0, total: 0, open: Vec::new(), wrong: Vec::new() };
    for json in below(folder)?.iter().filter(|path| path.ends_with(".json")) {
        let file = json.trim_end_matches(".json");
        if !file.contains(".bicep") {
            continue; // data that a source loads
        }
        subject.total += 1;
        let theirs: Value =
            serde_json::from_str(&text(&folder.join(json))?).map_err(|error| format!("{json}: {error}"))?;
        match compile(folder, file) {
            Ok(ours) => match difference(&plain(theirs), &plain(ours), "") {
                None => subject.right += 1,
                Some(difference) => subject.wrong.push(format!("{file}{difference}")),
            },
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                let other = theirs.get("languageVersion").map_or("", |_| "(languageVersion) ");
                subject.open.push(format!("{other}{file}: {first}"));
            }
        }
    }
    Ok(subject)
}
