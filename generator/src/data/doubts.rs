//! What a person should look at, and what to write in the spec instead.

use std::collections::{BTreeMap, HashSet};

use super::doubt::Doubt;
use super::guess::{Guess, Kind};
use super::sample::grouped;
use super::table::Table;

/// Fewer rows than this teach little.
const FEW: u64 = 200;

/// Doubts about the rows as a whole.
pub fn of_rows(table: &Table, guesses: &[Guess]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let count = table.all.map_or(0, super::sample::Rows::count);
    if count < FEW {
        let rows = if count == 1 { "row" } else { "rows" };
        doubts.push(
            Doubt::new(
                "few-rows",
                format!("{count} {rows} are few: the hold-out has about {}", (count as f64 * 0.2).round()),
            )
            .advice("metrics of so few rows say little; `model.search` compares by cross-validation"),
        );
    }
    if let Some(odd) = table.odd {
        let first = odd.words(table.names.len());
        doubts.push(
            Doubt::new("wrong-width", format!("{} another number of cells than the header; {first}", odd.rows()))
                .advice("repair the file: training refuses it, and never shifts cells"),
        );
    }
    // Where few different rows can be, equal ones are no copies.
    let possible: f64 = guesses.iter().map(|guess| guess.distinct.max(1) as f64).product();
    if possible < 100.0 * table.rows.len() as f64 {
        return doubts;
    }
    let mut seen: HashSet<Vec<&str>> = HashSet::with_capacity(table.rows.len());
    let twice = table.rows.iter().filter(|row| !seen.insert(row.iter().collect())).count();
    if twice > 0 {
        let rows = if twice == 1 { "1 row is".to_owned() } else { format!("{} rows are", grouped(twice as u64)) };
        doubts.push(
            Doubt::new("duplicate-rows", format!("{rows} equal to an earlier one"))
                .advice("take copies out of the file, or the hold-out holds rows that training has seen"),
        );
    }
    doubts
}

/// Doubts about the classes of a classification's target.
pub fn of_classes(target: &Guess, counts: &BTreeMap<String, usize>) -> Vec<Doubt> {
    let total: usize = counts.values().sum();
    let Some((rarest, least)) = counts.iter().min_by_key(|(_, count)| **count) else { return Vec::new() };
    let mut doubts = Vec::new();
    if *least < 2 {
        doubts.push(Doubt::of(&target.name, "rare-class", format!("the class `{rarest}` has one row")).advice(
            "training refuses a class of one row: take the row out of the file, or join the class with another",
        ));
    } else if *least * counts.len() * 5 < total {
        let share = 100.0 * *least as f64 / total as f64;
        let advice = "accuracy would flatter a model that never says it, so another metric decides; in Python, \
                      `parameters: {class_weight: balanced}` weighs rare classes more";
        doubts.push(
            Doubt::of(
                &target.name,
                "imbalanced",
                format!("the classes are not balanced: `{rarest}` has {share:.1}% of the rows"),
            )
            .advice(advice),
        );
    }
    doubts
}

/// A doubt about the share of missing cells, if it is great.
pub fn of_missing(guess: &Guess) -> Option<Doubt> {
    let share = guess.missing_share();
    (guess.left_out.is_none() && share >= 0.4 && !matches!(guess.kind, Kind::Text)).then(|| {
        Doubt::of(&guess.name, "missing", format!("{:.0}% of the cells are missing", share * 100.0))
            .advice("`whenMissing: indicator` tells the model so; take the column out if it says nothing")
    })
}
