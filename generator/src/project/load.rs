//! From the text of a spec to a [`Project`], or to everything that is wrong with it.

use super::Project;
use super::check::{Issue, check};
use crate::spec::SpecFile;
use crate::spec::located::path::{Path, Step};
use crate::spec::located::{Limits, Node, read};
use crate::spec::report::{Mistake, Report};
use crate::spec::schema::SCHEMA;
use crate::spec::structure::{MOST_MISTAKES, conform};

/// Reads and checks a spec. `file` is how reports name it.
///
/// # Errors
/// Every mistake in the text at once, each with its place.
pub fn load(file: &str, text: &str) -> Result<Project, Report> {
    let mut mistakes = Vec::new();
    let project = read(text, Limits::SPEC, &mut mistakes).and_then(|document| judge(&document, text, &mut mistakes));
    match project {
        Some(project) if mistakes.is_empty() => Ok(project),
        // What was too long to read is too long to be shown.
        _ => Err(Report::new(file, if text.len() > Limits::SPEC.bytes { "" } else { text }, mistakes)),
    }
}

/// What is wrong with parts of a spec that is itself in order, each with its place in the text: part, message, advice. None
/// where nothing is.
pub fn located(file: &str, text: &str, found: Vec<(Path, String, Option<String>)>) -> Option<Report> {
    let document = read(text, Limits::SPEC, &mut Vec::new())?;
    let mistake = |(path, message, help): (Path, String, Option<String>)| {
        let span = document.locate(&path, false);
        Mistake { span, also: None, path, message, help }
    };
    let mistakes: Vec<Mistake> = found.into_iter().take(MOST_MISTAKES).map(mistake).collect();
    (!mistakes.is_empty()).then(|| Report::new(file, text, mistakes))
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
        let doubtful = &conformed.doubtful;
        doubtful.iter().any(|d| issue.path.within(d) || issue.about.iter().any(|part| touches(d, part)))
    };
    let issues = issues.into_iter().filter(|issue| !consequence(issue)).take(MOST_MISTAKES);
    mistakes.extend(issues.map(|issue| locate(issue, document, text)));
    None
}

/// Whether what is known of `part` is uncertain because `doubtful` was left out: it is around `part`, or it is one of
/// its entries, or the name of one.
fn touches(doubtful: &Path, part: &Path) -> bool {
    let inside = doubtful.within(part).then(|| &doubtful.steps()[part.steps().len()..]);
    part.within(doubtful)
        || match inside {
            Some([Step::Index(_)]) => true,
            Some([Step::Index(_), Step::Key(key)]) => key == "name",
            _ => false,
        }
}

fn locate(issue: Issue, document: &Node, text: &str) -> Mistake {
    let mut span = document.locate(&issue.path, issue.on_key);
    let found =
        issue.piece.as_deref().and_then(|piece| text.get(span.clone())?.find(piece).map(|at| (at, piece.len())));
    if let Some((at, length)) = found {
        span = span.start + at..span.start + at + length;
    }
    let also = issue.other.map(|path| document.locate(&path, false)).filter(|also| *also != span);
    Mistake { span, also, path: issue.path, message: issue.message, help: issue.help }
}
