//! Holds this crate against what another program makes of expressions and pipelines: `golden FOLDER DIFFERENCES`.
//!
//! FOLDER has `expressions.tsv` and `contexts.yml`, `pipelines.tsv` and `pipelines/`. Each difference that DIFFERENCES does not
//! explain fails, and so does an explanation without a difference.

mod expressions;
mod pipelines;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// What was compared.
struct Compared {
    name: &'static str,
    total: usize,
    /// Case and difference.
    differences: Vec<(String, String)>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, differences] = arguments.as_slice() else {
        report("usage: golden FOLDER DIFFERENCES");
        return ExitCode::from(2);
    };
    match run(Path::new(folder), Path::new(differences)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            report(&message);
            ExitCode::from(2)
        }
    }
}

/// What is wrong or counted, on standard output: this is a program for people at a terminal.
#[allow(clippy::print_stdout)]
fn report(line: &str) {
    println!("{line}");
}

fn run(folder: &Path, differences: &Path) -> Result<bool, String> {
    let mut explained: BTreeMap<String, String> = BTreeMap::new();
    for row in rows(differences)? {
        if let [case, why, ..] = row.as_slice() {
            explained.insert(case.clone(), why.clone());
        }
    }
    let found = [expressions::compare(folder)?, pipelines::compare(folder)?];
    let mut good = true;
    let mut seen = Vec::new();
    for Compared { name, total, differences } in found {
        let mut open = 0;
        for (case, difference) in &differences {
            seen.push(case.clone());
            if !explained.contains_key(case) {
                open += 1;
                report(&format!("{name}: {case}: {difference}"));
            }
        }
        good &= open == 0;
        let same = total - differences.len();
        report(&format!("{name}: {same} of {total} the same, {} explained, {open} not", differences.len() - open));
    }
    for case in explained.keys().filter(|case| !seen.contains(case)) {
        good = false;
        report(&format!("explained, but there is no difference: {case}"));
    }
    Ok(good)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The rows of a table below its heading, cell by cell.
fn rows(path: &Path) -> Result<Vec<Vec<String>>, String> {
    let text = read(path)?;
    Ok(text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}
