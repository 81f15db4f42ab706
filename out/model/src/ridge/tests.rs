use super::*;
use crate::statistics::Accumulator;
use linfa::ParamGuard;
use linfa::traits::{Fit, Predict};
use ndarray::{Array2, ShapeBuilder};
use proptest::prelude::*;

fn fit(x: &Array2<f64>, y: &[f64], alpha: f64) -> Result<FittedRidge, RidgeError> {
    Ridge::params().alpha(alpha).fit(&linfa::Dataset::new(x.clone(), Array1::from_vec(y.to_vec())))
}

/// Numbers without a pattern, from -1 to 1.
fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| draw()).collect()
}

fn table(rows: usize, columns: usize, seed: u64) -> (Array2<f64>, Vec<f64>) {
    let x = Array2::from_shape_vec((rows, columns), noise(rows * columns, seed)).unwrap();
    let weights: Vec<f64> = (0..columns).map(|j| 1.0 + j as f64).collect();
    let errors = noise(rows, seed + 1);
    let y = x
        .rows()
        .into_iter()
        .zip(errors)
        .map(|(r, e)| r.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() + 3.0 + 0.1 * e);
    let y = y.collect();
    (x, y)
}

/// The greatest difference of coefficients and intercept, relative to the greatest coefficient.
fn distance(a: &FittedRidge, b: &FittedRidge) -> f64 {
    let scale = b.coefficients().iter().fold(b.intercept().abs(), |m, w| m.max(w.abs())).max(f64::MIN_POSITIVE);
    let parts = a.coefficients().iter().zip(b.coefficients()).map(|(a, b)| (a - b).abs());
    parts.fold((a.intercept() - b.intercept()).abs(), f64::max) / scale
}

/// The gradient of the objective at a fit, relative to its terms: 0 at the solution.
fn gradient(x: &Array2<f64>, y: &[f64], alpha: f64, fitted: &FittedRidge) -> f64 {
    let predicted = fitted.predict_checked(x).unwrap();
    let residual: Vec<f64> = y.iter().zip(&predicted).map(|(y, p)| y - p).collect();
    let scale: f64 = 1.0 + y.iter().map(|v| v.abs()).sum::<f64>();
    let by_column = x.columns().into_iter().zip(fitted.coefficients());
    let slopes = by_column.map(|(c, w)| (c.iter().zip(&residual).map(|(x, r)| x * r).sum::<f64>() - alpha * w).abs());
    slopes.fold(residual.iter().sum::<f64>().abs(), f64::max) / scale
}

fn moments(x: &Array2<f64>, y: &[f64]) -> crate::statistics::Moments {
    let mut sums = Accumulator::new(x.ncols() + 1);
    sums.push_rows(x.as_slice().unwrap(), y);
    sums.finish()
}

fn triangle(x: &Array2<f64>, y: &[f64]) -> Triangle {
    let mut triangle = Triangle::new(vec![0.0; x.ncols() + 1]);
    let mut columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| c.to_vec()).collect();
    columns.push(y.to_vec());
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    triangle.push_selected(&columns, &(0..y.len() as u32).collect::<Vec<_>>());
    triangle
}

#[test]
fn a_fit_is_where_the_objective_is_flat() {
    for (rows, columns) in [(200, 5), (5, 20), (30, 30), (2, 1)] {
        let (x, y) = table(rows, columns, 7);
        for alpha in [0.01, 0.4, 10.0, 1e3] {
            let fitted = fit(&x, &y, alpha).unwrap();
            assert!(gradient(&x, &y, alpha, &fitted) < 1e-13, "{rows}x{columns} {alpha}");
            assert_eq!(fitted.report().warnings, [""; 0]);
        }
    }
}

#[test]
fn every_way_gives_the_same_coefficients() {
    let (x, y) = table(3_000, 12, 3);
    for alpha in [0.0, 0.4, 100.0] {
        let dense = fit(&x, &y, alpha).unwrap();
        assert_eq!(dense.report().solver, Solver::LeastSquares);
        let valid = Ridge::params().alpha(alpha).check().unwrap();
        let gram = valid.fit_moments(&moments(&x, &y)).unwrap();
        let triangle = valid.fit_triangle(&triangle(&x, &y)).unwrap();
        assert_eq!((gram.report().solver, triangle.report().solver), (Solver::Cholesky, Solver::Triangle));
        assert!(distance(&gram, &dense) < 1e-12 && distance(&triangle, &dense) < 1e-12, "{alpha}");
        let ratio = gram.report().condition / dense.report().condition;
        assert!((0.3..4.0).contains(&ratio), "the conditions are about the same: {ratio}");
    }
}

#[test]
fn large_tables_use_cross_products_in_either_layout_with_any_number_of_threads() {
    let (x, y) = table(140_000, 29, 11);
    let by_row = fit(&x, &y, 1.0).unwrap();
    assert_eq!(by_row.report().solver, Solver::Cholesky);
    assert!(gradient(&x, &y, 1.0, &by_row) < 1e-12);
    let dataset = linfa::Dataset::new(x.clone(), Array1::from_vec(y.clone()));
    let one = Ridge::params().threads(1).fit(&dataset).unwrap();
    let three = Ridge::params().threads(3).fit(&dataset).unwrap();
    assert_eq!(one, three, "the number of threads does not show in the result");
    let mut by_column = Array2::zeros(x.raw_dim().f());
    by_column.assign(&x);
    assert!(distance(&fit(&by_column, &y, 1.0).unwrap(), &by_row) < 1e-12);
}

#[test]
fn offsets_do_not_cost_digits() {
    let (x, y) = table(300, 4, 5);
    let plain = fit(&x, &y, 0.4).unwrap();
    // 2^20 is added without rounding to numbers that have 20 bits to spare.
    let coarse = x.mapv(|v| (v * 1048576.0).round() / 1048576.0);
    let shifted = coarse.mapv(|v| v + 1048576.0);
    let (a, b) = (fit(&coarse, &y, 0.4).unwrap(), fit(&shifted, &y, 0.4).unwrap());
    assert!(a.coefficients().iter().zip(b.coefficients()).all(|(a, b)| (a - b).abs() < 1e-13 * a.abs()));
    assert!(distance(&a, &plain) < 1e-4, "rounding the inputs changes little");
}

#[test]
fn ill_conditioned_data_are_solved_and_said_to_be() {
    // The monomials up to degree 11: a condition number of about 1e8 after scaling; y is one of the columns' sums.
    let points = noise(400, 2);
    let x = Array2::from_shape_fn((400, 12), |(i, j)| (0.5 * points[i] + 1.0).powi(j as i32 + 1));
    let y: Vec<f64> = x.rows().into_iter().map(|r| r.sum()).collect();
    let fitted = fit(&x, &y, 0.0).unwrap();
    assert!(fitted.report().condition > 1e8, "{:?}", fitted.report());
    assert!(fitted.coefficients().iter().all(|w| (w - 1.0).abs() < 1e-4), "{:?}", fitted.coefficients());
    assert!(fitted.report().warnings[0].starts_with("the condition number is"), "{:?}", fitted.report());
    let valid = Ridge::params().alpha(0.0).check().unwrap();
    let moments = moments(&x, &y);
    assert!(!valid.moments_suffice(&moments).unwrap());
    assert!(
        !valid.fit_moments(&moments).unwrap().report().warnings.is_empty(),
        "normal equations say that digits are lost"
    );
    let by_triangle = valid.fit_triangle(&triangle(&x, &y)).unwrap();
    let predictions = by_triangle.predict_checked(&x).unwrap();
    assert!(predictions.iter().zip(&y).all(|(p, y)| (p - y).abs() < 1e-8 * y.abs()));
}

#[test]
fn without_full_rank_the_solution_of_least_norm_is_taken_and_said_to_be() {
    // The third column is the sum of the first two: least norm splits the weights evenly.
    let (base, _) = table(50, 2, 9);
    let x = Array2::from_shape_fn((50, 3), |(i, j)| if j < 2 { base[(i, j)] } else { base[(i, 0)] + base[(i, 1)] });
    let y: Vec<f64> = base.rows().into_iter().map(|r| 3.0 * r[0] + 3.0 * r[1] + 1.0).collect();
    let valid = Ridge::params().alpha(0.0).check().unwrap();
    let ways = [fit(&x, &y, 0.0), valid.fit_moments(&moments(&x, &y)), valid.fit_triangle(&triangle(&x, &y))];
    for fitted in ways.map(Result::unwrap) {
        let report = fitted.report();
        assert_eq!((report.rank, report.condition), (2, f64::INFINITY), "{report:?}");
        assert!(report.warnings[0].contains("rank 2"), "{report:?}");
        let predicted = fitted.predict_checked(&x).unwrap();
        assert!(predicted.iter().zip(&y).all(|(p, y)| (p - y).abs() < 1e-10));
    }
    let least = fit(&x, &y, 0.0).unwrap();
    assert!(least.coefficients().iter().zip([1.0, 1.0, 2.0]).all(|(w, e)| (w - e).abs() < 1e-12));
}

#[test]
fn one_row_and_constant_columns_have_coefficients_of_zero() {
    let one = fit(&Array2::from_elem((1, 2), 5.0), &[7.0], 1.0).unwrap();
    assert_eq!((one.coefficients().to_vec(), one.intercept()), (vec![0.0, 0.0], 7.0));
    let (mut x, y) = table(40, 3, 1);
    x.column_mut(1).fill(2.5);
    for alpha in [0.0, 1.0] {
        let fitted = fit(&x, &y, alpha).unwrap();
        assert_eq!(fitted.coefficients()[1], 0.0);
        assert_eq!(fitted.report().warnings.is_empty(), alpha > 0.0, "least squares alone cannot decide");
    }
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let x = Array2::from_elem((3, 2), 1.0);
    let refusal = |x: &Array2<f64>, y: &[f64], alpha| fit(x, y, alpha).unwrap_err().to_string();
    assert!(refusal(&x, &[1.0; 3], -0.1).contains("alpha -0.1 is not a penalty"));
    assert!(refusal(&x, &[1.0; 3], f64::NAN).contains("alpha NaN is not a penalty"));
    assert!(refusal(&x, &[1.0; 2], 1.0).contains("2 targets for 3 rows"));
    assert!(refusal(&Array2::zeros((0, 2)), &[], 1.0).contains("no rows"));
    assert!(refusal(&Array2::zeros((3, 0)), &[1.0; 3], 1.0).contains("no features"));
    let mut bad = x.clone();
    bad[(1, 1)] = f64::NAN;
    assert!(refusal(&bad, &[1.0; 3], 1.0).contains("row 1, column 1 is NaN"));
    assert!(refusal(&x, &[1.0, 2.0, f64::INFINITY], 1.0).contains("row 2, column 2 is inf"));
    let (mut wide, y) = table(140_000, 29, 1);
    wide[(99_999, 3)] = f64::NAN;
    assert!(refusal(&wide, &y, 1.0).contains("row 99999, column 3 is NaN"));
}

#[test]
fn predicting_rows_of_another_width_is_an_error() {
    let (x, y) = table(20, 3, 1);
    let fitted = fit(&x, &y, 1.0).unwrap();
    assert_eq!(fitted.predict_checked(&Array2::zeros((2, 4))), Err(WidthError { found: 4, expected: 3 }));
    let by_hand = x.row(0).dot(fitted.coefficients()) + fitted.intercept();
    assert!((fitted.predict(&x)[0] - by_hand).abs() < 1e-14);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_finite_table_is_fitted_or_refused_without_a_panic(
        rows in 1usize..12, columns in 1usize..6, alpha in prop::sample::select(vec![0.0, 1e-12, 1.0, 1e300]),
        values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 84),
    ) {
        let x = Array2::from_shape_fn((rows, columns), |(i, j)| values[i * columns + j]);
        if let Ok(fitted) = fit(&x, &values[72..72 + rows], alpha) {
            prop_assert!(fitted.coefficients().iter().all(|w| w.is_finite()));
        }
    }

    #[test]
    fn a_larger_alpha_never_gives_longer_coefficients(seed in 0u64..1000, rows in 2usize..30, columns in 1usize..8) {
        let (x, y) = table(rows, columns, seed);
        let norm = |alpha| fit(&x, &y, alpha).unwrap().coefficients().iter().map(|w| w * w).sum::<f64>();
        prop_assert!(norm(1.0) <= norm(0.1) * (1.0 + 1e-9));
        prop_assert!(norm(10.0) <= norm(1.0) * (1.0 + 1e-9));
    }
}
