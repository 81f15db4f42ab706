//! A value that is needed and not there.

/// A value that is needed and not there: what it is, and where it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not known: {next}")]
pub struct Missing {
    /// What is missing.
    pub what: String,
    /// How to give it.
    pub next: String,
}

impl Missing {
    /// A value that an environment variable gives.
    pub fn variable(name: &str) -> Self {
        Self { what: name.to_owned(), next: format!("set the environment variable {name}") }
    }
}
