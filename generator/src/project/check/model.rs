//! `model:`

use super::derive::Names;
use super::issues::Issues;
use super::tags;
use crate::project::model::{Algorithm, Direction, Metric, MetricName, Model, Penalty, Runtime};
use crate::project::name::AssetName;
use crate::spec::located::path::Path;
use crate::spec::{AlgorithmSpec, DirectionSpec, MetricKind, MetricSpec, ParametersSpec, RuntimeSpec, SpecFile};

/// The penalty when none is given, as in scikit-learn.
const DEFAULT_ALPHA: f64 = 1.0;
const DEFAULT_FOLDS: u32 = 5;

/// The model.
pub(super) fn check(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Option<Model> {
    let model = spec.model.as_ref()?;
    let at = Path::root().key("model");
    let name = model.name.as_ref().unwrap_or(&names.project);
    let name = issues.parse(&at.key("name"), name, model_name);
    let runtime = model.runtime.map(|r| match r {
        RuntimeSpec::Rust => Runtime::Rust,
        RuntimeSpec::Python => Runtime::Python,
    });
    let penalty = penalty(&model.parameters, &at.key("parameters"), issues);
    let metric = metric(&model.metric, &at.key("metric"), issues);
    let tags = tags::texts(&model.tags, &at.key("tags"), issues);
    Some(Model {
        name: name?,
        runtime: runtime?,
        algorithm: match model.algorithm {
            AlgorithmSpec::Ridge => Algorithm::Ridge(penalty?),
        },
        metric: metric?,
        tags: tags?,
    })
}

/// A name that is also a part of image names and labels.
fn model_name(text: &str) -> Result<AssetName, String> {
    let name = AssetName::parse(text)?;
    if text.len() > 100 { Err("the name of a model has at most 100 characters".to_owned()) } else { Ok(name) }
}

fn penalty(parameters: &ParametersSpec, at: &Path, issues: &mut Issues) -> Option<Penalty> {
    match (parameters.alpha, &parameters.alphas) {
        (Some(_), Some(_)) => {
            issues.add(&at.key("alphas"), "the penalty is a fixed `alpha` or the best of `alphas`, not both").on_key();
            None
        }
        (alpha, None) => {
            if parameters.folds.is_some() {
                issues.add(&at.key("folds"), "`folds` belongs to a search over `alphas`").on_key();
                return None;
            }
            Some(Penalty::Alpha(alpha.unwrap_or(DEFAULT_ALPHA)))
        }
        (None, Some(alphas)) => {
            let mut fits = true;
            for (i, alpha) in alphas.iter().enumerate() {
                if alphas[..i].contains(alpha) {
                    issues.add(&at.key("alphas").index(i), format!("{alpha} is a candidate already"));
                    fits = false;
                }
            }
            let folds = parameters.folds.map_or(DEFAULT_FOLDS, |f| u32::try_from(f).unwrap_or(DEFAULT_FOLDS));
            fits.then(|| Penalty::Search { alphas: alphas.clone(), folds })
        }
    }
}

fn metric(metric: &MetricSpec, at: &Path, issues: &mut Issues) -> Option<Metric> {
    let (name, natural) = match metric.name {
        MetricKind::Mse => (MetricName::Mse, DirectionSpec::Minimize),
        MetricKind::Rmse => (MetricName::Rmse, DirectionSpec::Minimize),
        MetricKind::Mae => (MetricName::Mae, DirectionSpec::Minimize),
        MetricKind::R2 => (MetricName::R2, DirectionSpec::Maximize),
    };
    if metric.direction.is_some_and(|d| d != natural) {
        let better = if natural == DirectionSpec::Minimize { "smaller" } else { "greater" };
        let message = format!("{} is better when it is {better}", name.as_str());
        issues
            .add(&at.key("direction"), message)
            .help("leave `direction` out: it follows from the metric")
            .about(at.key("name"));
        return None;
    }
    let direction = match natural {
        DirectionSpec::Minimize => Direction::Minimize,
        DirectionSpec::Maximize => Direction::Maximize,
    };
    Some(Metric { name, direction, margin: metric.margin })
}
