//! What runs do beyond the straight way: tried again, cancelled, fetched.

use mlops_gen::tree::RenderedTree;
use system_tests::{render, specs};

/// Pipelines and their templates, as path and text.
fn yaml(tree: &RenderedTree) -> Vec<(&str, &str)> {
    tree.iter()
        .filter(|(path, _)| path.as_str().starts_with("pipelines/") && path.as_str().ends_with(".yml"))
        .map(|(path, file)| (path.as_str(), file.text().unwrap()))
        .collect()
}

#[test]
fn an_artifact_bears_the_number_of_the_try_that_wrote_it() {
    let mut written = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("- publish:")) {
                let artifact = lines[index..].iter().find_map(|line| line.strip_prefix("artifact: ")).unwrap();
                assert!(artifact.ends_with("-$(System.JobAttempt)"), "{name}: {path}: {artifact}");
                written += 1;
            }
        }
    }
    assert!(written >= 40, "only {written} artifacts were seen");
}

#[test]
fn a_deployment_job_fetches_no_artifact_that_it_does_not_ask_for() {
    let mut seen = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            for job in text.split("- deployment: ").skip(1) {
                let steps = job.split("\n  - ").next().unwrap();
                assert!(steps.contains("- download: none\n"), "{name}: {path}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 85, "only {seen} deployment jobs were seen");
}

#[test]
fn what_must_be_put_back_is_put_back_when_a_run_is_cancelled_too() {
    let mut seen = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            for line in text.lines().filter(|line| line.trim().starts_with("condition:") && line.contains("failed()")) {
                assert!(line.contains("or(failed(), canceled())"), "{name}: {path}: {line}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 60, "only {seen} conditions were seen");
}
