//! What steps, jobs, stages and runs come to.

use std::fmt;

/// What something came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Outcome {
    /// It was not carried out.
    Skipped,
    /// All well.
    #[default]
    Succeeded,
    /// Well, but somebody should look.
    SucceededWithIssues,
    /// It was ended from outside.
    Canceled,
    /// Not well.
    Failed,
}

impl Outcome {
    /// The service's word, as `dependencies.x.result` has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skipped => "Skipped",
            Self::Succeeded => "Succeeded",
            Self::SucceededWithIssues => "SucceededWithIssues",
            Self::Canceled => "Canceled",
            Self::Failed => "Failed",
        }
    }

    /// Whether what depends on it goes on.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededWithIssues)
    }

    /// What a whole comes to of which this and `other` are parts: the worse of the two.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
