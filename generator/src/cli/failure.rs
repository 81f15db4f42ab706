//! Everything that ends a command with exit code 2.

use mlops_gen::compose::Problem;
use mlops_gen::edge::EdgeError;
use mlops_gen::render::RenderError;
use mlops_gen::spec::report::{Report, Style};
use serde_json::{Value, json};

/// Most columns of a diagnostic.
const WIDTH: usize = 110;

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// The spec has mistakes: all of them.
    Spec(Box<Report>),
    /// Templates do not parse.
    Templates(Vec<RenderError>),
    /// Rendering failed, or its proof did.
    Problems(Vec<Problem>),
    /// The machine refused.
    Edge(EdgeError),
    /// The services, or what they are to be asked: each line says what is wrong and what to do.
    Services(Vec<String>),
    /// What was asked for cannot be done.
    Usage(String),
    /// Arguments with values that cannot be taken, one a line.
    Arguments(Vec<String>),
}

impl From<EdgeError> for Failure {
    fn from(error: EdgeError) -> Self {
        Self::Edge(error)
    }
}

impl Failure {
    /// The failure as a value that a program may read.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Spec(report) => json!({ "error": "spec", "diagnostics": report.to_json() }),
            Self::Templates(errors) => json!({ "error": "templates", "messages": strings(errors) }),
            Self::Problems(problems) => json!({ "error": "verification", "messages": strings(problems) }),
            Self::Edge(error) => json!({ "error": "machine", "messages": [error.to_string()] }),
            Self::Services(lines) => json!({ "error": "services", "messages": lines }),
            Self::Usage(why) => json!({ "error": "usage", "messages": [why] }),
            Self::Arguments(lines) => json!({ "error": "usage", "messages": lines }),
        }
    }

    /// The failure as text for a person, with colours if `fancy`.
    pub(super) fn to_text(&self, fancy: bool) -> String {
        match self {
            Self::Spec(report) => report.render(Style::Graphical { color: fancy, width: width() }),
            Self::Templates(errors) => lines("error: template ", &strings(errors), "nothing was written"),
            Self::Problems(problems) => lines("error: ", &strings(problems), "nothing was written"),
            Self::Edge(error) => format!("error: {error}\n"),
            Self::Services(messages) | Self::Arguments(messages) => {
                messages.iter().map(|line| format!("error: {line}\n")).collect()
            }
            Self::Usage(why) => format!("error: {why}\n"),
        }
    }
}

/// Columns for a diagnostic: those of the terminal, where there is one and it has no more than are read with ease.
fn width() -> usize {
    let columns = console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns));
    columns.filter(|columns| *columns > 0).map_or(WIDTH, |columns| columns.min(WIDTH))
}

fn strings(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn lines(prefix: &str, items: &[String], end: &str) -> String {
    let mut text: String = items.iter().map(|item| format!("{prefix}{item}\n")).collect();
    text.push_str(end);
    text.push('\n');
    text
}
