//! A stand-in for the Azure CLI: as wide as rendered scripts are, and loud beyond that. Answers have the shape of the real
//! ones where scripts look at them.

mod arguments;
mod bicep;
mod cluster;
mod container;
mod deployment;
mod groups;
mod ml;
mod print;
mod vault;

use std::fmt;
use std::path::Path;

use serde_json::Value;

pub(crate) use arguments::Arguments;
pub(crate) use container::revive as revive_container_groups;

use crate::store::Store;

/// Why a command failed: what the real one prints, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    /// Something is not there (exit code 3).
    pub fn missing(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// The command is none, or its arguments are wrong (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// The service refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::refused(message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERROR: {}", self.message)
    }
}

pub(crate) type Answer = Result<Value, Failure>;

/// One call of a command.
pub(crate) struct Call<'a> {
    pub store: &'a Store,
    /// Where the caller stands.
    pub here: &'a Path,
    pub arguments: &'a Arguments,
}

impl Call<'_> {
    /// The value of an option that must be there.
    pub fn need(&self, option: &str) -> Result<&str, Failure> {
        let missing = || Failure::usage(format!("the following arguments are required: --{option}"));
        self.arguments.one(option).ok_or_else(missing)
    }
}

pub(crate) struct Command {
    /// Its words: `ml job create`.
    pub words: &'static str,
    /// Its options, without the dashes, beside those that every command has.
    pub options: &'static [&'static str],
    pub run: fn(&Call<'_>) -> Answer,
}

const COMMANDS: &[&[Command]] = &[
    bicep::COMMANDS,
    cluster::COMMANDS,
    container::COMMANDS,
    deployment::COMMANDS,
    groups::COMMANDS,
    ml::COMMANDS,
    vault::COMMANDS,
];

/// Options of every command.
const EVERYWHERE: [&str; 6] = ["output", "query", "only-show-errors", "verbose", "debug", "subscription"];

/// Carries out `az WORDS OPTIONS`; gives back what goes to standard output.
pub(crate) fn run(store: &Store, here: &Path, words: &[String]) -> Result<String, Failure> {
    let arguments = Arguments::parse(words)?;
    let name = arguments.words.join(" ");
    let command = COMMANDS.iter().copied().flatten().find(|command| command.words == name);
    let Some(command) = command else {
        return Err(Failure::usage(format!("'{name}' is no command of the sandbox's az: nothing rendered calls it")));
    };
    let known = |option: &str| command.options.contains(&option) || EVERYWHERE.contains(&option);
    if let Some(option) = arguments.options.keys().find(|option| !known(option)) {
        return Err(Failure::usage(format!("unrecognized arguments: --{option} (of the sandbox's az {name})")));
    }
    crate::access::command(store, &name, |option| arguments.one(option))?;
    let answer = (command.run)(&Call { store, here, arguments: &arguments })?;
    print::shown(&answer, arguments.one("query"), arguments.one("output").unwrap_or("json"))
}

#[cfg(test)]
pub(crate) fn check(store: &Store, here: &Path, line: &str) -> Result<String, Failure> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    run(store, here, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_judged_by_somebody() {
        let left: Vec<&str> = COMMANDS.iter().copied().flatten().map(|command| command.words).collect();
        let left: Vec<&str> = left.into_iter().filter(|words| !crate::access::is_judged(words)).collect();
        assert!(left.is_empty(), "nobody asks whether these are allowed: {left:?}");
    }
}
