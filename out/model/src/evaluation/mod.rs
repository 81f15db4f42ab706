//! Comparing a challenger with the champion on the same held-out rows.

mod classes;
mod decision;
mod metrics;
#[cfg(test)]
mod tests;

pub use classes::ClassMetrics;
pub use decision::{Decision, Incomparable, Rule};
pub(crate) use metrics::finite;
pub use metrics::{Direction, Metric, RegressionMetrics};

use crate::artifact::{Metrics, Model, PredictError};
use crate::contract::{Column, ContractError, DataContract};
use crate::dataset::class_indices;
use crate::dataset::{Batch, DataError, Dataset, Share};
use crate::encoding::Input;
use crate::split::{Part, Split};
use std::borrow::Cow;

/// The metrics of both models on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The challenger's metrics.
    pub challenger: Metrics,
    /// What there is to compare them with.
    pub champion: Champion,
}

/// The model that is in use.
#[derive(Debug, Clone, PartialEq)]
pub enum Champion {
    /// There is none yet.
    None,
    /// Its metrics.
    Measured(Metrics),
    /// It cannot be measured on these data; holds why.
    Incomparable(String),
}

/// Why models cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The contract asks for what this program has not.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The challenger does not fit the contract.
    #[error("the challenger does not fit the data contract: {0}; train it anew")]
    Challenger(String),
    /// A model's prediction is not a number.
    #[error("row {row}: {source}")]
    Predict {
        /// The row of the data set, from 1.
        row: u64,
        /// What is wrong.
        source: PredictError,
    },
    /// There is nothing to evaluate on.
    #[error("no complete row is held out of {rows}: give more data, or a larger holdout.fraction in the data contract")]
    NoRows {
        /// The rows read.
        rows: u64,
    },
    /// The metric is not defined on these rows.
    #[error(
        "{metric} is not defined on the {rows} held-out rows: it is of another task, or their targets are all the same or so great that their squares \
         are no numbers; use another metric"
    )]
    Undefined {
        /// The metric.
        metric: &'static str,
        /// The number of rows.
        rows: u64,
    },
}

/// Evaluates both models on the rows that the contract holds out of the data, which stream through once. The champion is
/// measured with its own features, which the files may have although the contract has them no longer.
///
/// # Errors
/// The data cannot be read or have a bad cell, the challenger does not fit the contract, or no row is held out.
pub fn evaluate(
    data: &Dataset,
    contract: &DataContract,
    challenger: &Model,
    champion: Option<&Model>,
) -> Result<Evaluation, EvaluateError> {
    contract.without_text()?;
    let split = Split::of(data, contract)?;
    let target = |model: &Model| misfit(model, contract).map_or(Ok(()), Err);
    target(challenger).map_err(EvaluateError::Challenger)?;
    let alone = |why: Option<String>| {
        let challenger = run(data, contract, &split, challenger, None)?.0;
        Ok(Evaluation { challenger, champion: why.map_or(Champion::None, Champion::Incomparable) })
    };
    let Some(champion) = champion else { return alone(None) };
    let same_classes = (champion.classes() != challenger.classes()).then(|| "its classes are others".to_owned());
    if let Some(why) = misfit(champion, contract).or(same_classes) {
        return alone(Some(why));
    }
    match run(data, contract, &split, challenger, Some(champion)) {
        Ok((challenger, Some(champion))) => Ok(Evaluation { challenger, champion: Champion::Measured(champion) }),
        Ok((challenger, None)) => Ok(Evaluation { challenger, champion: Champion::None }),
        // What is wrong may be with the champion or its own columns: then the challenger can be measured without it.
        Err(error) => alone(Some(error.to_string())),
    }
}

/// Why a model predicts something else than the contract asks for.
#[must_use]
pub fn misfit(model: &Model, contract: &DataContract) -> Option<String> {
    let (found, expected) = (&model.file().target.name, &contract.target().name);
    if found != expected {
        return Some(format!("it predicts '{found}', the contract's target is '{expected}'"));
    }
    if model.classes().is_some() != contract.task().is_classification() {
        return Some("it is of another task, regression or classification".to_owned());
    }
    None
}

/// The metrics of the challenger, and of the champion.
type Measured = (Metrics, Option<Metrics>);

/// The values of a batch, by a model's features.
pub(crate) type Values<'a> = Vec<Cow<'a, [f64]>>;

fn run(
    data: &Dataset,
    contract: &DataContract,
    split: &Split,
    challenger: &Model,
    champion: Option<&Model>,
) -> Result<Measured, EvaluateError> {
    let mut columns = contract.columns().to_vec();
    let mut first = Contestant::new(challenger, &mut columns);
    if columns.len() > contract.columns().len() {
        let name = &columns[contract.columns().len()].name;
        return Err(EvaluateError::Challenger(format!("it has the feature '{name}', which the contract has not")));
    }
    let mut second = champion.map(|model| Contestant::new(model, &mut columns));
    let target = contract.target_index();
    let mut rows = 0;
    for batch in data.read_columns_strictly(contract, columns, Share::WHOLE) {
        let batch = batch?;
        let truths: Cow<'_, [f64]> = match challenger.classes() {
            None => batch.columns[target].as_slice().into(),
            // A class that no training row has is none that a model could name.
            Some(classes) => class_indices(contract.target().kind, classes, &batch, target).0.into(),
        };
        let contestants = || [Some(&first), second.as_ref()].into_iter().flatten();
        let values: Vec<Values<'_>> = contestants().map(|contestant| contestant.values(&batch)).collect();
        // Both are measured on the rows that both take.
        let held_out: Vec<usize> = (0..batch.rows)
            .filter(|&row| !truths[row].is_nan() && split.part(&batch, row, 1) == Part::HeldOut)
            .filter(|&row| contestants().zip(&values).all(|(contestant, values)| contestant.takes(values, row)))
            .collect();
        for (contestant, values) in [Some(&mut first), second.as_mut()].into_iter().flatten().zip(&values) {
            let failed = |(row, source)| EvaluateError::Predict { row: batch.index + row as u64 + 1, source };
            contestant.push(values, &held_out, &truths).map_err(failed)?;
        }
        rows += batch.rows as u64;
    }
    if first.metrics.rows() == 0 {
        return Err(EvaluateError::NoRows { rows });
    }
    Ok((first.metrics.finish(), second.map(|contestant| contestant.metrics.finish())))
}

/// A model under evaluation.
pub(crate) struct Contestant<'a> {
    model: &'a Model,
    /// The column of each of the model's features in a batch.
    places: Vec<usize>,
    metrics: Score,
}

enum Score {
    Numbers(RegressionMetrics),
    Classes(ClassMetrics),
}

impl Score {
    fn rows(&self) -> u64 {
        match self {
            Self::Numbers(metrics) => metrics.rows(),
            Self::Classes(metrics) => metrics.finish().rows,
        }
    }

    fn finish(&self) -> Metrics {
        match self {
            Self::Numbers(metrics) => metrics.finish(),
            Self::Classes(metrics) => metrics.finish(),
        }
    }
}

impl<'a> Contestant<'a> {
    /// Finds the model's features among the columns, and adds those that are not there.
    pub(crate) fn new(model: &'a Model, columns: &mut Vec<Column>) -> Self {
        let mut place = |input: &Input| {
            columns.iter().position(|column| column.name == input.name).unwrap_or_else(|| {
                let (yes, no) = (input.yes.clone(), input.no.clone());
                let column = Column { required: false, yes, no, ..Column::new(&input.name, input.kind) };
                columns.push(column);
                columns.len() - 1
            })
        };
        let places = model.features().iter().map(|feature| place(&feature.input)).collect();
        let metrics = match model.classes() {
            None => Score::Numbers(RegressionMetrics::default()),
            Some(_) => Score::Classes(ClassMetrics::default()),
        };
        Self { model, places, metrics }
    }

    /// The values of a batch; a level that is refused is infinite.
    pub(crate) fn values<'b>(&self, batch: &'b Batch) -> Values<'b> {
        let inputs = self.model.features().iter().map(|feature| &feature.input).zip(&self.places);
        inputs
            .map(|(input, &place)| {
                let (values, refused) = input.values(batch, place);
                if refused.is_empty() {
                    return values;
                }
                // An unknown level that is refused is no missing value, which may have a fill.
                let mut values = values.into_owned();
                refused.iter().for_each(|(row, _)| values[*row] = f64::INFINITY);
                values.into()
            })
            .collect()
    }

    /// Whether the model can predict a row.
    pub(crate) fn takes(&self, values: &Values<'_>, row: usize) -> bool {
        let mut inputs = self.model.features().iter().map(|feature| &feature.input).zip(values);
        inputs.all(|(input, values)| if values[row].is_nan() { input.is_optional() } else { values[row].is_finite() })
    }

    fn push(&mut self, values: &Values<'_>, rows: &[usize], truths: &[f64]) -> Result<(), (usize, PredictError)> {
        let (mut row, mut out) = (vec![], vec![]);
        for &at in rows {
            row.clear();
            row.extend(values.iter().map(|column| column[at]));
            out.clear();
            self.model.predict(&row, &mut out).map_err(|source| (at, source))?;
            match &mut self.metrics {
                Score::Numbers(metrics) => metrics.push(truths[at], out[0]),
                Score::Classes(metrics) => metrics.push(truths[at] as usize, &out, self.model.file().task.decide(&out)),
            }
        }
        Ok(())
    }
}
