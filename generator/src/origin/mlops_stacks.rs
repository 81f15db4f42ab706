//! The keys of `databricks/mlops-stacks` (its repository: `databricks.yml`, `resources/`, `training/recipe.yaml`).

use super::files::name;
use super::flat::Said;
use super::key::{Key, Meaning};

pub(super) const FILES: [fn(&str) -> bool; 4] = [
    |path| name(path) == "databricks.yml",
    |path| name(path) == "recipe.yaml",
    |path| name(path) == "model-workflow-resource.yml",
    |path| name(path) == "project_params.json",
];

pub(super) fn meaning(said: &Said) -> Meaning {
    use Meaning::{Key as Is, Left, Unknown, Unsaid};
    let key = said.key.as_str();
    let last = key.rsplit('.').next().unwrap_or_default();
    match (key, last) {
        ("bundle.name" | "input_project_name", _) => Is(Key::Name),
        ("target_col", _) | (_, "targets") => Is(Key::Target),
        (_, "quartz_cron_expression") => Is(Key::Cron),
        ("variables.model_name.default", _) => Is(Key::ModelName),
        (_, "timezone_id") => Left("schedules are in UTC"),
        ("primary_metric", _) => Left("`model.metric` chooses what challenger and champion are compared by"),
        (_, "model_type") => Left("the task follows from the target; `model.task` says another"),
        (_, "host" | "catalog_name" | "workspace_url") | ("bundle.uuid", _) => {
            Left("training, registry and scoring are Azure ML's: no workspace of Databricks is needed")
        }
        (_, "node_type_id" | "num_workers" | "spark_version" | "data_security_mode") => {
            Left("training runs on a cluster of Azure ML: `training.compute`")
        }
        (_, "notebook_path" | "validation_input" | "estimator_method" | "transformer_method" | "post_split_method") => {
            Left("training and validation are rendered: your estimator goes to estimator.py")
        }
        (_, "threshold") | ("criteria", _) => {
            Left("`model.metric: {maximum: …}` is a floor that the first model must reach too")
        }
        (_, "training_data_path") => Left("data are files: give one with --data"),
        (_, "experiment_name" | "run_mode" | "enable_baseline_comparison" | "git_source_info" | "env") => {
            Left("every run is recorded, with its commit; a challenger is always compared")
        }
        _ if key.starts_with("targets.") => Left("environments are a list, `environments`, of one spec"),
        _ if key.starts_with("steps.") || key.starts_with("custom_metrics") => {
            Left("steps are rendered; metrics of your own go to estimator.py")
        }
        _ if key.starts_with("include.") || key.contains("permissions") || key.contains("job_cluster") => Unsaid,
        _ if key.ends_with(".name") || key.ends_with("task_key") || key.ends_with("description") => Unsaid,
        ("recipe", _) | (_, "model_name") => Unsaid,
        _ if key.starts_with("input_") => Left("it chose parts of that layout"),
        _ => Unknown,
    }
}
