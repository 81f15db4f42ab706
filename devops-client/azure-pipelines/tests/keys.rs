//! Keys that a pipeline does not have, each told with its name and its place.

use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::yaml::parse;
use azure_pipelines::{Node, Problem};

struct Nothing;

impl Files for Nothing {
    fn load(&self, _: &str) -> Result<Option<Node>, Problem> {
        Ok(None)
    }
}

const PIPELINE: &str = "\
parameters:
- {name: p, displayName: P, type: string, default: a, values: [a, b]}
trigger:
  batch: true
  branches: {include: [main], exclude: [old]}
  paths: {include: [src], exclude: [docs]}
pr:
  autoCancel: true
  branches: {include: [main]}
schedules:
- {cron: '0 3 * * 1', displayName: weekly, branches: {include: [main]}, always: true}
variables:
- {name: a, value: b, readonly: true}
- group: g
steps:
- script: echo
";

fn problems(text: &str) -> Vec<String> {
    let root = parse("p.yml", text).unwrap();
    let expanded = expand(&Request {
        root: &root,
        path: "p.yml",
        files: &Nothing,
        parameters: Some(Vec::new()),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::All,
    });
    let found = expanded.problems.iter().cloned().chain(Pipeline::read(&expanded).problems());
    found.map(|problem| problem.to_string()).collect()
}

#[test]
fn every_key_of_triggers_parameters_and_variables_is_known() {
    assert_eq!(problems(PIPELINE), Vec::<String>::new());
}

#[test]
fn a_misspelt_key_is_told_with_its_name_and_its_place() {
    let keys = [
        "displayName",
        "type",
        "values",
        "batch",
        "branches",
        "exclude",
        "paths",
        "autoCancel",
        "cron",
        "always",
        "value",
        "readonly",
        "group",
    ];
    for key in keys {
        let at = PIPELINE.find(&format!("{key}:")).unwrap();
        let line = PIPELINE[..at].matches('\n').count() + 1;
        let text = format!("{}{key}x{}", &PIPELINE[..at], &PIPELINE[at + key.len()..]);
        let found = problems(&text);
        let told = found
            .iter()
            .any(|problem| problem.starts_with(&format!("p.yml:{line}:")) && problem.contains(&format!("`{key}x`")));
        assert!(told, "{key}: {found:?}");
    }
}
