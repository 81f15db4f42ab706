//! What is predicted.

/// What is predicted.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A number.
    Regression,
    /// One of some classes.
    Classification {
        /// The classes, at least two, if the spec lists them; else those of the training rows, sorted.
        classes: Option<Vec<String>>,
        /// The probability from which on the second of two classes is predicted, if the spec says.
        threshold: Option<f64>,
    },
}

impl Task {
    /// Whether classes are predicted.
    pub fn classifies(&self) -> bool {
        matches!(self, Self::Classification { .. })
    }

    /// As in the spec and in the data contract: `regression`, `classification`.
    pub fn as_str(&self) -> &'static str {
        if self.classifies() { "classification" } else { "regression" }
    }
}
