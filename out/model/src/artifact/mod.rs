//! The model file: a versioned JSON document that training writes and evaluation, registration and scoring read.
//!
//! Numbers survive exactly: they are written with the shortest text that reads back to the same `f64` (and read with
//! `serde_json`'s `float_roundtrip`), so a loaded model predicts the very bits that the trained one did.

mod baseline;
mod error;
mod file;
mod parse;
#[cfg(test)]
mod tests;
mod version;
mod version_1;

pub use baseline::{ColumnBaseline, Histogram};
pub use error::ModelError;
pub use file::{
    Diagnostics, FEATURE_LIMIT, Feature, MODEL_FILE, Metrics, ModelFile, ModelMetrics, ModelTask, SplitRecord, Target,
    Training,
};
pub use version::SCHEMA_VERSION;

use std::path::{Path, PathBuf};

/// A checked model, ready to predict: linear functions `intercept + sum(coefficient[i] * x[i])` of what its features
/// become, and of those the number or the probabilities that are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    file: ModelFile,
    /// The coefficients of each linear function, one function after another.
    coefficients: Vec<f64>,
    /// Whether every value of a row is the number that it becomes.
    plain: bool,
}

/// Why a row cannot be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    /// The row has another number of values than the model has features.
    #[error("the row has {found} values, expected {expected}")]
    Width {
        /// The number of values given.
        found: usize,
        /// The number of features of the model.
        expected: usize,
    },
    /// The number of values given is not a whole number of rows.
    #[error("{found} values are not whole rows of {expected}")]
    Ragged {
        /// The number of values given.
        found: usize,
        /// The number of features of the model.
        expected: usize,
    },
    /// The prediction is not a finite number, because an input is not or is too large.
    #[error("the prediction of row {row} is not a finite number, check the size of the inputs")]
    NotFinite {
        /// The row's index within the call, from 0.
        row: usize,
    },
}

impl Model {
    /// Checks a model file's content.
    ///
    /// # Errors
    /// The schema version differs, there is no feature, a name occurs twice, or a number that predictions depend on
    /// is not finite.
    pub fn new(file: ModelFile) -> Result<Self, ModelError> {
        file.check()?;
        let function = |at: usize| file.features.iter().flat_map(move |f| f.coefficients[at].iter().copied());
        let coefficients = (0..file.task.functions()).flat_map(function).collect();
        let plain = file.features.iter().all(|f| f.input.is_plain());
        Ok(Self { file, coefficients, plain })
    }

    /// Parses and checks the JSON text of a model file.
    ///
    /// # Errors
    /// As [`new`](Self::new), or the text is not JSON of the file's shape.
    pub fn from_json(text: &[u8]) -> Result<Self, ModelError> {
        Self::new(ModelFile::from_json(text)?)
    }

    /// Reads and checks a model file.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), or the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let text = std::fs::read(path).map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
        Self::from_json(&text)
    }

    /// Reads `model.json` of a model folder; `None` when the folder or the file is not there.
    ///
    /// # Errors
    /// As [`load`](Self::load), except that a missing file is not an error.
    pub fn load_from_folder(folder: &Path) -> Result<Option<Self>, ModelError> {
        match Self::load(&folder.join(MODEL_FILE)) {
            Err(ModelError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// The model as JSON text, ending in a line feed.
    ///
    /// # Errors
    /// A number in the file is not finite; JSON has no text for it.
    pub fn to_json(&self) -> Result<String, ModelError> {
        Ok(serde_json::to_string_pretty(&self.file)? + "\n")
    }

    /// Writes the model file under a temporary name beside it and renames it into place, so that a reader sees the old
    /// file or the new one and never a part of one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        let text = self.to_json()?;
        let failed = |source| ModelError::Write { path: path.to_owned(), source };
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = PathBuf::from(temporary);
        std::fs::write(&temporary, text).map_err(failed)?;
        std::fs::rename(&temporary, path).map_err(failed)
    }

    /// Everything that the file says.
    #[must_use]
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// The number of features, which is the width of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.file.features.len()
    }

    /// The number of values predicted for a row: one number, or the probability of each class.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.classes().map_or(1, <[String]>::len)
    }

    /// The classes, in the order of their probabilities; `None` of a regression.
    #[must_use]
    pub fn classes(&self) -> Option<&[String]> {
        match &self.file.task {
            ModelTask::Classification { classes, .. } => Some(classes),
            ModelTask::Regression {} => None,
        }
    }

    /// The features, in the order of a row's values.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.file.features
    }

    /// The coefficients of the numbers that the features become, one linear function after another; unit: target per
    /// feature.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The first linear function's value of the row of which every number is 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.file.intercepts[0]
    }

    /// Predicts one row of [`width`](Self::width) values: the number, or the probability of the last class. Values are as
    /// [`Input`](crate::encoding::Input) says.
    ///
    /// # Errors
    /// The row has another width, or the prediction is not finite.
    pub fn predict_row(&self, row: &[f64]) -> Result<f64, PredictError> {
        if row.len() != self.width() {
            return Err(PredictError::Width { found: row.len(), expected: self.width() });
        }
        let mut out = Vec::with_capacity(self.outputs());
        self.predict(row, &mut out)?;
        Ok(out[out.len() - 1])
    }

    /// Predicts rows that lie one after another, and appends [`outputs`](Self::outputs) values a row to `out`. Each value
    /// has the bits that [`predict_row`](Self::predict_row) gives. On an error `out` is as it was.
    ///
    /// # Errors
    /// The length is not a multiple of the width, or a prediction is not finite.
    pub fn predict(&self, rows: &[f64], out: &mut Vec<f64>) -> Result<(), PredictError> {
        let (width, before) = (self.width(), out.len());
        if !rows.len().is_multiple_of(width) {
            return Err(PredictError::Ragged { found: rows.len(), expected: width });
        }
        if self.plain && self.outputs() == 1 {
            out.extend(rows.chunks_exact(width).map(|row| self.intercept() + dot(&self.coefficients, row)));
        } else {
            rows.chunks_exact(width).for_each(|row| self.predict_any(row, out));
        }
        match out[before..].iter().position(|y| !y.is_finite()) {
            None => Ok(()),
            Some(place) => {
                out.truncate(before);
                Err(PredictError::NotFinite { row: place / self.outputs() })
            }
        }
    }

    fn predict_any(&self, row: &[f64], out: &mut Vec<f64>) {
        let start = out.len();
        let functions = self.file.intercepts.len();
        let per_function = self.coefficients.len() / functions;
        let linear = |at: usize| {
            let mut rest = &self.coefficients[at * per_function..];
            let terms = self.file.features.iter().zip(row).map(|(feature, value)| {
                let (own, others) = rest.split_at(feature.input.width());
                rest = others;
                feature.input.term(own, *value)
            });
            self.file.intercepts[at] + terms.sum::<f64>()
        };
        out.extend((0..functions).map(linear));
        match &self.file.task {
            ModelTask::Regression {} => {}
            ModelTask::Classification { .. } if functions == 1 => {
                let z = out[start];
                out.truncate(start);
                out.extend([logistic(-z), logistic(z)]);
            }
            ModelTask::Classification { .. } => softmax(&mut out[start..]),
        }
    }
}

/// `1 / (1 + exp(-z))`, without an overflow on the way.
pub(crate) fn logistic(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}

/// `exp(z_i) / sum(exp(z))` in place, without an overflow on the way.
pub(crate) fn softmax(z: &mut [f64]) {
    let greatest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    z.iter_mut().for_each(|z| *z = (*z - greatest).exp());
    let sum: f64 = z.iter().sum();
    z.iter_mut().for_each(|z| *z /= sum);
}

/// The inner product, in four interleaved sums so that the additions do not wait for one another. The order is fixed:
/// the same inputs give the same bits everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (x, y) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
