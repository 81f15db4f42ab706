//! Where a run comes from: inputs of the training pipeline that end as tags of the model.

use serde::Serialize;

use super::super::fragment::Fragment;

/// One input that says where a run comes from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lineage {
    /// Name of the input, and of the model's tag.
    name: &'static str,
    /// What it is, for people.
    description: &'static str,
    /// What it is when nobody says.
    default: &'static str,
    /// How a step of the pipeline reads it from the pipeline.
    binding: Fragment,
    /// How the command of the register step hands it on, as one word of a shell.
    tag: Fragment,
}

/// All of them, in order.
pub(super) fn inputs() -> Vec<Lineage> {
    let input = |name: &'static str, description| Lineage {
        name,
        description,
        default: "none",
        binding: Fragment::new(format!("${{{{parent.inputs.{name}}}}}")),
        tag: Fragment::new(format!("\"{name}=${{{{inputs.{name}}}}}\"")),
    };
    vec![
        input("build_id", "Run of Azure Pipelines that started this one."),
        input("build_uri", "Address of that run."),
        input("commit", "Commit of the code."),
        input("data_version", "Version of the data asset."),
    ]
}
