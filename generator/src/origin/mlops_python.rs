//! The keys of `microsoft/MLOpsPython` (its repository: `.pipelines/…-variables-template.yml`, `.env.example`,
//! `parameters.json`, `scoring/deployment_config_….yml`, docs/getting_started.md).

use super::files::name;
use super::flat::Said;
use super::key::{Key, Meaning};

pub(super) const FILES: [fn(&str) -> bool; 6] = [
    |path| path == ".env",
    |path| path.starts_with(".pipelines/") && path.ends_with("variables-template.yml"),
    |path| path == ".env.example",
    |path| name(path) == "parameters.json",
    |path| name(path) == "deployment_config_aks.yml",
    |path| name(path) == "deployment_config_aci.yml",
];

pub(super) fn meaning(said: &Said) -> Meaning {
    use Meaning::{Key as Is, Left, Unknown, Unsaid};
    let key = said.key.trim_start_matches("variables.");
    if name(&said.file) == "deployment_config_aci.yml" {
        return match key {
            "computeType" => Unsaid,
            _ => Left(
                "the processor and memory of both environments are those of the cluster's: `scoring.cpu`, `scoring.memoryGiB`",
            ),
        };
    }
    match key {
        "BASE_NAME" => Is(Key::Name),
        "LOCATION" => Is(Key::Location),
        "DATASET_NAME" => Is(Key::Asset),
        "MODEL_NAME" => Is(Key::ModelName),
        "training.alpha" => Is(Key::Alpha),
        "AML_COMPUTE_CLUSTER_NAME" => Is(Key::ComputeName),
        "AML_COMPUTE_CLUSTER_CPU_SKU" => Is(Key::ComputeSku),
        "AML_CLUSTER_MIN_NODES" => Is(Key::MinNodes),
        "AML_CLUSTER_MAX_NODES" => Is(Key::MaxNodes),
        "AML_CLUSTER_PRIORITY" => Is(Key::Priority),
        "containerResourceRequirements.cpu" => Is(Key::Cpu),
        "containerResourceRequirements.memoryInGB" => Is(Key::MemoryGib),
        "autoScaler.minReplicas" => Is(Key::ReplicasMin),
        "autoScaler.maxReplicas" => Is(Key::ReplicasMax),
        "autoScaler.targetUtilization" => Is(Key::TargetCpu),
        "authEnabled" if said.value == "true" => Is(Key::Authentication),
        "computeType" | "autoScaler.autoscaleEnabled" | "appInsightsEnabled" | "sslEnabled" => Unsaid,
        "autoScaler.refreshPeriodInSeconds" => Left("the cluster's autoscaler looks every 15 seconds"),
        "scoringTimeoutMs" | "maxConcurrentRequestsPerContainer" | "maxQueueWaitMs" => {
            Left("the server answers or refuses at once; `scoring.contract.latencyMs` is what smoke tests hold it to")
        }
        "SUBSCRIPTION_ID" | "TENANT_ID" => {
            Left("ids stay out of the spec: pipelines read AZURE_SUBSCRIPTION_ID and AZURE_TENANT_ID")
        }
        "SP_APP_ID" | "SP_APP_SECRET" => {
            Left("service connections sign in with a federated identity: there is no secret")
        }
        "RESOURCE_GROUP" => Left("a resource group of its own is made; `azure.resourceGroup` names another"),
        "WORKSPACE_NAME" => Left("a workspace of its own is made; `azure.names.workspace` gives it another name"),
        "EXPERIMENT_NAME" | "TRAINING_PIPELINE_NAME" | "SCORING_PIPELINE_NAME" | "IMAGE_NAME" => {
            Left("it is named after the project")
        }
        "DATASET_VERSION" | "MODEL_VERSION" | "BUILD_BUILDID" => Left("versions are those of the runs that make them"),
        "DATASTORE_NAME" => Left("data are in a container of the workspace's own storage"),
        "AML_ENV_NAME" | "AML_ENV_TRAIN_CONDA_DEP_FILE" | "AML_REBUILD_ENVIRONMENT" => {
            Left("the environment is made of requirements-train.txt, anew when that changes")
        }
        "RUN_EVALUATION" | "ALLOW_RUN_CANCEL" => {
            Left("a challenger is always compared, and a run where the champion stays is green")
        }
        "TRAIN_SCRIPT_PATH"
        | "EVALUATE_SCRIPT_PATH"
        | "REGISTER_SCRIPT_PATH"
        | "SCORE_SCRIPT"
        | "SOURCES_DIR_TRAIN"
        | "MODEL_PATH" => {
            Left("training, evaluation, registration and scoring are rendered: your estimator goes to estimator.py")
        }
        "DB_CLUSTER_ID" => Left("training runs on Azure ML"),
        "USE_GPU_FOR_SCORING" => Left("`scoring.node: {sku: …, gpu: true}` gives the server a processor of graphics"),
        "registration.tags" | "registration.tags.0" => {
            Left("metrics are recorded with the model; `model.tags` are for the rest")
        }
        _ if key.contains("SCOR") => Left("batch scoring is an environment of its own: `target: batch-endpoint`"),
        _ => Unknown,
    }
}
