//! Whether the challenger becomes the champion.

use super::{Champion, Direction, EvaluateError, Evaluation, Metric};
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
    /// The least value that any challenger must have, the first one too.
    pub minimum: Option<f64>,
    /// The greatest value that any challenger may have.
    pub maximum: Option<f64>,
    /// What becomes of a challenger whose champion cannot be measured.
    pub incomparable: Incomparable,
}

/// What becomes of a challenger whose champion cannot be measured on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Incomparable {
    /// It becomes the champion, as the first of a new line of models.
    #[default]
    Promote,
    /// The champion stays.
    Keep,
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
    /// The least value that was asked of the challenger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value that was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The challenger's value of the metric.
    pub challenger: f64,
    /// The champion's value of the metric; null when there is none, or it cannot be measured.
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
        let Rule { metric, direction, margin, minimum, maximum, incomparable } = self;
        let rows = evaluation.challenger.rows;
        let value = |m: &Metrics| metric.of(m).ok_or(EvaluateError::Undefined { metric: metric.name(), rows });
        let challenger = value(&evaluation.challenger)?;
        let champion_metrics = match &evaluation.champion {
            Champion::Measured(metrics) => Some(*metrics),
            _ => None,
        };
        let champion = champion_metrics.as_ref().map(value).transpose()?;
        let name = metric.name();
        let (promote, reason) = match (&evaluation.champion, champion) {
            _ if minimum.is_some_and(|least| challenger < least) => {
                let least = minimum.unwrap_or_default();
                (false, format!("the challenger's {name} of {challenger} is less than the minimum of {least}"))
            }
            _ if maximum.is_some_and(|most| challenger > most) => {
                let most = maximum.unwrap_or_default();
                (false, format!("the challenger's {name} of {challenger} is more than the maximum of {most}"))
            }
            (Champion::Incomparable(why), _) => {
                let promote = incomparable == Incomparable::Promote;
                (promote, format!("the champion cannot be compared ({why}); the challenger's {name} is {challenger}"))
            }
            (_, None) => (true, format!("there is no champion yet; the challenger's {name} is {challenger}")),
            (_, Some(champion)) => {
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
            minimum,
            maximum,
            challenger,
            champion,
            rows,
            challenger_metrics: evaluation.challenger,
            champion_metrics,
            challenger_sha256,
            data_blake3,
        })
    }
}
