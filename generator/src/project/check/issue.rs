//! A mistake of meaning.

use crate::spec::located::path::Path;

/// A mistake of meaning, at a part of the spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The part.
    pub path: Path,
    /// Further parts that it is about: if one of them is wrong already, this issue may be a mere consequence.
    pub about: Vec<Path>,
    /// The other part of two that cannot stand together.
    pub other: Option<Path>,
    /// Whether the key is meant, not its value.
    pub on_key: bool,
    /// The offending piece of the value, if it is not the whole of it.
    pub piece: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Issue {
    /// Adds advice.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds advice if there is some.
    pub fn maybe_help(&mut self, help: Option<String>) -> &mut Self {
        self.help = help.or(self.help.take());
        self
    }

    /// Adds a further part that the issue is about.
    pub fn about(&mut self, path: Path) -> &mut Self {
        self.about.push(path);
        self
    }

    /// Means the key, not its value.
    pub fn on_key(&mut self) -> &mut Self {
        self.on_key = true;
        self
    }

    /// Means a piece of the value.
    pub fn piece(&mut self, piece: impl Into<String>) -> &mut Self {
        self.piece = Some(piece.into());
        self
    }
}
