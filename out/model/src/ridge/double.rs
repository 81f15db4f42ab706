//! Arithmetic in twice the working precision: a number is the unevaluated sum of two `f64` (Dekker, "A floating-point
//! technique for extending the available precision", 1971; Ogita, Rump and Oishi, "Accurate sum and dot product", 2005).

/// `high + low`, where `low` is at most half a unit in the last place of `high`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Double {
    pub high: f64,
    pub low: f64,
}

/// `a + b` and its rounding error.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

impl Double {
    /// `a + b`, exactly.
    pub fn sum(a: f64, b: f64) -> Self {
        let (high, low) = two_sum(a, b);
        Self { high, low }
    }

    /// `self + b`.
    pub fn plus(self, b: f64) -> Self {
        let (sum, error) = two_sum(self.high, b);
        Self::sum(sum, error + self.low)
    }

    /// `self + other`.
    pub fn plus_double(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.high, other.high);
        Self::sum(sum, error + (self.low + other.low))
    }

    /// `self + a * b`, where the product is exact.
    pub fn plus_product(self, a: f64, b: f64) -> Self {
        let product = a * b;
        let error = a.mul_add(b, -product);
        let (sum, sum_error) = two_sum(self.high, product);
        Self::sum(sum, sum_error + (error + self.low))
    }

    /// `self + a * b` for numbers of this kind.
    pub fn plus_double_product(self, a: Self, b: Self) -> Self {
        self.plus_product(a.high, b.high).plus(a.high * b.low + a.low * b.high)
    }

    /// The nearest `f64`.
    pub fn value(self) -> f64 {
        self.high + self.low
    }
}

#[cfg(test)]
mod tests {
    use super::Double;

    #[test]
    fn what_working_precision_loses_is_kept() {
        let zero = Double::default();
        assert_eq!(zero.plus(1e20).plus(1.0).plus(-1e20).value(), 1.0);
        let third = 1.0 / 3.0;
        // 3 * fl(1/3) is not 1: the error is 2^-54.
        assert_eq!(zero.plus_product(3.0, third).plus(-1.0).value(), -(2f64.powi(-54)));
        assert_eq!(Double::sum(1.0, 1e-20).plus_double(Double::sum(-1.0, 1e-20)).value(), 2e-20);
        let a = Double::sum(1.0, 1e-17);
        assert!((zero.plus_double_product(a, a).plus(-1.0).value() - 2e-17).abs() < 1e-32);
    }
}
