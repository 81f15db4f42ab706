//! Loss, gradient and Hessian of two classes, by the logistic function.

use super::evaluation::{Evaluation, Rows};
use super::vectors::{add_multiple, dot, sum};
use crate::statistics::WeightedProducts;
use faer::Mat;
use pulp::{Arch, Simd, WithSimd};

/// The part of some rows, the penalty not counted.
pub(super) fn part(rows: &Rows<'_>, theta: &[f64]) -> Evaluation {
    let (features, n) = (rows.columns.len(), rows.targets.len());
    let mut linear = vec![theta[features]; n];
    for (column, coefficient) in rows.columns.iter().zip(theta) {
        add_multiple(&mut linear, column, *coefficient);
    }
    let mut terms = Terms {
        exponentials: linear.iter().map(|z| (-z.abs()).exp()).collect(),
        residuals: linear,
        weights: rows.weights.map_or_else(|| vec![1.0; n], <[f64]>::to_vec),
        seconds: rows.targets.iter().map(|class| if *class == 1 { 1.0 } else { 0.0 }).collect(),
    };
    let loss = Arch::new().dispatch(&mut terms);
    let (residuals, curvatures) = (&terms.residuals, &terms.exponentials);
    let gradient = rows.columns.iter().map(|column| dot(column, residuals)).chain([sum(residuals)]).collect();
    let mut products = WeightedProducts::new(features);
    products.push(&rows.columns, curvatures);
    let hessian = Mat::from_fn(features + 1, features + 1, |i, j| products.get(i, j));
    Evaluation { loss, gradient, hessian }
}

/// What each row has in loss, gradient and Hessian; one exponential that cannot overflow is in all of them.
struct Terms {
    /// `exp(-|z|)` of the linear function; afterwards the second derivatives of the losses, `w p (1 - p)`.
    exponentials: Vec<f64>,
    /// The linear function `z`; afterwards the first derivatives of the losses, `w (p - y)`.
    residuals: Vec<f64>,
    weights: Vec<f64>,
    /// 1 for the second class, else 0.
    seconds: Vec<f64>,
}

impl WithSimd for &mut Terms {
    /// The loss, `w (log(1 + exp(z)) - y z)` of all rows.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Terms { exponentials, residuals, weights, seconds } = self;
        let mut loss = simd.splat_f64s(0.0);
        let whole = residuals.len() / S::F64_LANES * S::F64_LANES;
        let (z, z_rest) = residuals.split_at_mut(whole);
        let (e, e_rest) = exponentials.split_at_mut(whole);
        let (w, w_rest) = weights.split_at(whole);
        let (y, y_rest) = seconds.split_at(whole);
        let (z, e) = (S::as_mut_simd_f64s(z).0, S::as_mut_simd_f64s(e).0);
        for (((z, e), w), y) in z.iter_mut().zip(e).zip(S::as_simd_f64s(w).0).zip(S::as_simd_f64s(y).0) {
            let more;
            (more, *z, *e) = terms(simd, *z, *e, *w, *y);
            loss = simd.add_f64s(loss, more);
        }
        if !z_rest.is_empty() {
            // Rows of no weight fill the last register.
            let part = |rest: &[f64]| simd.partial_load_f64s(rest);
            let (more, residual, curvature) = terms(simd, part(z_rest), part(e_rest), part(w_rest), part(y_rest));
            simd.partial_store_f64s(z_rest, residual);
            simd.partial_store_f64s(e_rest, curvature);
            loss = simd.add_f64s(loss, more);
        }
        simd.reduce_sum_f64s(loss)
    }
}

/// A register of rows' losses and their first and second derivatives.
#[inline(always)]
fn terms<S: Simd>(simd: S, z: S::f64s, e: S::f64s, w: S::f64s, y: S::f64s) -> (S::f64s, S::f64s, S::f64s) {
    let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
    let softplus = simd.add_f64s(simd.max_f64s(z, zero), ln_1p(simd, e));
    let loss = simd.mul_f64s(w, simd.sub_f64s(softplus, simd.mul_f64s(y, z)));
    let share = simd.div_f64s(one, simd.add_f64s(one, e));
    let p = simd.select_f64s(simd.less_than_f64s(z, zero), simd.mul_f64s(e, share), share);
    // Where the second class is certain there is no curvature left, which shows that classes are separated.
    let curvature = simd.mul_f64s(w, simd.mul_f64s(p, simd.sub_f64s(one, p)));
    (loss, simd.mul_f64s(w, simd.sub_f64s(p, y)), curvature)
}

/// `ln(1 + e)` for numbers from 0 to 1, which is `2 artanh(e / (2 + e))`: the terms of its series that are left out are below the
/// last digit.
#[inline(always)]
fn ln_1p<S: Simd>(simd: S, e: S::f64s) -> S::f64s {
    const TERMS: i32 = 17;
    let s = simd.div_f64s(e, simd.add_f64s(simd.splat_f64s(2.0), e));
    let square = simd.mul_f64s(s, s);
    let mut sum = simd.splat_f64s(0.0);
    for term in (0..TERMS).rev() {
        sum = simd.mul_add_e_f64s(sum, square, simd.splat_f64s(2.0 / f64::from(2 * term + 1)));
    }
    simd.mul_f64s(s, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Logarithms of `1 + e` by the widest registers, and by one number at a time.
    struct Logarithms<'a>(&'a [f64]);

    impl WithSimd for Logarithms<'_> {
        type Output = Vec<f64>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
            let mut out = self.0.to_vec();
            for part in out.chunks_mut(S::F64_LANES) {
                let value = ln_1p(simd, simd.partial_load_f64s(part));
                simd.partial_store_f64s(part, value);
            }
            out
        }
    }

    proptest! {
        #[test]
        fn the_logarithm_is_right_to_its_last_digits(digits in 0.0_f64..=1.0, power in -300_i32..=0) {
            let e = digits * 10f64.powi(power);
            for found in [Arch::new().dispatch(Logarithms(&[e])), pulp::Scalar::new().vectorize(Logarithms(&[e]))] {
                prop_assert!((found[0] - e.ln_1p()).abs() <= 4.0 * f64::EPSILON * e.ln_1p(), "{}: {:?}", e, found);
            }
        }

        /// Any number of rows, so that the last register is filled to any part.
        #[test]
        fn every_row_has_the_terms_of_the_definition(rows in prop::collection::vec((-40.0_f64..40.0, 0.0_f64..9.0, any::<bool>()), 1..40)) {
            let column: Vec<f64> = rows.iter().map(|row| row.0).collect();
            let weights: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let targets: Vec<usize> = rows.iter().map(|row| usize::from(row.2)).collect();
            let theta = [0.75, -0.5];
            let found = part(&Rows { columns: vec![&column], targets: &targets, weights: Some(&weights) }, &theta);
            let mut expected = Evaluation::empty(2);
            for (x, w, second) in rows {
                let z = theta[0] * x + theta[1];
                let y = f64::from(u8::from(second));
                let p = crate::artifact::logistic(z);
                expected.loss += w * (z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z);
                for (i, a) in [x, 1.0].into_iter().enumerate() {
                    expected.gradient[i] += w * (p - y) * a;
                    for (j, b) in [x, 1.0].into_iter().enumerate() {
                        expected.hessian[(i, j)] += w * p * (1.0 - p) * a * b;
                    }
                }
            }
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-11 * (1.0 + b.abs());
            prop_assert!(close(found.loss, expected.loss));
            for i in 0..2 {
                prop_assert!(close(found.gradient[i], expected.gradient[i]));
                for j in 0..2 {
                    prop_assert!(close(found.hessian[(i, j)], expected.hessian[(i, j)]));
                }
            }
        }
    }
}
