//! Names and addresses of Azure ML assets, for everybody who refers to them.

use super::super::fragment::Fragment;
use crate::artifacts::path::RelPath;
use crate::project::Project;
use crate::project::azure::Place;
use crate::project::model::Runtime;
use crate::project::name::{ContainerName, ResourceName};

/// Where the training image keeps the data contract.
pub const CONTRACT_IN_IMAGE: &str = "/opt/mlops/data-contract.json";

/// The project's name as an identifier: the Python package, and the start of component names, which allow no hyphens.
///
/// The spec refuses keywords and the packages that training and scoring import.
pub fn package(project: &Project) -> String {
    project.name.as_str().replace('-', "_")
}

/// Name of a component: `<package>_<step>`.
pub fn component(project: &Project, step: &str) -> String {
    format!("{}_{}", package(project), step.replace('-', "_"))
}

/// Name of the training environment.
pub fn environment(project: &Project) -> String {
    format!("{}-training", project.name)
}

/// The newest version of an asset, as other assets refer to it.
pub fn latest(name: impl std::fmt::Display) -> String {
    format!("azureml:{name}@latest")
}

/// How a step's program is called: by its name, or as a module of the package.
pub fn program(project: &Project, step: &str) -> Fragment {
    Fragment::new(match project.model.runtime {
        Runtime::Rust => step.to_owned(),
        Runtime::Python => format!("python -m {}.{}", package(project), step.replace('-', "_")),
    })
}

/// The datastore of a container: names of datastores allow no hyphens.
pub fn datastore(container: &ContainerName) -> String {
    container.as_str().replace('-', "_")
}

/// Address of a folder in the project's part of the workspace's own datastore. What jobs write goes there and not into
/// the data container, where it would count as new data and start a retraining.
pub fn workspace_folder(project: &Project, folder: &str) -> String {
    format!("azureml://datastores/workspaceblobstore/paths/{}/{folder}", project.name)
}

/// Address of the folder that holds the promoted model.
pub fn champion(project: &Project) -> String {
    let datastore = datastore(&project.platform.models_container);
    format!("azureml://datastores/{datastore}/paths/{}/champion", project.name)
}

/// Resource id of a managed identity; an id that is kept in a variable stands there as `$NAME`.
pub fn identity(place: &Place, identity: &ResourceName) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}",
        place.subscription, place.resource_group
    )
}

/// `name` as the stem of a file; names that Windows keeps for devices get an underscore.
pub fn stem(name: &str) -> String {
    if RelPath::parse(name).is_ok() { name.to_owned() } else { format!("{name}_") }
}
