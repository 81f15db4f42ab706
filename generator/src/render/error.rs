//! Why a file could not be rendered.

/// Why a file could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{template}: {message}")]
pub struct RenderError {
    /// The template, as its name under `templates/`.
    pub template: String,
    /// The engine's report, with line, column and a caret.
    pub message: String,
}
