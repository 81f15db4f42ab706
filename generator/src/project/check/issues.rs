//! Mistakes of meaning, collected.

use super::claims::Claims;
use super::issue::Issue;
use crate::project::name::is_of_signs;
use crate::project::rules::Refusal;
use crate::spec::fitting;
use crate::spec::located::path::Path;

/// The issues found so far, and the names that are taken.
#[derive(Debug, Default)]
pub(super) struct Issues {
    found: Vec<Issue>,
    /// Where a rule of a service has refused: it knows the way out, so nothing else is said there.
    ruled: Vec<Path>,
    /// Names that must be unique.
    pub(super) claims: Claims,
}

impl Issues {
    /// Adds an issue at `path`.
    pub(super) fn add(&mut self, path: &Path, message: impl Into<String>) -> &mut Issue {
        let message = message.into();
        self.found.push(Issue {
            path: path.clone(),
            about: Vec::new(),
            other: None,
            on_key: false,
            piece: None,
            message,
            help: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Adds what the rules of services refuse.
    pub(super) fn rules(&mut self, refusals: Vec<(Path, Refusal)>) {
        for (path, refusal) in refusals {
            self.add(&path, refusal.message).maybe_help(refusal.help);
            self.ruled.push(path);
        }
    }

    /// The value, or an issue with what `parse` says; where that is of a name's signs, with a name near it that fits.
    pub(super) fn parse<T>(&mut self, path: &Path, text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.derived(path, text, &parse);
        if value.is_none()
            && let Some(issue) = self.found.last_mut()
            && is_of_signs(&issue.message)
            && let Some(near) = fitting(text, |name| parse(name).is_ok())
        {
            issue.help(format!("write `{near}`"));
        }
        value
    }

    /// The value of a name that does not stand there but is derived from what does, or an issue with what `parse` says.
    pub(super) fn derived<T>(
        &mut self,
        path: &Path,
        text: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(text) {
            Ok(value) => Some(value),
            Err(why) => {
                let piece = piece(&why, text).map(str::to_owned);
                self.add(path, why).piece = piece;
                None
            }
        }
    }

    /// The value if there is one to parse.
    pub(super) fn parse_some<T>(
        &mut self,
        path: &Path,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        text.and_then(|text| self.parse(path, text, parse))
    }

    /// Whether `verdict` is fine; if not, it is an issue.
    pub(super) fn accept(&mut self, path: &Path, verdict: Result<(), String>) -> bool {
        verdict.map_err(|why| self.add(path, why)).is_ok()
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Every issue, those of names that are taken twice among them.
    pub(super) fn finish(mut self) -> Vec<Issue> {
        let (rules, ruled) = (self.ruled.len(), &self.ruled);
        let mut index = 0;
        self.found.retain(|issue| {
            index += 1;
            index <= rules || !ruled.contains(&issue.path)
        });
        for collision in self.claims.collisions() {
            self.found.push(collision);
        }
        self.found
    }
}

/// The piece of `text` that a message complains of: messages that begin with a quotation quote it.
fn piece<'w>(why: &'w str, text: &str) -> Option<&'w str> {
    let (piece, _) = why.strip_prefix('`')?.split_once('`')?;
    let expression = piece.starts_with(['$', '#']);
    (piece != text && (expression || text.matches(piece).count() == 1)).then_some(piece)
}
