//! Layout of Bicep files: what `bicep format` prints with its own settings (two blanks, 120 columns).
//!
//! Tokens stay as they are, and so do comments; blanks and line breaks between them are this module's. It reads the whole
//! language, also what no compiler of this crate knows.

mod declarations;
mod doc;
mod expressions;
mod layout;
mod tokens;
mod types;

use super::{Place, Problem};
use layout::Layout;
use tokens::Class;

/// The text of a `.bicep` or `.bicepparam` file in the layout that the Bicep compiler's own formatter gives it.
///
/// # Errors
/// The first place that is no Bicep.
pub fn format(text: &str) -> Result<String, Problem> {
    match super::parse(text) {
        // What only this crate's compiler does not know can be laid out.
        Err(problem) if !problem.code.is_empty() => return Err(problem),
        _ => {}
    }
    let formatted = doc::print(&Layout::new(tokens::tokens(text)?).file()?);
    if said(&formatted)? == said(text)? {
        return Ok(formatted);
    }
    Err(Problem::unsupported(Place::START, "no layout of this file is known that keeps all that it says"))
}

/// What a text says, layout aside: its tokens in order and its comments. Commas stand for line breaks and back, and a `|`
/// in front of a type that has several lines is layout.
fn said(text: &str) -> Result<(Vec<String>, Vec<String>), Problem> {
    let (mut words, mut comments) = (Vec::new(), Vec::new());
    for token in tokens::tokens(text)? {
        comments.extend(token.before.into_iter().chain(token.after).map(|comment| comment.text));
        if !matches!(token.class, Class::Lines(_)) && !matches!(token.text, "," | "|") {
            words.push(token.text.to_owned());
        }
    }
    comments.sort();
    Ok((words, comments))
}

#[cfg(test)]
mod tests;
