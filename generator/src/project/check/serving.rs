//! `scoring.serving`

use super::issues::Issues;
use crate::project::data::{ColumnType, Data};
use crate::spec::located::path::Path;
use crate::spec::{RuntimeSpec, ServingSpec, SpecFile};

/// Whether a server of Rust answers for a model that Python trained, which not every project can have.
pub(super) fn check(spec: &SpecFile, data: Option<&Data>, at: &Path, issues: &mut Issues) -> bool {
    let root = Path::root();
    let runtime = spec.model.as_ref().and_then(|model| model.runtime);
    let native = match (spec.scoring.serving, runtime) {
        (None, _) => return false,
        (Some(_), Some(RuntimeSpec::Rust)) => {
            issues
                .add(
                    at,
                    "`serving` is a choice for models that Python trains, and this one is Rust's, which serves itself",
                )
                .about(root.keys(&["model", "runtime"]))
                .help("take `serving` away, or choose `runtime: python`");
            return false;
        }
        (Some(serving), _) => serving == ServingSpec::Native,
    };
    if !native {
        return false;
    }
    if spec.training.instances > 1 && spec.training.distribution.is_none() {
        issues
            .add(at, "a native model is checked on training rows when it is exported, and a model of shards has none")
            .about(root.keys(&["training", "instances"]))
            .help("choose `instances: 1`, or `serving: python`");
    }
    let columns = data.map(|data| (data, data.columns.iter().enumerate()));
    for (data, (place, column)) in columns.into_iter().flat_map(|(data, columns)| columns.map(move |c| (data, c))) {
        if column.kind == ColumnType::Text && column.name != data.target {
            issues
                .add(at, format!("`{}` is free text, which the native server cannot predict from", column.name))
                .about(root.keys(&["data", "columns"]).index(place).key("type"))
                .help("choose `serving: python`, or leave the column out: files may hold more columns");
        }
    }
    true
}
