//! What training on several instances can be: shards whose sums add up to those of all rows, or Azure ML's own distribution of an
//! estimator that knows what to do with it.

use super::issues::Issues;
use crate::project::data::{ColumnType, Data, WhenMissing};
use crate::project::model::{Algorithm, Model, Runtime};
use crate::spec::located::path::Path;
use crate::spec::{DistributionKindSpec, SpecFile, TrainingDistributionSpec};

/// Refuses instances for what has no such sums.
pub(super) fn check(spec: &SpecFile, data: &Data, model: &Model, issues: &mut Issues) {
    if let Some(distribution) = &spec.training.distribution {
        own(distribution, spec, model, issues);
        return;
    }
    if spec.training.instances <= 1 {
        return;
    }
    let at = Path::root().keys(&["training", "instances"]);
    let model_at = Path::root().key("model");
    if model.search.is_some() {
        let key = if spec.model.as_ref().is_some_and(|model| model.search.is_some()) {
            model_at.key("search")
        } else {
            model_at.keys(&["parameters", "alphas"])
        };
        issues
            .add(&at, "several instances fit one penalty, and do not search for the best of several")
            .about(key)
            .help("choose `parameters: {alpha: …}`, or `instances: 1`");
    } else if model.algorithm != Algorithm::Ridge {
        let words = model.algorithm.in_words();
        let way = if model.algorithm == Algorithm::Custom {
            "say how its processes are started, `distribution: {type: pytorch}`, or choose `instances: 1`"
        } else {
            "choose `instances: 1`, or `algorithm: ridge`"
        };
        issues
            .add(
                &at,
                format!("instances share sums of the rows, which ridge regression is made of, and {words} is not"),
            )
            .about(model_at.key("algorithm"))
            .help(way);
    } else if model.parameters.len() > 1 {
        issues
            .add(&at, "several instances know no parameter but `alpha`")
            .about(model_at.key("parameters"))
            .help("choose `parameters: {alpha: …}`, or `instances: 1`");
    } else if let Some(column) = data.features().filter(|_| model.runtime == Runtime::Rust).find(|column| {
        matches!(column.kind, ColumnType::Category | ColumnType::Text)
            || !(column.required || column.when_missing == Some(WhenMissing::DropRow))
    }) {
        issues
            .add(&at, format!("instances share sums of required numbers, and `{}` is not one", column.name))
            .about(Path::root().keys(&["data", "columns"]))
            .help("choose `instances: 1`");
    }
}

/// Azure ML's own distribution is for an estimator that joins its processes, where there are several.
fn own(distribution: &TrainingDistributionSpec, spec: &SpecFile, model: &Model, issues: &mut Issues) {
    let at = Path::root().keys(&["training", "distribution"]);
    let (model_at, instances_at) = (Path::root().key("model"), Path::root().keys(&["training", "instances"]));
    let (instances, processes) = (spec.training.instances, distribution.processes_per_instance);
    if model.runtime == Runtime::Rust {
        issues
            .add(&at, "Rust trains in one process, or adds up the sums of several instances by itself")
            .on_key()
            .about(model_at.key("runtime"))
            .help("take `distribution` away");
    } else if model.algorithm != Algorithm::Custom {
        let words = model.algorithm.in_words();
        let help = if model.algorithm == Algorithm::Ridge {
            "take `distribution` away: `instances` is enough"
        } else {
            "take `distribution` away and choose `instances: 1`, or `algorithm: custom` with an estimator that does"
        };
        issues
            .add(&at, format!("{words} would be trained by every process anew: it joins none"))
            .on_key()
            .about(model_at.key("algorithm"))
            .help(help);
    } else if distribution.kind == Some(DistributionKindSpec::Ray) && processes.is_some() {
        issues
            .add(&at.key("processesPerInstance"), "Ray starts its workers itself, as the estimator asks it to")
            .on_key()
            .about(at.key("type"))
            .help("take `processesPerInstance` away");
    } else if instances <= 1 && processes.unwrap_or(1) <= 1 {
        let ray = distribution.kind == Some(DistributionKindSpec::Ray);
        issues
            .add(&at, "one process on one instance has nothing to be distributed over")
            .on_key()
            .about(instances_at)
            .help(if ray {
                "choose `instances: 2` or more, or take `distribution` away"
            } else {
                "choose `instances: 2` or more, or `processesPerInstance`, or take `distribution` away"
            });
    } else if model.search.as_ref().is_some_and(|search| search.sweep) {
        issues
            .add(&at, "the trials of a sweep are single processes")
            .on_key()
            .about(model_at.keys(&["search", "where"]))
            .help("choose `search: {where: process}`, or take `distribution` away");
    }
}
