//! Where words go: data to standard output, all else to standard error.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};

use mlops_gen::tree::changes::{Action, Change};
use serde_json::{Value, json};

use super::failure::Failure;

/// New files that are told one by one; more are told by folder.
const SHOWN: usize = 30;

/// How a command prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
    fancy: bool,
    colors: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colors = |terminal: bool| !no_color && terminal;
        Self { json, fancy: colors(std::io::stderr().is_terminal()), colors: colors(std::io::stdout().is_terminal()) }
    }

    /// Whether a program reads the output.
    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Whether standard output shows colours.
    pub(super) fn colors_data(self) -> bool {
        self.colors
    }

    /// Prints a value as JSON.
    pub(super) fn data(self, value: &Value) {
        let text = serde_json::to_string_pretty(value).expect("a value of our own serialises");
        self.text(&format!("{text}\n"));
    }

    /// Prints text to standard output. A reader that went away (`| head`) is no error.
    pub(super) fn text(self, text: &str) {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }

    /// Says something to the person, unless a program reads.
    pub(super) fn say(self, line: &str) {
        if !self.json {
            eprintln!("{line}");
        }
    }

    /// Reports why the command ended with an error.
    pub(super) fn failure(self, failure: &Failure) {
        if self.json {
            self.data(&failure.to_json());
        } else {
            eprint!("{}", failure.to_text(self.fancy));
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
        (Action::Unchanged, _) => None,
        (_, Some(reason)) => Some(format!("{action:>9}  {}  ({reason})", change.path)),
        (_, None) => Some(format!("{action:>9}  {}", change.path)),
    }
}

fn words(action: &Action) -> (&'static str, Option<&'static str>) {
    match action {
        Action::Create => ("create", None),
        Action::Update => ("update", None),
        Action::Merge(_) => ("merge", None),
        Action::Delete => ("delete", None),
        Action::Unchanged => ("unchanged", None),
        Action::Keep(why) => ("keep", Some(why)),
        Action::Refuse(why) => ("refuse", Some(why)),
    }
}
