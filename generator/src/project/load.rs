//! From the text of a spec to a [`Project`], or to everything that is wrong with it.

use super::Project;
use super::check::{Issue, check};
use crate::spec::SpecFile;
use crate::spec::located::{Limits, Node, read};
use crate::spec::report::{Mistake, Report};
use crate::spec::schema::SCHEMA;
use crate::spec::structure::conform;

/// Reads and checks a spec. `file` is how reports name it.
///
/// # Errors
/// Every mistake in the text at once, each with its place.
pub fn load(file: &str, text: &str) -> Result<Project, Report> {
    let mut mistakes = Vec::new();
    let project = read(text, Limits::SPEC, &mut mistakes).and_then(|document| judge(&document, text, &mut mistakes));
    match project {
        Some(project) if mistakes.is_empty() => Ok(project),
        _ => Err(Report::new(file, text, mistakes)),
    }
}

fn judge(document: &Node, text: &str, mistakes: &mut Vec<Mistake>) -> Option<Project> {
    let conformed = conform(document, &SCHEMA);
    mistakes.extend(conformed.mistakes);
    let spec: SpecFile = match serde_json::from_value(conformed.json) {
        Ok(spec) => spec,
        Err(error) => {
            // The structure check and serde disagree: better an awkward message than a spec that is half read.
            mistakes.push(Mistake::new(0..0, format!("the spec does not fit its schema: {error}")));
            return None;
        }
    };
    let issues = match check(&spec) {
        Ok(project) => return Some(project),
        Err(issues) => issues,
    };
    let consequence = |issue: &Issue| {
        let mut parts = std::iter::once(&issue.path).chain(&issue.about);
        parts.any(|part| conformed.doubtful.iter().any(|d| part.within(d) || d.within(part) && part != &issue.path))
    };
    mistakes.extend(issues.into_iter().filter(|issue| !consequence(issue)).map(|issue| locate(issue, document, text)));
    None
}

fn locate(issue: Issue, document: &Node, text: &str) -> Mistake {
    let mut span = document.locate(&issue.path, issue.on_key);
    let found =
        issue.piece.as_deref().and_then(|piece| text.get(span.clone())?.find(piece).map(|at| (at, piece.len())));
    if let Some((at, length)) = found {
        span = span.start + at..span.start + at + length;
    }
    Mistake { span, also: None, path: issue.path, message: issue.message, help: issue.help }
}
