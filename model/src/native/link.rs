//! From raw scores to what is answered.

use super::file::{LinkKind, LinkPart, Precision};
use super::{NativeError, invalid};
use crate::artifact::{ModelTask, softmax};

/// The most classes of a model.
const CLASS_LIMIT: usize = 10_000;

/// A checked link: it fits the number of scores and the task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    kind: LinkKind,
    precision: Precision,
    scale: f64,
    scores: usize,
    classifies: bool,
}

/// Refuses a classification without two different classes.
pub(super) fn check_task(task: &ModelTask) -> Result<(), NativeError> {
    let ModelTask::Classification { classes, threshold } = task else { return Ok(()) };
    if classes.len() < 2 || classes.len() > CLASS_LIMIT {
        return Err(invalid("task.classes", format!("there are {}, expected 2 to {CLASS_LIMIT}", classes.len())));
    }
    let mut sorted: Vec<&String> = classes.iter().collect();
    sorted.sort();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(invalid("task.classes", format!("'{}' occurs twice", pair[0])));
    }
    match threshold {
        Some(threshold) if !(0.0..=1.0).contains(threshold) => {
            Err(invalid("task.threshold", format!("is {threshold}, expected 0 to 1")))
        }
        _ => Ok(()),
    }
}

impl Link {
    pub fn new(part: &LinkPart, scores: usize, task: &ModelTask) -> Result<Self, NativeError> {
        let classes = match task {
            ModelTask::Classification { classes, .. } => Some(classes.len()),
            ModelTask::Regression {} => None,
        };
        let expected = match (part.kind, classes) {
            (LinkKind::Logistic, None | Some(2)) => Some(1),
            (LinkKind::Identity | LinkKind::Exp | LinkKind::Square, None) => Some(1),
            (LinkKind::Softmax | LinkKind::EachLogistic | LinkKind::Probabilities, Some(count)) => Some(count),
            _ => None,
        };
        if expected != Some(scores) {
            let what = classes.map_or_else(|| "a regression".to_owned(), |count| format!("{count} classes"));
            return Err(invalid("link", format!("{:?} makes nothing for {what} of {scores} scores", part.kind)));
        }
        let scale = part.scale.unwrap_or(1.0);
        if !scale.is_finite() {
            return Err(invalid("link.scale", format!("{scale} is not a finite number")));
        }
        Ok(Self { kind: part.kind, precision: part.precision, scale, scores, classifies: classes.is_some() })
    }

    /// Appends what the scores of some rows mean.
    pub fn apply(&self, scores: &[f64], out: &mut Vec<f64>) {
        match (self.kind, self.precision) {
            (LinkKind::Identity | LinkKind::Probabilities, _) => out.extend_from_slice(scores),
            (LinkKind::Exp, Precision::Double) => out.extend(scores.iter().map(|z| z.exp())),
            (LinkKind::Exp, Precision::Single) => out.extend(scores.iter().map(|z| f64::from((*z as f32).exp()))),
            (LinkKind::Square, _) => out.extend(scores.iter().map(|z| (z * z).copysign(*z))),
            (LinkKind::Logistic, Precision::Double) => self.logistic(scores, |p| 1.0 - p, out),
            (LinkKind::Logistic, Precision::Single) => self.logistic(scores, |p| f64::from(1.0 - p as f32), out),
            (LinkKind::EachLogistic, _) => out.extend(scores.iter().map(|z| self.probability(*z))),
            (LinkKind::Softmax, precision) => {
                let start = out.len();
                out.extend_from_slice(scores);
                let one = if precision == Precision::Single { softmax_single } else { softmax };
                out[start..].chunks_exact_mut(self.scores).for_each(one);
            }
        }
    }

    fn logistic(&self, scores: &[f64], other: impl Fn(f64) -> f64, out: &mut Vec<f64>) {
        for score in scores {
            let p = self.probability(*score);
            if self.classifies {
                out.push(other(p));
            }
            out.push(p);
        }
    }

    /// `1 / (1 + exp(-z))`, in single precision as XGBoost computes it.
    fn probability(&self, score: f64) -> f64 {
        match self.precision {
            Precision::Double => 1.0 / (1.0 + (-(self.scale * score)).exp()),
            Precision::Single => {
                let z = (-(score as f32)).min(88.7);
                f64::from(1.0 / ((z.exp() + 1.0) + 1e-16))
            }
        }
    }
}

/// XGBoost's softmax: exponentials in single precision, their sum in double.
fn softmax_single(scores: &mut [f64]) {
    let greatest = scores.iter().map(|z| *z as f32).fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|z| *z = f64::from((*z as f32 - greatest).exp()));
    let sum = scores.iter().sum::<f64>() as f32;
    scores.iter_mut().for_each(|z| *z = f64::from(*z as f32 / sum));
}
