//! Whether the challenger becomes the champion.

use super::{Direction, EvaluateError, Evaluation, Metric};
use crate::artifact::Metrics;
use serde::{Deserialize, Serialize};

/// The rule of promotion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The metric compared.
    pub metric: Metric,
    /// Which way the metric is better.
    pub direction: Direction,
    /// By how much more than this the challenger must be better, in the metric's unit; 0 or more.
    pub margin: f64,
}

/// The outcome of a comparison: the evaluation file, which pipelines read and registration obeys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Whether the challenger becomes the champion.
    pub promote: bool,
    /// Why, as a sentence.
    pub reason: String,
    /// The metric compared.
    pub metric: Metric,
    /// Which way the metric is better.
    pub direction: Direction,
    /// By how much more than this the challenger had to be better.
    pub margin: f64,
    /// The challenger's value of the metric.
    pub challenger: f64,
    /// The champion's value of the metric; null when there is no champion.
    pub champion: Option<f64>,
    /// The number of held-out rows.
    pub rows: u64,
    /// All of the challenger's metrics.
    pub challenger_metrics: Metrics,
    /// All of the champion's metrics; null when there is no champion.
    pub champion_metrics: Option<Metrics>,
    /// The SHA-256 of the challenger's model file, so that no other model is registered on this decision.
    pub challenger_sha256: String,
    /// The BLAKE3 digest of the data evaluated on.
    pub data_blake3: String,
}

impl Rule {
    /// Decides on an evaluation.
    ///
    /// # Errors
    /// The metric is not defined on the held-out rows.
    pub fn decide(
        self,
        evaluation: &Evaluation,
        challenger_sha256: String,
        data_blake3: String,
    ) -> Result<Decision, EvaluateError> {
        let Rule { metric, direction, margin } = self;
        let rows = evaluation.challenger.rows;
        let value = |m: &Metrics| metric.of(m).ok_or(EvaluateError::Undefined { metric: metric.name(), rows });
        let challenger = value(&evaluation.challenger)?;
        let champion = evaluation.champion.as_ref().map(value).transpose()?;
        let name = metric.name();
        let (promote, reason) = match champion {
            None => (true, format!("there is no champion yet; the challenger's {name} is {challenger}")),
            Some(champion) => {
                let gain = match direction {
                    Direction::Minimize => champion - challenger,
                    Direction::Maximize => challenger - champion,
                };
                let verdict = if gain > margin { "is better by" } else { "is not better by" };
                let than = if margin > 0.0 { format!("more than {margin}") } else { "any amount".to_owned() };
                (
                    gain > margin,
                    format!("the challenger's {name} of {challenger} {verdict} {than} than the champion's {champion}"),
                )
            }
        };
        Ok(Decision {
            promote,
            reason,
            metric,
            direction,
            margin,
            challenger,
            champion,
            rows,
            challenger_metrics: evaluation.challenger,
            champion_metrics: evaluation.champion,
            challenger_sha256,
            data_blake3,
        })
    }
}
