//! What every rendered set of pipelines keeps to, whatever the project switches on.

use std::collections::BTreeSet;

use azure_pipelines::model::Pipeline;

use super::cases;
use crate::artifacts::sample::tree;
use crate::project::model::{Parameter, ParameterName, ParameterValue};
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;
use crate::verify::pipelines::files::Files;
use crate::verify::pipelines::verify;

fn texts(tree: &RenderedTree) -> Vec<(&str, &str)> {
    tree.iter()
        .filter(|(path, _)| path.as_str().starts_with("pipelines/") || path.as_str().starts_with("tests/smoke/"))
        .map(|(path, file)| (path.as_str(), file.text().unwrap()))
        .collect()
}

#[test]
fn a_switched_off_feature_leaves_no_script_and_no_template_behind() {
    for (name, project) in cases::all() {
        let tree = tree(&project);
        let files = texts(&tree);
        let parts = files.iter().filter(|(path, _)| path.contains("/scripts/") || path.contains("/templates/"));
        for (path, _) in parts {
            let file_name = path.rsplit('/').next().unwrap();
            let used = files.iter().any(|(other, text)| other != path && text.contains(file_name));
            assert!(used, "{name}: nothing uses {path}");
        }
    }
}

#[test]
fn every_job_has_a_limit_of_its_own() {
    for (name, project) in cases::all() {
        let tree = tree(&project);
        let files = Files::read(&tree, &mut Vec::new());
        let mut jobs = 0;
        for (path, root, _) in files.pipelines() {
            let expanded = files.expand(path, root);
            for (_, job) in Pipeline::read(&expanded).jobs() {
                let minutes = job.node.text_at("timeoutInMinutes").and_then(|text| text.parse::<u32>().ok());
                assert!(minutes.is_some_and(|minutes| minutes > 0), "{name}: job {} of {path} has no limit", job.name);
                jobs += 1;
            }
        }
        assert!(jobs >= 10, "{name}: only {jobs} jobs were seen");
    }
}

#[test]
fn lines_fit_the_page_and_no_template_syntax_is_left() {
    for (name, project) in cases::all() {
        let tree = tree(&project);
        for (path, text) in texts(&tree) {
            for (index, line) in text.lines().enumerate() {
                assert!(line.chars().count() <= 120, "{name}: {path}:{} is too long", index + 1);
                assert_eq!(line.trim_end(), line, "{name}: {path}:{} ends in blanks", index + 1);
                for sign in ["{=", "=}", "{%", "<#"] {
                    assert!(!line.contains(sign), "{name}: {path}:{}: {line}", index + 1);
                }
            }
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}: {path}");
            // Python wants two empty lines between functions.
            assert!(path.ends_with(".py") || !text.contains("\n\n\n"), "{name}: {path} has two empty lines in a row");
        }
    }
}

#[test]
fn scripts_stop_at_the_first_error_and_read_what_they_say_they_read() {
    for (name, project) in cases::all() {
        let tree = tree(&project);
        for (path, text) in texts(&tree).into_iter().filter(|(path, _)| path.ends_with(".sh")) {
            assert!(text.starts_with("#!/usr/bin/env bash\n"), "{name}: {path}");
            assert!(text.contains("\nset -euo pipefail\n"), "{name}: {path}");
            let head: String = text.lines().take_while(|line| line.starts_with('#')).collect();
            for variable in read_from_outside(text) {
                let given =
                    variable.starts_with("BUILD_") || variable.starts_with("SYSTEM_") || variable.starts_with("AGENT_");
                let id = project_ids(&variable);
                assert!(given || id || head.contains(&variable), "{name}: {path} reads {variable} and does not say so");
            }
        }
    }
}

/// Upper-case variables that the script reads and does not set itself.
fn read_from_outside(text: &str) -> BTreeSet<String> {
    let name = |rest: &str| -> String {
        rest.trim_start_matches('{')
            .chars()
            .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
            .collect()
    };
    let read = text.match_indices('$').map(|(at, _)| name(&text[at + 1..]));
    let set = |variable: &String| text.contains(&format!("{variable}=")) || variable == "SECONDS" || variable == "PATH";
    read.filter(|variable| variable.len() > 1 && !set(variable)).collect()
}

fn project_ids(variable: &str) -> bool {
    variable.starts_with("TENANT_ID") || variable.starts_with("SUBSCRIPTION_ID")
}

#[test]
fn a_project_extends_a_pipeline_by_block_and_passes_the_same_proof() {
    let project = cases::rust();
    let extension = |step: &str| {
        let text = format!(
            "{{% extends \"builtin/pipelines/build.yml\" %}}\n{{% block check %}}\n{{= super() =}}\n  - stage: Extra\n    \
             dependsOn: Check\n    jobs:\n      - job: Extra\n        timeoutInMinutes: 5\n        steps:\n          - {step}\n\
             {{% endblock %}}\n"
        );
        let renderer = Renderer::new(&Overrides::from([("pipelines/build.yml".to_owned(), text)])).unwrap();
        renderer.render(&crate::artifacts::plan(&project)).unwrap()
    };
    let good = extension("bash: echo hello");
    assert_eq!(verify(&good, &project), []);
    assert!(good.get("pipelines/build.yml").unwrap().text().unwrap().contains("stage: Extra"));
    let bad = verify(&extension("task: Kubernetes@0"), &project);
    assert!(bad[0].message.contains("task `Kubernetes@0` is deprecated; use Kubernetes@1"), "{bad:#?}");
}

#[test]
fn ids_that_the_repository_does_not_hold_come_from_variables_by_name() {
    let tree = tree(&cases::full());
    let text = |path: &str| tree.get(path).unwrap().text().unwrap().to_owned();
    let infrastructure = text("pipelines/infrastructure.yml");
    assert!(
        infrastructure.contains("ids:\n                - SUBSCRIPTION_ID\n                - TENANT_ID\n"),
        "{infrastructure}"
    );
    // The longer name first, so that its beginning is not replaced by the shorter one's value.
    let publish = text("pipelines/scripts/publish-training.sh");
    let long = publish.find("SUBSCRIPTION_ID_PRODUCTION").unwrap();
    let short = publish.find("text//\\$SUBSCRIPTION_ID/").unwrap();
    assert!(long < short, "{publish}");
}

#[test]
fn a_wait_ends_before_the_agent_is_taken_away() {
    let mut project = cases::rust();
    project.training.timeout_minutes = 2000;
    let tree = tree(&project);
    let retrain = tree.get("pipelines/retrain.yml").unwrap().text().unwrap();
    assert!(retrain.contains("timeoutInMinutes: 360\n"), "{retrain}");
    assert!(retrain.contains("TIMEOUT_MINUTES: 345\n"), "{retrain}");
    assert!(retrain.contains("WAIT_MINUTES: 345\n"), "{retrain}");
    project.training.timeout_minutes = 60;
    let tree = self::tree(&project);
    let retrain = tree.get("pipelines/retrain.yml").unwrap().text().unwrap();
    // An hour of training, an hour and a half of waiting, and half an hour for all else.
    assert!(retrain.contains("timeoutInMinutes: 180\n"), "{retrain}");
    assert!(retrain.contains("TIMEOUT_MINUTES: 60\n") && retrain.contains("WAIT_MINUTES: 165\n"), "{retrain}");
}

#[test]
fn every_penalty_arrives_as_the_spec_says_it() {
    for alpha in [0.0, 0.4, 1.0, 10.0, 1e-7, 2.5e-300, 1e22, 0.1 + 0.2_f64] {
        let mut project = cases::rust();
        let name = ParameterName::parse("alpha").unwrap();
        project.model.parameters = vec![Parameter { name, value: ParameterValue::Number(alpha) }];
        let tree = tree(&project);
        assert_eq!(verify(&tree, &project), [], "{alpha}");
        let retrain = tree.get("pipelines/retrain.yml").unwrap().text().unwrap();
        let block = retrain.split("  - name: alpha\n").nth(1).unwrap().split("  - name: ").next().unwrap();
        assert!(block.contains("    type: string\n"), "{block}");
        let text = block.split("    default: ").nth(1).unwrap().lines().next().unwrap();
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let written = quoted.unwrap_or_else(|| panic!("{alpha} is printed as {text}, without quotes"));
        assert_eq!(written.parse::<f64>().unwrap().to_bits(), alpha.to_bits());
        // The script takes what the pipeline offers.
        assert!(written.chars().all(|c| c.is_ascii_digit() || c == '.'), "{written}");
    }
}
