//! `init --data`: a look at a team's own data, the column to predict, and what was seen.

use std::path::{Path, PathBuf};

use mlops_gen::data::infer::{Inferred, Look};
use mlops_gen::data::report;
use mlops_gen::data::target::{likely, listed, named};
use mlops_gen::edge::own_data::{self, Placed, Source};
use mlops_gen::remote::runs::log::harmless;

use super::failure::Failure;
use super::output::{Output, aside};

/// What a person gets who points at data.
pub(super) enum Own {
    /// What was seen of them, and where they are.
    Data(Box<Inferred>, Source),
    /// Nothing, for nothing can be learned from them; why was said.
    Refused,
}

/// A line about data, which does nothing to a terminal or an agent, with its indent.
pub(super) fn harmless_line(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    " ".repeat(indent) + &harmless(line)
}

/// Looks at the data that a flag or an answer names; none where nothing does.
pub(super) fn look(
    data: Option<&Path>,
    target: Option<&str>,
    ask: bool,
    output: Output,
) -> Result<Option<Own>, Failure> {
    let path = match data {
        Some(path) => path.to_owned(),
        None if ask => match ask_file()? {
            Some(path) => path,
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    let found = own_data::read(&path).map_err(|mut error| {
        error.why = harmless(&error.why);
        error
    })?;
    let look = Look::of(found.facts);
    let columns = look.columns().len();
    if !(2..=2000).contains(&columns) {
        let why = format!("{} has {columns} columns, and a spec has 2 to 2000", path.display());
        return Err(Failure::Usage(harmless(&why)));
    }
    let target = match target {
        Some(wanted) => named(look.columns(), wanted).map_err(|why| Failure::Usage(harmless(&why)))?,
        None if ask => ask_target(&look)?,
        None => return Err(Failure::Usage(without_target(&look))),
    };
    Ok(Some(match look.with_target(target) {
        Ok(inferred) => Own::Data(Box::new(inferred), found.source),
        Err(why) => {
            let why = harmless(&why);
            output.say(&format!("refused: {why}"));
            if output.is_json() {
                output.data(&serde_json::json!({ "refused": why }));
            }
            Own::Refused
        }
    }))
}

/// What to say when nobody says what is to be predicted.
fn without_target(look: &Look) -> String {
    let guess = likely(look.columns())
        .map(|(name, why)| format!("; `--target \"{}\"` is a guess: {why}", harmless(name)))
        .unwrap_or_default();
    format!("say which column is to be predicted, with --target: {}{guess}", harmless(&listed(look.columns())))
}

fn ask_file() -> Result<Option<PathBuf>, Failure> {
    let answer: String = dialoguer::Input::new()
        .with_prompt("Data to learn from, a file or a folder (empty: example data)")
        .allow_empty(true)
        .validate_with(|answer: &String| match answer.trim() {
            "" => Ok(()),
            path => own_data::read(Path::new(path)).map(drop).map_err(|error| harmless(&error.to_string())),
        })
        .interact_text()
        .map_err(|error| {
            Failure::Usage(format!("no data were named: {error}; use --data, or --yes for example data"))
        })?;
    Ok(Some(answer.trim()).filter(|path| !path.is_empty()).map(PathBuf::from))
}

fn ask_target(look: &Look) -> Result<usize, Failure> {
    let names: Vec<String> = look
        .columns()
        .iter()
        .map(|guess| match &guess.left_out {
            Some(why) => harmless(&format!("{} ({why})", guess.name)),
            None => harmless(&format!("{} ({})", guess.name, report::kind(guess))),
        })
        .collect();
    let likely = likely(look.columns()).and_then(|(name, _)| look.columns().iter().position(|g| g.name == name));
    loop {
        let chosen = dialoguer::Select::new()
            .with_prompt("Column to predict")
            .items(&names)
            .default(likely.unwrap_or(0))
            .max_length(20)
            .interact()
            .map_err(|error| Failure::Usage(format!("no column was chosen: {error}; use --target and --yes")))?;
        match look.clone().with_target(chosen) {
            Ok(_) => return Ok(chosen),
            Err(why) => aside(&format!("{}\n", harmless(&why))),
        }
    }
}

/// Says what was seen, and what became of the data.
pub(super) fn tell(inferred: &Inferred, source: &Source, placed: &Placed, output: Output) {
    for line in report::lines(inferred, &source.path().display().to_string()) {
        output.say(&harmless_line(&line));
    }
    for line in report::rewritten(inferred, &placed.path) {
        output.say(&harmless_line(&line));
    }
    if inferred.rewrite.is_none() {
        output.say(&format!("{}: the data, {}", placed.path, placed.how));
    }
    if placed.bytes > LARGE {
        output.say(&format!(
            "{} is larger than 5 MiB: `apply` pushes no file of this size; push it with git, or keep data in the workspace's \
             storage and name that in `data.path`",
            placed.path
        ));
    }
    output.say("");
    if output.is_json() {
        output.data(&serde_json::json!({ "data": report::json(inferred, &placed.path, harmless) }));
    }
}

/// Bytes of the largest file that the service's API takes.
const LARGE: u64 = 5 << 20;
