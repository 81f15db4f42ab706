//! What the linter says of a rendered tree: the rows of its table, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use azure_templates::bicep::{Compiler, old_api_versions};

use crate::Subject;
use crate::files::{below, rows, sources};

/// Versions of the API of that table: those that are there for good, of the types that it names.
const KNOWN: [(&str, &[&str]); 3] = [
    ("Microsoft.Insights/scheduledQueryRules", &["2023-12-01", "2026-03-01"]),
    ("Microsoft.Consumption/budgets", &["2024-08-01", "2026-06-01"]),
    ("Microsoft.Insights/diagnosticSettings", &["2016-09-01"]),
];

/// `out` is the folder `out/` of the commit that the table is of.
pub(crate) fn subject(folder: &Path, out: &Path) -> Result<Subject, String> {
    let wanted: BTreeSet<(String, String, String)> = rows(&folder.join("lint-of-out.tsv"))?
        .into_iter()
        .filter_map(|row| match <[String; 4]>::try_from(row) {
            Ok([file, line, rule, _]) => Some((file.trim_start_matches("out/").to_owned(), line, rule)),
            Err(_) => None,
        })
        .collect();
    let mut found = BTreeSet::new();
    for file in below(out)?.iter().filter(|file| file.ends_with(".bicep")) {
        let sources = sources(out, file);
        let mut problems = Compiler::new(&sources).warnings(file);
        let known = |kind: &str| KNOWN.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, known)| *known);
        let today = jiff::civil::date(2026, 11, 30);
        // A preview that is newer than all that is there for good is named by the compiler; here it is not old.
        problems.extend(sources.get(file).into_iter().flat_map(|parsed| old_api_versions(parsed, today, &known)));
        found.extend(problems.into_iter().map(|p| (file.clone(), p.at.line.to_string(), p.code.to_owned())));
    }
    let shown = |(file, line, rule): &(String, String, String)| format!("{file}:{line}: {rule}");
    let mut open: Vec<String> = wanted.difference(&found).map(|row| format!("{} is not said", shown(row))).collect();
    open.extend(found.difference(&wanted).map(|row| format!("{} is said, and not by the linter", shown(row))));
    let right = wanted.intersection(&found).count();
    Ok(Subject { name: "lint", right, total: wanted.len(), open, wrong: Vec::new() })
}
