//! `mlops-gen format FILE…`.

use std::path::{Path, PathBuf};

use azure_templates::bicep;
use clap::Args;
use mlops_gen::edge::bicep_files;
use serde_json::{Value, json};

use super::Outcome;
use super::failure::Failure;
use super::output::Output;

/// Options of `format`.
#[derive(Debug, Args)]
pub struct Format {
    /// Bicep files and parameter files (.bicep, .bicepparam)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the files, instead of printing them
    #[arg(long, conflicts_with = "check")]
    pub write: bool,
    /// Print nothing but the names of files that would change; exit 1 if there is one
    #[arg(long)]
    pub check: bool,
}

pub(super) fn run(options: &Format, output: Output) -> Result<Outcome, Failure> {
    for file in &options.files {
        let bicep = matches!(file.extension().and_then(|kind| kind.to_str()), Some("bicep" | "bicepparam"));
        if !bicep {
            let why = format!("{} is no Bicep file: its name ends in neither .bicep nor .bicepparam", file.display());
            return Err(Failure::Usage(why));
        }
    }
    // Every file is read and laid out before one is written.
    let texts = options.files.iter().map(|file| bicep_files::read(file)).collect::<Result<Vec<_>, _>>()?;
    let mut laid_out = Vec::new();
    let mut refused = Vec::new();
    for (file, text) in options.files.iter().zip(&texts) {
        match bicep::format(text) {
            Ok(new) => laid_out.push((file, new != *text, new)),
            Err(problem) => refused.push((file, problem)),
        }
    }
    for (file, problem) in &refused {
        let code = if problem.code.is_empty() { String::new() } else { format!(" ({})", problem.code) };
        output.say(&format!("{}:{}: {}{code}", file.display(), problem.at, problem.message));
    }
    if refused.is_empty() && options.write {
        for (file, _, new) in laid_out.iter().filter(|(_, changed, _)| *changed) {
            bicep_files::write(file, new)?;
            output.say(&format!("formatted {}", file.display()));
        }
    }
    if output.is_json() {
        let files: Vec<Value> = laid_out.iter().map(|(file, changed, new)| shown(file, *changed, new)).collect();
        let problems: Vec<Value> = refused
            .iter()
            .map(|(file, problem)| {
                json!({
                    "file": file,
                    "line": problem.at.line,
                    "column": problem.at.column,
                    "code": problem.code,
                    "message": problem.message,
                })
            })
            .collect();
        output.data(&json!({ "files": files, "problems": problems }));
    } else if options.check {
        laid_out.iter().filter(|(_, changed, _)| *changed).for_each(|(file, ..)| {
            output.text(&format!("{}\n", file.display()));
        });
    } else if refused.is_empty() && !options.write {
        laid_out.iter().for_each(|(_, _, new)| output.text(new));
    }
    let differs = options.check && laid_out.iter().any(|(_, changed, _)| *changed);
    Ok(if refused.is_empty() && !differs { Outcome::Clean } else { Outcome::Different })
}

fn shown(file: &Path, changed: bool, text: &str) -> Value {
    json!({ "file": file, "changed": changed, "text": text })
}
