use super::*;
use linfa::ParamGuard;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

/// Numbers that look random: 0 to 1.
fn draws() -> impl FnMut() -> f64 {
    let mut state = 7u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A table of rows with columns of very different scales, and classes that depend on them with some noise.
fn table(rows: usize, classes: usize) -> (Vec<Vec<f64>>, Vec<usize>) {
    let mut draw = draws();
    let scales = [1.0, 1e6, 1e-6, 50.0];
    let mut columns = vec![vec![]; scales.len()];
    let mut targets = vec![];
    for _ in 0..rows {
        let x: Vec<f64> = scales.iter().map(|_| draw()).collect();
        let score = 2.0 * x[0] - x[1] + x[2] + 0.8 * draw();
        targets.push(((score.clamp(0.0, 2.8) / 2.81 * classes as f64) as usize).min(classes - 1));
        columns.iter_mut().zip(scales).zip(x).for_each(|((column, scale), x)| column.push(scale * (3.0 + x)));
    }
    (columns, targets)
}

fn fit(
    columns: &[Vec<f64>],
    targets: &[usize],
    classes: usize,
    alpha: f64,
    weights: Option<&[f64]>,
) -> Result<FittedLogistic, LogisticError> {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Logistic::params().alpha(alpha).check()?.fit_columns(&columns, targets, weights, classes)
}

/// The gradient of the objective at the fit, by its definition on the raw columns, relative to the sizes of its terms.
fn gradient(
    fitted: &FittedLogistic,
    columns: &[Vec<f64>],
    targets: &[usize],
    alpha: f64,
    weights: Option<&[f64]>,
) -> f64 {
    let functions = fitted.intercepts.len();
    let mut worst = 0.0f64;
    let mut sums = vec![vec![(0.0, 0.0); columns.len() + 1]; functions];
    for (row, &target) in targets.iter().enumerate() {
        let z = |k: usize| {
            fitted.intercepts[k] + columns.iter().zip(&fitted.coefficients[k]).map(|(c, w)| c[row] * w).sum::<f64>()
        };
        let mut p: Vec<f64> = (0..functions).map(z).collect();
        if functions == 1 {
            p[0] = crate::artifact::logistic(p[0])
        } else {
            crate::artifact::softmax(&mut p)
        }
        for k in 0..functions {
            let y = f64::from(u8::from(target == if functions == 1 { 1 } else { k }));
            let residual = weights.map_or(1.0, |w| w[row]) * (p[k] - y);
            for (sum, x) in sums[k].iter_mut().zip(columns.iter().map(|c| c[row]).chain([1.0])) {
                sum.0 += residual * x;
                sum.1 += (residual * x).abs();
            }
        }
    }
    for (k, sums) in sums.iter().enumerate() {
        for (j, (sum, size)) in sums.iter().enumerate() {
            let penalty = fitted.coefficients[k].get(j).map_or(0.0, |w| alpha * w);
            worst = worst.max((sum + penalty).abs() / size.max(1e-300));
        }
    }
    worst
}

#[test]
fn the_gradient_is_nought_at_the_fit_whatever_scales_classes_and_weights() {
    for classes in [2, 3, 5] {
        let (columns, targets) = table(6_000, classes);
        let weights: Vec<f64> = (0..targets.len()).map(|i| (i % 3) as f64).collect();
        for alpha in [0.0, 0.01, 1.0, 100.0] {
            for weights in [None, Some(&weights[..])] {
                let fitted = fit(&columns, &targets, classes, alpha, weights).unwrap();
                let gradient = gradient(&fitted, &columns, &targets, alpha, weights);
                assert!(gradient < 1e-8, "{classes} classes, alpha {alpha}: {gradient}");
                assert!(fitted.iterations < 20, "{}", fitted.iterations);
                if classes > 2 {
                    assert!(fitted.intercepts.iter().sum::<f64>().abs() < 1e-6 * fitted.intercepts[0].abs().max(1.0));
                }
            }
        }
    }
}

#[test]
fn a_weight_of_two_is_a_row_that_is_there_twice() {
    let (columns, targets) = table(500, 3);
    let weights = vec![2.0; targets.len()];
    let twice: Vec<Vec<f64>> = columns.iter().map(|column| [&column[..], &column[..]].concat()).collect();
    let weighted = fit(&columns, &targets, 3, 1.0, Some(&weights)).unwrap();
    let repeated = fit(&twice, &[&targets[..], &targets[..]].concat(), 3, 1.0, None).unwrap();
    for (a, b) in weighted.coefficients.iter().flatten().zip(repeated.coefficients.iter().flatten()) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} {b}");
    }
}

#[test]
fn classes_that_a_line_separates_do_not_converge_without_a_penalty() {
    let columns = vec![(0..40).map(f64::from).collect::<Vec<_>>()];
    let targets: Vec<usize> = (0..40).map(|i| usize::from(i >= 20)).collect();
    let error = fit(&columns, &targets, 2, 0.0, None).unwrap_err();
    assert!(matches!(error, LogisticError::NotConverged { .. }), "{error}");
    assert!(fit(&columns, &targets, 2, 1.0, None).is_ok());
}

#[test]
fn constant_and_tiny_and_huge_columns_are_fitted() {
    let (mut columns, targets) = table(800, 2);
    columns.push(vec![5.0; 800]);
    columns.push(columns[0].iter().map(|v| v * 1e-200).collect());
    columns.push(columns[2].iter().map(|v| v * 1e200).collect());
    let fitted = fit(&columns, &targets, 2, 0.5, None).unwrap();
    assert!(fitted.coefficients[0].iter().all(|w| w.is_finite()), "{fitted:?}");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let one = vec![vec![1.0, 2.0]];
    assert!(matches!(fit(&one, &[0, 0], 2, 1.0, None), Err(LogisticError::OneClass)));
    assert!(matches!(fit(&one, &[0, 1], 2, -1.0, None), Err(LogisticError::Alpha(_))));
    assert!(matches!(fit(&one, &[0, 2], 2, 1.0, None), Err(LogisticError::Targets { rows: 2 })));
    assert!(matches!(fit(&[], &[0, 1], 2, 1.0, None), Err(LogisticError::Empty { .. })));
    assert!(matches!(fit(&[vec![1.0, f64::NAN]], &[0, 1], 2, 1.0, None), Err(LogisticError::NotFinite { row: 1 })));
    assert!(matches!(fit(&one, &[0, 1], 2, 1.0, Some(&[1.0, -1.0])), Err(LogisticError::NotFinite { row: 1 })));
}

#[test]
fn linfas_interface_gives_the_same_fit() {
    let (columns, targets) = table(300, 3);
    let records = Array2::from_shape_fn((300, 4), |(i, j)| columns[j][i]);
    let dataset = linfa::Dataset::new(records, Array1::from_vec(targets.clone()));
    assert_eq!(Logistic::params().fit(&dataset).unwrap(), fit(&columns, &targets, 3, 1.0, None).unwrap());
}
