use super::verify;
use crate::artifacts::sample::{broken, full, project, tree};

/// The findings after `old` was replaced in `path` of the full sample, one a line.
fn findings(path: &str, old: &str, new: &str) -> String {
    let project = full();
    let tree = broken(&tree(&project), path, old, new);
    let findings = verify(&tree, &project);
    findings.iter().map(|f| format!("{}:{}: {}\n", f.path, f.line.unwrap_or(0), f.message)).collect()
}

/// Asserts that the broken file is refused with `message`.
fn refused(path: &str, old: &str, new: &str, message: &str) {
    let found = findings(path, old, new);
    assert!(found.contains(path) && found.contains(message), "{found:?} does not say {message:?}");
}

#[test]
fn what_is_rendered_passes() {
    for project in [project(), full()] {
        assert_eq!(verify(&tree(&project), &project), []);
    }
}

#[test]
fn a_file_without_its_kind_is_refused() {
    refused("ml/jobs/retrain.yml", "pipelineJob.schema", "pipelineJobs.schema", "`$schema` must name the kind");
}

#[test]
fn a_hyphen_in_a_component_name_is_refused() {
    refused("ml/components/train.yml", "name: diabetes_train", "name: diabetes-train", "lower-case letters");
}

#[test]
fn a_command_that_reads_an_undeclared_input_is_refused() {
    refused("ml/components/evaluate.yml", "${{inputs.margin}}", "${{inputs.margn}}", "reads `inputs.margn`");
}

#[test]
fn an_output_that_no_command_writes_is_refused() {
    refused("ml/components/train.yml", "${{outputs.model}}", "model", "never writes the output `model`");
}

#[test]
fn a_binding_to_an_unknown_job_is_refused_with_its_line() {
    let found = findings("ml/pipelines/training.yml", "jobs.evaluate.outputs", "jobs.evaluat.outputs");
    assert!(found.contains("there is no job `evaluat`"), "{found}");
    let line: usize = found.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(0);
    let rendered = tree(&full());
    let text = rendered.get("ml/pipelines/training.yml").and_then(|file| file.text()).unwrap_or_default();
    assert!(text.lines().nth(line - 1).is_some_and(|line| line.contains("jobs.evaluate.outputs")), "line {line}");
}

#[test]
fn a_binding_to_an_unknown_output_is_refused() {
    refused("ml/pipelines/training.yml", "train.outputs.model", "train.outputs.modell", "has no output `modell`");
}

#[test]
fn a_binding_to_an_undeclared_pipeline_input_is_refused() {
    refused(
        "ml/jobs/retrain.yml",
        "${{parent.inputs.commit}}",
        "${{parent.inputs.comit}}",
        "declares no inputs `comit`",
    );
}

#[test]
fn a_binding_without_parent_is_refused() {
    refused("ml/jobs/retrain.yml", "${{parent.inputs.commit}}", "${{inputs.commit}}", "expected parent.inputs.NAME");
}

#[test]
fn an_input_that_the_component_lacks_is_refused() {
    refused("ml/pipelines/training.yml", "      challenger: $", "      challenge: $", "no inputs `challenge`");
}

#[test]
fn a_missing_input_is_refused() {
    let path = "ml/pipelines/training.yml";
    refused(path, "      challenger: ${{parent.jobs.train.outputs.model}}\n", "", "needs the input `challenger`");
}

#[test]
fn an_input_of_another_type_is_refused() {
    let path = "ml/components/evaluate.yml";
    let found = findings(path, "challenger:\n    type: custom_model", "challenger:\n    type: mltable");
    assert!(found.contains("input `challenger` is a mltable, and is given a custom_model"), "{found}");
}

#[test]
fn jobs_that_wait_for_each_other_are_refused() {
    let old = "inputs:\n      scoring_logs: ${{parent.inputs.scoring_logs}}";
    let new = "inputs:\n      scoring_logs: ${{parent.jobs.gather.outputs.training_data}}";
    refused("ml/pipelines/training.yml", old, new, "jobs wait for each other: collect, data_test");
}

#[test]
fn an_output_that_no_job_writes_is_refused() {
    let old = "      evaluation: ${{parent.outputs.evaluation}}\n";
    refused("ml/pipelines/training.yml", old, "", "no job writes the output `evaluation`");
}

#[test]
fn a_component_file_that_is_missing_is_refused() {
    refused("ml/pipelines/training.yml", "components/train.yml", "components/trian.yml", "is no file of the project");
    refused(
        "ml/endpoints/training/deployment.yml",
        "training.yml",
        "trainig.yml",
        "there is no `../../pipelines/trainig.yml`",
    );
}

#[test]
fn a_job_file_that_is_missing_is_refused() {
    refused(
        "ml/schedules/weekly.yml",
        "create_job: ../jobs/",
        "create_job: ../job/",
        "there is no `../job/retrain.yml`",
    );
}

#[test]
fn a_schedule_that_never_comes_is_refused() {
    refused("ml/schedules/weekly.yml", "\"0 3 * * 1\"", "\"0 25 * * 1\"", "`25` is no hour");
}

#[test]
fn a_dockerfile_that_is_missing_is_refused() {
    refused(
        "ml/environments/training.yml",
        "docker/training/Dockerfile",
        "docker/Dockerfile",
        "there is no `docker/Dockerfile`",
    );
}

#[test]
fn a_deployment_for_another_endpoint_is_refused() {
    let path = "ml/endpoints/managed/deployment.yml";
    refused(path, "endpoint_name: ", "endpoint_name: x-", "a deployment belongs to the endpoint beside it");
}

#[test]
fn an_endpoint_name_that_azure_refuses_is_refused() {
    refused("ml/endpoints/training/endpoint.yml", "\nname: ", "\nname: UPPER_", "an endpoint name");
}

#[test]
fn a_repeated_key_is_refused() {
    refused("ml/jobs/retrain.yml", "\nsettings:", "\ntype: pipeline\nsettings:", "type");
}
