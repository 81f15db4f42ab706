//! The scoring image, and what everybody who runs it may rely on.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::ml::names;
use super::super::project::rust::crate_name;
use super::super::{Artifact, Language};
use super::images::{PYTHON, RUST};
use crate::project::Project;
use crate::project::model::Runtime;

/// Port that the scoring server listens on (model/SCORING.md).
pub const PORT: u16 = 8080;

/// Route that answers while the process lives.
pub const LIVENESS: &str = "/livez";

/// Route that answers while the server takes requests.
pub const READINESS: &str = "/readyz";

/// Tag in files that name the image before a release has put a model version there.
pub const UNRELEASED: &str = "unreleased";

/// Folder of the build context into which the release pipeline downloads the model.
pub const MODEL_FILES: &str = "model-files";

/// The scoring image without a tag: `<registry>.azurecr.io/<project>-scoring`.
pub fn image(project: &Project) -> String {
    format!("{}.azurecr.io/{}-scoring", project.platform.registry, project.name)
}

/// View of `docker/scoring-rust.dockerfile` and `docker/scoring-python.dockerfile`.
#[derive(Debug, Serialize)]
struct ScoringView<'a> {
    /// Image of the build stage, pinned by version.
    build_image: Fragment,
    /// Image of the final stage; Rust's is empty.
    run_image: Fragment,
    /// Name of the registered model, for the comment.
    model: Fragment,
    /// Folder of the project's own crate, if it has one (Rust).
    crate_folder: Option<Fragment>,
    /// Whether the model is one that Python exported.
    native: bool,
    /// Module of the scoring server (Python).
    module: String,
    /// Label: name of the image.
    title: String,
    /// Label: what the project is about.
    description: &'a str,
    /// Address and port to listen on.
    listen: String,
    /// Port to listen on.
    port: u16,
    /// Route of scoring requests.
    route: &'a str,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let native = project.scoring.native;
    let python = project.model.runtime == Runtime::Python && !native;
    let view = ScoringView {
        build_image: Fragment::new(if python { PYTHON } else { RUST }),
        run_image: Fragment::new(PYTHON),
        model: Fragment::new(project.model.name.as_str()),
        crate_folder: (!native).then(|| Fragment::new(crate_name(project))),
        native,
        module: format!("{}.score", names::package(project)),
        title: format!("{}-scoring", project.name),
        description: project.description.as_str(),
        listen: format!("0.0.0.0:{PORT}"),
        port: PORT,
        route: project.scoring.contract.route.as_str(),
    };
    let template = if python { "docker/scoring-python.dockerfile" } else { "docker/scoring-rust.dockerfile" };
    vec![Artifact::template("docker/scoring/Dockerfile", Language::Docker, template, view).because(&[
        "project.name",
        "project.description",
        "model.name",
        "model.runtime",
        "scoring.contract.route",
        "scoring.serving",
    ])]
}
