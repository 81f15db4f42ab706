//! Text that is meant to be a piece of the output language, not data: only code can make it.

use serde::{Serialize, Serializer};

/// The key that marks a fragment in a serialised view. No spec string can hold U+0000, so none can forge it.
pub const MARK: &str = "\u{0}fragment";

// Invariant: a text of the spec is refused or stands whole as one scalar
// (test: any_text_is_refused_with_its_place_or_kept_byte_for_byte).
/// A piece of the output language, printed as it stands: an Azure Pipelines expression, a Bicep symbol.
///
/// Build it from literals and from newtypes whose characters are harmless in the language, never from [`Text`].
///
/// [`Text`]: crate::project::text::Text
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fragment(String);

impl Fragment {
    /// Marks `code` as a piece of the output language.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The piece.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Fragment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(MARK, &self.0)])
    }
}
