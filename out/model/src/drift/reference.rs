//! How columns and predictions were distributed in the rows that a model was trained on.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use crate::artifact::{ColumnBaseline, Histogram, Model, ModelTask};
use crate::contract::ColumnType;

/// The number of groups that a histogram's bins are put into, each with about a tenth of the rows.
const GROUPS: usize = 10;

/// What logs are held against.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What servers with this model call it in their logs; none for every model.
    #[serde(default)]
    pub models: Vec<String>,
    /// What is predicted.
    pub task: ModelTask,
    /// The features.
    pub columns: Vec<ColumnReference>,
    /// The predictions on the training rows, where the model knows them.
    #[serde(default)]
    pub predictions: Option<Shape>,
}

/// A column in the training rows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnReference {
    /// Its name.
    pub name: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// The levels that the model knows.
    #[serde(default)]
    pub levels: Vec<String>,
    /// The number of rows with a value.
    pub count: u64,
    /// The number of rows without one.
    #[serde(default)]
    pub missing: u64,
    /// How the values were distributed; absent where that cannot be compared.
    #[serde(default)]
    pub shape: Option<Shape>,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// Of numbers.
    Numbers(Numbers),
    /// Of texts.
    Levels(Levels),
}

/// Counts between edges: `counts[i]` values from `edges[i]` up to, but not including, `edges[i + 1]`. What lies below the second edge counts
/// in the first bin, what lies above the last but one in the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// One more than bins, ascending.
    pub edges: Vec<f64>,
    /// Values in each bin.
    pub counts: Vec<u64>,
}

/// Counts of texts; what is none of them is counted together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// Rows of each text.
    pub levels: BTreeMap<String, u64>,
    /// Rows of all others.
    #[serde(default)]
    pub others: u64,
}

impl Reference {
    /// What the model file says; `text` is the file's text, by whose digest servers name the model.
    #[must_use]
    pub fn of(model: &Model, text: &[u8]) -> Self {
        let file = model.file();
        let label: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let column = |feature: &crate::artifact::Feature| {
            let (input, baseline) = (&feature.input, &feature.baseline);
            let shape = match input.kind {
                ColumnType::Category => levels(baseline, &input.levels),
                ColumnType::Text => None,
                _ => numbers(&baseline.histogram),
            };
            ColumnReference {
                name: input.name.clone(),
                kind: input.kind,
                levels: input.levels.clone(),
                count: baseline.count,
                missing: baseline.missing,
                shape,
            }
        };
        let predictions = file.predictions.as_ref().and_then(|baseline| match model.classes() {
            Some(classes) => levels(baseline, classes),
            None => numbers(&baseline.histogram),
        });
        Self {
            models: vec![label],
            task: file.task.clone(),
            columns: model.features().iter().map(column).collect(),
            predictions,
        }
    }
}

/// The bins of a histogram in groups of about a tenth of the values each. A single group has empty ones on both sides, so that a constant
/// that has moved is seen.
fn numbers(histogram: &Histogram) -> Option<Shape> {
    let total = histogram.total();
    if total == 0 {
        return None;
    }
    let (mut edges, mut counts) = (vec![histogram.edge(0)], vec![]);
    let (mut group, mut covered) = (0, 0);
    for (index, &count) in histogram.counts.iter().enumerate() {
        group += count;
        covered += count;
        let full = covered as f64 >= (counts.len() + 1) as f64 * total as f64 / GROUPS as f64;
        if (group > 0 && full && covered < total) || index + 1 == histogram.counts.len() {
            edges.push(histogram.edge(index + 1));
            counts.push(group);
            group = 0;
        }
    }
    if let ([low, high], &[count]) = (edges.as_slice(), counts.as_slice()) {
        return Some(Shape::Numbers(Numbers { edges: vec![*low, *low, *high, *high], counts: vec![0, count, 0] }));
    }
    Some(Shape::Numbers(Numbers { edges, counts }))
}

/// The rows of each level, from a histogram of the levels' indices; of so many levels that several share a bin there is none.
fn levels(baseline: &ColumnBaseline, names: &[String]) -> Option<Shape> {
    let histogram = &baseline.histogram;
    if histogram.total() == 0 || histogram.log2_width > 0 {
        return None;
    }
    let rows = |index: usize| {
        let bin = (index as f64 / histogram.width()).floor() - histogram.first as f64;
        if bin < 0.0 { 0 } else { histogram.counts.get(bin as usize).copied().unwrap_or(0) }
    };
    let levels = names.iter().enumerate().map(|(index, name)| (name.clone(), rows(index))).collect();
    Some(Shape::Levels(Levels { levels, others: 0 }))
}

impl Numbers {
    /// The bin of a value.
    #[must_use]
    pub fn bin(&self, value: f64) -> usize {
        if self.counts.len() < 2 { 0 } else { self.edges[1..self.counts.len()].partition_point(|edge| *edge <= value) }
    }
}
