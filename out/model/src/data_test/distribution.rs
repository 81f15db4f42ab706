//! The distribution tests: mean, standard deviation, population stability index and Kolmogorov-Smirnov.
//!
//! With a baseline all four compare the data with the training rows; without one, mean and standard deviation are
//! compared with what the contract expects. The statistics that need the values' distribution use the baseline's bins.

use super::check::{Check, Outcome};
use super::column::{Binned, ColumnTally, limit_check};
use crate::contract::DistributionLimits;

/// The number of groups of bins that the population stability index compares.
const PSI_GROUPS: usize = 10;

/// The least share of a group, in place of 0, whose logarithm is not finite.
const PSI_FLOOR: f64 = 1e-4;

/// The tests of a column that have a limit. `tested` is the number of columns with a baseline, by which the limit of
/// the p-value is divided (Bonferroni), so that good data do not fail the more often the more columns they have.
pub(super) fn checks(tally: &ColumnTally, limits: DistributionLimits, tested: usize) -> Vec<Check> {
    let moments = tally.moments();
    let name = tally.column().name.as_str();
    if moments.rows == 0 {
        let outcome = Outcome::Skipped("there are no values".to_owned());
        let asked =
            limits != DistributionLimits::default() && (tally.has_baseline() || tally.column().expected.is_some());
        return if asked { vec![Check::new("distribution", format!("{name}: distribution"), outcome)] } else { vec![] };
    }
    let (mean, deviation, rows) = (moments.means[0], tally.standard_deviation(), moments.rows as f64);
    let reference = match (tally.binned(), tally.column().expected) {
        (Some(b), _) => (b.baseline.mean, b.baseline.standard_deviation, Some(b.baseline.count as f64)),
        (None, Some(e)) => (e.mean, e.standard_deviation, None),
        (None, None) => return vec![],
    };
    let (expected_mean, expected_deviation, expected_rows) = reference;
    let mut checks = vec![];
    // Levels have no order: only their shares are compared.
    let is_numeric = tally.column().kind.is_numeric();
    if let Some(limit) = limits.mean_sigmas.filter(|_| is_numeric) {
        // `hypot`, because squares may be beyond the range of f64.
        let error = (deviation.max(expected_deviation) / rows.sqrt())
            .hypot(expected_rows.map_or(0.0, |n| expected_deviation / n.sqrt()));
        let distance = (mean - expected_mean).abs();
        // Values that are all the same have no standard error: any difference but rounding counts.
        let tolerance = limit * error + 1e-12 * expected_mean.abs();
        let found = format!("mean {mean}, expected {expected_mean} within {tolerance}");
        checks.push(limit_check(name, "the mean is as before", distance <= tolerance, found));
    }
    if let Some(limit) = limits.standard_deviation_ratio.filter(|_| is_numeric) {
        let same = (deviation - expected_deviation).abs() <= 1e-12 * expected_mean.abs().max(expected_deviation);
        let ratio = (deviation / expected_deviation).max(expected_deviation / deviation);
        let good = same || ratio <= limit || rows < 2.0;
        let found = format!("standard deviation {deviation}, expected {expected_deviation} within a factor of {limit}");
        checks.push(limit_check(name, "the standard deviation is as before", good, found));
    }
    // A baseline whose sample is empty is of a handful of rows, which have no distribution to speak of.
    let Some(binned) = tally.binned().filter(|b| b.baseline.histogram.total() > 0) else { return checks };
    if let Some(limit) = limits.psi {
        let psi = population_stability(binned);
        let found = format!("population stability index {psi:.4}, expected at most {limit}");
        checks.push(limit_check(name, "the population is stable", psi <= limit, found));
    }
    if let Some(limit) = limits.ks_p_value.filter(|_| is_numeric) {
        let (statistic, p) = kolmogorov_smirnov(binned);
        let limit = limit / tested.max(1) as f64;
        let found =
            format!("Kolmogorov-Smirnov statistic {statistic:.4}, p-value {p:.2e}, expected at least {limit:.2e}");
        checks.push(limit_check(name, "the distribution is as before", p >= limit, found));
    }
    checks
}

/// The baseline's count in each of `binned.counts`.
fn baseline_counts(binned: &Binned) -> impl Iterator<Item = u64> {
    let inner = binned.baseline.histogram.counts.iter().copied();
    [0].into_iter().chain(inner).chain([0])
}

/// The population stability index, `sum((q - p) ln(q / p))` over groups of bins that have about a tenth of the baseline
/// each. Values beyond the baseline's range count with the outermost groups.
pub(super) fn population_stability(binned: &Binned) -> f64 {
    let (n, m) = (binned.baseline.histogram.total() as f64, binned.counts.iter().sum::<u64>() as f64);
    let mut groups: Vec<(f64, f64)> = vec![];
    let (mut p, mut q, mut covered) = (0.0, 0.0, 0.0);
    for (before, now) in baseline_counts(binned).zip(&binned.counts) {
        p += before as f64;
        q += *now as f64;
        covered += before as f64;
        // A group is full when the next tenth is reached; the last one takes what remains.
        if p > 0.0 && covered >= (groups.len() + 1) as f64 * n / PSI_GROUPS as f64 && covered < n {
            groups.push((p, q));
            (p, q) = (0.0, 0.0);
        }
    }
    groups.push((p, q));
    let share = |count: f64, total: f64| (count / total).max(PSI_FLOOR);
    groups.iter().map(|&(p, q)| (share(q, m) - share(p, n)) * (share(q, m) / share(p, n)).ln()).sum()
}

/// The two-sample Kolmogorov-Smirnov statistic at the edges of the bins, and its p-value by the asymptotic distribution
/// with Stephens' correction (Press et al., "Numerical Recipes", chapter 14.3). Between the edges the statistic could
/// be larger, so the p-value is not too small.
pub(super) fn kolmogorov_smirnov(binned: &Binned) -> (f64, f64) {
    let (n, m) = (binned.baseline.histogram.total() as f64, binned.counts.iter().sum::<u64>() as f64);
    let (mut p, mut q, mut statistic) = (0.0, 0.0, 0.0f64);
    for (before, now) in baseline_counts(binned).zip(&binned.counts) {
        p += before as f64;
        q += *now as f64;
        statistic = statistic.max((p / n - q / m).abs());
    }
    let root = (n * m / (n + m)).sqrt();
    (statistic, kolmogorov_tail((root + 0.12 + 0.11 / root) * statistic))
}

/// `2 sum((-1)^(k-1) exp(-2 k^2 x^2))`: the probability that a Kolmogorov-distributed number exceeds `x`.
fn kolmogorov_tail(x: f64) -> f64 {
    if x < 0.2 {
        // The series converges slowly here, and the probability is 1 to twelve digits.
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let k = f64::from(k);
        (if k % 2.0 == 1.0 { 2.0 } else { -2.0 }) * (-2.0 * k * k * x * x).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{ColumnBaseline, Histogram};

    fn binned(before: &[u64], now: &[u64]) -> Binned {
        let histogram = Histogram { log2_width: 0, first: 0, counts: before.to_vec() };
        let count = before.iter().sum();
        let baseline =
            ColumnBaseline { count, missing: 0, mean: 0.0, standard_deviation: 1.0, min: 0.0, max: 9.0, histogram };
        Binned { baseline, counts: [&[0], now, &[0]].concat() }
    }

    #[test]
    fn the_same_population_is_stable_and_a_shifted_one_is_not() {
        let flat = [100; 10];
        assert!(population_stability(&binned(&flat, &flat)).abs() < 1e-15);
        // Two groups of ten change from 0.1 to 0.05 and 0.15.
        let moved = [50, 150, 100, 100, 100, 100, 100, 100, 100, 100];
        let expected = -0.05 * 0.5f64.ln() + 0.05 * 1.5f64.ln();
        assert!((population_stability(&binned(&flat, &moved)) - expected).abs() < 1e-12);
        let gone = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1000];
        assert!(population_stability(&binned(&flat, &gone)) > 1.0);
    }

    #[test]
    fn the_kolmogorov_tail_has_the_tabulated_values() {
        // Smirnov's table: the critical values of 5 % and 1 %.
        assert!((kolmogorov_tail(1.358_1) - 0.05).abs() < 1e-4);
        assert!((kolmogorov_tail(1.627_6) - 0.01).abs() < 1e-4);
        assert_eq!(kolmogorov_tail(0.0), 1.0);
    }

    #[test]
    fn the_statistic_is_the_greatest_distance_of_the_shares() {
        let (statistic, p) = kolmogorov_smirnov(&binned(&[50, 50], &[20, 80]));
        assert!((statistic - 0.3).abs() < 1e-15);
        assert!(p < 0.001, "{p}");
        assert_eq!(kolmogorov_smirnov(&binned(&[50, 50], &[50, 50])), (0.0, 1.0));
    }
}
