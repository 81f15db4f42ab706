//! Newton's method on standardised columns.

use super::{FittedLogistic, LogisticError, LogisticValidParams};
use crate::artifact::{logistic, softmax};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, Par, Side};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

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

/// Loss, gradient and Hessian at a point.
struct Evaluation {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Mat<f64>,
}

impl<'a> Problem<'a> {
    pub fn new(
        columns: &[&[f64]],
        targets: &'a [usize],
        weights: Option<&'a [f64]>,
        functions: usize,
        alpha: f64,
    ) -> Self {
        let n = targets.len() as f64;
        let (mut means, mut scales) = (vec![], vec![]);
        let standard = |column: &&[f64]| {
            // Halves and powers of two, so that neither sums nor squares of great values overflow.
            let greatest = column.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            let unit = if greatest > 0.0 { 2f64.powi((greatest.log2().ceil() as i32).clamp(-1000, 1000)) } else { 1.0 };
            let mean = column.iter().map(|v| v / unit).sum::<f64>() / n;
            let variance = column.iter().map(|v| (v / unit - mean).powi(2)).sum::<f64>() / n;
            let deviation = variance.sqrt();
            // A column that is constant to the last digits stays at 0.
            let scale = if deviation > f64::EPSILON * mean.abs() * 4.0 { deviation } else { 1.0 };
            means.push(mean * unit);
            scales.push(scale * unit);
            column.iter().map(|v| (v / unit - mean) / scale).collect()
        };
        let columns = columns.iter().map(standard).collect();
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
        let tasks = self.targets.len().div_ceil(TASK_ROWS);
        let threads = thread::available_parallelism().map_or(1, usize::from).min(tasks);
        let next = AtomicUsize::new(0);
        let run = || {
            let taken = std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)).filter(|task| *task < tasks));
            taken.map(|task| (task, self.part(theta, task))).collect::<Vec<_>>()
        };
        let mut parts = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let mut parts = run();
            for other in others {
                // A task only panics on a bug, which must not be taken for a result.
                parts.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            parts
        });
        parts.sort_unstable_by_key(|(task, _)| *task);
        let size = theta.len();
        let mut sum = Evaluation { loss: 0.0, gradient: vec![0.0; size], hessian: Mat::zeros(size, size) };
        for (_, part) in parts {
            sum.loss += part.loss;
            sum.gradient.iter_mut().zip(&part.gradient).for_each(|(sum, part)| *sum += part);
            sum.hessian += part.hessian;
        }
        self.penalise(theta, &mut sum);
        sum
    }

    /// The part of some rows in loss, gradient and Hessian, the penalty not counted.
    fn part(&self, theta: &[f64], task: usize) -> Evaluation {
        let rows = task * TASK_ROWS..self.targets.len().min((task + 1) * TASK_ROWS);
        let (n, width, functions) = (rows.len(), self.width(), self.functions);
        let ones = vec![1.0; n];
        let column = |at: usize| self.columns.get(at).map_or(&ones[..], |column| &column[rows.clone()]);
        let targets = &self.targets[rows.clone()];
        let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[rows.start + row]);
        // The linear functions, and then the probabilities of their classes, function after function.
        let mut p = vec![0.0; n * functions];
        for (function, values) in p.chunks_exact_mut(n).enumerate() {
            for at in 0..width {
                let coefficient = theta[function * width + at];
                values.iter_mut().zip(column(at)).for_each(|(value, x)| *value += coefficient * x);
            }
        }
        let mut loss = 0.0;
        if functions == 1 {
            for (row, value) in p.iter_mut().enumerate() {
                // log(1 + exp(z)) - y z, without an overflow
                let z = *value;
                let softplus = z.max(0.0) + (-z.abs()).exp().ln_1p();
                loss += weight(row) * (softplus - if targets[row] == 1 { z } else { 0.0 });
                *value = logistic(z);
            }
        } else {
            let mut z = vec![0.0; functions];
            for row in 0..n {
                (0..functions).for_each(|k| z[k] = p[k * n + row]);
                let greatest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = z.iter().map(|z| (z - greatest).exp()).sum();
                loss += weight(row) * (sum.ln() + greatest - z[targets[row]]);
                softmax(&mut z);
                (0..functions).for_each(|k| p[k * n + row] = z[k]);
            }
        }
        let mut gradient = vec![0.0; functions * width];
        let mut hessian = Mat::zeros(functions * width, functions * width);
        let z = Mat::from_fn(n, width, |row, at| column(at)[row]);
        let mut scaled = Mat::zeros(n, width);
        for k in 0..functions {
            let class = if functions == 1 { 1 } else { k };
            let own = &p[k * n..(k + 1) * n];
            let residuals: Vec<f64> =
                (0..n).map(|row| weight(row) * (own[row] - f64::from(u8::from(targets[row] == class)))).collect();
            for at in 0..width {
                gradient[k * width + at] = column(at).iter().zip(&residuals).map(|(x, r)| x * r).sum();
            }
            for l in 0..=k {
                let other = &p[l * n..(l + 1) * n];
                let curvature: Vec<f64> = (0..n)
                    .map(|row| weight(row) * if k == l { own[row] * (1.0 - own[row]) } else { -own[row] * other[row] })
                    .collect();
                for at in 0..width {
                    let to = scaled.col_as_slice_mut(at);
                    to.iter_mut().zip(column(at)).zip(&curvature).for_each(|((to, x), c)| *to = x * c);
                }
                let block = hessian.as_mut().submatrix_mut(k * width, l * width, width, width);
                matmul(block, Accum::Replace, z.transpose(), &scaled, 1.0, Par::Seq);
                if k != l {
                    let transposed = hessian.as_ref().submatrix(k * width, l * width, width, width).to_owned();
                    hessian
                        .as_mut()
                        .submatrix_mut(l * width, k * width, width, width)
                        .copy_from(transposed.transpose());
                }
            }
        }
        Evaluation { loss, gradient, hessian }
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
