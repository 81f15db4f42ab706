//! Holds this crate against what the Bicep compiler makes of small sources: `golden FOLDER subject=least…`. With
//! `out:FOLDER`, also what the linter says of a rendered tree.
//!
//! FOLDER is laid out as its README says. The program prints what is the same in each subject, what is not, and fails
//! where fewer cases than `least` are right, or where more than `another=…` are compiled to another JSON.

mod compiles;
mod evaluated;
mod files;
mod formatted;
mod lint;
mod refused;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// What one subject came to.
pub(crate) struct Subject {
    name: &'static str,
    right: usize,
    total: usize,
    /// Cases that are not right, and why.
    open: Vec<String>,
    /// Cases that may be no number: something was compiled to what the compiler does not write.
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, least)) = arguments.split_first() else {
        report("usage: golden FOLDER [-v] [out:FOLDER] subject=least…");
        return ExitCode::from(2);
    };
    match run(Path::new(folder), least) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            report(&message);
            ExitCode::from(2)
        }
    }
}

/// What is counted or wrong, on standard output: this is a program for people at a terminal.
#[allow(clippy::print_stdout)]
pub(crate) fn report(line: &str) {
    println!("{line}");
}

fn run(folder: &Path, arguments: &[String]) -> Result<bool, String> {
    let mut least = BTreeMap::new();
    for (name, number) in arguments.iter().filter_map(|argument| argument.split_once('=')) {
        least.insert(name, number.parse::<usize>().map_err(|error| format!("{name}={number}: {error}"))?);
    }
    let talks = arguments.iter().any(|argument| argument == "-v");
    let mut subjects = vec![compiles::subject(folder)?, compiles::warned(folder)?, compiles::warnings(folder)?];
    subjects.extend(refused::subjects(folder)?);
    subjects.push(evaluated::subject(folder)?);
    subjects.extend([formatted::subject(folder)?, formatted::kept(folder)?]);
    if let Some(out) = arguments.iter().find_map(|argument| argument.strip_prefix("out:")) {
        subjects.push(lint::subject(folder, Path::new(out))?);
    }
    let (mut good, mut another) = (true, 0);
    for subject in subjects {
        let floor = least.get(subject.name).copied().unwrap_or(0);
        report(&format!("{}: {} of {} (at least {floor})", subject.name, subject.right, subject.total));
        if talks || subject.right < floor {
            subject.open.iter().for_each(|case| report(&format!("  open: {case}")));
        }
        subject.wrong.iter().for_each(|case| report(&format!("  another JSON: {case}")));
        good &= subject.right >= floor;
        another += subject.wrong.len();
    }
    Ok(good && another <= least.get("another").copied().unwrap_or(0))
}
