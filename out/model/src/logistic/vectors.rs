//! Sums over columns, by the widest registers that there are.

use pulp::{Arch, Simd, WithSimd};

/// Adds a multiple of a column to a sum.
pub(super) fn add_multiple(sum: &mut [f64], column: &[f64], coefficient: f64) {
    Arch::new().dispatch(AddMultiple { sum, column, coefficient });
}

/// The inner product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    Arch::new().dispatch(Dot { a, b })
}

/// The sum, in eight parts so that the additions do not wait for one another.
pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (whole, rest) = values.as_chunks::<8>();
    for values in whole {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

struct AddMultiple<'a> {
    sum: &'a mut [f64],
    column: &'a [f64],
    coefficient: f64,
}

impl WithSimd for AddMultiple<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (sums, sums_rest) = S::as_mut_simd_f64s(self.sum);
        let (values, rest) = S::as_simd_f64s(self.column);
        let coefficient = simd.splat_f64s(self.coefficient);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = simd.mul_add_e_f64s(*value, coefficient, *sum);
        }
        sums_rest.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value * self.coefficient);
    }
}

/// An inner product, in four registers of sums so that the additions do not wait for one another.
struct Dot<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (a, rest_a) = S::as_simd_f64s(self.a);
        let (b, rest_b) = S::as_simd_f64s(self.b);
        let mut sums = [simd.splat_f64s(0.0); 4];
        for (a, b) in a.chunks(4).zip(b.chunks(4)) {
            for ((a, b), sum) in a.iter().zip(b).zip(&mut sums) {
                *sum = simd.mul_add_e_f64s(*a, *b, *sum);
            }
        }
        let sum = simd.add_f64s(simd.add_f64s(sums[0], sums[1]), simd.add_f64s(sums[2], sums[3]));
        simd.reduce_sum_f64s(sum) + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_whole_numbers_are_exact_at_any_length() {
        for length in 0..40 {
            let a: Vec<f64> = (0..length).map(|i| f64::from(i * 7 % 11) - 5.0).collect();
            let b: Vec<f64> = (0..length).map(|i| f64::from(i * 5 % 13) - 6.0).collect();
            assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>(), "{length}");
            assert_eq!(sum(&a), a.iter().sum::<f64>(), "{length}");
            let mut added = a.clone();
            add_multiple(&mut added, &b, 3.0);
            assert_eq!(added, a.iter().zip(&b).map(|(a, b)| a + 3.0 * b).collect::<Vec<_>>(), "{length}");
        }
    }
}
