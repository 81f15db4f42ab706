//! Comparing a challenger with the champion on the same held-out rows.

mod classes;
mod decision;
mod metrics;
#[cfg(test)]
mod tests;

pub use classes::ClassMetrics;
pub use decision::{Decision, Incomparable, Rule};
pub use metrics::{Direction, Metric, RegressionMetrics};

use crate::artifact::{Metrics, Model, PredictError};
use crate::contract::{Column, ContractError, DataContract};
use crate::dataset::{Batch, DataError, Dataset, Problem, Share};
use crate::encoding::Input;
use crate::split::{Part, Split};
use crate::training::class_indices;
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
        "{metric} is not defined on the {rows} held-out rows: it is of another task, or their targets are all the same; use \
         another metric"
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
        Ok((challenger, Some(Ok(champion)))) => Ok(Evaluation { challenger, champion: Champion::Measured(champion) }),
        Ok((challenger, Some(Err(why)))) => Ok(Evaluation { challenger, champion: Champion::Incomparable(why) }),
        Ok((challenger, None)) => Ok(Evaluation { challenger, champion: Champion::None }),
        // What is wrong may be with the champion's own columns: then the challenger can be measured without them.
        Err(EvaluateError::Data(error)) => alone(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Why a model predicts something else than the contract asks for.
fn misfit(model: &Model, contract: &DataContract) -> Option<String> {
    let (found, expected) = (&model.file().target.name, &contract.target().name);
    if found != expected {
        return Some(format!("it predicts '{found}', the contract's target is '{expected}'"));
    }
    if model.classes().is_some() != contract.task().is_classification() {
        return Some("it is of another task, regression or classification".to_owned());
    }
    None
}

/// The metrics of the challenger, and of the champion or why there are none.
type Measured = (Metrics, Option<Result<Metrics, String>>);

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
    let mut second = champion.map(|model| Ok(Contestant::new(model, &mut columns)));
    let target = contract.target_index();
    let mut rows = 0;
    for batch in data.read_columns_strictly(contract, columns.clone(), Share::WHOLE) {
        let batch = batch?;
        let refuse = |(row, column, problem)| data.refuse(contract, &batch, row, column, problem);
        let lacking = batch.rows_that_lack(|place| place == target || first.needs(place));
        let complete = |row: usize| lacking.as_ref().is_none_or(|rows| !rows[row]);
        let held_out: Vec<usize> =
            (0..batch.rows).filter(|&row| complete(row) && split.part(&batch, row, 1) == Part::HeldOut).collect();
        let truths: Cow<'_, [f64]> = match challenger.classes() {
            None => batch.columns[target].as_slice().into(),
            Some(classes) => {
                let indices = class_indices(contract.target().kind, classes, &batch, target);
                indices.map_err(|(row, problem)| refuse((row, target, problem)))?.into()
            }
        };
        let predict = |row: usize, source| EvaluateError::Predict { row: batch.index + row as u64 + 1, source };
        match first.push(&batch, &held_out, &truths) {
            Ok(()) => {}
            Err(Failure::Cell(row, column, problem)) => return Err(refuse((row, column, problem)).into()),
            Err(Failure::Predict(row, source)) => return Err(predict(row, source)),
        }
        if let Some(Ok(contestant)) = &mut second
            && let Err(failure) = contestant.push(&batch, &held_out, &truths)
        {
            second = Some(Err(match failure {
                Failure::Cell(row, column, problem) => {
                    format!("row {}, column '{}': {problem}", batch.index + row as u64 + 1, columns[column].name)
                }
                Failure::Predict(row, source) => predict(row, source).to_string(),
            }));
        }
        rows += batch.rows as u64;
    }
    if first.metrics.rows() == 0 {
        return Err(EvaluateError::NoRows { rows });
    }
    Ok((first.metrics.finish(), second.map(|second| second.map(|contestant| contestant.metrics.finish()))))
}

/// A model under evaluation.
struct Contestant<'a> {
    model: &'a Model,
    /// The column of each of the model's features in a batch.
    places: Vec<usize>,
    metrics: Score,
}

/// Why a contestant cannot predict: the row in the batch, and the column.
enum Failure {
    Cell(usize, usize, Problem),
    Predict(usize, PredictError),
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
    fn new(model: &'a Model, columns: &mut Vec<Column>) -> Self {
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

    /// Whether a column must have a value for a prediction.
    fn needs(&self, column: usize) -> bool {
        let mut own = self.model.features().iter().zip(&self.places);
        own.any(|(feature, place)| *place == column && feature.input.fill.is_none())
    }

    fn push(&mut self, batch: &Batch, rows: &[usize], truths: &[f64]) -> Result<(), Failure> {
        let inputs = self.model.features().iter().map(|feature| &feature.input).zip(&self.places);
        let columns: Result<Vec<_>, _> = inputs
            .map(|(input, &place)| {
                input.values(batch, place).map_err(|(row, problem)| Failure::Cell(row, place, problem))
            })
            .collect();
        let columns = columns?;
        let (mut row, mut out) = (vec![], vec![]);
        for &at in rows {
            row.clear();
            row.extend(columns.iter().map(|column| column[at]));
            out.clear();
            self.model.predict(&row, &mut out).map_err(|source| Failure::Predict(at, source))?;
            match &mut self.metrics {
                Score::Numbers(metrics) => metrics.push(truths[at], out[0]),
                Score::Classes(metrics) => metrics.push(truths[at] as usize, &out, self.model),
            }
        }
        Ok(())
    }
}
