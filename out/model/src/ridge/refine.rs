//! Least squares to nearly full precision: iterative refinement of the solution and the residual together, with the
//! residuals in twice the working precision (Björck, "Iterative refinement of linear least squares solutions I", 1967).

use super::double::Double;
use faer::linalg::solvers::SolveLstsqCore;
use faer::{Mat, MatRef};

/// The least squares problem `min |b - A z|`, where `A = high + low` is given in twice the working precision.
pub(super) struct Problem<'a> {
    pub high: MatRef<'a, f64>,
    pub low: MatRef<'a, f64>,
    pub rhs: &'a [Double],
}

/// The steps after which refinement gives up.
const MOST_STEPS: usize = 20;

/// Refines `z`. Each step multiplies the error by about the condition number times the unit roundoff. Returns the
/// solution and whether it converged.
pub(super) fn refine(problem: &Problem<'_>, qr: &faer::linalg::solvers::Qr<f64>, start: &[f64]) -> (Vec<Double>, bool) {
    let (rows, columns) = (problem.high.nrows(), problem.high.ncols());
    let mut z: Vec<Double> = start.iter().map(|&z| Double { high: z, low: 0.0 }).collect();
    let mut residual = vec![Double::default(); rows];
    let mut first = true;
    let mut last_step = f64::INFINITY;
    for _ in 0..MOST_STEPS {
        // f = b - r - A z and g = -A^T r, in twice the working precision.
        let mut f: Vec<Double> = problem.rhs.to_vec();
        for (column, z) in z.iter().enumerate() {
            let minus = Double { high: -z.high, low: -z.low };
            for (row, f) in f.iter_mut().enumerate() {
                let a = Double { high: problem.high[(row, column)], low: problem.low[(row, column)] };
                *f = f.plus_double_product(a, minus);
            }
        }
        if first {
            // Beginning with the residual of the start makes g the only correction of the first step.
            residual.clone_from(&f);
            first = false;
        }
        let f: Vec<f64> = f
            .iter()
            .zip(&residual)
            .map(|(f, r)| f.plus_double(Double { high: -r.high, low: -r.low }).value())
            .collect();
        let g: Vec<f64> = (0..columns)
            .map(|column| {
                let sum = (0..rows).fold(Double::default(), |sum, row| {
                    let a = Double { high: problem.high[(row, column)], low: problem.low[(row, column)] };
                    sum.plus_double_product(a, residual[row])
                });
                -sum.value()
            })
            .collect();
        let (dz, dr) = solve_augmented(qr, &f, &g);
        let size = |v: &[f64]| v.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let (step, scale) = (size(&dz), z.iter().fold(0.0, |m: f64, z| m.max(z.high.abs())));
        if !step.is_finite() {
            return (z, false);
        }
        z.iter_mut().zip(&dz).for_each(|(z, d)| *z = z.plus(*d));
        residual.iter_mut().zip(&dr).for_each(|(r, d)| *r = r.plus(*d));
        if step <= f64::EPSILON * 1e-2 * scale || step == 0.0 {
            return (z, true);
        }
        // A step that does not shrink by half any more is at the limit of the method.
        if step > 0.5 * last_step {
            return (z, step <= 1e-12 * scale);
        }
        last_step = step;
    }
    (z, false)
}

/// Solves `[I A; A^T 0] [r; z] = [f; g]` by `A = Q R`: with `d = R^-T g` and `h = Q^T f`, `z = R^-1 (h1 - d)` and
/// `r = Q [d; h2]`.
fn solve_augmented(qr: &faer::linalg::solvers::Qr<f64>, f: &[f64], g: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let columns = g.len();
    let mut d = g.to_vec();
    forward(qr.thin_R(), &mut d);
    let h = apply_q(qr, f, true);
    let mut z: Vec<f64> = h[..columns].iter().zip(&d).map(|(h, d)| h - d).collect();
    backward(qr.thin_R(), &mut z);
    let mut qr_part = h;
    qr_part[..columns].copy_from_slice(&d);
    (z, apply_q(qr, &qr_part, false))
}

/// `Q^T v` or `Q v`.
fn apply_q(qr: &faer::linalg::solvers::Qr<f64>, v: &[f64], transposed: bool) -> Vec<f64> {
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::householder;
    let mut m = Mat::from_fn(v.len(), 1, |i, _| v[i]);
    let (basis, blocks) = (qr.Q_basis(), qr.Q_coeff());
    let scratch =
        householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(v.len(), blocks.nrows(), 1);
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let (par, conj) = (faer::Par::Seq, faer::Conj::No);
    if transposed {
        householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
            basis,
            blocks,
            conj,
            m.as_mut(),
            par,
            stack,
        );
    } else {
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            basis,
            blocks,
            conj,
            m.as_mut(),
            par,
            stack,
        );
    }
    m.col_as_slice(0).to_vec()
}

/// Solves `R^T x = x` in place.
fn forward(r: MatRef<'_, f64>, x: &mut [f64]) {
    for i in 0..x.len() {
        let sum = (0..i).fold(Double { high: x[i], low: 0.0 }, |sum, k| sum.plus_product(-r[(k, i)], x[k]));
        x[i] = sum.value() / r[(i, i)];
    }
}

/// Solves `R x = x` in place.
fn backward(r: MatRef<'_, f64>, x: &mut [f64]) {
    for i in (0..x.len()).rev() {
        let sum = (i + 1..x.len()).fold(Double { high: x[i], low: 0.0 }, |sum, k| sum.plus_product(-r[(i, k)], x[k]));
        x[i] = sum.value() / r[(i, i)];
    }
}

/// The plain least squares solution by the factorisation.
pub(super) fn solve(qr: &faer::linalg::solvers::Qr<f64>, rhs: &[f64], columns: usize) -> Vec<f64> {
    let mut m = Mat::from_fn(rhs.len(), 1, |i, _| rhs[i]);
    qr.solve_lstsq_in_place_with_conj(faer::Conj::No, m.as_mut());
    m.col_as_slice(0)[..columns].to_vec()
}
