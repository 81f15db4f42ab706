//! Command components: one step of the pipeline each, the same flags for either runtime.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::parameters::{self, TrainingInput};
use super::super::{Artifact, Language};
use super::input::{data_type, gathered, incoming, step_data_type};
use super::lineage::{self, Lineage};
use super::names;
use super::number::number;
use crate::project::Project;
use crate::project::model::{Floor, MetricName, Runtime};
use crate::project::training::DistributionKind;

/// View of a component that needs no more than its names.
#[derive(Debug, Serialize)]
struct StepView {
    /// Name of the component.
    name: String,
    /// Environment that it runs in.
    environment: String,
    /// How its program is called.
    program: Fragment,
    /// `uri_folder` or `uri_file`.
    data_type: &'static str,
}

/// View of `ml/components/train.yml`: one process, or the one that combines shards.
#[derive(Debug, Serialize)]
struct TrainView {
    #[serde(flatten)]
    step: StepView,
    /// Whether shards were trained before, so that this step combines them.
    sharded: bool,
    /// Azure ML's own distribution, where the project's own estimator trains in several processes.
    distribution: Option<DistributionView>,
    /// What it does, where it is one process.
    description: String,
    /// Parameters of the algorithm and of the search.
    inputs: Vec<TrainingInput>,
    /// Flags that no run changes.
    constants: Vec<Fragment>,
}

/// Azure ML's own distribution.
#[derive(Debug, Serialize)]
struct DistributionView {
    /// `pytorch`, `mpi` or `ray`.
    kind: &'static str,
    /// Number of instances.
    instances: u32,
    /// Processes on each; Ray has workers of its own.
    processes: Option<u32>,
}

/// View of `ml/components/gather.yml`.
#[derive(Debug, Serialize)]
struct GatherView {
    /// Name of the component.
    name: String,
    /// Environment that it runs in.
    environment: String,
    /// `uri_folder` or `uri_file`.
    data_type: &'static str,
    /// Whether rows from scoring logs are among the data.
    logs: bool,
    /// Whether files that arrived later are.
    incoming: bool,
}

/// View of `ml/components/train-shard.yml`.
#[derive(Debug, Serialize)]
struct ShardView {
    #[serde(flatten)]
    step: StepView,
    /// Name of the file with one instance's partial result.
    partial: Fragment,
    /// Number of instances.
    instances: u32,
}

/// View of `ml/components/evaluate.yml`.
#[derive(Debug, Serialize)]
struct EvaluateView {
    #[serde(flatten)]
    step: StepView,
    /// What is compared.
    metric: &'static str,
    /// Which way is better.
    direction: &'static str,
    /// By how much.
    margin: Fragment,
    /// Metrics that the task has.
    metrics: Fragment,
    /// What every model must reach.
    floor: Option<FloorView>,
    /// Whether the champion stays when it cannot be measured.
    keep: bool,
}

/// What every model must reach, the first one too.
#[derive(Debug, Serialize)]
struct FloorView {
    /// `minimum` or `maximum`.
    name: Fragment,
    /// The value.
    value: Fragment,
    /// What it is.
    description: &'static str,
    /// How the command reads it.
    flag: Fragment,
}

impl FloorView {
    fn new(floor: Floor) -> Self {
        let (name, value, description) = match floor {
            Floor::Minimum(value) => ("minimum", value, "What every model must reach, the first one too."),
            Floor::Maximum(value) => ("maximum", value, "What no model may exceed, not even the first one."),
        };
        Self {
            name: Fragment::new(name),
            value: number(value),
            description,
            flag: Fragment::new(format!("--{name} ${{{{inputs.{name}}}}}")),
        }
    }
}

/// View of `ml/components/register.yml`.
#[derive(Debug, Serialize)]
struct RegisterView {
    #[serde(flatten)]
    step: StepView,
    /// Name of the model in the registry.
    model: Fragment,
    /// Name of the experiment.
    experiment: Fragment,
    /// Inputs that become tags.
    lineage: Vec<Lineage>,
    /// Further tags.
    tags: Vec<ModelTag>,
}

/// A tag of the spec, handed to the register step through its environment.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ModelTag {
    /// Name of the variable.
    variable: Fragment,
    /// `name=value`.
    value: String,
    /// How the command reads it.
    word: Fragment,
}

/// View of `ml/components/score-batch.yml`.
#[derive(Debug, Serialize)]
struct BatchView {
    #[serde(flatten)]
    step: StepView,
    /// Rows of one mini-batch.
    mini_batch_size: u32,
    /// Number of instances, if more than one.
    instances: Option<u32>,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = vec![data_test(project), train(project), evaluate(project), register(project)];
    if project.training.sharded() {
        files.push(shard(project));
    }
    if project.training.scoring_logs.is_some() {
        files.push(collect(project));
    }
    if gathered(project) {
        files.push(gather(project));
    }
    files.extend(batch(project));
    files
}

fn step(project: &Project, step: &str, program: &str) -> StepView {
    StepView {
        name: names::component(project, step),
        environment: names::latest(names::environment(project)),
        program: names::program(project, program),
        data_type: step_data_type(project),
    }
}

fn yaml(path: &str, template: &'static str, view: impl Serialize, because: &[&'static str]) -> Artifact {
    let mut parts = vec!["project.name", "model.runtime"];
    parts.extend(because);
    Artifact::template(path, Language::Yaml, template, view).because(&parts)
}

fn data_test(project: &Project) -> Artifact {
    let file = "ml/components/data-test.yml";
    yaml(
        file,
        file,
        step(project, "data-test", "data-test"),
        &["data.path", "training.onNewData", "training.scoringLogs"],
    )
}

fn collect(project: &Project) -> Artifact {
    let file = "ml/components/collect.yml";
    yaml(file, file, step(project, "collect", "collect"), &["training.scoringLogs"])
}

fn gather(project: &Project) -> Artifact {
    let view = GatherView {
        name: names::component(project, "gather"),
        environment: names::latest(names::environment(project)),
        data_type: data_type(project),
        logs: project.training.scoring_logs.is_some(),
        incoming: incoming(project).is_some(),
    };
    let file = "ml/components/gather.yml";
    yaml(file, file, view, &["data.path", "training.onNewData", "training.scoringLogs"])
}

fn train(project: &Project) -> Artifact {
    let view = TrainView {
        step: step(project, "train", "train"),
        sharded: project.training.sharded(),
        distribution: project.training.distribution.map(|distribution| DistributionView {
            kind: distribution.kind.as_str(),
            instances: project.training.instances,
            processes: (distribution.kind != DistributionKind::Ray).then_some(distribution.processes),
        }),
        description: format!(
            "Fits {} on the training rows; the hold-out stays unseen.",
            project.model.algorithm.in_words()
        ),
        inputs: parameters::inputs(project).into_iter().chain(parameters::trial_inputs(project)).collect(),
        constants: parameters::constant_flags(project).into_iter().map(Fragment::new).collect(),
    };
    let file = "ml/components/train.yml";
    yaml(file, file, view, &["model.algorithm", "model.parameters", "model.search", "data.path", "training"])
}

fn shard(project: &Project) -> Artifact {
    let view = ShardView {
        step: step(project, "train-shard", "train"),
        // Each runtime knows its own files by their end.
        partial: Fragment::new(match project.model.runtime {
            Runtime::Rust => "partial-$RANK.json",
            Runtime::Python => "partial-$RANK.npz",
        }),
        instances: project.training.instances,
    };
    let file = "ml/components/train-shard.yml";
    yaml(file, file, view, &["data.path", "training"])
}

fn evaluate(project: &Project) -> Artifact {
    let metric = project.model.metric;
    let of_task: &[MetricName] =
        if metric.name.classifies() { &MetricName::CLASSIFICATION } else { &MetricName::REGRESSION };
    let metrics: Vec<&str> = of_task.iter().map(|name| name.as_str()).collect();
    let view = EvaluateView {
        step: step(project, "evaluate", "evaluate"),
        metric: metric.name.as_str(),
        direction: metric.direction().as_str(),
        margin: number(metric.margin),
        metrics: Fragment::new(metrics.join(", ")),
        floor: metric.floor.map(FloorView::new),
        keep: metric.keep_incomparable,
    };
    let file = "ml/components/evaluate.yml";
    yaml(file, file, view, &["model.metric", "model.task", "data.path", "training.onNewData", "training.scoringLogs"])
}

fn register(project: &Project) -> Artifact {
    let view = RegisterView {
        step: step(project, "register", "register"),
        model: Fragment::new(project.model.name.as_str()),
        experiment: Fragment::new(project.name.as_str()),
        lineage: lineage::inputs(),
        tags: tags(project),
    };
    let file = "ml/components/register.yml";
    yaml(file, file, view, &["model.name", "model.tags"])
}

/// The model's own tags.
pub(super) fn tags(project: &Project) -> Vec<ModelTag> {
    let tag = |(index, (name, value))| {
        let variable = format!("MODEL_TAG_{}", index + 1);
        ModelTag {
            value: format!("{name}={value}"),
            word: Fragment::new(format!("\"${variable}\"")),
            variable: Fragment::new(variable),
        }
    };
    project.model.tags.iter().enumerate().map(tag).collect()
}

fn batch(project: &Project) -> Vec<Artifact> {
    let Some(batch) = &project.batch else { return Vec::new() };
    let view = BatchView {
        step: step(project, "score-batch", "score"),
        mini_batch_size: batch.mini_batch_size,
        instances: Some(batch.instances).filter(|instances| *instances > 1),
    };
    let component = "ml/components/score-batch.yml";
    let script = "ml/batch/score-files.sh";
    vec![
        yaml(component, component, view, &["batch"]),
        Artifact::template(script, Language::Shell, script, ()).because(&["batch"]),
    ]
}
