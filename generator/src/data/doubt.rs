//! Something that a person should look at.

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it is, in one word, for programs.
    pub kind: &'static str,
    /// The column that it is about, if it is about one.
    pub column: Option<String>,
    /// What was seen.
    pub what: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Doubt {
    /// About the data as a whole.
    pub fn new(kind: &'static str, what: impl Into<String>) -> Self {
        Self { kind, column: None, what: what.into(), advice: None }
    }

    /// About a column.
    pub fn of(column: &str, kind: &'static str, what: impl Into<String>) -> Self {
        Self { column: Some(column.to_owned()), ..Self::new(kind, what) }
    }

    /// The same with advice.
    #[must_use]
    pub fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}
