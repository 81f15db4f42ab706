//! Loss, gradient and Hessian of several classes, by the softmax of a linear function each.

use super::evaluation::{Evaluation, Rows};
use super::vectors::{add_multiple, dot};
use crate::artifact::softmax;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

/// The part of some rows, the penalty not counted.
pub(super) fn part(rows: &Rows<'_>, theta: &[f64], functions: usize) -> Evaluation {
    let (n, width) = (rows.targets.len(), rows.columns.len() + 1);
    let ones = vec![1.0; n];
    let column = |at: usize| rows.columns.get(at).map_or(&ones[..], |column| column);
    // The linear functions, and then the probabilities of their classes, function after function.
    let mut p = vec![0.0; n * functions];
    for (function, values) in p.chunks_exact_mut(n).enumerate() {
        for at in 0..width {
            add_multiple(values, column(at), theta[function * width + at]);
        }
    }
    let mut sum = Evaluation::empty(functions * width);
    let mut z = vec![0.0; functions];
    for row in 0..n {
        (0..functions).for_each(|k| z[k] = p[k * n + row]);
        let greatest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials: f64 = z.iter().map(|z| (z - greatest).exp()).sum();
        sum.loss += rows.weight(row) * (exponentials.ln() + greatest - z[rows.targets[row]]);
        softmax(&mut z);
        (0..functions).for_each(|k| p[k * n + row] = z[k]);
    }
    let z = Mat::from_fn(n, width, |row, at| column(at)[row]);
    let mut scaled = Mat::zeros(n, width);
    for k in 0..functions {
        let own = &p[k * n..(k + 1) * n];
        let residual = |row: usize| rows.weight(row) * (own[row] - f64::from(u8::from(rows.targets[row] == k)));
        let residuals: Vec<f64> = (0..n).map(residual).collect();
        for at in 0..width {
            sum.gradient[k * width + at] = dot(column(at), &residuals);
        }
        for l in 0..=k {
            let other = &p[l * n..(l + 1) * n];
            let share = |row: usize| if k == l { 1.0 - own[row] } else { -other[row] };
            let curvature: Vec<f64> = (0..n).map(|row| rows.weight(row) * own[row] * share(row)).collect();
            for at in 0..width {
                let to = scaled.col_as_slice_mut(at);
                to.iter_mut().zip(column(at)).zip(&curvature).for_each(|((to, x), c)| *to = x * c);
            }
            let block = sum.hessian.as_mut().submatrix_mut(k * width, l * width, width, width);
            matmul(block, Accum::Replace, z.transpose(), &scaled, 1.0, Par::Seq);
            if k != l {
                let transposed = sum.hessian.as_ref().submatrix(k * width, l * width, width, width).to_owned();
                let mirror = sum.hessian.as_mut().submatrix_mut(l * width, k * width, width, width);
                { mirror }.copy_from(transposed.transpose());
            }
        }
    }
    sum
}
