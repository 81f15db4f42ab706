//! Metrics of predicted probabilities of classes.

use crate::artifact::Metrics;

/// Keeps the truth and the probabilities of rows, of which scikit-learn's metrics are made.
#[derive(Debug, Clone, Default)]
pub struct ClassMetrics {
    truths: Vec<usize>,
    probabilities: Vec<f64>,
    decisions: Vec<usize>,
    /// The number of classes, where some rows have a decision and no probabilities.
    named: Option<usize>,
}

/// The least probability whose logarithm is taken, as scikit-learn's `log_loss` has it.
const LEAST: f64 = f64::EPSILON;

impl ClassMetrics {
    /// Adds a row: the index of its class, the probability of each class, and the class decided for.
    pub fn push(&mut self, truth: usize, probabilities: &[f64], decision: usize) {
        self.truths.push(truth);
        self.decisions.push(decision);
        self.probabilities.extend_from_slice(probabilities);
    }

    /// Adds a row of which only the class decided for is known, one of so many; then there are no metrics of probabilities.
    pub fn push_decision(&mut self, truth: usize, decision: usize, classes: usize) {
        self.truths.push(truth);
        self.decisions.push(decision);
        self.named = Some(classes);
    }

    /// The metrics, as `roc_auc_score` (one against the rest, mean over classes), `log_loss`, `f1_score` (of the second
    /// of two classes, otherwise the mean over classes), `accuracy_score`, `brier_score_loss` and
    /// `balanced_accuracy_score` define them.
    #[must_use]
    pub fn finish(&self) -> Metrics {
        let rows = self.truths.len();
        if rows == 0 {
            return Metrics::default();
        }
        let (n, classes) = (rows as f64, self.named.unwrap_or(self.probabilities.len() / rows));
        let right = self.truths.iter().zip(&self.decisions).filter(|(a, b)| a == b).count();
        let decided = Metrics {
            rows: rows as u64,
            f1: Some(self.f1(classes)),
            accuracy: Some(right as f64 / n),
            balanced_accuracy: Some(self.balanced_accuracy(classes)),
            ..Metrics::default()
        };
        if self.named.is_some() {
            return decided;
        }
        let per_row = || self.truths.iter().zip(self.probabilities.chunks_exact(classes));
        let log_loss = per_row().map(|(&truth, p)| -p[truth].clamp(LEAST, 1.0 - LEAST).ln()).sum::<f64>() / n;
        let distance = |truth: usize, p: &[f64]| match p {
            [_, p] => (p - f64::from(u8::from(truth == 1))).powi(2),
            _ => p.iter().enumerate().map(|(class, p)| (p - f64::from(u8::from(class == truth))).powi(2)).sum(),
        };
        Metrics {
            auc: self.auc(classes),
            log_loss: Some(log_loss),
            brier: Some(per_row().map(|(&truth, p)| distance(truth, p)).sum::<f64>() / n),
            ..decided
        }
    }

    fn counts(&self, class: usize) -> (f64, f64, f64) {
        let pairs = || self.truths.iter().zip(&self.decisions);
        let count = |of: &dyn Fn((&usize, &usize)) -> bool| pairs().filter(|pair| of(*pair)).count() as f64;
        (count(&|(a, b)| *a == class && *b == class), count(&|(a, _)| *a == class), count(&|(_, b)| *b == class))
    }

    fn f1(&self, classes: usize) -> f64 {
        let f1 = |class| {
            let (both, true_of, decided) = self.counts(class);
            if true_of + decided == 0.0 { 0.0 } else { 2.0 * both / (true_of + decided) }
        };
        if classes == 2 {
            return f1(1);
        }
        // The mean is over the classes that are there, in truth or decided.
        let there: Vec<usize> = (0..classes).filter(|&c| self.counts(c).1 + self.counts(c).2 > 0.0).collect();
        there.iter().map(|&class| f1(class)).sum::<f64>() / there.len() as f64
    }

    fn balanced_accuracy(&self, classes: usize) -> f64 {
        let recalls = (0..classes).map(|class| self.counts(class)).filter(|(_, true_of, _)| *true_of > 0.0);
        let recalls: Vec<f64> = recalls.map(|(both, true_of, _)| both / true_of).collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }

    fn auc(&self, classes: usize) -> Option<f64> {
        if classes == 2 {
            return self.auc_of(1, classes);
        }
        let all: Option<Vec<f64>> = (0..classes).map(|class| self.auc_of(class, classes)).collect();
        all.map(|all| all.iter().sum::<f64>() / classes as f64)
    }

    /// The share of pairs of a row of the class and another that are in the right order; equals count half (Mann and
    /// Whitney, 1947).
    fn auc_of(&self, class: usize, classes: usize) -> Option<f64> {
        let scores = self.probabilities.chunks_exact(classes).map(|p| p[class]);
        let mut rows: Vec<(f64, bool)> = scores.zip(self.truths.iter().map(|truth| *truth == class)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let positive = rows.iter().filter(|(_, is)| *is).count() as f64;
        let negative = rows.len() as f64 - positive;
        let (mut below, mut pairs) = (0.0, 0.0);
        for group in rows.chunk_by(|a, b| a.0 == b.0) {
            let own = group.iter().filter(|(_, is)| *is).count() as f64;
            let others = group.len() as f64 - own;
            pairs += own * (below + others / 2.0);
            below += others;
        }
        (positive > 0.0 && negative > 0.0).then(|| pairs / (positive * negative))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(rows: &[(usize, &[f64])]) -> Metrics {
        let mut metrics = ClassMetrics::default();
        for (truth, p) in rows {
            metrics.truths.push(*truth);
            let best = |best: usize, at: usize| if p[at] > p[best] { at } else { best };
            metrics.decisions.push(if p.len() == 2 { usize::from(p[1] >= 0.5) } else { (0..p.len()).fold(0, best) });
            metrics.probabilities.extend_from_slice(p);
        }
        metrics.finish()
    }

    #[test]
    fn two_classes_have_scikit_learns_metrics() {
        // y = [0,0,1,1], p = [0.1,0.4,0.35,0.8]: the example of roc_auc_score, and scikit-learn 1.9.1 for the others.
        let found = metrics(&[(0, &[0.9, 0.1]), (0, &[0.6, 0.4]), (1, &[0.65, 0.35]), (1, &[0.2, 0.8])]);
        assert_eq!((found.auc, found.accuracy, found.balanced_accuracy), (Some(0.75), Some(0.75), Some(0.75)));
        assert!((found.log_loss.unwrap() - 0.472_287_953_809_176_15).abs() < 1e-12, "{:?}", found.log_loss);
        assert!((found.f1.unwrap() - 2.0 / 3.0).abs() < 1e-15);
        assert!((found.brier.unwrap() - 0.158_125).abs() < 1e-15);
    }

    #[test]
    fn more_classes_are_averaged_and_a_class_without_rows_has_no_auc() {
        let found =
            metrics(&[(0, &[0.7, 0.2, 0.1]), (1, &[0.3, 0.4, 0.3]), (2, &[0.2, 0.5, 0.3]), (2, &[0.1, 0.1, 0.8])]);
        assert_eq!(found.accuracy, Some(0.75));
        assert!((found.balanced_accuracy.unwrap() - 2.5 / 3.0).abs() < 1e-15);
        assert!((found.auc.unwrap() - (1.0 + 2.0 / 3.0 + 0.875) / 3.0).abs() < 1e-12, "{:?}", found.auc);
        assert_eq!(metrics(&[(0, &[0.7, 0.3]), (0, &[0.6, 0.4])]).auc, None);
    }
}
