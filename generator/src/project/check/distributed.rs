//! What training on several instances can be: shards whose sums add up to those of all rows.

use super::issues::Issues;
use crate::project::data::{ColumnType, Data, WhenMissing};
use crate::project::model::{Algorithm, Model, Runtime};
use crate::spec::SpecFile;
use crate::spec::located::path::Path;

/// Refuses instances for what has no such sums.
pub(super) fn check(spec: &SpecFile, data: &Data, model: &Model, issues: &mut Issues) {
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
        issues
            .add(
                &at,
                format!("instances share sums of the rows, which ridge regression is made of, and {words} is not"),
            )
            .about(model_at.key("algorithm"))
            .help("choose `instances: 1`, or `algorithm: ridge`");
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
