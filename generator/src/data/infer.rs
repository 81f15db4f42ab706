//! From a table to what its spec says.

use std::collections::BTreeSet;

use super::cell::{dressed, number, trimmed};
use super::column::Seen;
use super::date;
use super::doubt::Doubt;
use super::doubts;
use super::facts::{Facts, Format};
use super::guess::{Clean, Guess, Kind, guess};
use super::leaks::leaks;
use super::rewrite::Rewrite;
use super::shape::Delimiter;
use super::table::Table;
use super::target::{self, Task};
use crate::project::name::ColumnName;

/// What each column is taken for; which one is to be predicted is not known yet.
#[derive(Clone, Debug)]
pub struct Look {
    facts: Facts,
    guesses: Vec<Guess>,
    reasons: Vec<String>,
}

/// How text files are written, where it is not the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csv {
    /// What stands between two cells.
    pub delimiter: char,
    /// The decimal mark.
    pub decimal: char,
    /// The encoding, as the spec calls it.
    pub encoding: &'static str,
}

/// A value of the example request.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(String),
}

/// What a spec says of data, and what a person should look at.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// What was read.
    pub facts: Facts,
    /// How text files are written; none where that is the usual, or the files are no text.
    pub csv: Option<Csv>,
    /// Every column of the file.
    pub columns: Vec<Guess>,
    /// The place of the column to predict, among the columns.
    pub target: usize,
    /// What is predicted.
    pub task: Task,
    /// The metric that decides.
    pub metric: &'static str,
    /// Why this one.
    pub metric_reason: &'static str,
    /// Texts that mean a missing value.
    pub missing: Vec<String>,
    /// Rows of features, as callers send them.
    pub request: Vec<Vec<Value>>,
    /// How the data must be written anew for a runtime to read them, if so.
    pub rewrite: Option<Rewrite>,
    /// What to look at.
    pub doubts: Vec<Doubt>,
}

impl Look {
    /// Looks at every column.
    pub fn of(facts: Facts) -> Self {
        let (names, mut reasons) = usable_names(&facts.table.names);
        let decimal = facts.format.decimal();
        let column = |(place, name): (usize, &String)| {
            let seen = Seen::of(facts.table.column(place), decimal);
            let mut found = guess(place, name, &seen, facts.table.declared.get(place));
            if name.is_empty() && found.left_out.is_none() {
                found.left_out = Some("it has no name".to_owned());
            }
            found
        };
        let mut guesses: Vec<Guess> = names.iter().enumerate().map(column).collect();
        let renamed = |(guess, name): &(&mut Guess, &String)| guess.name != **name && !name.is_empty();
        for (guess, name) in guesses.iter_mut().zip(&facts.table.names).filter(renamed) {
            guess.doubts.push(
                Doubt::of(&guess.name, "renamed", format!("its header `{name}` cannot be kept"))
                    .advice("the copy in the project has the new name; later files must have it too"),
            );
        }
        reasons.extend(facts.format.obstacles());
        for guess in guesses.iter().filter(|guess| guess.left_out.is_none()) {
            match guess.clean {
                Clean::Keep => {}
                Clean::Number => reasons.push(format!("`{}` has numbers with more than digits", guess.name)),
                Clean::Date(_) => reasons.push(format!("`{}` has dates in a form that is not read", guess.name)),
            }
        }
        Self { facts, guesses, reasons }
    }

    /// Every column.
    pub fn columns(&self) -> &[Guess] {
        &self.guesses
    }

    /// What was read.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the spec says, with the column at `target` to predict.
    ///
    /// # Errors
    /// Why nothing can be learned from the data, as a phrase.
    pub fn with_target(self, target: usize) -> Result<Inferred, String> {
        let Self { facts, mut guesses, mut reasons } = self;
        let decimal = facts.format.decimal();
        let task = target::task(&guesses[target], &facts.table, decimal)?;
        if let Task::Classification(counts) = &task
            && counts.len() < 2
        {
            let only = counts.keys().next().cloned().unwrap_or_default();
            return Err(format!("`{}` cannot be predicted: every row has the class `{only}`", guesses[target].name));
        }
        if guesses.iter().enumerate().all(|(at, guess)| at == target || guess.left_out.is_some()) {
            let whys: Vec<String> =
                guesses.iter().filter_map(|g| Some(format!("`{}` is {}", g.name, g.left_out.as_ref()?))).collect();
            return Err(format!("there is no column to learn from: {}", whys.join("; ")));
        }
        if guesses[target].missing > 0 {
            let (name, count) = (guesses[target].name.clone(), guesses[target].missing);
            let rows = if count == 1 { "1 row has".to_owned() } else { format!("{count} rows have") };
            reasons.push(format!("{rows} no value of the target `{name}`, without which nothing is learned"));
        }
        let mut found = std::mem::take(&mut guesses[target].doubts);
        found.retain(|doubt| doubt.kind != "id-like");
        guesses[target].doubts = found;
        let is_sample = !facts.table.is_whole();
        let rewrite = (!reasons.is_empty()).then(|| Rewrite::new(&facts, &guesses, target, reasons));
        let mut doubts = facts.doubts.clone();
        doubts.extend(doubts::of_rows(&facts.table, &guesses));
        if let Task::Classification(counts) = &task {
            doubts.extend(doubts::of_classes(&guesses[target], counts));
        }
        doubts.extend(numbers_or_classes(&guesses[target], &task));
        doubts.extend(leaks(&facts.table, &guesses, &guesses[target], &task, decimal));
        for (at, guess) in guesses.iter().enumerate() {
            doubts.extend(
                guess.doubts.iter().filter(|d| guess.left_out.is_none() || d.kind != "dressed-numbers").cloned(),
            );
            // Rows without a target are left out of the copy, which is said there.
            doubts.extend(doubts::of_missing(guess).filter(|_| at != target));
        }
        if is_sample {
            doubts.push(
                Doubt::new(
                    "sampled",
                    format!(
                        "{} rows were looked at, from the beginning, the middle and the end",
                        facts.table.rows.len()
                    ),
                )
                .advice("the data test reads all of them; the spec has no limits, for nobody has seen the rest"),
            );
        }
        let (metric, metric_reason) = metric(&task);
        let csv = if rewrite.is_some() { None } else { csv(&facts.format) };
        Ok(Inferred {
            missing: markers(&guesses, target),
            request: request(&facts.table, &guesses, target, decimal),
            facts,
            csv,
            columns: guesses,
            target,
            task,
            metric,
            metric_reason,
            rewrite,
            doubts,
        })
    }
}

impl Inferred {
    /// The column to predict.
    pub fn target(&self) -> &Guess {
        &self.columns[self.target]
    }
}

/// Names that the spec can hold, none twice; and why others were taken, as phrases.
fn usable_names(names: &[String]) -> (Vec<String>, Vec<String>) {
    let mut reasons = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let unnamed = names.iter().filter(|name| name.is_empty()).count();
    if unnamed > 1 {
        reasons.push(format!("{unnamed} columns have no name"));
    }
    let mut usable = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let mut new = name.clone();
        if name.is_empty() {
            // One column without a name is in nobody's way: files may hold more columns than the spec has.
            if unnamed > 1 {
                new = format!("column_{}", place + 1);
            }
        } else if let Err(why) = ColumnName::parse(name) {
            reasons.push(format!("the name of column {} cannot be kept: {why}", place + 1));
            let plain: String =
                name.chars().filter(|c| !"$#{[(".contains(*c) && !crate::project::text::unprintable(*c)).collect();
            new = plain.chars().take(200).collect();
            if ColumnName::parse(&new).is_err() {
                new = format!("column_{}", place + 1);
            }
        }
        if !new.is_empty() && !taken.insert(new.clone()) {
            reasons.push(format!("two columns are called `{new}`"));
            let free = (2..)
                .map(|number| format!("{new}_{number}"))
                .find(|name| !taken.contains(name) && !names.contains(name));
            new = free.unwrap_or_default();
            taken.insert(new.clone());
        }
        usable.push(new);
    }
    (usable, reasons)
}

/// Texts that mean a missing value in columns that matter, each once.
fn markers(guesses: &[Guess], target: usize) -> Vec<String> {
    let used = guesses.iter().enumerate().filter(|(at, guess)| guess.left_out.is_none() || *at == target);
    let all: BTreeSet<&String> = used.flat_map(|(_, guess)| &guess.markers).collect();
    all.into_iter().filter(|marker| crate::project::text::hazard(marker).is_none()).cloned().collect()
}

fn csv(format: &Format) -> Option<Csv> {
    let Format::Text { dialect, encoding, .. } = format else { return None };
    let Delimiter::Char(delimiter) = dialect.delimiter else { return None };
    Some(Csv { delimiter, decimal: dialect.decimal, encoding: encoding.unwrap_or("utf-8") })
}

fn metric(task: &Task) -> (&'static str, &'static str) {
    let Task::Classification(counts) = task else { return ("rmse", "in the target's own units") };
    let (least, most) = (counts.values().min().copied().unwrap_or(0), counts.values().max().copied().unwrap_or(0));
    match counts.len() {
        0..=2 => ("auc", "of two classes, whatever their shares and the threshold"),
        _ if least * 3 < most => ("balanced-accuracy", "since classes are not of one size"),
        _ => ("accuracy", "since classes are about of one size"),
    }
}

/// Few whole numbers may be classes, and classes may be numbers.
fn numbers_or_classes(target: &Guess, task: &Task) -> Option<Doubt> {
    if target.kind != Kind::Integer || target.distinct > 20 || target.distinct == 2 {
        return None;
    }
    let (what, advice) = match task {
        Task::Regression => ("are taken for a quantity", "say `model: {task: classification}` if they are classes"),
        Task::Classification(_) => ("are taken for classes", "say `model: {task: regression}` if they are a quantity"),
    };
    Some(
        Doubt::of(&target.name, "task-guessed", format!("{} different whole numbers {what}", target.distinct))
            .advice(advice),
    )
}

/// Up to two rows without a gap, else one in which gaps are filled with what another row has.
fn request(table: &Table, guesses: &[Guess], target: usize, decimal: char) -> Vec<Vec<Value>> {
    let features: Vec<&Guess> = guesses
        .iter()
        .enumerate()
        .filter(|(at, guess)| *at != target && guess.left_out.is_none())
        .map(|(_, g)| g)
        .collect();
    let of_row = |row: &csv::StringRecord| -> Option<Vec<Value>> {
        features.iter().map(|guess| value(row.get(guess.place).unwrap_or_default(), guess, decimal)).collect()
    };
    let whole: Vec<Vec<Value>> = table.rows.iter().filter_map(of_row).take(2).collect();
    if !whole.is_empty() {
        return whole;
    }
    let any = |guess: &&Guess| table.column(guess.place).find_map(|cell| value(cell, guess, decimal));
    features.iter().map(any).collect::<Option<Vec<Value>>>().into_iter().collect()
}

/// A cell as a caller sends it; none where it is missing.
fn value(cell: &str, guess: &Guess, decimal: char) -> Option<Value> {
    let text = trimmed(cell);
    if text.is_empty() || guess.markers.iter().any(|marker| marker == text) {
        return None;
    }
    Some(match &guess.kind {
        Kind::Number | Kind::Integer => {
            Value::Number(number(text, decimal).or_else(|| dressed(text, decimal).map(|(value, _)| value))?)
        }
        Kind::Boolean(truths) => Value::Boolean(match truths {
            Some((yes, _)) => yes.iter().any(|cell| cell == text),
            None => ["true", "True", "TRUE", "yes", "1"].contains(&text),
        }),
        Kind::Datetime => Value::Text(match guess.clean {
            Clean::Date(order) => date::iso(text, order)?,
            _ => text.to_owned(),
        }),
        Kind::Category(_) | Kind::Text => {
            crate::project::text::hazard(cell).is_none().then(|| Value::Text(cell.to_owned()))?
        }
    })
}
