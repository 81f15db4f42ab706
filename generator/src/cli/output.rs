//! Where words go: data to standard output, all else to standard error.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use mlops_gen::spec::report::Report;
use mlops_gen::tree::changes::{Action, Change, Kept};
use serde_json::{Value, json};

use super::failure::Failure;

/// New files that are told one by one; more are told by folder.
const SHOWN: usize = 30;

/// The document of a program that prints JSON: one for each call, whatever happens.
static DOCUMENT: Mutex<Option<Value>> = Mutex::new(None);

/// Why standard output takes nothing more.
static BROKEN: OnceLock<std::io::Error> = OnceLock::new();

/// Prints text to standard error. Where that takes nothing (`2>&1 | head`), what is being done goes on: there is nobody left
/// to tell.
pub(super) fn aside(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// How a command prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
    fancy: bool,
    colors: bool,
    live: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        // A dumb terminal neither colours nor moves its cursor.
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colors = |terminal: bool| !no_color && !dumb && terminal;
        let terminal = std::io::stderr().is_terminal();
        Self {
            json,
            fancy: colors(terminal),
            colors: colors(std::io::stdout().is_terminal()),
            live: !json && !dumb && terminal,
        }
    }

    /// Whether a line can be drawn again and again.
    pub(super) fn is_live(self) -> bool {
        self.live
    }

    /// Whether a program reads the output.
    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Whether standard output shows colours.
    pub(super) fn colors_data(self) -> bool {
        self.colors
    }

    /// Prints a value as JSON. A program gets one document: parts of it are joined and printed at the end.
    pub(super) fn data(self, value: &Value) {
        if !self.json {
            self.print(value);
            return;
        }
        let mut document = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner);
        match (document.as_mut(), value) {
            (Some(Value::Object(all)), Value::Object(more)) => all.extend(more.clone()),
            _ => *document = Some(value.clone()),
        }
    }

    /// The document so far, which begins anew: a part of a larger one.
    pub(super) fn taken(self) -> Option<Value> {
        DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Prints the document of a program. Returns why standard output could not take all, if so; a reader who has read enough
    /// (`| head`) is no reason.
    pub(super) fn finish(self) -> Option<&'static std::io::Error> {
        let document = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(document) = document {
            self.print(&document);
        }
        if let Err(error) = std::io::stdout().flush() {
            let _ = BROKEN.set(error);
        }
        BROKEN.get().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe)
    }

    fn print(self, value: &Value) {
        let text = serde_json::to_string_pretty(value).expect("a value of our own serialises");
        self.text(&format!("{text}\n"));
    }

    /// Prints text to standard output.
    pub(super) fn text(self, text: &str) {
        if BROKEN.get().is_none()
            && let Err(error) = std::io::stdout().write_all(text.as_bytes())
        {
            let _ = BROKEN.set(error);
        }
    }

    /// Says something to the person, unless a program reads.
    pub(super) fn say(self, line: &str) {
        if !self.json {
            aside(&format!("{line}\n"));
        }
    }

    /// Reports why the command ended with an error.
    pub(super) fn failure(self, failure: &Failure) {
        if self.json {
            self.data(&failure.to_json());
        } else {
            aside(&failure.to_text(self.fancy));
        }
    }

    /// Shows what is wrong with a spec to the person, unless a program reads.
    pub(super) fn report(self, report: Report) {
        if !self.json {
            aside(&Failure::Spec(Box::new(report)).to_text(self.fancy));
        }
    }

    /// Says what is done to each file, leaving out those that stay as they are. Many new files are told by folder.
    pub(super) fn changes(self, changes: &[Change]) {
        let created = changes.iter().filter(|change| change.action == Action::Create).count();
        let told = |change: &&Change| created <= SHOWN || change.action != Action::Create;
        for line in changes.iter().filter(told).filter_map(line) {
            self.say(&line);
        }
        if created > SHOWN {
            for (folder, count) in by_folder(changes) {
                let files = if count == 1 { "file" } else { "files" };
                self.say(&format!("{:>9}  {folder}  ({count} {files})", "create"));
            }
        }
    }
}

/// Number of files that a render creates, by the folder under the project's root.
fn by_folder(changes: &[Change]) -> BTreeMap<&str, usize> {
    let mut folders = BTreeMap::new();
    for change in changes.iter().filter(|change| change.action == Action::Create) {
        let folder = change.path.as_str().split_once('/').map_or("./", |(folder, _)| folder);
        *folders.entry(folder).or_default() += 1;
    }
    folders
}

/// What is done to each file, as a value that a program may read.
pub(super) fn changes_json(changes: &[Change]) -> Value {
    let files = changes.iter().map(|change| {
        let (action, reason) = words(&change.action);
        match reason {
            Some(reason) => json!({ "path": change.path.as_str(), "action": action, "reason": reason }),
            None => json!({ "path": change.path.as_str(), "action": action }),
        }
    });
    json!({ "files": files.collect::<Vec<_>>(), "written": changes.iter().filter(|change| change.writes()).count() })
}

fn line(change: &Change) -> Option<String> {
    let (action, reason) = words(&change.action);
    match (&change.action, reason) {
        (Action::Unchanged | Action::Keep(Kept::Own), _) => None,
        (_, Some(reason)) => Some(format!("{action:>9}  {}  ({reason})", change.path)),
        (_, None) => Some(format!("{action:>9}  {}", change.path)),
    }
}

fn words(action: &Action) -> (&'static str, Option<String>) {
    match action {
        Action::Create => ("create", None),
        Action::Update => ("update", None),
        Action::Merge(merged) if merged.conflicts > 0 => ("merge", Some("with conflicts".to_owned())),
        Action::Merge(_) => ("merge", None),
        Action::Move { from, .. } => ("move", Some(format!("from {from}"))),
        Action::Delete => ("delete", None),
        Action::Unchanged => ("unchanged", None),
        Action::Keep(why) => ("keep", Some(why.why().to_owned())),
        Action::Refuse(why) => ("refuse", Some(why.why().to_owned())),
    }
}
