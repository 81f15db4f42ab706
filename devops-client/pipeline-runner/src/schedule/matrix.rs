//! How often a job goes, and with which variables.

use azure_pipelines::{Node, yaml};

use crate::conditions::{Moment, known};
use crate::plan::Matrix;
use crate::variables::Variables;

/// The entries of a matrix, and how many go at a time.
pub(super) type Entries = (Vec<(String, Vec<(String, String)>)>, Option<usize>);

pub(super) fn entries(matrix: &Matrix, variables: &Variables, moment: &Moment<'_>) -> Result<Entries, String> {
    let most = |text: &Option<String>| text.as_deref().and_then(|text| variables.expand(text).trim().parse().ok());
    Ok(match matrix {
        Matrix::Once => (vec![(String::new(), Vec::new())], None),
        Matrix::Entries(entries, limit) => (entries.clone(), most(limit)),
        Matrix::Parallel(count) => {
            let count = variables.expand(count);
            let slices: usize = count.trim().parse().map_err(|_| format!("`parallel` is a number, not `{count}`"))?;
            let entry = |at: usize| {
                let own = [("System.JobPositionInPhase", at), ("System.TotalJobsInPhase", slices)];
                (format!("Job{at}"), own.map(|(name, value)| (name.to_owned(), value.to_string())).to_vec())
            };
            ((1..=slices.min(99)).map(entry).collect(), None)
        }
        Matrix::Expression(expression, limit) => {
            let text = known(expression, moment)?;
            let wrong = |message: String| format!("the matrix `{expression}` is `{text}`: {message}");
            let node = yaml::parse("matrix", &text).map_err(|problem| wrong(problem.message))?;
            let entry = |(name, own): &(Node, Node)| {
                let pair = |(key, value): &(Node, Node)| Some((key.text()?.to_owned(), value.text()?.to_owned()));
                Some((name.text()?.to_owned(), own.entries().iter().filter_map(pair).collect()))
            };
            let found: Vec<_> = node.entries().iter().filter_map(entry).collect();
            if found.is_empty() {
                return Err(wrong("a mapping of names to variables is needed".to_owned()));
            }
            (found, most(limit))
        }
    })
}
