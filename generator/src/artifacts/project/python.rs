//! The Python package: train, evaluate, register, data test, score and collect, with their tests.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::ml::names;
use super::super::{Artifact, Language};
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::model::{self, Algorithm, ParameterValue};

/// The one module that the tool keeps in step with the spec.
const DEFAULTS: &str = "defaults.py";

/// Modules of the package, which the team makes its own: template, and file under `src/<package>/`.
const FILES: [(&str, &str); 37] = [
    ("project/python/package/__init__.py", "__init__.py"),
    ("project/python/package/baseline.py", "baseline.py"),
    ("project/python/package/collect.py", "collect.py"),
    ("project/python/package/console.py", "console.py"),
    ("project/python/package/contract.py", "contract.py"),
    ("project/python/package/data_test.py", "data_test.py"),
    ("project/python/package/drift.py", "drift.py"),
    ("project/python/package/drift_report.py", "drift_report.py"),
    ("project/python/package/evaluate.py", "evaluate.py"),
    ("project/python/package/explain.py", "explain.py"),
    ("project/python/package/metrics.py", "metrics.py"),
    ("project/python/package/model_card.py", "model_card.py"),
    ("project/python/package/model_folder.py", "model_folder.py"),
    ("project/python/package/outcomes.py", "outcomes.py"),
    ("project/python/package/model_report.py", "model_report.py"),
    ("project/python/package/page.py", "page.py"),
    ("project/python/package/partial.py", "partial.py"),
    ("project/python/package/algorithms.py", "algorithms.py"),
    ("project/python/package/cells.py", "cells.py"),
    ("project/python/package/defaults.py", "defaults.py"),
    ("project/python/package/features.py", "features.py"),
    ("project/python/package/parquet.py", "parquet.py"),
    ("project/python/package/search.py", "search.py"),
    ("project/python/package/shapes.py", "shapes.py"),
    ("project/python/package/register.py", "register.py"),
    ("project/python/package/table.py", "table.py"),
    ("project/python/package/train.py", "train.py"),
    ("project/python/package/score/__init__.py", "score/__init__.py"),
    ("project/python/package/score/__main__.py", "score/__main__.py"),
    ("project/python/package/score/app.py", "score/app.py"),
    ("project/python/package/score/auth.py", "score/auth.py"),
    ("project/python/package/score/log.py", "score/log.py"),
    ("project/python/package/score/media.py", "score/media.py"),
    ("project/python/package/score/openapi.py", "score/openapi.py"),
    ("project/python/package/score/problems.py", "score/problems.py"),
    ("project/python/package/score/request.py", "score/request.py"),
    ("project/python/package/score/settings.py", "score/settings.py"),
];

/// Modules that export the model for the scoring server in Rust.
const EXPORT: [(&str, &str); 7] = [
    ("project/python/package/export/__init__.py", "export/__init__.py"),
    ("project/python/package/export/boosters.py", "export/boosters.py"),
    ("project/python/package/export/columns.py", "export/columns.py"),
    ("project/python/package/export/graph.py", "export/graph.py"),
    ("project/python/package/export/linear.py", "export/linear.py"),
    ("project/python/package/export/reference.py", "export/reference.py"),
    ("project/python/package/export/trees.py", "export/trees.py"),
];

/// Their test.
const EXPORT_TEST: (&str, &str) = ("project/python/tests/test_export.py", "test_export.py");

/// Tests, which the team makes its own: template, and file under `tests/`.
const TESTS: [(&str, &str); 11] = [
    ("project/python/tests/__init__.py", "__init__.py"),
    ("project/python/tests/conftest.py", "conftest.py"),
    ("project/python/tests/test_collect.py", "test_collect.py"),
    ("project/python/tests/test_data_test.py", "test_data_test.py"),
    ("project/python/tests/test_evaluate.py", "test_evaluate.py"),
    ("project/python/tests/test_drift.py", "test_drift.py"),
    ("project/python/tests/test_partial.py", "test_partial.py"),
    ("project/python/tests/test_project.py", "test_project.py"),
    ("project/python/tests/test_register.py", "test_register.py"),
    ("project/python/tests/test_score.py", "test_score.py"),
    ("project/python/tests/test_train.py", "test_train.py"),
];

/// Pinned dependencies, which the team makes its own.
const REQUIREMENTS: [(&str, &str); 4] = [
    ("project/python/requirements.txt", "requirements.txt"),
    ("project/python/requirements-dev.txt", "requirements-dev.txt"),
    ("project/python/requirements-score.txt", "requirements-score.txt"),
    ("project/python/requirements-train.txt", "requirements-train.txt"),
];

/// What the Python templates see.
#[derive(Serialize)]
struct View {
    /// Import name of the package, as code.
    package: Fragment,
    /// The same, as a string.
    module: String,
    /// Name of the distribution.
    distribution: String,
    /// One line of description.
    description: String,
    /// Path of the data in the repository, if it is there.
    data_path: Option<String>,
    /// The algorithm, as in the spec.
    algorithm: &'static str,
    /// Whether the team builds the estimator.
    custom: bool,
    /// Its parameters.
    parameters: Vec<Parameter>,
    /// The metric that decides, as in the spec.
    metric: &'static str,
    /// Whether a server of Rust answers, for which the model is exported.
    native: bool,
}

/// A parameter of the algorithm.
#[derive(Serialize)]
struct Parameter {
    /// Its name.
    name: String,
    /// Its value, as code.
    value: Fragment,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let module = names::package(project);
    let view = View {
        package: Fragment::new(&module),
        module: module.clone(),
        distribution: project.name.to_string(),
        description: project.description.to_string(),
        data_path: match &project.data.source {
            DataSource::Repository(path) => Some(path.clone()),
            DataSource::Remote(_) => None,
        },
        algorithm: project.model.algorithm.as_str(),
        custom: project.model.algorithm == Algorithm::Custom,
        parameters: project.model.parameters.iter().map(parameter).collect(),
        metric: project.model.metric.name.as_str(),
        native: project.scoring.native,
    };
    let exported = EXPORT.iter().filter(|_| view.native);
    let package = FILES.iter().chain(exported).map(|(template, name)| {
        let file = file(&format!("src/{module}/{name}"), Language::Python, template, &view);
        if *name == DEFAULTS { file } else { file.seed() }
    });
    let tests = TESTS.iter().chain(std::iter::once(&EXPORT_TEST).filter(|_| view.native));
    let tests = tests.filter(|(_, name)| match *name {
        "test_project.py" => view.data_path.is_some(),
        // A model of shards cannot be exported: it has no rows to be checked on.
        "test_partial.py" => !view.native,
        _ => true,
    });
    let tests = tests.map(|(template, name)| file(&format!("tests/{name}"), Language::Python, template, &view).seed());
    let requirements = REQUIREMENTS.iter().map(|(template, name)| file(name, Language::Lines, template, &view).seed());
    let estimator =
        file(&format!("src/{module}/estimator.py"), Language::Python, "project/python/package/estimator.py", &view)
            .seed();
    let manifest = file("pyproject.toml", Language::Toml, "project/python/pyproject.toml", &view).seed();
    package.chain(tests).chain(requirements).chain([estimator, manifest]).collect()
}

fn parameter(parameter: &model::Parameter) -> Parameter {
    let value = match &parameter.value {
        ParameterValue::Boolean(true) => "True".to_owned(),
        ParameterValue::Boolean(false) => "False".to_owned(),
        ParameterValue::Integer(number) => number.to_string(),
        ParameterValue::Number(number) => format!("{number:?}"),
        // A word has nothing that a string of Python would read otherwise.
        ParameterValue::Word(word) => format!("\"{}\"", word.as_str()),
    };
    Parameter { name: parameter.name.to_string(), value: Fragment::new(value) }
}

fn file(path: &str, language: Language, template: &'static str, view: &View) -> Artifact {
    Artifact::template(path, language, template, view).because(&[
        "project.name",
        "project.description",
        "model",
        "data.path",
        "scoring.serving",
    ])
}
