//! The image of the training jobs.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::ml::names;
use super::super::project::rust::crate_name;
use super::super::{Artifact, Language};
use super::images::{DEBIAN, PYTHON, RUST};
use crate::project::Project;
use crate::project::model::Runtime;
use crate::project::training::DistributionKind;

/// View of `docker/training-rust.dockerfile` and `docker/training-python.dockerfile`.
#[derive(Debug, Serialize)]
struct TrainingView {
    /// Image of the build stage, pinned by version.
    build_image: Fragment,
    /// Image of the final stage, pinned by version.
    run_image: Fragment,
    /// Folder of the project's own crate (Rust).
    crate_folder: Fragment,
    /// Flags of `cargo build` that name the programs (Rust).
    build_flags: Fragment,
    /// Paths of the built programs (Rust).
    built_programs: Vec<Fragment>,
    /// Requirements files (Python).
    requirements: Fragment,
    /// Debian packages of the final stage.
    packages: Fragment,
    /// End of the comment on packages: why there are more.
    package_reasons: Fragment,
    /// Where the data contract goes.
    contract_file: Fragment,
    /// The same, as the value of a variable.
    contract_path: &'static str,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let python = project.model.runtime == Runtime::Python;
    let programs = programs(project);
    let flags: Vec<String> = programs.iter().map(|program| format!("--bin {program}")).collect();
    let built =
        programs.iter().map(|program| Fragment::new(format!("target/x86_64-unknown-linux-gnu/release/{program}")));
    let batch = project.batch.is_some();
    let mpi = project.training.distribution.is_some_and(|distribution| distribution.kind == DistributionKind::Mpi);
    let (mut packages, mut package_reasons) = ("ca-certificates".to_owned(), String::new());
    if batch {
        packages += " curl";
        package_reasons += ",\n# curl is for batch scoring";
    }
    if mpi {
        // Azure ML starts `mpirun`, which an image of one's own must bring ("Distributed GPU training guide"); its own images
        // have Open MPI, and SSH beside it, by which processes are started on the other instances.
        packages += " openmpi-bin openssh-client openssh-server";
        package_reasons += ",\n# Open MPI and SSH for processes that train together";
    }
    let view = TrainingView {
        build_image: Fragment::new(if python { PYTHON } else { RUST }),
        run_image: Fragment::new(if python { PYTHON } else { DEBIAN }),
        crate_folder: Fragment::new(crate_name(project)),
        build_flags: Fragment::new(flags.join(" ")),
        built_programs: built.collect(),
        requirements: Fragment::new(if batch {
            "--requirement requirements-train.txt --requirement requirements-score.txt"
        } else {
            "--requirement requirements-train.txt"
        }),
        packages: Fragment::new(packages),
        package_reasons: Fragment::new(package_reasons),
        contract_file: Fragment::new(names::CONTRACT_IN_IMAGE),
        contract_path: names::CONTRACT_IN_IMAGE,
    };
    let template = if python { "docker/training-python.dockerfile" } else { "docker/training-rust.dockerfile" };
    vec![Artifact::template("docker/training/Dockerfile", Language::Docker, template, view).because(&[
        "project.name",
        "model.runtime",
        "training.distribution",
        "training.scoringLogs",
        "monitoring.drift",
        "batch",
    ])]
}

/// The programs that the training image holds.
fn programs(project: &Project) -> Vec<&'static str> {
    let mut programs = vec!["data-test", "train", "evaluate", "register"];
    if project.training.scoring_logs.is_some() {
        programs.push("collect");
    }
    if project.monitoring.drift.is_some() {
        programs.push("drift");
    }
    if project.batch.is_some() {
        programs.push("score");
    }
    programs
}
