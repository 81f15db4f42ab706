//! Newton's method on standardised columns.

use super::evaluation::{Evaluation, Rows};
use super::standard::Standard;
use super::{FittedLogistic, LogisticError, LogisticValidParams};
use super::{softmax, two_classes};
use crate::tasks::in_order;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};

/// The rows that one task adds up. Tasks are merged in order, so that the result does not depend on the number of threads.
const TASK_ROWS: usize = 4_096;

/// The halvings of a step before the search along it gives up.
const HALVINGS: usize = 30;

/// The part of the expected gain that a step must bring (Armijo's rule).
const ENOUGH: f64 = 1e-4;

/// Beyond this a penalty leaves a coefficient no room anyway.
const GREATEST_PENALTY: f64 = 1e200;

/// What is minimised.
pub(super) struct Problem<'a> {
    /// The columns, with a mean of 0 and a deviation of 1.
    columns: Vec<Vec<f64>>,
    means: Vec<f64>,
    scales: Vec<f64>,
    targets: &'a [usize],
    weights: Option<&'a [f64]>,
    /// The number of linear functions.
    functions: usize,
    alpha: f64,
}

impl<'a> Problem<'a> {
    pub fn new(
        columns: &[&[f64]],
        targets: &'a [usize],
        weights: Option<&'a [f64]>,
        functions: usize,
        alpha: f64,
    ) -> Self {
        let standard = in_order(columns.len(), None, |at| Standard::of(columns[at]));
        let (means, scales) = standard.iter().map(|column| (column.mean, column.scale)).unzip();
        let columns = standard.into_iter().map(|column| column.values).collect();
        Self { columns, means, scales, targets, weights, functions, alpha }
    }

    /// The number of parameters of a function: one for each column, and the intercept.
    fn width(&self) -> usize {
        self.columns.len() + 1
    }

    /// Which parameters are free. Adding the same to all functions of a softmax changes no probability, so the last
    /// function stays 0.
    fn free(&self) -> Vec<usize> {
        let all = self.functions * self.width();
        (0..if self.functions > 1 { all - self.width() } else { all }).collect()
    }

    /// The penalty on half the square of a column's parameter.
    fn penalty(&self, column: usize) -> f64 {
        (self.alpha / (self.scales[column] * self.scales[column])).min(GREATEST_PENALTY)
    }

    /// Adds the penalty. Of several functions it is that of the form in which they add up to 0, whatever is added to all:
    /// `alpha / 2 (sum(w_k^2) - sum(w_k)^2 / n)`.
    fn penalise(&self, theta: &[f64], sum: &mut Evaluation) {
        let (width, n) = (self.width(), self.functions);
        let share = if n > 1 { 1.0 / n as f64 } else { 0.0 };
        for j in 0..self.columns.len() {
            let penalty = self.penalty(j);
            let all: f64 = (0..n).map(|k| theta[k * width + j]).sum();
            for k in 0..n {
                let own = theta[k * width + j];
                sum.loss += penalty / 2.0 * own * (own - all * share);
                sum.gradient[k * width + j] += penalty * (own - all * share);
                for l in 0..n {
                    let same = if k == l { 1.0 } else { 0.0 };
                    sum.hessian[(k * width + j, l * width + j)] += penalty * (same - share);
                }
            }
        }
    }

    fn evaluate(&self, theta: &[f64]) -> Evaluation {
        let part = |task: usize| {
            let rows = self.rows(task);
            if self.functions == 1 {
                two_classes::part(&rows, theta)
            } else {
                softmax::part(&rows, theta, self.functions)
            }
        };
        let mut sum = Evaluation::empty(theta.len());
        in_order(self.targets.len().div_ceil(TASK_ROWS), None, part).iter().for_each(|part| sum.add(part));
        self.penalise(theta, &mut sum);
        sum
    }

    /// The rows of a task.
    fn rows(&self, task: usize) -> Rows<'_> {
        let range = task * TASK_ROWS..self.targets.len().min((task + 1) * TASK_ROWS);
        Rows {
            columns: self.columns.iter().map(|column| &column[range.clone()]).collect(),
            targets: &self.targets[range.clone()],
            weights: self.weights.map(|weights| &weights[range]),
        }
    }

    /// Coefficients and intercepts of the columns as they were given.
    fn fitted(&self, theta: &[f64], iterations: usize) -> FittedLogistic {
        let (width, features) = (self.width(), self.columns.len());
        let mut coefficients: Vec<Vec<f64>> = theta
            .chunks_exact(width)
            .map(|function| (0..features).map(|j| function[j] / self.scales[j]).collect())
            .collect();
        let shift = |function: &Vec<f64>| function.iter().zip(&self.means).map(|(w, m)| w * m).sum::<f64>();
        let mut intercepts: Vec<f64> =
            theta.chunks_exact(width).zip(&coefficients).map(|(own, w)| own[features] - shift(w)).collect();
        if self.functions > 1 {
            // The form in which coefficients and intercepts add up to 0 over the classes, which is scikit-learn's.
            let n = self.functions as f64;
            let mean = intercepts.iter().sum::<f64>() / n;
            intercepts.iter_mut().for_each(|b| *b -= mean);
            for j in 0..features {
                let mean = coefficients.iter().map(|w| w[j]).sum::<f64>() / n;
                coefficients.iter_mut().for_each(|w| w[j] -= mean);
            }
        }
        FittedLogistic { intercepts, coefficients, iterations }
    }
}

/// Finds the least value.
pub(super) fn minimise(problem: &Problem<'_>, params: &LogisticValidParams) -> Result<FittedLogistic, LogisticError> {
    let size = problem.functions * problem.width();
    let free = problem.free();
    let mut theta = vec![0.0; size];
    let mut now = problem.evaluate(&theta);
    let greatest = |values: &[f64]| values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let beginning = greatest(&now.gradient).max(f64::MIN_POSITIVE);
    for iteration in 1..=params.steps {
        let failed = |now: &Evaluation| LogisticError::NotConverged {
            iterations: iteration,
            gradient: greatest(&now.gradient) / beginning,
        };
        let step = newton_step(&now, &free).ok_or_else(|| failed(&now))?;
        let slope: f64 = free.iter().zip(&step).map(|(&at, s)| now.gradient[at] * s).sum();
        let mut length = 1.0;
        let mut halvings = 0;
        let (next_theta, next) = loop {
            let mut candidate = theta.clone();
            free.iter().zip(&step).for_each(|(&at, s)| candidate[at] += length * s);
            let evaluation = problem.evaluate(&candidate);
            // Near the end the gain drowns in rounding.
            let rounding = 8.0 * f64::EPSILON * now.loss.abs();
            if evaluation.loss <= now.loss + ENOUGH * length * slope + rounding {
                break (candidate, evaluation);
            }
            halvings += 1;
            if halvings > HALVINGS {
                return Err(failed(&now));
            }
            length /= 2.0;
        };
        (theta, now) = (next_theta, next);
        // Steps shrink quadratically: after one of this size, what remains is rounding.
        if length * greatest(&step) <= params.tolerance.sqrt() * (1.0 + greatest(&theta)) {
            return Ok(problem.fitted(&theta, iteration));
        }
    }
    Err(LogisticError::NotConverged { iterations: params.steps, gradient: greatest(&now.gradient) / beginning })
}

/// The step to the least value of the quadratic at this point. Where columns depend on one another and nothing is
/// penalised, the matrix is singular, and a little is added to its diagonal.
fn newton_step(now: &Evaluation, free: &[usize]) -> Option<Vec<f64>> {
    let size = free.len();
    let diagonal = |i: usize| now.hessian[(free[i], free[i])];
    // Brought to a diagonal of 1, as penalties may be of any size.
    let scales: Vec<f64> =
        (0..size).map(|i| if diagonal(i) > 0.0 { diagonal(i).sqrt().recip() } else { 1.0 }).collect();
    let rhs = Mat::from_fn(size, 1, |i, _| -now.gradient[free[i]] * scales[i]);
    let scaled = |damping: f64| {
        Mat::from_fn(size, size, |i, j| {
            now.hessian[(free[i], free[j])] * scales[i] * scales[j] + if i == j { damping } else { 0.0 }
        })
    };
    let factor: Llt<f64> = [0.0, 1e-12, 1e-10, 1e-8].into_iter().find_map(|d| scaled(d).llt(Side::Lower).ok())?;
    let solution = factor.solve(&rhs);
    let step: Vec<f64> = (0..size).map(|i| solution[(i, 0)] * scales[i]).collect();
    step.iter().all(|s| s.is_finite()).then_some(step)
}
