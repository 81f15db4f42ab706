//! `mlops-gen compile FILE` and `mlops-gen format FILE…`: anybody's Bicep.

use std::path::Path;

use azure_templates::Located;
use azure_templates::arm::{Setting, evaluate};
use azure_templates::bicep::{self, Compiler, Sources};
use mlops_gen::edge::bicep_files::{self, BicepFiles};
use serde_json::{Map, Value, json};

use super::args::{Compile, Format};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;

pub(super) fn run(options: &Compile, output: Output) -> Result<Outcome, Failure> {
    let file = BicepFiles::open(&options.file)?;
    let given = options.evaluate.as_deref().map(BicepFiles::open).transpose()?;
    let sources = file.sources(&given.iter().collect::<Vec<_>>());
    let compiler = Compiler::new(&sources);
    let compile = |file: &BicepFiles| {
        if file.path.ends_with(".bicepparam") {
            compiler.parameters(&file.path, &|name| std::env::var(name).ok())
        } else {
            compiler.template(&file.path)
        }
    };
    let template = match compile(&file) {
        Ok(template) => template,
        Err(problems) => return Ok(refuse(&problems, &file, output)),
    };
    warn(&compiler, &sources, &file, output);
    let Some(given) = given else {
        output.data(&template);
        return Ok(Outcome::Clean);
    };
    let parameters = match compile(&given) {
        Ok(parameters) => parameters.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
        Err(problems) => return Ok(refuse(&problems, &file, output)),
    };
    made(options, &template, &parameters, output)
}

/// Prints what the deployment makes.
fn made(
    options: &Compile,
    template: &Value,
    parameters: &Map<String, Value>,
    output: Output,
) -> Result<Outcome, Failure> {
    let needed = [
        ("--subscription", &options.subscription),
        ("--tenant", &options.tenant),
        ("--location", &options.location),
        ("--deployment", &options.deployment),
    ];
    let [Some(subscription), Some(tenant), Some(location), Some(deployment)] = needed.map(|(_, value)| value.clone())
    else {
        let missing = needed.iter().filter(|(_, value)| value.is_none()).map(|(flag, _)| format!("`{flag}`"));
        let missing: Vec<String> = missing.collect();
        let why = format!("`--evaluate` needs {}: where the template is deployed", missing.join(", "));
        return Err(Failure::Usage(why));
    };
    let resource_group = options.resource_group.clone();
    let setting = Setting { subscription, tenant, resource_group, location: Some(location), deployment };
    match evaluate(template, parameters, &setting) {
        Ok(made) => {
            output.data(&json!({ "resources": made.resources, "outputs": made.outputs }));
            Ok(Outcome::Clean)
        }
        Err(message) => {
            if output.is_json() {
                output.data(&json!({ "problems": [{ "file": options.file, "message": message }] }));
            }
            output.say(&format!("{}: {message}", options.file.display()));
            Ok(Outcome::Different)
        }
    }
}

/// Says what the compiler accepts and is worth a look, of the file and of those that it uses.
fn warn(compiler: &Compiler<'_>, sources: &Sources, file: &BicepFiles, output: Output) {
    for path in sources.files().keys() {
        for problem in compiler.warnings(path) {
            output.say(&format!("warning: {}", Located { path: file.shown(path), problem }));
        }
    }
}

/// What is wrong, each with its place, and exit code 1.
fn refuse(problems: &[Located], file: &BicepFiles, output: Output) -> Outcome {
    if output.is_json() {
        let one = |Located { path, problem }: &Located| {
            json!({
                "file": file.shown(path),
                "line": problem.at.line,
                "column": problem.at.column,
                "code": problem.code,
                "message": problem.message,
            })
        };
        output.data(&json!({ "problems": problems.iter().map(one).collect::<Vec<_>>() }));
    }
    for located in problems {
        output.say(&Located { path: file.shown(&located.path), problem: located.problem.clone() }.to_string());
    }
    Outcome::Different
}

/// `mlops-gen format FILE…`: every file is read and laid out before one is written.
pub(super) fn format(options: &Format, output: Output) -> Result<Outcome, Failure> {
    for file in &options.files {
        let bicep = matches!(file.extension().and_then(|kind| kind.to_str()), Some("bicep" | "bicepparam"));
        if !bicep {
            let why = format!("{} is no Bicep file: its name ends in neither .bicep nor .bicepparam", file.display());
            return Err(Failure::Usage(why));
        }
    }
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
