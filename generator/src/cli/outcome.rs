//! How a command ends.

/// How a command ended, when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing to do, or done.
    Clean,
    /// Differences were found, or the command refused to act.
    Different,
    /// A command that was run in a sandbox ended with this exit code.
    Code(u8),
}
