//! Ridge regression of a table in memory, by orthogonal factorisations.

use super::double::Double;
use super::refine::{Problem, refine, solve};
use super::{FitReport, FittedRidge, RidgeError, Solver};
use faer::{Mat, MatRef};
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2, ArrayView2};

/// The condition number above which a change in the last digit of the data moves the coefficients by more than about
/// one part in a million, which is said.
const SENSITIVE: f64 = 4.5e9;

/// The centred table with the penalty's rows below and a column of ones behind: `f(x) = w (x - mean) + c`, where `c` is
/// not penalised. Because `c` is free, any vector in place of the mean gives the same solution, so rounding of the
/// means does no harm; the rounding of `x - mean` is kept in `low`. Columns are divided by powers of two, which is exact.
struct System {
    high: Mat<f64>,
    low: Mat<f64>,
    rhs: Vec<Double>,
    means: Vec<f64>,
    target_mean: f64,
    scales: Vec<f64>,
}

/// Fits finite values; `by_linfa` lets linfa-linear make the first solution.
pub(super) fn fit(x: ArrayView2<'_, f64>, y: &[f64], alpha: f64, by_linfa: bool) -> Result<FittedRidge, RidgeError> {
    let system = System::new(x, y, alpha);
    if !system.high.col_iter().all(|c| c.iter().all(|v| v.is_finite())) {
        return Err(RidgeError::Overflow);
    }
    let (rows, columns) = (system.high.nrows(), system.high.ncols());
    let condition = condition(system.high.as_ref());
    if condition * f64::EPSILON * rows.max(columns) as f64 >= 1.0 {
        return least_norm(x, y, alpha);
    }
    let qr = system.high.qr();
    let rhs: Vec<f64> = system.rhs.iter().map(|b| b.high).collect();
    let start = if by_linfa { linfa_solution(&system, &rhs) } else { None };
    let start = start.unwrap_or_else(|| solve(&qr, &rhs, columns));
    let problem = Problem { high: system.high.as_ref(), low: system.low.as_ref(), rhs: &system.rhs };
    let (z, converged) = refine(&problem, &qr, &start);
    let mut warnings = vec![];
    if !converged {
        warnings.push(format!(
            "the solution did not settle (condition number {condition:.1e}): do not trust the coefficients, use a larger alpha"
        ));
    } else if condition > SENSITIVE {
        warnings.push(sensitive(condition));
    }
    let (coefficients, intercept) = system.unscale(&z);
    let report = FitReport { solver: Solver::LeastSquares, condition, rank: columns - 1, warnings };
    FittedRidge::new(coefficients, intercept, report)
}

pub(super) fn sensitive(condition: f64) -> String {
    format!(
        "the condition number is {condition:.1e}: a change in the last digit of the data moves the coefficients by about \
         {:.0e} of their size; use a larger alpha or leave out features that others determine",
        condition * f64::EPSILON
    )
}

/// The ratio of the greatest to the least singular value; infinite for fewer rows than columns or a value of 0.
pub(super) fn condition(a: MatRef<'_, f64>) -> f64 {
    if a.nrows() < a.ncols() {
        return f64::INFINITY;
    }
    let values = if a.nrows() > 2 * a.ncols() { a.qr().thin_R().singular_values() } else { a.singular_values() };
    match values.as_deref() {
        Ok([first, .., last]) if *last > 0.0 => first / last,
        Ok([only]) if *only > 0.0 => 1.0,
        _ => f64::INFINITY,
    }
}

impl System {
    fn new(x: ArrayView2<'_, f64>, y: &[f64], alpha: f64) -> Self {
        let (n, p) = x.dim();
        let penalty = if alpha > 0.0 { p } else { 0 };
        let mut high = Mat::zeros(n + penalty, p + 1);
        let mut low = Mat::zeros(n + penalty, p + 1);
        let root = alpha.sqrt();
        // sqrt(alpha) to twice the working precision, by one step of Newton's method.
        let root_low = if root > 0.0 { (-root).mul_add(root, alpha) / (2.0 * root) } else { 0.0 };
        let (mut means, mut scales) = (vec![0.0; p], vec![1.0; p + 1]);
        for j in 0..p {
            let column = x.column(j);
            means[j] = mean(column.iter().copied());
            let mut squares = alpha;
            for (i, &value) in column.iter().enumerate() {
                let centred = Double::sum(value, -means[j]);
                high[(i, j)] = centred.high;
                low[(i, j)] = centred.low;
                squares += centred.high * centred.high;
            }
            if penalty > 0 {
                high[(n + j, j)] = root;
                low[(n + j, j)] = root_low;
            }
            scales[j] = power_of_two_near(squares.sqrt());
            for i in (0..n).chain(if penalty > 0 { Some(n + j) } else { None }) {
                high[(i, j)] /= scales[j];
                low[(i, j)] /= scales[j];
            }
        }
        scales[p] = power_of_two_near((n as f64).sqrt());
        for i in 0..n {
            high[(i, p)] = 1.0 / scales[p];
        }
        let target_mean = mean(y.iter().copied());
        let mut rhs: Vec<Double> = y.iter().map(|&y| Double::sum(y, -target_mean)).collect();
        rhs.resize(n + penalty, Double::default());
        Self { high, low, rhs, means, target_mean, scales }
    }

    /// Coefficients and intercept of the table as it was given.
    fn unscale(&self, z: &[Double]) -> (Vec<f64>, f64) {
        let scaled = |j: usize| Double { high: z[j].high / self.scales[j], low: z[j].low / self.scales[j] };
        let p = self.means.len();
        let intercept = (0..p).fold(scaled(p).plus(self.target_mean), |sum, j| {
            let w = scaled(j);
            sum.plus_product(-w.high, self.means[j]).plus(-w.low * self.means[j])
        });
        ((0..p).map(|j| scaled(j).value()).collect(), intercept.value())
    }
}

/// The mean, added up in twice the working precision.
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.fold(Double::default(), Double::plus).value() / n
}

/// A power of two of about the size of a length; 1 for a length of 0.
fn power_of_two_near(length: f64) -> f64 {
    if length > 0.0 && length.is_finite() { 2f64.powi((length.log2().round() as i32).clamp(-1000, 1000)) } else { 1.0 }
}

/// linfa-linear's least squares solution of the system; `None` where it finds the system singular.
fn linfa_solution(system: &System, rhs: &[f64]) -> Option<Vec<f64>> {
    let (rows, columns) = (system.high.nrows(), system.high.ncols());
    let records = Array2::from_shape_fn((rows, columns), |(i, j)| system.high[(i, j)]);
    let targets = Array1::from_vec(rhs.to_vec());
    let model = LinearRegression::new().with_intercept(false).fit(&linfa::Dataset::new(records, targets)).ok()?;
    let solution = model.params().to_vec();
    solution.iter().all(|z| z.is_finite()).then_some(solution)
}

/// The solution of least norm of a system without full rank: `w = V diag(s / (s^2 + alpha)) U^T y`, without the
/// singular values that are rounding noise.
fn least_norm(x: ArrayView2<'_, f64>, y: &[f64], alpha: f64) -> Result<FittedRidge, RidgeError> {
    let (n, p) = x.dim();
    let means: Vec<f64> = x.columns().into_iter().map(|c| mean(c.iter().copied())).collect();
    let target_mean = mean(y.iter().copied());
    let centred = Mat::from_fn(n, p, |i, j| x[(i, j)] - means[j]);
    let svd = centred.thin_svd().map_err(|_| RidgeError::Overflow)?;
    let (u, v) = (svd.U(), svd.V());
    let values: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    // Rounding of x - mean leaves noise of the size of the means' last digits.
    let magnitude = x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let greatest = values.first().copied().unwrap_or(0.0);
    let noise = f64::EPSILON * (n.max(p) as f64 * greatest).max(magnitude * (n as f64 * p as f64).sqrt());
    let rank = values.iter().filter(|&&s| s > noise).count();
    let mut coefficients = vec![0.0; p];
    for (k, &s) in values.iter().enumerate().take(rank) {
        let projection =
            (0..n).fold(Double::default(), |sum, i| sum.plus_product(u[(i, k)], y[i] - target_mean)).value();
        let factor = s / (s * s + alpha) * projection;
        coefficients.iter_mut().enumerate().for_each(|(j, w)| *w += factor * v[(j, k)]);
    }
    let intercept =
        (0..p).fold(Double::default().plus(target_mean), |sum, j| sum.plus_product(-coefficients[j], means[j]));
    let least = values[..rank].last().copied().unwrap_or(0.0);
    let report = FitReport {
        solver: Solver::SingularValues,
        condition: if rank == p && least > 0.0 { greatest / least } else { f64::INFINITY },
        rank,
        warnings: vec![deficient(rank, p, alpha)],
    };
    FittedRidge::new(coefficients, intercept.value(), report)
}

pub(super) fn deficient(rank: usize, features: usize, alpha: f64) -> String {
    format!(
        "the {features} centred features have rank {rank} and alpha {alpha} is too small to decide between the solutions: \
         the one of least norm was taken, its coefficients are not to be interpreted"
    )
}
