//! A training that is a sweep: trials as processes, the best one by the metric that they log, its outputs handed on.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::rendered::project::Project;

/// What the program of a trial does beside writing its model: it logs how good it is, as MLflow's client does. The best alpha is
/// 0.3; with 0.9 the program fails.
const TRAIN: &str = "#!/bin/bash\nset -eu\nwhile [ $# -gt 0 ]; do declare \"${1#--}=$2\"; shift 2; done\n\
    [ \"$alpha\" != 0.9 ] || { echo 'no fit' >&2; exit 1; }\n\
    echo \"{\\\"alpha\\\": $alpha, \\\"rows\\\": 1}\" >\"$output/model.json\"\n\
    error=$(awk \"BEGIN { print ($alpha - 0.3) ^ 2 }\")\n\
    for step in 0 1; do\n\
    [ \"$step\" = 1 ] && value=$error || value=0\n\
    curl --silent --show-error --fail --data \"{\\\"run_id\\\": \\\"$MLFLOW_RUN_ID\\\", \\\"key\\\": \\\"mse\\\", \\\"value\\\": $value, \\\"step\\\": $step}\" \
    \"$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric\" >/dev/null\n\
    done\n";

/// The worked example with its training as a sweep, by the words of `templates/ml/pipelines/training.yml`.
fn project(values: &str) -> Project {
    let project = Project::new();
    let program = project.root.join("model/programs/train");
    fs::write(&program, TRAIN).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let file = "ml/pipelines/training.yml";
    project.change(
        file,
        "    type: command\n    component: ../components/train.yml\n",
        "    type: sweep\n    trial: ../components/train.yml\n",
    );
    let sweep = format!(
        "      model: ${{{{parent.outputs.model}}}}\n    sampling_algorithm: grid\n    search_space:\n      alpha:\n        type: choice\n        \
         values: {values}\n    objective:\n      goal: minimize\n      primary_metric: mse\n    early_termination:\n      \
         type: truncation_selection\n      truncation_percentage: 66\n    limits:\n      max_total_trials: 10\n      \
         max_concurrent_trials: 2\n      trial_timeout: 600\n      timeout: 3600\n"
    );
    let before = "      model: ${{parent.outputs.model}}\n    limits:\n      timeout: 3600\n";
    project.change(file, before, &sweep);
    project
}

#[test]
fn a_sweep_hands_on_the_model_of_its_best_trial() {
    let project = project("[0.1, 0.9, 0.4, 0.25]");
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    let trained = project.run("pipelines/retrain.yml", &[]);
    assert!(trained.is_good(), "{:?}\n{}", trained.issues, project.log());
    assert!(trained.tags.contains(&"model-1".to_owned()), "{:?}\n{}", trained.tags, project.log());
    let log = project.log();
    assert!(log.contains("a sweep of 4 trials"), "{log}");
    assert!(log.contains("trial 1 failed: the command ended with 1: no fit"), "{log}");
    assert!(log.contains("the best trial is 3, mse with alpha=0.25: 0.0025"), "{log}");
    let scope = "--resource-group diabetes-platform --workspace-name diabetes-ml";
    let tag = |name: &str| {
        project.az(&format!("ml model show {scope} --name diabetes --version 1 --query tags.{name} --output tsv"))
    };
    assert_eq!(tag("mse"), "0.25", "the tag is what the stand-in of `evaluate` reads from the model");
}

#[test]
fn a_sweep_without_a_good_trial_fails_and_says_so() {
    let project = project("[0.9]");
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    assert!(!project.run("pipelines/retrain.yml", &[]).is_good());
    let log = project.log();
    assert!(log.contains("train: none of 1 trials ended well and logged the metric mse"), "{log}");
}
