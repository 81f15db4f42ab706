//! How mistakes are shown.

use super::*;
use insta::assert_snapshot;

/// One mistake of each kind.
const WRONG: &str = "\
version: 1
project:
  name: Churn
  descripton: who leaves
azure: {location: westeurope}
devops: {organization: contoso}
data: {path: data/churn.csv, target: y, columns: [a, b, y]}
model:
  runtime: pyhton
  parameters: {alpha: \"1\"}
scoring:
  cpu: 0
  node: {gpu: true, sku: Standard_NC4as_T4_v3}
environments:
  - name: qa-1
    target: container-instances
    canaryPercent: 10
  - name: qa1
    target: kubernetes
    approvals: {approvers: [a@b.example], required: 2, instructions: \"see $(Build.BuildId) — now\"}
model: {}
";

#[test]
fn every_mistake_is_reported_at_once() {
    assert_snapshot!(says(WRONG), @r#"
    3:9 «Churn» a project name holds lower-case letters, digits and hyphens, starting with a letter, not 'C' (write `churn`)
    4:3 «descripton» `descripton` is no key of `project` (did you mean `description`?)
    6:1 «devops» `devops` lacks the key `project` (`project`: Project in it)
    9:12 «pyhton» `model.runtime` is one of rust, python, not `pyhton` (did you mean `python`?)
    10:23 «"1"» `model.parameters.alpha` is a number, not text (a number is written without quotes)
    12:8 «0» `scoring.cpu` is at least 0.1 and at most 64, not 0
    16:13 «container-instances» container instances have no GPU: Azure has retired them (choose `kubernetes` or `managed-endpoint`, or `scoring: {node: {gpu: false}}`)
    17:5 «canaryPercent» no canary is possible here: container instances run one version at a time (take `canaryPercent` away, or choose `target: kubernetes`)
    18:11 «qa1» the storage account `churnqa1wavfy` of environment `qa1` would also be that of environment `qa-1` (each needs one of its own: choose another name, or say one under `names`)
    20:53 «2» 2 approvals are required, and there are 1 approvers
    20:75 «$(» `$(` starts a macro expression of Azure Pipelines, which is evaluated even inside quotes
    21:1 «model» the key `model` is here a second time (keep one of the two)
    "#);
}

#[test]
fn a_mistake_is_drawn_with_its_line_and_underlined() {
    let report = bad(&small(&[("location: westeurope", "locaton: westeurope")]));
    assert_snapshot!(report.render(Style::Graphical { color: false, width: 100 }), @r"
     × `locaton` is no key of `azure`
      ╭─[mlops.yaml:3:9]
    2 │ project: {name: churn}
    3 │ azure: {locaton: westeurope}
      ·         ───────
    4 │ devops: {organization: contoso, project: ml}
      ╰────
     help: did you mean `location`?
    ");
}

#[test]
fn both_of_two_equal_keys_are_drawn() {
    let report = bad(&small_and("model: {runtime: rust}"));
    assert_snapshot!(report.render(Style::Graphical { color: false, width: 100 }), @r"
     × the key `model` is here a second time
       ╭─[mlops.yaml:6:1]
     5 │ data: {path: data/churn.csv, target: y, columns: [a, b, y]}
     6 │ model: {runtime: python}
       · ──┬──
       ·   ╰── the other one
     7 │ environments:
     8 │   - {name: qa, target: container-instances}
     9 │   - {name: production, target: kubernetes}
    10 │ model: {runtime: rust}
       · ─────
       ╰────
     help: keep one of the two
    ");
}

#[test]
fn both_of_two_equal_names_are_drawn() {
    let report = bad(&small(&[("name: production", "name: qa")]));
    assert_snapshot!(report.render(Style::Graphical { color: false, width: 100 }), @r"
     × another environment is called `qa`
      ╭─[mlops.yaml:8:12]
    7 │ environments:
    8 │   - {name: qa, target: container-instances}
      ·            ─┬
      ·             ╰── the other one
    9 │   - {name: qa, target: kubernetes}
      ·            ──
      ╰────
     help: each needs one of its own
    ");
}

#[test]
fn colours_are_used_only_when_asked_for() {
    let report = bad(WRONG);
    assert!(report.render(Style::Graphical { color: true, width: 80 }).contains("\u{1b}["));
    assert!(!report.render(Style::Graphical { color: false, width: 80 }).contains("\u{1b}["));
    assert!(!report.render(Style::Plain).contains("\u{1b}["));
}

#[test]
fn a_mistake_is_two_lines_in_a_log() {
    let report = bad(&small(&[("location: westeurope", "locaton: westeurope")]));
    assert_snapshot!(report.render(Style::Plain), @r"
    mlops.yaml:3:9: `locaton` is no key of `azure`
      help: did you mean `location`?
    ");
    assert_eq!(report.to_string(), "mlops.yaml has a mistake");
    assert_eq!(bad("version: 1").to_string(), "mlops.yaml has 6 mistakes");
}

#[test]
fn a_mistake_is_an_object_in_json() {
    let report = bad(&small(&[("runtime: python", "runtime: pyhton")]));
    assert_snapshot!(serde_json::to_string_pretty(&report.to_json()).unwrap_or_default(), @r#"
    [
      {
        "file": "mlops.yaml",
        "line": 6,
        "column": 18,
        "endColumn": 24,
        "path": "model.runtime",
        "message": "`model.runtime` is one of rust, python, not `pyhton`",
        "help": "did you mean `python`?"
      }
    ]
    "#);
}

#[test]
fn columns_count_characters_not_bytes() {
    let text = small(&[("{name: churn}", "{name: churn, description: größer ☂ größer, tagz: {}}")]);
    assert_snapshot!(says(&text), @r"2:54 «tagz» `tagz` is no key of `project` (did you mean `tags`?)");
}

#[test]
fn a_mistake_in_a_block_of_text_is_underlined_where_it_is() {
    let text = small(&[(
        "project: {name: churn}",
        "project:\n  name: churn\n  description: >-\n    first line\n    second $(line)",
    )]);
    assert_snapshot!(says(&text), @r"6:12 «$(» `$(` starts a macro expression of Azure Pipelines, which is evaluated even inside quotes");
    let text = small(&[("project: {name: churn}", "project:\n  name: churn\n  description: |\n    first\n    second")]);
    assert_snapshot!(says(&text), @r"5:5 «first» this is one line of text, and a line break is in it (in YAML, `>-` joins lines and `|` keeps them)");
}

#[test]
fn windows_line_ends_do_not_move_places() {
    assert_eq!(says(&WRONG.replace('\n', "\r\n")), says(WRONG));
    assert!(load("mlops.yaml", &SMALL.replace('\n', "\r\n")).is_ok());
    assert!(load("mlops.yaml", &format!("\u{feff}{SMALL}")).is_ok());
}
