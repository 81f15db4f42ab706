//! Either kind of model that a folder may hold, as the server uses it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::artifact::{MODEL_FILE, Model, ModelError, ModelTask, PredictError};
use crate::contract::UnknownColumns;
use crate::encoding::Input;
use crate::native::{Buffers, NATIVE_FILE, NativeError, NativeModel};

/// A model that predicts.
#[derive(Debug)]
pub enum Predictor {
    /// A ridge or logistic regression of this crate's `train`.
    Linear(Box<Model>),
    /// What a Python project exported.
    Native(Box<NativeModel>),
}

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is a file of this crate's `train`.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It is one that Python exported.
    #[error(transparent)]
    Native(#[from] NativeError),
}

/// An input and what it was like in training.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The column.
    pub input: &'a Input,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The mean.
    pub mean: f64,
}

/// What tells the two kinds of files apart: only exported ones name their format.
#[derive(Deserialize)]
struct Kind {
    format: Option<IgnoredAny>,
}

/// The file that a `--model` path means: the path itself, or in a folder `native-model.json` where there is one, else
/// `model.json`.
pub fn model_file(path: &Path) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let native = path.join(NATIVE_FILE);
    if native.is_file() { native } else { path.join(MODEL_FILE) }
}

impl Predictor {
    /// Reads the text of a model file of either kind.
    ///
    /// # Errors
    /// The text is no valid model file.
    pub fn from_json(text: &[u8]) -> Result<Self, LoadError> {
        match serde_json::from_slice(text) {
            Ok(Kind { format: Some(_) }) => Ok(Self::Native(Box::new(NativeModel::from_json(text)?))),
            _ => Ok(Self::Linear(Box::new(Model::from_json(text)?))),
        }
    }

    /// The inputs, in the order of a row's values.
    pub fn inputs(&self) -> Vec<Seen<'_>> {
        match self {
            Self::Linear(model) => {
                let features = model.features().iter();
                let seen = features.map(|feature| {
                    let known = &feature.baseline;
                    Seen { input: &feature.input, min: known.min, max: known.max, mean: known.mean }
                });
                seen.collect()
            }
            Self::Native(model) => {
                let seen = model.inputs().zip(model.ranges());
                seen.map(|(input, (min, max, mean))| Seen { input, min, max, mean }).collect()
            }
        }
    }

    /// What becomes of columns in a request that the model does not have.
    pub fn unknown_columns(&self) -> UnknownColumns {
        match self {
            Self::Linear(model) => model.file().unknown_columns,
            Self::Native(model) => model.unknown_columns(),
        }
    }

    /// What is predicted.
    pub fn task(&self) -> &ModelTask {
        match self {
            Self::Linear(model) => &model.file().task,
            Self::Native(model) => model.task(),
        }
    }

    /// The classes, in the order of their probabilities; `None` of a regression.
    pub fn classes(&self) -> Option<&[String]> {
        match self.task() {
            ModelTask::Classification { classes, .. } => Some(classes),
            ModelTask::Regression {} => None,
        }
    }

    /// The number of values predicted for a row: one number, or the probability of each class.
    pub fn outputs(&self) -> usize {
        self.classes().map_or(1, <[String]>::len)
    }

    /// The column that is predicted.
    pub fn target(&self) -> &str {
        match self {
            Self::Linear(model) => &model.file().target.name,
            Self::Native(model) => &model.about().target,
        }
    }

    /// One sentence on what the model is and where it comes from.
    pub fn description(&self) -> String {
        match self {
            Self::Linear(model) => {
                let file = model.file();
                let kind = if self.classes().is_some() { "Logistic" } else { "Ridge" };
                let (rows, version) = (file.training.rows, &file.code_version);
                format!("{kind} regression (alpha {}) trained on {rows} rows by version {version}.", file.alpha)
            }
            Self::Native(model) => {
                let about = model.about();
                let (estimator, rows) = (&about.estimator, about.training_rows);
                format!("{estimator} trained on {rows} rows by version {}.", about.code_version)
            }
        }
    }

    /// Predicts rows that lie one after another, and appends [`outputs`](Self::outputs) values a row to `out`.
    ///
    /// # Errors
    /// The length is not a multiple of the width, or a prediction is not finite; `out` is as it was then.
    pub fn predict(&self, rows: &[f64], buffers: &mut Buffers, out: &mut Vec<f64>) -> Result<(), PredictError> {
        match self {
            Self::Linear(model) => model.predict(rows, out),
            Self::Native(model) => model.predict(rows, buffers, out),
        }
    }
}
