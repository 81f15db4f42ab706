//! A stand-in for the Azure CLI: as wide as rendered scripts are, and loud beyond that. Answers have the shape of the real
//! ones where scripts look at them.

mod arguments;
mod bicep;
mod call;
mod cluster;
mod container;
mod deployment;
mod failure;
mod groups;
mod ml;
mod network;
mod print;
mod storage;
mod vault;

use std::path::Path;

use arguments::Arguments;
use call::{Call, Command};
pub(crate) use container::revive as revive_container_groups;
use failure::Failure;
pub(crate) use ml::revive as revive_endpoints;

use crate::store::Store;

const COMMANDS: &[&[Command]] = &[
    bicep::COMMANDS,
    cluster::COMMANDS,
    container::COMMANDS,
    deployment::COMMANDS,
    groups::COMMANDS,
    ml::COMMANDS,
    network::COMMANDS,
    storage::COMMANDS,
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
