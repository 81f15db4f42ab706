//! Specs in, projects or diagnostics out: the tests of `load`.

mod canary;
mod collisions;
mod combinations;
mod data;
mod derived;
mod example;
mod hostile;
mod limits;
mod meaning;
mod model;
mod names;
mod processes;
mod report;
mod schema;
mod structure;

use super::Project;
use super::load::load;
use crate::spec::report::{Report, Style};

/// The smallest useful spec.
const SMALL: &str = "\
version: 1
project: {name: churn}
azure: {location: westeurope}
devops: {organization: contoso, project: ml}
data: {path: data/churn.csv, target: y, columns: [a, b, y]}
model: {runtime: python}
environments:
  - {name: qa, target: container-instances}
  - {name: production, target: kubernetes}
";

fn good(text: &str) -> Project {
    load("mlops.yaml", text).unwrap_or_else(|report| panic!("{}", report.render(Style::Plain)))
}

fn bad(text: &str) -> Report {
    load("mlops.yaml", text).expect_err("the spec is wrong")
}

/// [`SMALL`] with each `from` replaced by its `to`.
fn small(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(SMALL.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in the spec");
        text.replacen(from, to, 1)
    })
}

/// [`SMALL`] with more at its end.
fn small_and(more: &str) -> String {
    format!("{SMALL}{more}\n")
}

/// Every mistake as `line:column «underlined» message (help)`.
fn says(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    for d in bad(text).diagnostics() {
        let line = lines.get(d.line - 1).copied().unwrap_or_default();
        let marked: String = line.chars().skip(d.column - 1).take(d.end_column - d.column).collect();
        out += &format!("{}:{} «{marked}» {}", d.line, d.column, d.message);
        if let Some(help) = &d.help {
            out += &format!(" ({help})");
        }
        out.push('\n');
    }
    out
}
