//! Environment, compute, data and datastores.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::input::data_type;
use super::names;
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::name::{ContainerName, StorageAccountName};
use crate::project::network::Network;
use crate::project::training::{Compute, Priority};

/// View of `ml/environments/training.yml`.
#[derive(Debug, Serialize)]
struct EnvironmentView {
    /// Name of the environment.
    name: String,
    /// What it is.
    description: String,
}

/// View of `ml/compute/cluster.yml`.
#[derive(Debug, Serialize)]
struct ComputeView<'a> {
    /// The rendered file.
    path: &'static str,
    /// Name of the cluster.
    name: &'a str,
    /// What it is for.
    description: String,
    /// Region.
    location: &'a str,
    /// Size of a node.
    size: &'a str,
    /// `dedicated` or `low_priority`.
    tier: &'static str,
    /// Nodes that always run.
    min_instances: u32,
    /// Nodes at the most.
    max_instances: u32,
    /// Idle seconds before a node is given back.
    idle_seconds: u32,
    /// Whether nodes have no public address.
    private: bool,
    /// Resource id of the nodes' identity.
    identity: String,
}

/// View of `ml/data/asset.yml`.
#[derive(Debug, Serialize)]
struct DataView<'a> {
    /// The rendered file.
    file: String,
    /// Name of the asset.
    name: &'a str,
    /// What it is.
    description: String,
    /// `uri_folder` or `uri_file`.
    data_type: &'static str,
    /// Where the data is: a path from the file, or an address.
    path: String,
}

/// View of `ml/datastores/blob.yml`.
#[derive(Debug, Serialize)]
struct DatastoreView<'a> {
    /// What it is for, as a sentence of the comment.
    purpose: Fragment,
    /// Name of the datastore.
    name: String,
    /// What it is for.
    description: &'static str,
    /// Storage account.
    account: &'a str,
    /// Blob container.
    container: &'a str,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = vec![environment(project), data(project)];
    files.push(compute(project, &project.training.compute, "ml/compute/cluster.yml", "training"));
    if let Some(batch) = &project.batch
        && batch.compute.name != project.training.compute.name
    {
        files.push(compute(project, &batch.compute, "ml/compute/batch-scoring.yml", "batch scoring"));
    }
    files.extend(datastores(project));
    files
}

fn environment(project: &Project) -> Artifact {
    let view = EnvironmentView {
        name: names::environment(project),
        description: format!("Programs of the training pipeline of {}", project.name),
    };
    let file = "ml/environments/training.yml";
    Artifact::template(file, Language::Yaml, file, view).because(&["project.name"])
}

fn compute(project: &Project, compute: &Compute, path: &'static str, purpose: &str) -> Artifact {
    let view = ComputeView {
        path,
        name: compute.name.as_str(),
        description: format!("Nodes for {purpose} of {}", project.name),
        location: project.platform.place.location.as_str(),
        size: compute.sku.as_str(),
        tier: match compute.priority {
            Priority::Dedicated => "dedicated",
            Priority::LowPriority => "low_priority",
        },
        min_instances: compute.min_nodes,
        max_instances: compute.max_nodes,
        idle_seconds: compute.idle_seconds,
        private: matches!(project.network, Network::Private(_)),
        identity: names::identity(&project.platform.place, &project.platform.training_identity),
    };
    Artifact::template(path, Language::Yaml, "ml/compute/cluster.yml", view).because(&[
        "project.name",
        "azure",
        if path.ends_with("cluster.yml") { "training.compute" } else { "batch.compute" },
        "network",
    ])
}

fn data(project: &Project) -> Artifact {
    let file = format!("ml/data/{}.yml", names::stem(project.data.asset.as_str()));
    let path = match &project.data.source {
        DataSource::Remote(address) => address.clone(),
        DataSource::Repository(path) => format!("../../{path}"),
    };
    let view = DataView {
        file: file.clone(),
        name: project.data.asset.as_str(),
        description: format!("Training data of {}", project.name),
        data_type: data_type(project),
        path,
    };
    Artifact::template(&file, Language::Yaml, "ml/data/asset.yml", view).because(&["project.name", "data"])
}

fn datastores(project: &Project) -> Vec<Artifact> {
    let storage = &project.platform.storage;
    let mut stores = vec![
        (&project.platform.data_container, "Training data."),
        (&project.platform.models_container, "Models, and the champion that the next one must beat."),
    ];
    if let Some(new_data) = &project.training.on_new_data {
        stores.push((&new_data.container, "Where new training data arrives."));
    }
    if let Some(container) = project.outcomes_container() {
        stores.push((container, "Outcomes that became known after scoring."));
    }
    let mut seen: Vec<&ContainerName> = Vec::new();
    let mut files = Vec::new();
    for (container, description) in stores {
        if !seen.contains(&container) {
            seen.push(container);
            files.push(datastore(storage, container, description));
        }
    }
    files
}

fn datastore(storage: &StorageAccountName, container: &ContainerName, description: &'static str) -> Artifact {
    let view = DatastoreView {
        purpose: Fragment::new(description),
        name: names::datastore(container),
        description,
        account: storage.as_str(),
        container: container.as_str(),
    };
    let file = format!("ml/datastores/{}.yml", names::stem(container.as_str()));
    Artifact::template(&file, Language::Yaml, "ml/datastores/blob.yml", view).because(&[
        "azure",
        "training",
        "monitoring.drift",
    ])
}
