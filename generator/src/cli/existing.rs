//! `init` in a folder that holds something already: what the team's own files lack, and what of theirs is not used.

use std::path::Path;

use mlops_gen::artifacts::Ownership;
use mlops_gen::edge::{disk, project_dir};
use mlops_gen::project::model::Runtime;
use mlops_gen::tree::kept::{completed, lacks, read};

use super::failure::Failure;
use super::loaded::Loaded;
use super::output::Output;

/// Adds to requirements that were there what the project needs; says what ignore lists lack, and adds that too where
/// `complete` says so; names Python files that nothing runs.
pub(super) fn settle(loaded: &Loaded, complete: bool, output: Output) -> Result<(), Failure> {
    for lacks in lacks(&loaded.tree, &loaded.disk) {
        let lines = &lacks.said;
        if !lacks.needed && !complete {
            output.say(&format!("kept     {}, which lacks {lines}; add them, or give --complete", lacks.path));
            continue;
        }
        let kept = loaded.disk.get(&lacks.path).and_then(|bytes| read(bytes));
        let text = completed(&kept.unwrap_or_default(), &lacks);
        disk::write(&loaded.root.join(lacks.path.as_str()), text.as_bytes())?;
        output.say(&format!("extended {}: {lines}", lacks.path));
    }
    let kept = sources(loaded);
    if !kept.is_empty() {
        output.say(&format!(
            "note     {} stay yours, and what was rendered runs them as they are: pipelines and tests call what `mlops-gen \
             templates list` has under these names, so compare",
            kept.join(", ")
        ));
    }
    if loaded.project.model.runtime == Runtime::Python {
        for file in project_dir::foreign_python(&loaded.root, &loaded.tree)? {
            output.say(&unused(&file, loaded));
        }
    }
    Ok(())
}

/// Source files of the project that were there before, and are not what would have been written.
fn sources(loaded: &Loaded) -> Vec<&str> {
    let seeds = loaded.tree.iter().filter(|(path, file)| {
        let source = path.as_str().ends_with(".py") || path.as_str().ends_with(".rs");
        source && file.ownership == Ownership::Seed
    });
    let kept = seeds.filter(|(path, file)| {
        let before = loaded.disk.get(*path).map(Vec::as_slice);
        before.is_some_and(|before| before != loaded.tree.rendered(path, file))
    });
    kept.map(|(path, _)| path.as_str()).collect()
}

fn unused(file: &Path, loaded: &Loaded) -> String {
    let package = mlops_gen::artifacts::ml::names::package(&loaded.project);
    format!(
        "note     {} is yours, and nothing that was rendered runs it: training runs src/{package}/train.py with the estimator \
         that src/{package}/estimator.py builds, so bring your model there",
        file.display()
    )
}
