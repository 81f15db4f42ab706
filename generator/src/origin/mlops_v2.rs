//! The keys of `Azure/mlops-v2` and what is made from it (its demo repository: `config-infra-….yml`, `mlops/azureml/`).

use super::files::name;
use super::flat::Said;
use super::key::{Key, Meaning};

pub(super) const FILES: [fn(&str) -> bool; 5] = [
    |path| path.starts_with("config-infra-prod"),
    |path| path.starts_with("config-infra-") && !path.starts_with("config-infra-prod"),
    |path| path.ends_with("train/data.yml"),
    |path| path.ends_with("train/pipeline.yml"),
    |path| path.contains("deploy/") && path.ends_with(".yml"),
];

pub(super) fn meaning(said: &Said) -> Meaning {
    use Meaning::{Key as Is, Left, Unknown, Unsaid};
    let key = said.key.trim_start_matches("variables.");
    if key == "$schema" || key == "type" {
        return Unsaid;
    }
    let last = key.rsplit('.').next().unwrap_or_default();
    match name(&said.file) {
        "data.yml" => match key {
            "name" => Is(Key::Asset),
            // Where the file is, is looked at apart.
            "path" => Unsaid,
            "description" => Left("`project.description` says what the project is for"),
            _ => Unknown,
        },
        "pipeline.yml" => match (key, last) {
            (_, "model_name") => Is(Key::ModelName),
            ("experiment_name" | "description", _) => Left("it is named after the project"),
            ("settings.default_compute", _) => Unsaid,
            (_, "command" | "code" | "environment" | "name" | "display_name") => {
                Left("the training pipeline is rendered: your estimator goes to estimator.py")
            }
            _ => Unsaid,
        },
        _ if said.file.contains("/batch/") => {
            Left("batch scoring is an environment of its own: `target: batch-endpoint`")
        }
        _ if said.file.contains("deploy/") => match key {
            "auth_mode" => Is(Key::Authentication),
            "instance_count" => Is(Key::ReplicasMin),
            "instance_type" => Left(
                "a managed endpoint takes `scoring.node.sku`; production is a cluster unless `target` says otherwise",
            ),
            "name" | "endpoint_name" | "model" | "description" => Left("it is named after the project"),
            _ => Unknown,
        },
        _ => match key {
            "namespace" => Is(Key::Name),
            "location" => Is(Key::Location),
            "ap_vm_image" => Is(Key::AgentImage),
            "training_target" => Is(Key::ComputeName),
            "training_target_sku" => Is(Key::ComputeSku),
            "training_target_min_nodes" => Is(Key::MinNodes),
            "training_target_max_nodes" => Is(Key::MaxNodes),
            "training_target_tier" => Is(Key::Priority),
            "postfix" => Left("names of resources end with letters of their own; `azure.suffix` chooses them"),
            "environment" => Left("environments are a list, `environments`, of one spec"),
            "enable_aml_secure_workspace" => Left("`network: {private: …}` keeps everything in networks of its own"),
            "ado_service_connection_rg" | "ado_service_connection_aml_ws" => {
                Left("service connections are made, one for each environment; `azure.serviceConnection` names another")
            }
            "resource_group" | "aml_workspace" => {
                Left("it is made anew; `azure.resourceGroup` and `azure.names` name another")
            }
            "enable_aml_computecluster" | "enable_monitoring" => Unsaid,
            _ if key.starts_with("terraform_") || key.starts_with("tf") => {
                Left("infrastructure is Bicep, and keeps no state")
            }
            _ if key.starts_with("bicep") => Left("templates are rendered to infra/"),
            _ => Unknown,
        },
    }
}
