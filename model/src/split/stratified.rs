//! The split that holds out the same share of every class.

use super::Split;
use super::mt19937::Mt19937;
use crate::contract::{DataContract, Holdout, Task};
use crate::dataset::class_text;
use crate::dataset::{DataError, Dataset, Share};
use std::collections::BTreeMap;

/// The class of each row, in the contract's order or that of the texts; `None` without a target.
pub(super) fn classes(data: &Dataset, contract: &DataContract) -> Result<Vec<Option<usize>>, DataError> {
    let kind = contract.target().kind;
    let mut texts: Vec<Option<String>> = vec![];
    for batch in data.read_columns_strictly(contract, vec![contract.target().clone()], Share::WHOLE) {
        let batch = batch?;
        let text = |value: &f64| (!value.is_nan()).then(|| class_text(kind, &batch, 0, *value));
        texts.extend(batch.columns[0].iter().map(text));
    }
    let given = match contract.task() {
        Task::Classification { classes: Some(classes), .. } => classes.clone(),
        _ => vec![],
    };
    let rank = |text: &String| given.iter().position(|class| class == text).unwrap_or(given.len());
    let mut order: BTreeMap<_, usize> = texts.iter().flatten().map(|text| ((rank(text), text), 0)).collect();
    order.values_mut().enumerate().for_each(|(at, place)| *place = at);
    Ok(texts.iter().map(|text| text.as_ref().map(|text| order[&(rank(text), text)])).collect())
}

impl Split {
    /// The split of `train_test_split(test_size=fraction, random_state=seed, stratify=y)` over the rows that have a class:
    /// scikit-learn's `StratifiedShuffleSplit` and `_approximate_mode`. Where that refuses classes of a single row, or a
    /// hold-out smaller than the number of classes, the same steps are taken here.
    #[must_use]
    pub fn stratified(classes: &[Option<usize>], holdout: Holdout) -> Self {
        let mut random = Mt19937::seeded(holdout.seed);
        let count = classes.iter().flatten().max().map_or(0, |most| most + 1);
        let mut members: Vec<Vec<usize>> = vec![vec![]; count];
        for (row, class) in classes.iter().enumerate() {
            if let Some(class) = class {
                members[*class].push(row);
            }
        }
        let counts: Vec<usize> = members.iter().map(Vec::len).collect();
        let rows: usize = counts.iter().sum();
        let held_out = ((holdout.fraction * rows as f64).ceil() as usize).min(rows.saturating_sub(1));
        let train = approximate_mode(&counts, rows - held_out, &mut random);
        let left: Vec<usize> = counts.iter().zip(&train).map(|(count, train)| count - train).collect();
        let test = approximate_mode(&left, held_out, &mut random);
        let (mut trained_on, mut tested_on) = (vec![], vec![]);
        for ((members, train), test) in members.iter().zip(&train).zip(&test) {
            let order = permutation(members.len(), &mut random);
            let mut rows = order.iter().map(|&at| members[at]);
            trained_on.extend(rows.by_ref().take(*train));
            tested_on.extend(rows.take(*test));
        }
        let shuffled = |rows: Vec<usize>, random: &mut Mt19937| {
            permutation(rows.len(), random).into_iter().map(|at| rows[at]).collect::<Vec<_>>()
        };
        let trained_on = shuffled(trained_on, &mut random);
        let tested_on = shuffled(tested_on, &mut random);
        // Rows without a class come last; they take no part in anything.
        let without = classes.iter().enumerate().filter(|(_, class)| class.is_none()).map(|(row, _)| row);
        let mut places = vec![0; classes.len()];
        let held_out = tested_on.len() as u32;
        for (place, row) in tested_on.into_iter().chain(trained_on).chain(without).enumerate() {
            places[row] = place as u32;
        }
        Self::Permutation { places, held_out }
    }
}

/// numpy's `RandomState.permutation`.
fn permutation(length: usize, random: &mut Mt19937) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for i in (1..length).rev() {
        order.swap(i, random.up_to(i as u32) as usize);
    }
    order
}

/// How many of `draws` each class gets: its share rounded down, and one more for those with the greatest remainders, by
/// lot among equals (scikit-learn's `_approximate_mode`).
fn approximate_mode(counts: &[usize], draws: usize, random: &mut Mt19937) -> Vec<usize> {
    let all = counts.iter().sum::<usize>() as f64;
    if all == 0.0 {
        return vec![0; counts.len()];
    }
    let exact: Vec<f64> = counts.iter().map(|&count| count as f64 / all * draws as f64).collect();
    let mut floors: Vec<usize> = exact.iter().map(|v| v.floor() as usize).collect();
    let mut missing = draws.saturating_sub(floors.iter().sum());
    let remainders: Vec<f64> = exact.iter().map(|v| v - v.floor()).collect();
    let mut different = remainders.clone();
    different.sort_unstable_by(|a, b| b.total_cmp(a));
    different.dedup();
    for value in different {
        if missing == 0 {
            break;
        }
        let equals: Vec<usize> = (0..counts.len()).filter(|&class| remainders[class] == value).collect();
        let now = equals.len().min(missing);
        for at in permutation(equals.len(), random).into_iter().take(now) {
            floors[equals[at]] += 1;
        }
        missing -= now;
    }
    floors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Batch;
    use crate::split::Part;

    fn held_out(classes: &[usize], fraction: f64, seed: u32) -> Vec<usize> {
        let classes: Vec<Option<usize>> = classes.iter().map(|class| Some(*class)).collect();
        let split = Split::stratified(&classes, Holdout { fraction, seed });
        let batch = Batch { rows: classes.len(), ..Batch::default() };
        (0..classes.len()).filter(|&row| split.part(&batch, row, 1) == Part::HeldOut).collect()
    }

    #[test]
    fn the_stratified_split_is_that_of_scikit_learn() {
        // sorted(train_test_split(range(n), test_size=f, random_state=seed, stratify=y)[1]) of scikit-learn 1.9.1
        assert_eq!(held_out(&[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 0.2, 0), [0, 9, 10, 15]);
        assert_eq!(
            held_out(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2], 0.25, 42),
            [3, 4, 11, 17, 18]
        );
        assert_eq!(
            held_out(
                &[
                    0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1,
                    1, 1, 0, 1
                ],
                0.3,
                7
            ),
            [5, 8, 9, 11, 13, 18, 20, 29, 32, 33, 35, 36]
        );
        assert_eq!(
            held_out(&[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2], 0.2, 123),
            [2, 6, 7, 8, 13]
        );
    }

    #[test]
    fn rows_without_a_class_are_never_held_out() {
        let classes = [Some(0), None, Some(1), Some(0), None, Some(1), Some(0), Some(1), None, Some(0)];
        let split = Split::stratified(&classes, Holdout { fraction: 0.3, seed: 0 });
        let batch = Batch { rows: 10, ..Batch::default() };
        let held_out: Vec<usize> = (0..10).filter(|&row| split.part(&batch, row, 1) == Part::HeldOut).collect();
        assert_eq!(held_out.len(), 3);
        assert!(held_out.iter().all(|row| classes[*row].is_some()));
    }
}
