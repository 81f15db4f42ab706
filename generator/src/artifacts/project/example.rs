//! The data set of the worked example.

use crate::project::Project;
use crate::project::data::Csv;

/// The diabetes data set of scikit-learn (442 rows), for projects that start from the worked example.
pub(super) const DIABETES: &[u8] = include_bytes!("../../../../model/data/diabetes.csv");

/// Whether the spec is about the data set of the worked example.
pub(super) fn is_example(project: &Project) -> bool {
    let header = DIABETES.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let columns: Vec<&str> = project.data.columns.iter().map(|column| column.name.as_str()).collect();
    let plain = project.data.columns.iter().all(|column| column.kind.is_number());
    plain && project.data.csv == Csv::default() && columns.join(",").as_bytes() == header.trim_ascii_end()
}
