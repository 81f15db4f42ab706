//! Distributed training: each shard writes its statistics, and their sum is fitted.

use super::collect::{Collected, Collector};
use super::prepare::only_numbers;
use super::streamed::{Trained, assemble, fits};
use super::{FitOn, TrainError};
use crate::artifact::Model;
use crate::contract::DataContract;
use crate::dataset::{DataFile, Dataset, FileDigest, Share, combined_digest};
use crate::encoding::{Input, encode};
use crate::ridge::RidgeError;
use crate::split::Split;
use crate::statistics::{Moments, Sketch};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The version of the partial statistics' format.
pub const PARTIAL_VERSION: u32 = 1;

/// The statistics of one shard. Its size depends on the number of columns only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    version: u32,
    /// The shard's index, from 0.
    index: usize,
    /// The number of shards.
    count: usize,
    /// The SHA-256 of the contract, so that shards of different contracts are not added.
    contract_sha256: String,
    split_method: String,
    train: Moments,
    held_out: Moments,
    train_sketches: Vec<Sketch>,
    held_out_sketches: Vec<Sketch>,
    rows: u64,
    skipped: u64,
    digests: Vec<FileDigest>,
}

/// Collects the statistics of one shard.
///
/// # Errors
/// The data cannot be read or have a bad cell.
pub fn train_shard(data: &Dataset, contract: &DataContract, share: Share) -> Result<Partial, TrainError> {
    only_numbers(contract)?;
    let split = Split::of(data, contract)?;
    let (inputs, places) = inputs(contract);
    let mut collector = Collector::new(contract.columns().len(), 1);
    for batch in data.read_strictly(contract, share) {
        let batch = batch?;
        let mut encoded = encode(&inputs, &places, &batch);
        encoded.columns.push(batch.columns[contract.target_index()].as_slice().into());
        collector.push(&batch, &encoded, &split);
    }
    // Each file's digest is made by one shard.
    let own = data.files().iter().enumerate().filter(|(i, _)| i % share.count() == share.index());
    let digests = own.map(|(_, file): (_, &DataFile)| file.digest()).collect::<Result<_, _>>()?;
    let collected = collector.finish();
    Ok(Partial {
        version: PARTIAL_VERSION,
        index: share.index(),
        count: share.count(),
        contract_sha256: contract_digest(contract),
        split_method: split.method().to_owned(),
        train: collected.train(),
        held_out: collected.held_out,
        train_sketches: collected.train_sketches,
        held_out_sketches: collected.held_out_sketches,
        rows: collected.rows,
        skipped: collected.skipped,
        digests,
    })
}

/// Adds the partial statistics in a folder and fits the sum. Files whose names do not end in `.json` are passed over.
///
/// # Errors
/// A file cannot be read or is of another contract or version, a shard is missing or occurs twice, or the regression
/// cannot be fitted.
pub fn combine(folder: &Path, contract: &DataContract, alpha: f64, fit_on: FitOn) -> Result<Model, TrainError> {
    only_numbers(contract)?;
    let mut parts = read_all(folder, contract)?;
    parts.sort_by_key(|part| part.index);
    let problem = |problem: String| TrainError::Partial { path: folder.to_owned(), problem };
    let Some(first) = parts.first() else {
        return Err(problem("there is no partial file, expected one from each shard".into()));
    };
    let (count, method) = (first.count, first.split_method.clone());
    if let Some(other) = parts.iter().find(|p| p.count != count || p.split_method != method) {
        return Err(problem(format!(
            "shard {} is of {} shards split by {}, another is of {count} split by {method}: train all shards of one run",
            other.index, other.count, other.split_method
        )));
    }
    for index in 0..count {
        match parts.iter().filter(|p| p.index == index).count() {
            1 => {}
            0 => return Err(problem(format!("shard {index} of {count} is missing"))),
            n => return Err(problem(format!("shard {index} of {count} is there {n} times"))),
        }
    }
    let digests = parts.iter().flat_map(|p| p.digests.clone()).collect();
    let collected = sum(&parts, contract.columns().len());
    let (train_fit, all_fit) = fits(&collected, alpha, fit_on, |_, _| Ok(None))?;
    let trained = Trained { collected, alpha, search: vec![], train_fit, all_fit };
    assemble(trained, contract, &inputs(contract).0, fit_on, &method, combined_digest(digests))
}

/// The features and their columns.
fn inputs(contract: &DataContract) -> (Vec<Input>, Vec<usize>) {
    let places = (0..contract.columns().len()).filter(|place| *place != contract.target_index()).collect();
    (contract.features().map(Input::of).collect(), places)
}

impl Partial {
    /// The partial statistics as JSON text.
    ///
    /// # Errors
    /// A number is not finite because the data overflow; JSON has no text for it.
    pub fn to_json(&self) -> Result<String, TrainError> {
        if !(self.train.is_sound() && self.held_out.is_sound()) {
            return Err(RidgeError::Overflow.into());
        }
        serde_json::to_string(self).map_err(|_| RidgeError::Overflow.into())
    }

    /// Reads and checks partial statistics of a contract.
    fn load(path: &Path, contract: &DataContract) -> Result<Self, TrainError> {
        let failed = |source| TrainError::PartialFile { action: "read", path: path.to_owned(), source };
        let problem = |problem: String| TrainError::Partial { path: path.to_owned(), problem };
        let text = std::fs::read(path).map_err(failed)?;
        let part: Self = serde_json::from_slice(&text).map_err(|e| problem(e.to_string()))?;
        if part.version != PARTIAL_VERSION {
            return Err(problem(format!("it has version {}, expected {PARTIAL_VERSION}", part.version)));
        }
        if part.contract_sha256 != contract_digest(contract) {
            return Err(problem("it is of another data contract".into()));
        }
        let width = contract.columns().len();
        let sound = [&part.train, &part.held_out].iter().all(|m| m.width() == width && m.is_sound())
            && [&part.train_sketches, &part.held_out_sketches]
                .iter()
                .all(|s| s.len() == width && s.iter().all(Sketch::is_sound));
        if !sound || part.index >= part.count {
            return Err(problem("its numbers do not fit together".into()));
        }
        Ok(part)
    }
}

fn read_all(folder: &Path, contract: &DataContract) -> Result<Vec<Partial>, TrainError> {
    let failed = |source| TrainError::PartialFile { action: "list", path: folder.to_owned(), source };
    let mut parts = vec![];
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "json") {
            parts.push(Partial::load(&path, contract)?);
        }
    }
    Ok(parts)
}

fn sum(parts: &[Partial], width: usize) -> Collected {
    let mut sum = Collected {
        folds: vec![Moments::empty(width)],
        held_out: Moments::empty(width),
        train_sketches: vec![Sketch::default(); width],
        held_out_sketches: vec![Sketch::default(); width],
        raw: vec![],
        rows: 0,
        skipped: 0,
    };
    for part in parts {
        sum.folds[0].merge(&part.train);
        sum.held_out.merge(&part.held_out);
        sum.train_sketches.iter_mut().zip(&part.train_sketches).for_each(|(a, b)| a.merge(b));
        sum.held_out_sketches.iter_mut().zip(&part.held_out_sketches).for_each(|(a, b)| a.merge(b));
        sum.rows += part.rows;
        sum.skipped += part.skipped;
    }
    sum
}

fn contract_digest(contract: &DataContract) -> String {
    crate::dataset::hex(&Sha256::digest(contract.to_json()))
}
