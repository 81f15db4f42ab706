//! The shape of the model file.

use super::baseline::ColumnBaseline;
use super::error::{ModelError, finite, invalid};
use super::version::SCHEMA_VERSION;
use crate::contract::{ColumnType, UnknownColumns};
use crate::encoding::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The name of the model file in a model folder.
pub const MODEL_FILE: &str = "model.json";

/// The greatest number of features of a model. Training keeps a square matrix of this size (2 GiB at the limit).
pub const FEATURE_LIMIT: usize = 16_384;

/// The content of a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The version of the crate that trained the model.
    pub code_version: String,
    /// What is predicted.
    pub task: ModelTask,
    /// The penalty on the sum of squared coefficients, as in `|y - Xw|^2 + alpha |w|^2`; of a classification as in
    /// `loss + alpha / 2 |w|^2`.
    pub alpha: f64,
    /// The constant of each linear function: of a regression and of two classes there is one function, of more classes
    /// one for each.
    pub intercepts: Vec<f64>,
    /// The features, in the order of a row's values.
    pub features: Vec<Feature>,
    /// What becomes of columns in a request that the model does not have.
    #[serde(default)]
    pub unknown_columns: UnknownColumns,
    /// The column that is predicted.
    pub target: Target,
    /// What the model predicts of the rows it was trained on, of a classification the index of the class; absent where the rows were not
    /// kept (streamed data).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<ColumnBaseline>,
    /// How well the model does.
    pub metrics: ModelMetrics,
    /// How the model came to be.
    pub training: Training,
}

/// One feature of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The column and how its values become numbers.
    pub input: Input,
    /// For each linear function the coefficients of the numbers; unit: target per feature.
    pub coefficients: Vec<Vec<f64>>,
    /// The column in the training rows; `min` and `max` are the training range.
    pub baseline: ColumnBaseline,
}

/// What a model predicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ModelTask {
    /// A number: the linear function itself.
    Regression {},
    /// The probabilities of classes: the logistic function of two, the softmax of more.
    Classification {
        /// The classes, in the order of their probabilities.
        classes: Vec<String>,
        /// The probability from which on the second of two classes is predicted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<f64>,
    },
}

impl ModelTask {
    /// The number of linear functions.
    #[must_use]
    pub fn functions(&self) -> usize {
        match self {
            Self::Classification { classes, .. } if classes.len() > 2 => classes.len(),
            _ => 1,
        }
    }
}

impl ModelTask {
    /// The classes; none of a regression.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Regression {} => &[],
            Self::Classification { classes, .. } => classes,
        }
    }

    /// The index of the class that probabilities decide for: of two the second from the threshold on, of more the first of
    /// the most probable.
    #[must_use]
    pub fn decide(&self, probabilities: &[f64]) -> usize {
        match (self, probabilities) {
            (Self::Classification { threshold, .. }, [_, p]) => usize::from(*p >= threshold.unwrap_or(0.5)),
            _ => {
                let best = |best: usize, (at, p): (usize, &f64)| if *p > probabilities[best] { at } else { best };
                probabilities.iter().enumerate().fold(0, best)
            }
        }
    }
}

/// The target of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The column's name.
    pub name: String,
    /// The column in the training rows.
    pub baseline: ColumnBaseline,
}

/// The metrics of the model on the rows it was trained on and on the rows held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelMetrics {
    /// On the rows trained on.
    pub train: Metrics,
    /// On the rows held out, by the model fitted on the others; absent when nothing was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Metrics>,
}

/// Metrics, as scikit-learn's `metrics` module defines them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The number of rows.
    pub rows: u64,
    /// The mean squared error, in the target's unit squared; absent of a classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mse: Option<f64>,
    /// The root of the mean squared error, in the target's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmse: Option<f64>,
    /// The mean absolute error, in the target's unit; absent where only sums of squares were kept (streamed data).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mae: Option<f64>,
    /// The coefficient of determination; absent for fewer than two rows or a constant target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// The mean absolute error relative to the target's size; absent where only sums of squares were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mape: Option<f64>,
    /// The area under the receiver operating characteristic, of more than two classes the mean of each against the rest;
    /// absent when a class has no row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auc: Option<f64>,
    /// The mean negative logarithm of the true class's probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<f64>,
    /// The F1 score of the second of two classes, of more the mean of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1: Option<f64>,
    /// The share of rows that are decided right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The mean squared distance of the second of two classes' probability from the truth; of more, summed over classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// The mean over classes of the share of their rows that are decided right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balanced_accuracy: Option<f64>,
}

impl Metrics {
    /// The metrics that there are.
    fn values(&self) -> impl Iterator<Item = f64> {
        let regression = [self.mse, self.rmse, self.mae, self.r2, self.mape];
        let classes = [self.auc, self.log_loss, self.f1, self.accuracy, self.brier, self.balanced_accuracy];
        regression.into_iter().chain(classes).flatten()
    }
}

/// How the model came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The number of rows that the coefficients were fitted on.
    pub rows: u64,
    /// The number of rows left out because an optional column had no value.
    pub rows_skipped: u64,
    /// The BLAKE3 digest of the data, in hexadecimal: of the file, or of the list of the folder's files and their digests.
    pub data_blake3: String,
    /// Which rows were held out.
    pub split: SplitRecord,
    /// Whether the fit can be trusted.
    pub diagnostics: Diagnostics,
    /// The alphas of the search and their cross-validated mean squared errors, in the order tried; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<(f64, f64)>,
}

/// Which rows were held out, in enough detail to hold out the same ones again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRecord {
    /// `permutation` or `hash`; see the `split` module.
    pub method: String,
    /// The share held out.
    pub fraction: f64,
    /// The seed.
    pub seed: u32,
    /// `train` when the held-out rows took no part in the fit, `all` when they were added for the last fit.
    pub fit_on: String,
}

/// Whether the fit can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnostics {
    /// The method that gave the coefficients.
    pub solver: String,
    /// The condition number (ratio of the greatest to the least singular value) of the centred and augmented system;
    /// absent when the least singular value is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<f64>,
    /// The numerical rank of the centred features.
    pub rank: u64,
    /// Why the fit should not be trusted as it is; empty when it can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl ModelFile {
    pub(super) fn check(&self) -> Result<(), ModelError> {
        if self.schema_version != SCHEMA_VERSION {
            return Err(ModelError::Version { found: self.schema_version });
        }
        if self.features.is_empty() || self.features.len() > FEATURE_LIMIT {
            let problem = format!("there are {}, expected 1 to {FEATURE_LIMIT}", self.features.len());
            return Err(invalid("features", problem));
        }
        let functions = self.task.functions();
        if self.intercepts.len() != functions {
            return Err(invalid("intercepts", format!("there are {}, expected {functions}", self.intercepts.len())));
        }
        if matches!(&self.task, ModelTask::Classification { classes, .. } if classes.len() < 2) {
            return Err(invalid("task.classes", "there are less than two"));
        }
        let mut names = BTreeSet::from([self.target.name.as_str()]);
        for (index, feature) in self.features.iter().enumerate() {
            let input = &feature.input;
            let place = |member: &str| format!("features[{index}].{member}");
            if !names.insert(&input.name) {
                return Err(invalid(place("input.name"), format!("'{}' occurs twice", input.name)));
            }
            let shape = feature.coefficients.iter().all(|row| row.len() == input.width());
            if feature.coefficients.len() != functions || !shape {
                let problem = format!("expected {functions} lists of {} numbers", input.width());
                return Err(invalid(place("coefficients"), problem));
            }
            for value in feature.coefficients.iter().flatten().chain(&input.fill) {
                finite(&place("coefficients"), *value)?;
            }
            let level = |index: f64| index >= 0.0 && index.fract() == 0.0 && index < input.levels.len() as f64;
            let most_frequent = input.most_frequent.map(|index| index as f64);
            if input.kind == ColumnType::Category && !input.fill.iter().chain(&most_frequent).all(|index| level(*index))
            {
                return Err(invalid(place("input"), "fill or most_frequent is not the index of a level"));
            }
            feature.baseline.check(&format!("features[{index}].baseline"))?;
        }
        self.target.baseline.check("target.baseline")?;
        self.predictions.iter().try_for_each(|predictions| predictions.check("predictions"))?;
        self.intercepts.iter().try_for_each(|value| finite("intercepts", *value))?;
        // What is not finite has no text in JSON, and could not be read again.
        let measured =
            [("metrics.train", Some(&self.metrics.train)), ("metrics.holdout", self.metrics.holdout.as_ref())];
        for (place, metrics) in measured.into_iter().filter_map(|(place, metrics)| Some((place, metrics?))) {
            if let Some(value) = metrics.values().find(|value| !value.is_finite()) {
                return Err(invalid(
                    place,
                    format!("{value} is no finite number: scale the target to smaller numbers"),
                ));
            }
        }
        finite("alpha", self.alpha)
    }
}
