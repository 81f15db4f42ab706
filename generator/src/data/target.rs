//! The column to predict: which it may be, and what predicting it is.

use std::collections::BTreeMap;

use super::cell::trimmed;
use super::guess::{Guess, Kind};
use super::names::words;
use super::table::Table;
use crate::spec::did_you_mean;

/// What is predicted.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A number.
    Regression,
    /// One of some classes, each with its rows.
    Classification(BTreeMap<String, usize>),
}

/// Names that targets have, the likeliest first.
const NAMES: [&str; 18] = [
    "target",
    "label",
    "y",
    "class",
    "outcome",
    "response",
    "churn",
    "churned",
    "survived",
    "income",
    "saleprice",
    "price",
    "medv",
    "cnt",
    "count",
    "quality",
    "diagnosis",
    "species",
];

/// The column that is probably the one to predict, with the reason.
pub fn likely(guesses: &[Guess]) -> Option<(&str, String)> {
    let usable = || guesses.iter().filter(|guess| guess.left_out.is_none());
    for known in NAMES {
        let fits = |guess: &&Guess| words(&guess.name).concat() == known;
        if let Some(guess) = usable().find(fits) {
            return Some((&guess.name, format!("columns called `{}` mostly are", guess.name)));
        }
    }
    usable().next_back().map(|guess| (guess.name.as_str(), "it is the last one that can be".to_owned()))
}

/// The place of a column that a person names.
///
/// # Errors
/// That there is none of that name, with the nearest one, as a message.
pub fn named(guesses: &[Guess], wanted: &str) -> Result<usize, String> {
    let exact = guesses.iter().position(|guess| guess.name == wanted);
    let folded = |text: &str| trimmed(text).to_lowercase();
    let alike: Vec<usize> =
        guesses.iter().enumerate().filter(|(_, g)| folded(&g.name) == folded(wanted)).map(|(at, _)| at).collect();
    match (exact, alike.as_slice()) {
        (Some(at), _) => Ok(at),
        (None, [at]) if trimmed(&guesses[*at].name) == trimmed(wanted) => Ok(*at),
        _ => {
            let names = guesses.iter().map(|guess| guess.name.as_str());
            let hint = did_you_mean(wanted, names).unwrap_or_else(|| format!("there are {}", listed(guesses)));
            Err(format!("no column is called `{wanted}`; {hint}"))
        }
    }
}

/// The names of the columns, for a message.
pub fn listed(guesses: &[Guess]) -> String {
    const SHOWN: usize = 40;
    let names: Vec<String> = guesses.iter().take(SHOWN).map(|guess| format!("`{}`", guess.name)).collect();
    let more = guesses.len().saturating_sub(SHOWN);
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// What predicting a column is.
///
/// # Errors
/// Why nothing can be learned about it, and what to do, as a phrase.
pub fn task(target: &Guess, table: &Table, decimal: char) -> Result<Task, String> {
    if let Some(why) = &target.left_out {
        return Err(format!(
            "`{}` cannot be predicted: {why}; a target is a number, or has classes of which each has many rows",
            target.name
        ));
    }
    let counts = || {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for cell in table.column(target.place) {
            let bare = trimmed(cell);
            if bare.is_empty() || target.markers.iter().any(|marker| marker == bare) {
                continue;
            }
            let number = target.is_numeric().then(|| super::cell::number(bare, decimal)).flatten();
            *counts.entry(number.map_or_else(|| cell.to_owned(), |number| number.to_string())).or_default() += 1;
        }
        counts
    };
    match &target.kind {
        Kind::Boolean(_) => Ok(Task::Classification(counts())),
        Kind::Category(None) => Err(format!(
            "`{}` cannot be predicted: it has {} classes, which are too many, or one that a spec cannot hold; join rare \
             ones in the file",
            target.name, target.distinct
        )),
        Kind::Category(Some(_)) => Ok(Task::Classification(counts())),
        Kind::Datetime => {
            Err(format!("`{}` cannot be predicted: it holds moments, not numbers or classes", target.name))
        }
        _ if target.distinct == 2 => Ok(Task::Classification(counts())),
        Kind::Integer if are_classes(target) => Ok(Task::Classification(counts())),
        _ => Ok(Task::Regression),
    }
}

/// Whether few whole numbers are classes: they are called so, or count from 0.
fn are_classes(target: &Guess) -> bool {
    const NAMES: [&str; 10] =
        ["class", "label", "species", "category", "type", "cluster", "segment", "diagnosis", "digit", "cultivar"];
    let called = words(&target.name).iter().any(|word| NAMES.contains(&word.as_str()));
    let from_0 = target.range.is_some_and(|(min, max)| min == 0.0 && max + 1.0 == target.distinct as f64);
    target.distinct <= 20 && target.present >= 5 * target.distinct && (called || (from_0 && target.distinct <= 10))
}
