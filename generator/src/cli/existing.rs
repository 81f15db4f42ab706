//! `init` in a folder that holds something already: what the team's own files lack, and what of theirs is not used.

use std::path::Path;

use mlops_gen::edge::{disk, project_dir};
use mlops_gen::project::model::Runtime;
use mlops_gen::tree::kept::{completed, lacks};

use super::failure::Failure;
use super::loaded::Loaded;
use super::output::Output;

/// Adds to requirements that were there what the project needs; says what ignore lists lack, and adds that too where
/// `complete` says so; names Python files that nothing runs.
pub(super) fn settle(loaded: &Loaded, complete: bool, output: Output) -> Result<(), Failure> {
    for lacks in lacks(&loaded.tree, &loaded.disk) {
        let lines = lacks.lines.join(", ");
        if !lacks.needed && !complete {
            output.say(&format!("kept     {}, which lacks {lines}; add them, or give --complete", lacks.path));
            continue;
        }
        let kept = loaded.disk.get(&lacks.path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let text = completed(&kept.unwrap_or_default(), &lacks);
        disk::write(&loaded.root.join(lacks.path.as_str()), text.as_bytes())?;
        output.say(&format!("extended {}: {lines}", lacks.path));
    }
    if loaded.project.model.runtime == Runtime::Python {
        for file in project_dir::foreign_python(&loaded.root, &loaded.tree)? {
            output.say(&unused(&file, loaded));
        }
    }
    Ok(())
}

fn unused(file: &Path, loaded: &Loaded) -> String {
    let package = mlops_gen::artifacts::ml::names::package(&loaded.project);
    format!(
        "note     {} is yours, and nothing that was rendered runs it: training runs src/{package}/train.py with the estimator \
         that src/{package}/estimator.py builds, so bring your model there",
        file.display()
    )
}
