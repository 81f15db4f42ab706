//! Sources that the compiler refuses: refused at one of its lines, and with its code there.

use std::path::Path;

use crate::Subject;
use crate::files::{compile, rows};

/// Refused at a line that is given; and with a code that is given there.
pub(crate) fn subjects(folder: &Path) -> Result<Vec<Subject>, String> {
    let (mut lines, mut codes) = (Vec::new(), Vec::new());
    let table = rows(&folder.join("refused.tsv"))?;
    let total = table.len();
    for row in table {
        let [file, places] = row.as_slice() else {
            return Err(format!("refused.tsv: {row:?} has not two cells"));
        };
        let places: Vec<(usize, &str)> = places
            .split(' ')
            .filter_map(|place| place.split_once(':'))
            .filter_map(|(line, code)| Some((line.parse().ok()?, code)))
            .collect();
        let shown = || places.iter().map(|(line, code)| format!("{line}:{code}")).collect::<Vec<_>>().join(" ");
        match compile(&folder.join("refused"), file) {
            Ok(_) => {
                lines.push(format!("{file}: accepted, not {}", shown()));
                codes.push(format!("{file}: accepted, not {}", shown()));
            }
            Err(problems) => {
                let own: Vec<_> = problems.iter().filter(|located| located.path == *file).collect();
                let said = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
                if !own.iter().any(|located| places.iter().any(|(line, _)| *line == located.problem.at.line)) {
                    lines.push(format!("{file}: {} is refused as {said}", shown()));
                }
                if !own.iter().any(|l| places.contains(&(l.problem.at.line, l.problem.code))) {
                    codes.push(format!("{file}: {} is refused as {said}", shown()));
                }
            }
        }
    }
    let subject = |name, open: Vec<String>| Subject { name, right: total - open.len(), total, open, wrong: Vec::new() };
    Ok(vec![subject("refused", lines), subject("refused-codes", codes)])
}
