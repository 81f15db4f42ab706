//! Rows ready for a fit: read, split, and encoded by what was found in the training rows.

use super::TrainError;
use super::sorted::Sorted;
use crate::artifact::ModelTask;
use crate::contract::{ColumnType, DataContract, Task, WhenMissing};
use crate::dataset::{Batch, Dataset, class_indices, class_text};
use crate::encoding::{Encoded, Fitting, Input, encode};
use crate::split::{PERMUTATION_VALUES, Part, Split};
use std::borrow::Cow;

/// Values of batches that are kept for a second look, so that nothing is parsed twice; 1 GiB of memory.
const KEPT_VALUES: u64 = 1 << 27;

/// A data set with everything that is needed to encode its rows.
pub(super) struct Prepared<'a> {
    data: &'a Dataset,
    pub contract: &'a DataContract,
    pub split: Split,
    /// The features.
    pub inputs: Vec<Input>,
    /// The column of each of them in a batch.
    pub places: Vec<usize>,
    /// What is predicted.
    pub task: ModelTask,
    /// What a first look has kept.
    kept: Option<(Vec<Batch>, String)>,
}

impl<'a> Prepared<'a> {
    /// Looks at the training rows as far as the contract leaves something to them.
    pub fn new(data: &'a Dataset, contract: &'a DataContract) -> Result<Self, TrainError> {
        contract.without_text()?;
        let split = Split::of(data, contract)?;
        let target = contract.target_index();
        let places: Vec<usize> = (0..contract.columns().len()).filter(|place| *place != target).collect();
        let mut fitting = Fitting::new(contract);
        let mut classes = Classes::new(contract);
        let mut kept = None;
        if !(fitting.needs_nothing() && classes.is_known()) {
            let mut sorted = Sorted::default();
            let mut batches = data.read_strictly_digested(contract);
            let (mut list, mut values, mut rows) = (vec![], 0, 0);
            for batch in &mut batches {
                let batch = batch?;
                let incomplete = batch.rows_that_lack(|place| fitting.drops(place));
                sorted.sort(&batch, incomplete.as_deref(), &split, 1);
                fitting.push(&batch, &sorted.folds[0]);
                classes.push(&batch, &sorted.folds[0]);
                values += (batch.rows * batch.columns.len()) as u64;
                rows += batch.rows as u64;
                if values <= KEPT_VALUES {
                    list.push(batch);
                } else {
                    list.clear();
                }
            }
            if rows == 0 {
                return Err(TrainError::NoRows { rows: 0, skipped: 0 });
            }
            let digest = batches.digest();
            kept = digest.filter(|_| values <= KEPT_VALUES).map(|digest| (list, digest));
        }
        let inputs = fitting.finish()?;
        Ok(Self { data, contract, split, inputs, places, task: classes.task(contract)?, kept })
    }

    /// The number of columns of an encoded batch: the features' numbers and the target.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(Input::width).sum::<usize>() + 1
    }

    /// Whether the encoded rows may be kept as one table.
    pub fn fits_in_memory(&self) -> bool {
        match &self.split {
            Split::Permutation { places, .. } => (places.len() * self.width()) as u64 <= PERMUTATION_VALUES,
            Split::Hash { .. } => false,
        }
    }

    /// Gives every batch with its encoded rows, the target last; and the digest of the data.
    pub fn each(&self, mut take: impl FnMut(&Batch, &Encoded<'_>)) -> Result<String, TrainError> {
        if let Some((batches, digest)) = &self.kept {
            for batch in batches {
                take(batch, &self.encode(batch)?);
            }
            return Ok(digest.clone());
        }
        let mut batches = self.data.read_strictly_digested(self.contract);
        for batch in &mut batches {
            let batch = batch?;
            take(&batch, &self.encode(&batch)?);
        }
        match batches.digest() {
            Some(digest) => Ok(digest),
            None => Ok(self.data.blake3()?),
        }
    }

    fn is_trained_on(&self, batch: &Batch, row: usize) -> bool {
        matches!(self.split.part(batch, row, 1), Part::Train(_))
    }

    /// Encodes a batch, the target last.
    fn encode<'b>(&self, batch: &'b Batch) -> Result<Encoded<'b>, TrainError> {
        let refuse = |(row, column, problem)| self.data.refuse(self.contract, batch, row, column, problem);
        let mut encoded = encode(&self.inputs, &self.places, batch);
        // Held-out rows may have what the training rows have not, and are left out then.
        if let Some(at) = encoded.refused.iter().position(|(row, ..)| self.is_trained_on(batch, *row)) {
            return Err(refuse(encoded.refused.swap_remove(at)).into());
        }
        let place = self.contract.target_index();
        let target = match &self.task {
            ModelTask::Regression {} => Cow::Borrowed(batch.columns[place].as_slice()),
            ModelTask::Classification { classes, .. } => {
                let kind = self.contract.target().kind;
                let (indices, refused) = class_indices(kind, classes, batch, place);
                for (row, problem) in refused {
                    if self.is_trained_on(batch, row) {
                        return Err(refuse((row, place, problem)).into());
                    }
                    encoded.leave_out(row, batch.rows);
                }
                Cow::Owned(indices)
            }
        };
        encoded.columns.push(target);
        Ok(encoded)
    }
}

/// The statistics of one share are of numbers alone: levels and fills of others are not known to it.
pub(super) fn only_numbers(contract: &DataContract) -> Result<(), TrainError> {
    let plain = |column: &&crate::contract::Column| {
        Input::of(column).is_plain() && matches!(column.when_missing(), None | Some(WhenMissing::DropRow))
    };
    match contract.features().find(|column| !plain(column)) {
        None if !contract.task().is_classification() => Ok(()),
        None => Err(TrainError::Sharded { what: "a classification".to_owned() }),
        Some(column) => Err(TrainError::Sharded { what: format!("the column '{}'", column.name) }),
    }
}

/// The classes of the target, found in the training rows where the contract does not list them.
enum Classes {
    Known,
    Found { kind: ColumnType, place: usize, classes: std::collections::BTreeSet<String> },
}

impl Classes {
    fn new(contract: &DataContract) -> Self {
        match contract.task() {
            Task::Classification { classes: None, .. } => Self::Found {
                kind: contract.target().kind,
                place: contract.target_index(),
                classes: std::collections::BTreeSet::new(),
            },
            _ => Self::Known,
        }
    }

    fn is_known(&self) -> bool {
        matches!(self, Self::Known)
    }

    fn push(&mut self, batch: &Batch, rows: &[u32]) {
        let Self::Found { kind, place, classes } = self else { return };
        let mut last = f64::NAN;
        for value in rows.iter().map(|&row| batch.columns[*place][row as usize]) {
            if value != last {
                classes.insert(class_text(*kind, batch, *place, value));
                last = value;
            }
        }
    }

    fn task(self, contract: &DataContract) -> Result<ModelTask, TrainError> {
        let Task::Classification { classes: given, threshold } = contract.task() else {
            return Ok(ModelTask::Regression {});
        };
        let classes = match self {
            Self::Found { classes, .. } => classes.into_iter().collect(),
            Self::Known => given.clone().unwrap_or_default(),
        };
        if classes.len() < 2 || (threshold.is_some() && classes.len() != 2) {
            return Err(TrainError::Classes { found: classes.len() });
        }
        Ok(ModelTask::Classification { classes, threshold: *threshold })
    }
}
