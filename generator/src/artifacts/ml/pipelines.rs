//! The training pipeline and batch scoring as pipeline components, and the jobs that run them.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::parameters::{self, TrainingInput};
use super::super::{Artifact, Language};
use super::components::{self, ModelTag};
use super::input::{data_type, gathered, incoming};
use super::lineage::{self, Lineage};
use super::names;
use super::sweep::{self, SweepView};
use crate::project::Project;
use crate::project::environment::Environment;

/// View of `ml/pipelines/training.yml`.
#[derive(Debug, Serialize)]
struct TrainingView {
    /// Name of the component.
    name: String,
    /// `uri_folder` or `uri_file`.
    data_type: &'static str,
    /// What the steps read: the pipeline's data, or what the collection of logs made of it.
    data_binding: Fragment,
    /// Whether scoring logs are collected first.
    logs: bool,
    /// Whether more than the data asset is gathered first.
    gathered: bool,
    /// Address of the folder in which new data arrives, if it is gathered.
    incoming_path: Option<String>,
    /// Whether training is spread over instances.
    sharded: bool,
    /// How parameters are searched for by trials, if they are.
    sweep: Option<SweepView>,
    /// Parameters of the algorithm and of the search.
    inputs: Vec<TrainingInput>,
    /// Inputs that say where the run comes from.
    lineage: Vec<Lineage>,
    /// Further tags of the model.
    tags: Vec<ModelTag>,
    /// Address of the promoted model's folder.
    champion_path: String,
    /// Address of the folder of collected rows.
    collected_path: String,
    /// Greatest run time of one step, in seconds.
    timeout_seconds: u32,
}

/// View of `ml/jobs/retrain.yml`.
#[derive(Debug, Serialize)]
struct RetrainView<'a> {
    /// Name of the job in the studio.
    display_name: String,
    /// What the project is about.
    description: &'a str,
    /// Name of the experiment.
    experiment: &'a str,
    /// Tags of the project.
    tags: Vec<Tag<'a>>,
    /// The cluster.
    compute: String,
    /// `uri_folder` or `uri_file`.
    data_type: &'static str,
    /// Address of the data.
    data_path: String,
    /// Where the logs are, if they are collected.
    logs: Option<LogPaths>,
    /// Parameters of the algorithm and of the search.
    inputs: Vec<TrainingInput>,
    /// Inputs that say where the run comes from.
    lineage: Vec<Lineage>,
}

/// A tag.
#[derive(Debug, Serialize)]
pub(super) struct Tag<'a> {
    /// Name.
    key: &'a str,
    /// Value.
    value: &'a str,
}

/// Addresses of the folders that the collection of logs reads.
#[derive(Debug, Serialize)]
struct LogPaths {
    /// Scoring logs of the environment.
    scoring_logs_path: String,
    /// Outcomes known later.
    outcomes_path: String,
}

/// View of `ml/pipelines/batch-scoring.yml`.
#[derive(Debug, Serialize)]
struct BatchPipelineView {
    /// Name of the component.
    name: String,
    /// The model.
    model: String,
}

/// View of `ml/jobs/score-batch.yml`.
#[derive(Debug, Serialize)]
struct BatchJobView<'a> {
    /// Name of the job in the studio.
    display_name: String,
    /// Name of the experiment.
    experiment: &'a str,
    /// The cluster.
    compute: String,
    /// Address of the folder of files to score.
    input_path: String,
    /// Address of the folder of predictions.
    output_path: String,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = vec![training(project), retrain(project)];
    files.extend(batch(project));
    files
}

/// Tags of the project.
pub(super) fn project_tags(project: &Project) -> Vec<Tag<'_>> {
    project.tags.iter().map(|(key, value)| Tag { key: key.as_str(), value: value.as_str() }).collect()
}

fn training(project: &Project) -> Artifact {
    let logs = project.training.scoring_logs.is_some();
    let gathered = gathered(project);
    let data = if gathered { "${{parent.jobs.gather.outputs.training_data}}" } else { "${{parent.inputs.data}}" };
    let view = TrainingView {
        name: names::component(project, "training"),
        data_type: data_type(project),
        data_binding: Fragment::new(data),
        logs,
        gathered,
        incoming_path: incoming(project),
        sharded: project.training.sharded(),
        sweep: sweep::view(project),
        inputs: parameters::inputs(project),
        lineage: lineage::inputs(),
        tags: components::tags(project),
        champion_path: names::champion(project),
        collected_path: names::workspace_folder(project, "collected"),
        timeout_seconds: project.training.timeout_minutes * 60,
    };
    let file = "ml/pipelines/training.yml";
    Artifact::template(file, Language::Yaml, file, view).because(&[
        "project.name",
        "data.path",
        "model.algorithm",
        "model.parameters",
        "model.search",
        "model.metric",
        "model.tags",
        "training",
        "azure",
    ])
}

fn retrain(project: &Project) -> Artifact {
    let view = RetrainView {
        display_name: format!("{} retraining", project.name),
        description: project.description.as_str(),
        experiment: project.name.as_str(),
        tags: project_tags(project),
        compute: format!("azureml:{}", project.training.compute.name),
        data_type: data_type(project),
        data_path: names::latest(&project.data.asset),
        logs: log_paths(project),
        inputs: parameters::inputs(project),
        lineage: lineage::inputs(),
    };
    let file = "ml/jobs/retrain.yml";
    Artifact::template(file, Language::Yaml, file, view).because(&[
        "project",
        "data",
        "model.algorithm",
        "model.parameters",
        "model.search",
        "training",
        "environments",
    ])
}

fn log_paths(project: &Project) -> Option<LogPaths> {
    let logs = project.training.scoring_logs.as_ref()?;
    let environment = project.environments.iter().find(|environment| environment.name == logs.environment)?;
    Some(LogPaths {
        scoring_logs_path: logs_address(environment),
        outcomes_path: format!("azureml://datastores/{}/paths/", names::datastore(&logs.outcomes_container)),
    })
}

/// Address of the container of an environment's scoring log.
pub(super) fn logs_address(environment: &Environment) -> String {
    format!("https://{}.blob.core.windows.net/{}/", environment.storage, environment.logs_container)
}

fn batch(project: &Project) -> Vec<Artifact> {
    let Some(batch) = &project.batch else { return Vec::new() };
    let pipeline = "ml/pipelines/batch-scoring.yml";
    let view = BatchPipelineView {
        name: names::component(project, "batch-scoring"),
        model: names::latest(&project.model.name),
    };
    let mut files = vec![Artifact::template(pipeline, Language::Yaml, pipeline, view).because(&[
        "project.name",
        "model.name",
        "batch",
    ])];
    if batch.schedule.is_some() {
        let job = "ml/jobs/score-batch.yml";
        let view = BatchJobView {
            display_name: format!("{} batch scoring", project.name),
            experiment: project.name.as_str(),
            compute: format!("azureml:{}", batch.compute.name),
            input_path: names::workspace_folder(project, "batch/input"),
            output_path: names::workspace_folder(project, "batch/predictions/${{name}}"),
        };
        files.push(Artifact::template(job, Language::Yaml, job, view).because(&["project.name", "azure", "batch"]));
    }
    files
}
