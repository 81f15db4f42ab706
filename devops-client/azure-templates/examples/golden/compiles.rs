//! Sources that the compiler accepts: the same JSON.

use std::path::Path;

use serde_json::Value;

use crate::Subject;
use crate::files::{below, compile, difference, plain, rows, text};

pub(crate) fn subject(folder: &Path) -> Result<Subject, String> {
    accepted(&folder.join("compiles"), "compiles")
}

/// The same JSON, and each warning that is listed (unused names aside).
pub(crate) fn warned(folder: &Path) -> Result<Subject, String> {
    let subject = accepted(&folder.join("warned"), "warned")?;
    let _ = rows(&folder.join("warned.tsv"))?;
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
