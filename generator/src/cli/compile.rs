//! `mlops-gen compile FILE`.

use azure_templates::Located;
use azure_templates::arm::{Setting, evaluate};
use azure_templates::bicep::Compiler;
use mlops_gen::edge::bicep_files::BicepFiles;
use serde_json::{Map, Value, json};

use super::args::Compile;
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
    let need = |value: &Option<String>, flag: &str| {
        value
            .clone()
            .ok_or_else(|| Failure::Usage(format!("`--evaluate` needs `{flag}`: where the template is deployed")))
    };
    let setting = Setting {
        subscription: need(&options.subscription, "--subscription")?,
        tenant: need(&options.tenant, "--tenant")?,
        resource_group: options.resource_group.clone(),
        location: Some(need(&options.location, "--location")?),
        deployment: need(&options.deployment, "--deployment")?,
    };
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
