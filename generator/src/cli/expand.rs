//! `mlops-gen expand FILE`.

use azure_pipelines::model::Pipeline;
use azure_pipelines::template::parameters::{Declared, declared};
use azure_pipelines::template::{Knowledge, Request, expand};
use azure_pipelines::yaml::{parse, places, print, with_places};
use azure_pipelines::{Node, Problem};
use mlops_gen::edge::pipeline_files::PipelineFiles;
use serde_json::{Map, Value, json};

use super::args::Expand;
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;

pub(super) fn run(options: &Expand, output: Output) -> Result<Outcome, Failure> {
    let files = PipelineFiles::open(&options.file)?;
    let root = match files.pipeline() {
        Ok(root) => root,
        Err(problem) => return Ok(refuse(&[problem], output)),
    };
    let all = declared(&root);
    let given = options.parameter.iter().map(|pair| parameter(pair, &all)).collect::<Result<Vec<_>, _>>()?;
    let expanded = expand(&Request {
        root: &root,
        path: &files.path,
        files: &files,
        parameters: Some(given),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::Files,
    });
    let mut problems = expanded.problems.clone();
    if problems.is_empty() {
        problems = Pipeline::read(&expanded).problems();
    }
    if !problems.is_empty() {
        return Ok(refuse(&problems, output));
    }
    if output.is_json() {
        let places: Map<String, Value> =
            places(&expanded.root).into_iter().map(|(pointer, place)| (pointer, json!(place.to_string()))).collect();
        output.data(&json!({
            "pipeline": expanded.root.to_json(),
            "files": expanded.files,
            "open": expanded.open,
            "places": places,
        }));
    } else {
        output.text(&print(&with_places(&expanded.root)));
    }
    Ok(Outcome::Clean)
}

/// `name=value`, of the kind that the pipeline declares: texts as they stand, all else as YAML.
pub(super) fn parameter(pair: &str, all: &[Declared<'_>]) -> Result<(Node, Node), Failure> {
    let Some((name, text)) = pair.split_once('=') else {
        return Err(Failure::Usage(format!("`{pair}` is no parameter: write NAME=VALUE")));
    };
    let declared = all.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name));
    let scalar = declared.is_none_or(|parameter| ["string", "number", "boolean"].contains(&parameter.kind));
    let value = if scalar || text.is_empty() {
        Node::given(text)
    } else {
        let read = parse("--parameter", text);
        read.map_err(|problem| Failure::Usage(format!("parameter `{name}` is no YAML: {}", problem.message)))?
    };
    Ok((Node::given(name), value))
}

/// What is wrong, each with its place, and exit code 1.
pub(super) fn refuse(problems: &[Problem], output: Output) -> Outcome {
    if output.is_json() {
        let one = |problem: &Problem| {
            json!({
                "file": &*problem.place.file,
                "line": problem.place.line,
                "column": problem.place.column,
                "message": problem.message,
            })
        };
        output.data(&json!({ "problems": problems.iter().map(one).collect::<Vec<_>>() }));
    }
    for problem in problems {
        // A parameter that was given stands in no file; where it is declared, there is something to read.
        let place = if problem.place.line == 0 { problem.see.as_ref() } else { Some(&problem.place) };
        let place = place.map_or_else(String::new, |place| format!("{place}: "));
        output.say(&format!("{place}{}", problem.message));
    }
    Outcome::Different
}
