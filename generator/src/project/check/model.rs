//! `model:`

use super::column::{texts, with_article};
use super::derive::Names;
use super::issues::Issues;
use super::{metric, parameters, tags};
use crate::project::data::{Column, ColumnType, Data};
use crate::project::model::{Algorithm, Model, Runtime, Task};
use crate::project::name::AssetName;
use crate::spec::located::path::Path;
use crate::spec::{AlgorithmSpec, ModelSpec, RuntimeSpec, SpecFile, TaskSpec};

/// The model.
pub(super) fn check(spec: &SpecFile, data: Option<&Data>, names: &Names, issues: &mut Issues) -> Option<Model> {
    let model = spec.model.as_ref()?;
    let at = Path::root().key("model");
    let name = model.name.as_ref().unwrap_or(&names.project);
    let name = issues.parse(&at.key("name"), name, model_name);
    let runtime = model.runtime.map(|r| match r {
        RuntimeSpec::Rust => Runtime::Rust,
        RuntimeSpec::Python => Runtime::Python,
    });
    let task = task(model, data, &at, issues);
    let algorithm = algorithm(model, runtime, &task, &at, issues);
    if let (Some(data), Some(algorithm)) = (data, algorithm) {
        text_columns(data, runtime, algorithm, issues);
    }
    let learned = algorithm.and_then(|algorithm| parameters::check(model, runtime, algorithm, &task, &at, issues));
    let metric = metric::check(&model.metric, &task, &at.key("metric"), issues);
    let tags = tags::texts(&model.tags, &at.key("tags"), issues);
    let (parameters, search) = learned?;
    Some(Model {
        name: name?,
        runtime: runtime?,
        task,
        algorithm: algorithm?,
        parameters,
        search,
        metric: metric?,
        tags: tags?,
    })
}

/// A name that is also a part of image names and labels.
fn model_name(text: &str) -> Result<AssetName, String> {
    let name = AssetName::parse(text)?;
    if text.len() > 100 { Err("the name of a model has at most 100 characters".to_owned()) } else { Ok(name) }
}

/// What is predicted, as far as the target allows it.
fn task(model: &ModelSpec, data: Option<&Data>, at: &Path, issues: &mut Issues) -> Task {
    let target = data.and_then(Data::target_column);
    if model.task.unwrap_or_else(|| implied(model)) == TaskSpec::Regression {
        for (key, given) in [("classes", model.classes.is_some()), ("threshold", model.threshold.is_some())] {
            if given {
                issues
                    .add(&at.key(key), format!("`{key}` is for a classification, and the task is a regression"))
                    .on_key()
                    .about(at.key("task"))
                    .help(format!("say `task: classification`, or take `{key}` away"));
            }
        }
        if let Some(column) = target
            && !matches!(column.kind, ColumnType::Number | ColumnType::Integer | ColumnType::Datetime)
        {
            let what = with_article(column.kind);
            issues
                .add(&Path::root().keys(&["data", "target"]), format!("a regression predicts a number, not {what}"))
                .about(at.key("task"))
                .help("say `model: {task: classification}`");
        }
        return Task::Regression;
    }
    if let Some(column) = target
        && matches!(column.kind, ColumnType::Text | ColumnType::Datetime)
    {
        let what = with_article(column.kind);
        issues
            .add(&Path::root().keys(&["data", "target"]), format!("{what} has no classes to predict"))
            .about(at.key("task"))
            .help("make the target a category, or choose `task: regression` with a number as target");
    }
    classes(model, target, at, issues);
    let classes = model.classes.clone().or_else(|| target.and_then(|column| column.levels.clone()));
    Task::Classification { classes, threshold: model.threshold }
}

/// What algorithm and metric are about.
fn implied(model: &ModelSpec) -> TaskSpec {
    let of_classes = model.algorithm == Some(AlgorithmSpec::Logistic) || metric::of_classes(&model.metric);
    if of_classes { TaskSpec::Classification } else { TaskSpec::Regression }
}

/// Classes are at least two, and values that the target can have.
fn classes(model: &ModelSpec, target: Option<&Column>, at: &Path, issues: &mut Issues) {
    let here = at.key("classes");
    let levels = target.and_then(|column| column.levels.as_ref());
    if let Some(classes) = &model.classes {
        texts(classes, "class", &here, issues);
        if classes.len() < 2 {
            issues
                .add(&here, format!("a classification has at least two classes, this has {}", classes.len()))
                .help("list them all, or leave `classes` out: they are those of the training rows then");
        }
        if let Some(column) = target {
            for (i, class) in classes.iter().enumerate() {
                if let Err(why) = is_value(class, column) {
                    let columns = Path::root().keys(&["data", "columns"]);
                    issues.add(&here.index(i), why).about(columns);
                }
            }
        }
        if let Some(lost) = levels.and_then(|levels| levels.iter().find(|level| !classes.contains(level))) {
            issues
                .add(&here, format!("the target's level `{lost}` is none of the classes"))
                .about(Path::root().keys(&["data", "columns"]))
                .help("leave `classes` out: the target's levels are the classes then");
        }
    } else if let Some(levels) = levels.filter(|levels| levels.len() < 2) {
        let message = format!("a classification has at least two classes, and the target has {} level", levels.len());
        issues.add(&Path::root().keys(&["data", "target"]), message).about(at.key("task"));
    }
    let count = model.classes.as_ref().or(levels).map_or(2, Vec::len);
    if model.threshold.is_some() && count > 2 {
        issues
            .add(&at.key("threshold"), format!("a threshold is for two classes, and there are {count}"))
            .on_key()
            .about(here)
            .help("take it away: the most likely class is predicted");
    }
}

/// Whether the target can have the class as a value.
fn is_value(class: &str, target: &Column) -> Result<(), String> {
    let name = &target.name;
    match target.kind {
        ColumnType::Boolean if !["true", "false"].contains(&class) => {
            Err(format!("`{class}` is no class of the boolean `{name}`: those are `false` and `true`"))
        }
        ColumnType::Number | ColumnType::Integer
            if class.parse::<f64>().map(|n| n.to_string()) != Ok(class.to_owned()) =>
        {
            Err(format!(
                "`{class}` is no class of `{name}`, which holds numbers: their shortest form is, as in `1` or `0.5`"
            ))
        }
        ColumnType::Category
            if target.levels.as_ref().is_some_and(|levels| !levels.iter().any(|level| level == class)) =>
        {
            Err(format!("`{class}` is none of the levels of `{name}`"))
        }
        _ => Ok(()),
    }
}

/// The algorithm, which fits runtime and task.
fn algorithm(
    model: &ModelSpec,
    runtime: Option<Runtime>,
    task: &Task,
    at: &Path,
    issues: &mut Issues,
) -> Option<Algorithm> {
    let usual = if task.classifies() { AlgorithmSpec::Logistic } else { AlgorithmSpec::Ridge };
    let algorithm = match model.algorithm.unwrap_or(usual) {
        AlgorithmSpec::Ridge => Algorithm::Ridge,
        AlgorithmSpec::Logistic => Algorithm::Logistic,
        AlgorithmSpec::RandomForest => Algorithm::RandomForest,
        AlgorithmSpec::GradientBoosting => Algorithm::GradientBoosting,
        AlgorithmSpec::Lightgbm => Algorithm::Lightgbm,
        AlgorithmSpec::Xgboost => Algorithm::Xgboost,
        AlgorithmSpec::Custom => Algorithm::Custom,
    };
    let here = at.key("algorithm");
    let words = algorithm.in_words();
    match (algorithm, task.classifies()) {
        (Algorithm::Ridge, true) => {
            issues
                .add(&here, format!("{words} predicts numbers, and the task is a classification"))
                .about(at.key("task"))
                .help("choose `algorithm: logistic` or another classifier, or `task: regression`");
            None
        }
        (Algorithm::Logistic, false) => {
            issues
                .add(&here, format!("{words} predicts classes, and the task is a regression"))
                .about(at.key("task"))
                .help("choose `task: classification`, or `algorithm: ridge`");
            None
        }
        (Algorithm::Ridge | Algorithm::Logistic, _) => Some(algorithm),
        _ if runtime == Some(Runtime::Rust) => {
            issues
                .add(&here, format!("Rust has ridge and logistic regression, and not {words}"))
                .about(at.key("runtime"))
                .help("choose `runtime: python`, or leave `algorithm` out");
            None
        }
        _ => Some(algorithm),
    }
}

/// Free text has no place in a matrix of numbers.
fn text_columns(data: &Data, runtime: Option<Runtime>, algorithm: Algorithm, issues: &mut Issues) {
    if algorithm == Algorithm::Custom {
        return;
    }
    for (i, column) in data.columns.iter().enumerate() {
        if column.kind == ColumnType::Text && column.name != data.target {
            let at = Path::root().keys(&["data", "columns"]).index(i).key("type");
            let way = match runtime {
                Some(Runtime::Rust) => "`runtime: python` with `algorithm: custom`",
                _ => "`algorithm: custom`",
            };
            issues
                .add(&at, format!("{} learns from numbers and categories, not from text", algorithm.in_words()))
                .about(Path::root().keys(&["model", "algorithm"]))
                .help(format!(
                    "choose {way}, make it a category, or leave the column out: files may hold more columns"
                ));
        }
    }
}
