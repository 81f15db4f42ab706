//! Sums of trees.

use super::file::{Precision, TreesPart};
use super::layout::{Common, FEATURE, Forest};
use super::{NativeError, finite, invalid, walk};

/// What LightGBM takes for zero.
const ZERO: f64 = 1e-35_f32 as f64;

/// The most trees of a model.
const TREE_LIMIT: usize = 1_000_000;

/// Checked trees.
#[derive(Debug, Clone)]
pub(super) struct Trees {
    /// The slot of each feature.
    columns: Vec<u32>,
    /// Features whose zeros are NaN.
    zero_is_missing: Vec<u32>,
    inputs: Precision,
    sums: Precision,
    base: Vec<f64>,
    divide: Option<f64>,
    forest: Forest,
}

impl Trees {
    /// Checks what the file says; `part.columns` must have been checked.
    pub fn new(part: TreesPart) -> Result<Self, NativeError> {
        finite("model.base", &part.base)?;
        if part.base.is_empty() {
            return Err(invalid("model.base", "is empty, expected a number for each score"));
        }
        if part.divide.is_some_and(|divide| !divide.is_finite() || divide == 0.0) {
            return Err(invalid("model.divide", "is no number to divide by"));
        }
        if part.trees.len() > TREE_LIMIT {
            return Err(invalid("model.trees", format!("there are more than {TREE_LIMIT}")));
        }
        let features = part.columns.len();
        if features > FEATURE as usize {
            return Err(invalid("model.columns", "there are too many"));
        }
        if let Some(feature) = part.zero_is_missing.iter().find(|feature| **feature as usize >= features) {
            return Err(invalid("model.zero_is_missing", format!("feature {feature} is not there")));
        }
        let common = Common { features, outputs: part.base.len(), inputs: part.inputs, compare: part.compare };
        let mut forest = Forest::default();
        for (index, tree) in part.trees.iter().enumerate() {
            forest.push(tree, common, &format!("model.trees[{index}]"))?;
        }
        forest.nodes.shrink_to_fit();
        forest.leaf_at.shrink_to_fit();
        forest.leaves.shrink_to_fit();
        let TreesPart { columns, zero_is_missing, inputs, sums, base, divide, .. } = part;
        Ok(Self { columns, zero_is_missing, inputs, sums, base, divide, forest })
    }

    /// The number of scores of a row.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// Appends the scores of `count` rows whose slots lie one row after another, `width` each.
    ///
    /// # Errors
    /// The row with a value that single precision cannot hold, which the libraries refuse too.
    pub fn scores(
        &self,
        slots: &[f64],
        width: usize,
        count: usize,
        features: &mut Vec<f64>,
        scores: &mut Vec<f64>,
    ) -> Result<(), usize> {
        features.clear();
        for (row, slots) in slots.chunks_exact(width).enumerate() {
            let start = features.len();
            let values = self.columns.iter().map(|at| slots[*at as usize]);
            match self.inputs {
                Precision::Double => features.extend(values),
                Precision::Single => {
                    features.extend(values.map(|value| f64::from(value as f32)));
                    let sum: f64 = features[start..].iter().map(|value| value.abs()).filter(|v| !v.is_nan()).sum();
                    if sum.is_infinite() {
                        return Err(row);
                    }
                }
            }
            for at in &self.zero_is_missing {
                let value = &mut features[start + *at as usize];
                *value = if value.abs() <= ZERO { f64::NAN } else { *value };
            }
        }
        for _ in 0..count {
            scores.extend_from_slice(&self.base);
        }
        let single = self.sums == Precision::Single;
        if count == 1 {
            walk::one_row(&self.forest, features, |tree, at| self.add(tree, at, scores, single));
        } else {
            walk::rows(&self.forest, features, self.columns.len(), count, |tree, row, at| {
                self.add(tree, at, &mut scores[row * self.base.len()..], single);
            });
        }
        if let Some(divide) = self.divide {
            scores.iter_mut().for_each(|score| *score /= divide);
        }
        Ok(())
    }

    #[inline]
    fn add(&self, tree: usize, at: u32, scores: &mut [f64], single: bool) {
        let from = self.forest.leaf_at[at as usize] as usize;
        match self.forest.trees[tree].output {
            Some(output) => {
                let score = &mut scores[output as usize];
                let leaf = self.forest.leaves[from];
                *score = if single { f64::from(*score as f32 + leaf as f32) } else { *score + leaf };
            }
            None => {
                let leaves = &self.forest.leaves[from..][..self.base.len()];
                scores.iter_mut().zip(leaves).for_each(|(score, leaf)| *score += leaf);
            }
        }
    }
}
