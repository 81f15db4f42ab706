//! Columns that give the target away.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::cell::{dressed, number, trimmed};
use super::doubt::Doubt;
use super::guess::{Guess, Kind};
use super::names::words;
use super::table::Table;
use super::target::Task;

/// Rows by which columns are compared.
const ROWS: usize = 4_000;

/// Columns of numbers whose sums are compared with the target.
const SUMMANDS: usize = 40;

/// Doubts about columns that determine the target, or nearly.
pub fn leaks(table: &Table, guesses: &[Guess], target: &Guess, task: &Task, decimal: char) -> Vec<Doubt> {
    let step = table.rows.len().div_ceil(ROWS).max(1);
    let rows: Vec<&csv::StringRecord> = table.rows.iter().step_by(step).collect();
    let features: Vec<&Guess> =
        guesses.iter().filter(|guess| guess.place != target.place && guess.left_out.is_none()).collect();
    let numbers = |guess: &Guess| -> Vec<Option<f64>> {
        rows.iter().map(|row| value(row.get(guess.place).unwrap_or_default(), guess, decimal)).collect()
    };
    let truth: Vec<&str> = rows.iter().map(|row| trimmed(row.get(target.place).unwrap_or_default())).collect();
    let mut found = Vec::new();
    let regression = *task == Task::Regression;
    let truth_numbers = if regression { numbers(target) } else { Vec::new() };
    let mut columns: Vec<(&Guess, Vec<Option<f64>>)> = Vec::new();
    for guess in features {
        let how = if guess.is_numeric() {
            let values = numbers(guess);
            let how = if regression { correlates(&values, &truth_numbers) } else { separates(&values, &truth) };
            columns.push((guess, values));
            how
        } else if !regression && matches!(guess.kind, Kind::Category(_) | Kind::Boolean(_)) {
            let cells: Vec<&str> = rows.iter().map(|row| row.get(guess.place).unwrap_or_default()).collect();
            determines(&cells, &truth)
        } else {
            None
        };
        let how = how.or_else(|| is_called_like(guess, target));
        found.extend(how.map(|how| {
            Doubt::of(&guess.name, "leak", how)
                .advice("take the column out of the spec if it is not known before the target is")
        }));
    }
    if regression {
        found.extend(sum(&columns, &truth_numbers, &target.name));
    }
    found
}

fn value(cell: &str, guess: &Guess, decimal: char) -> Option<f64> {
    let text = trimmed(cell);
    if guess.markers.iter().any(|marker| marker == text) {
        return None;
    }
    number(text, decimal).or_else(|| dressed(text, decimal).map(|(value, _)| value))
}

/// Whether two columns of numbers are one and the same but for scale.
fn correlates(a: &[Option<f64>], b: &[Option<f64>]) -> Option<String> {
    let pairs: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b)).collect();
    if pairs.len() < 20 {
        return None;
    }
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in &pairs {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    let r = ab / (aa * bb).sqrt();
    (r.abs() > 0.999).then(|| format!("correlates with the target at {r:.4}"))
}

/// Whether some number parts the classes without a mistake.
fn separates(values: &[Option<f64>], truth: &[&str]) -> Option<String> {
    let mut pairs: Vec<(f64, &str)> = values.iter().zip(truth).filter_map(|(v, t)| v.map(|v| (v, *t))).collect();
    let classes: HashSet<&str> = pairs.iter().map(|(_, class)| *class).collect();
    if pairs.len() < 50 || classes.len() < 2 {
        return None;
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let turns = pairs.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    let overlap = pairs.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1);
    (turns + 1 == classes.len() && !overlap).then(|| "parts the classes of the target without a mistake".to_owned())
}

/// Whether each text goes with one class alone.
fn determines(cells: &[&str], truth: &[&str]) -> Option<String> {
    let mut class_of: HashMap<&str, &str> = HashMap::new();
    for (cell, class) in cells.iter().zip(truth) {
        if class_of.insert(cell, class).is_some_and(|before| before != *class) {
            return None;
        }
    }
    let classes: HashSet<&&str> = class_of.values().collect();
    let repeats = cells.len() >= 50 && class_of.len() * 10 <= cells.len() && classes.len() > 1;
    repeats.then(|| "determines the target: each of its values goes with one class".to_owned())
}

/// Whether a column's name has the target's in it.
fn is_called_like(guess: &Guess, target: &Guess) -> Option<String> {
    let (own, of_target) = (words(&guess.name), words(&target.name));
    let whole = of_target.concat();
    let inside = !of_target.is_empty() && own.windows(of_target.len()).any(|part| part == of_target.as_slice());
    let same = own.concat().contains(&whole) && whole.len() >= 5;
    ((inside && whole.len() >= 4) || same).then(|| format!("its name has the target's in it, `{}`", target.name))
}

/// Whether two columns add up to the target in every row.
fn sum(columns: &[(&Guess, Vec<Option<f64>>)], truth: &[Option<f64>], target: &str) -> Option<Doubt> {
    let columns = &columns[..columns.len().min(SUMMANDS)];
    if truth.len() < 20 {
        return None;
    }
    for (at, (a, of_a)) in columns.iter().enumerate() {
        for (b, of_b) in &columns[at + 1..] {
            let mut different: BTreeSet<u64> = BTreeSet::new();
            let adds = of_a.iter().zip(of_b).zip(truth).all(|((a, b), t)| {
                let (Some(a), Some(b), Some(t)) = (a, b, t) else { return false };
                if different.len() < 3 && *a != 0.0 && *b != 0.0 {
                    different.insert(t.to_bits());
                }
                (a + b - t).abs() <= 1e-9 * t.abs().max(1.0)
            });
            if adds && different.len() >= 3 {
                let what = format!("`{}` and `{}` add up to `{target}` in every row", a.name, b.name);
                let advice = "take both out of the spec if they are not known before the target is";
                return Some(Doubt::of(&a.name, "leak", what).advice(advice));
            }
        }
    }
    None
}
