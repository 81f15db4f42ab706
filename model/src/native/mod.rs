//! Models that Python trained: their fitted parameters in a file of our own, `native-model.json`, and the evaluation of them.
//!
//! The exporter of a rendered Python project writes the file (`export/` of its package); this module reads it into values that
//! cannot be wrong and predicts what the Python estimator predicts: sums of trees to the last bit, links within rounding.
//!
//! # The file, version 1
//!
//! A JSON object; numbers are `f64` in the shortest text that reads back as the same. Unknown members are refused.
//!
//! | Member | What it is |
//! |---|---|
//! | `format`, `version` | `mlops-gen native model`, 1 |
//! | `code_version`, `estimator` | of the package that trained, and the names of the estimators, for people |
//! | `task` | `{"kind": "regression"}`, or `classification` with `classes` and perhaps `threshold` |
//! | `target`, `training_rows`, `unknown_columns` | as in the data contract |
//! | `inputs` | the columns of a request: each an [`Input`] under `input`, with `min`, `max`, `mean` of the training rows |
//! | `steps` | what is made of them, below |
//! | `model` | the estimator, below |
//! | `link` | from raw scores to the answer, below |
//!
//! **Slots.** A row is a list of numbers. It begins with one slot an input (number, index of the level, -1 for none, NaN for
//! nothing; `fill` is put in already), then one for each input with `indicator`: 1 where its value was missing. Each step
//! appends slots made of earlier ones:
//!
//! | `kind` | Appends |
//! |---|---|
//! | `lookup` | `width` numbers for `column`: those of the row of `rows` whose key in `keys` is equal, `missing` for NaN, else `otherwise`; without one of these the row is refused. `null` is NaN |
//! | `fill` | each of `columns`, NaN replaced by its number of `values` |
//! | `missing` | 1 for each of `columns` that is NaN, else 0 |
//! | `scale` | each of `columns` minus `subtract`, divided by `divide`, times `multiply`, plus `add`, within `clip` (those that are there) |
//! | `product` | for each list of `terms` the product of these slots |
//!
//! **Models.** `columns` are the slots that the estimator sees as its features.
//!
//! - `linear`: `intercepts[k] + sum(coefficients[k][i] * x[i])`.
//! - `trees`: from `base` on, the leaf of each tree is added in order, then the sums are divided by `divide`. `inputs` and `sums`
//!   say in what precision the features are compared and the leaves are added (`single` or `double`); `zero_is_missing` names
//!   features whose zeros (LightGBM's: up to 1e-35) count as NaN. A tree's split `i` takes `left[i]` where `feature[i]` is at
//!   most `threshold[i]` (below it, where `compare` is `less`), else `right[i]`; a child is the index of a split, or `-1 - leaf`.
//!   NaN goes by letter `i` of `directions` (`l`, `r`; without it right). `categories` make a split one of membership: whole
//!   numbers in `values` go `listed`, others the other way. `leaves` has one number a leaf, added to score `output`, or, without
//!   `output`, one for each score.
//!
//! **Links**, `{"kind", "precision", "scale"}`: `identity`, `exp`, `square` (signed), `logistic` (one score, two classes; a
//! regression has its value), `softmax`, `each-logistic`, `probabilities` (the scores are such).

mod file;
mod inputs;
mod layout;
mod link;
mod steps;
#[cfg(test)]
mod tests;
mod trees;
mod walk;

use crate::artifact::{ModelTask, PredictError};
use crate::contract::UnknownColumns;
use crate::encoding::Input;
use inputs::Inputs;
use link::Link;
use steps::{Slots, Step};
use trees::Trees;

/// The name of the file in a model folder.
pub const NATIVE_FILE: &str = "native-model.json";

/// The value of `format`.
pub const FORMAT: &str = "mlops-gen native model";

/// The version of the format that this crate reads.
pub const VERSION: u32 = 1;

/// Rows that are evaluated together: what they and a tree need fits into the processor's caches.
const BLOCK: usize = 64;

/// Why a native model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The text is not JSON of the file's shape.
    #[error("the native model file is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It is another format or version.
    #[error(
        "the native model file has format '{format}' version {version}, expected '{FORMAT}' version {VERSION}: train the model again \
         with this project's package, or build the image of that release"
    )]
    Version {
        /// The format found.
        format: String,
        /// The version found.
        version: u32,
    },
    /// A value breaks a rule.
    #[error("the native model file is not valid: {place}: {problem}")]
    Invalid {
        /// Where, as a JSON path.
        place: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

fn invalid(place: impl Into<String>, problem: impl Into<String>) -> NativeError {
    NativeError::Invalid { place: place.into(), problem: problem.into() }
}

fn finite(place: &str, values: &[f64]) -> Result<(), NativeError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(invalid(place, format!("{value} is not a finite number"))),
        None => Ok(()),
    }
}

fn same_length(place: &str, found: usize, expected: usize) -> Result<(), NativeError> {
    if found == expected {
        return Ok(());
    }
    Err(invalid(place, format!("has {found} entries, expected {expected}")))
}

/// A checked model, ready to predict.
#[derive(Debug, Clone)]
pub struct NativeModel {
    inputs: Inputs,
    steps: Vec<Step>,
    /// Slots of a row after the last step.
    slots: usize,
    core: Core,
    link: Link,
    task: ModelTask,
    about: About,
    unknown_columns: UnknownColumns,
}

/// What the file says for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Names of the estimators.
    pub estimator: String,
    /// The version of the package that trained it.
    pub code_version: String,
    /// The column that is predicted.
    pub target: String,
    /// The number of rows it was trained on.
    pub training_rows: u64,
}

/// The estimator.
#[derive(Debug, Clone)]
enum Core {
    Linear { columns: Vec<u32>, coefficients: Vec<Vec<f64>>, intercepts: Vec<f64> },
    Trees(Trees),
}

/// Memory of an evaluation, used again from call to call.
#[derive(Debug, Default)]
pub struct Buffers {
    slots: Vec<f64>,
    features: Vec<f64>,
    scores: Vec<f64>,
}

impl NativeModel {
    /// Parses and checks the JSON text of a file.
    ///
    /// # Errors
    /// The text is not JSON of the file's shape, of another version, or something in it cannot be evaluated: the place is named.
    pub fn from_json(text: &[u8]) -> Result<Self, NativeError> {
        let file::Head { format, version } = serde_json::from_slice(text)?;
        if format != FORMAT || version != VERSION {
            return Err(NativeError::Version { format, version });
        }
        let file: file::NativeFile = serde_json::from_slice(text)?;
        link::check_task(&file.task)?;
        let inputs = Inputs::new(file.inputs, &file.target)?;
        let mut slots = Slots::of(inputs.slots());
        let steps = steps::check(file.steps, &mut slots)?;
        let core = match file.model {
            file::ModelPart::Linear { columns, coefficients, intercepts } => {
                slots.check("model.columns", &columns)?;
                same_length("model.intercepts", intercepts.len(), coefficients.len())?;
                finite("model.intercepts", &intercepts)?;
                for (k, row) in coefficients.iter().enumerate() {
                    let place = format!("model.coefficients[{k}]");
                    same_length(&place, row.len(), columns.len())?;
                    finite(&place, row)?;
                }
                Core::Linear { columns, coefficients, intercepts }
            }
            file::ModelPart::Trees(trees) => {
                slots.check("model.columns", &trees.columns)?;
                Core::Trees(Trees::new(trees)?)
            }
        };
        let link = Link::new(&file.link, core.scores(), &file.task)?;
        let about = About {
            estimator: file.estimator,
            code_version: file.code_version,
            target: file.target,
            training_rows: file.training_rows,
        };
        let unknown_columns = file.unknown_columns;
        Ok(Self { inputs, steps, slots: slots.count(), core, link, task: file.task, about, unknown_columns })
    }

    /// The columns of a request, in the order of a row's values.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = &Input> {
        self.inputs.columns.iter().map(|column| &column.input)
    }

    /// Least, greatest and mean value of each input in the training rows; of a category the indices of its levels, and 0.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (f64, f64, f64)> {
        self.inputs.columns.iter().map(|column| (column.min, column.max, column.mean))
    }

    /// The number of inputs, which is the width of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.inputs.columns.len()
    }

    /// What is predicted.
    #[must_use]
    pub fn task(&self) -> &ModelTask {
        &self.task
    }

    /// What becomes of columns in a request that the model does not have.
    #[must_use]
    pub fn unknown_columns(&self) -> UnknownColumns {
        self.unknown_columns
    }

    /// What the file says for people.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The number of values predicted for a row: one number, or the probability of each class.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match &self.task {
            ModelTask::Classification { classes, .. } => classes.len(),
            ModelTask::Regression {} => 1,
        }
    }

    /// Predicts rows that lie one after another, and appends [`outputs`](Self::outputs) values a row to `out`. On an error `out` is
    /// as it was. Nothing is allocated once `buffers` have grown.
    ///
    /// # Errors
    /// The length is not a multiple of the width, or a prediction is not finite.
    pub fn predict(&self, rows: &[f64], buffers: &mut Buffers, out: &mut Vec<f64>) -> Result<(), PredictError> {
        let (width, before) = (self.width(), out.len());
        if !rows.len().is_multiple_of(width) {
            return Err(PredictError::Ragged { found: rows.len(), expected: width });
        }
        for (block, rows) in rows.chunks(BLOCK * width).enumerate() {
            let count = rows.len() / width;
            let failed = self.block(rows, count, buffers).err();
            let failed = failed.or_else(|| {
                let start = out.len();
                self.link.apply(&buffers.scores, out);
                out[start..].iter().position(|y| !y.is_finite()).map(|place| place / self.outputs())
            });
            if let Some(row) = failed {
                out.truncate(before);
                return Err(PredictError::NotFinite { row: block * BLOCK + row });
            }
        }
        Ok(())
    }

    /// Fills `buffers.scores` for some rows.
    ///
    /// # Errors
    /// The row of the block that cannot be evaluated.
    fn block(&self, rows: &[f64], count: usize, buffers: &mut Buffers) -> Result<(), usize> {
        let Buffers { slots, features, scores } = buffers;
        slots.clear();
        slots.resize(count * self.slots, 0.0);
        for (row, (values, slots)) in
            rows.chunks_exact(self.width()).zip(slots.chunks_exact_mut(self.slots)).enumerate()
        {
            self.inputs.encode(values, slots);
            let mut at = self.inputs.slots();
            for step in &self.steps {
                at += step.apply(slots, at).ok_or(row)?;
            }
        }
        scores.clear();
        match &self.core {
            Core::Trees(trees) => trees.scores(slots, self.slots, count, features, scores),
            Core::Linear { columns, coefficients, intercepts } => {
                for slots in slots.chunks_exact(self.slots) {
                    scores.extend(coefficients.iter().zip(intercepts).map(|(coefficients, intercept)| {
                        let terms = coefficients.iter().zip(columns).map(|(c, at)| c * slots[*at as usize]);
                        terms.sum::<f64>() + intercept
                    }));
                }
                Ok(())
            }
        }
    }
}

impl Core {
    /// The number of raw scores of a row.
    fn scores(&self) -> usize {
        match self {
            Self::Linear { intercepts, .. } => intercepts.len(),
            Self::Trees(trees) => trees.outputs(),
        }
    }
}
