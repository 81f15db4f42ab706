//! Whether the identity of a compute, and that of its workspace, may do what a job needs. Without Azure Resource Manager
//! nobody asks. (Documents: "Set up authentication between Azure Machine Learning and other services", "Manage access to Azure
//! Machine Learning workspaces", "Troubleshoot data access errors"; the messages are those that jobs have failed with.)

use std::path::Path;

use serde_json::Value;

use super::bind::Bound;
use super::places;
use crate::access::{READ, WRITE};
use crate::services::Services;
use crate::store::Store;

/// What an input is that a compute mounts or downloads; everything else is a text.
const MOUNTED: [&str; 6] = ["uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"];

/// What calls of the tracking server do to a workspace, by the beginning of their names.
const TRACKING: [(&str, &str); 8] = [
    ("experiments/get", "experiments/read"),
    ("experiments/", "experiments/write"),
    ("runs/get", "experiments/runs/read"),
    ("runs/search", "experiments/runs/read"),
    ("runs/", "experiments/runs/write"),
    ("registered-models/get", "models/versions/read"),
    ("model-versions/get", "models/versions/read"),
    ("model-versions/search", "models/versions/read"),
];

/// What the others do.
const REGISTERING: &str = "models/versions/write";

/// A workspace and the nodes of a compute in it.
pub(super) struct Nodes {
    services: Services,
    /// Ids of the workspace, of its storage account and of its registry.
    workspace: String,
    storage: String,
    registry: String,
    /// The identity that the workspace acts with, and that of the nodes.
    own: Identity,
    nodes: Identity,
}

struct Identity {
    client: String,
    principal: String,
}

impl Identity {
    /// The first identity that a resource has.
    fn of(services: &Services, resource: &Value, whose: &str) -> Result<Self, String> {
        let ids = resource["identity"]["userAssignedIdentities"].as_object();
        let id = ids.and_then(|ids| ids.keys().next()).ok_or_else(|| format!("{whose} has no identity"))?;
        let found = services.get(id)?.ok_or_else(|| format!("the identity {id} of {whose} was not found"))?;
        let text = |key: &str| found["properties"][key].as_str().unwrap_or_default().to_owned();
        Ok(Self { client: text("clientId"), principal: text("principalId") })
    }
}

impl Nodes {
    /// The nodes of a compute (`azureml:NAME`) of a workspace; nothing where nobody asks about roles.
    ///
    /// # Errors
    /// If the workspace or the compute is not there, or has no identity.
    pub fn of(store: &Store, workspace: &str, compute: &str) -> Result<Option<Self>, String> {
        let Some(services) = Services::of(store)? else { return Ok(None) };
        let id = services.resource_named("Microsoft.MachineLearningServices/workspaces", workspace)?;
        let id = id.ok_or_else(|| format!("workspace {workspace} was not found"))?;
        let found = services.get(&id)?.unwrap_or_default();
        let name = compute.trim_start_matches("azureml:");
        let nodes = services.get(&format!("{id}/computes/{name}"))?;
        let nodes =
            nodes.ok_or_else(|| format!("(UserError) compute {name} was not found in workspace {workspace}."))?;
        let text = |key: &str| found["properties"][key].as_str().unwrap_or_default().to_owned();
        Ok(Some(Self {
            storage: text("storageAccount"),
            registry: text("containerRegistry"),
            own: Identity::of(&services, &found, &format!("workspace {workspace}"))?,
            nodes: Identity::of(&services, &nodes, &format!("compute {name}"))?,
            workspace: id,
            services,
        }))
    }

    /// That the workspace may build the image of an environment, and the nodes may pull it.
    ///
    /// # Errors
    /// What Azure ML says of the job.
    pub fn image(&self, environment: &str) -> Result<(), String> {
        let may = |identity: &Identity, action: &str| {
            let action = format!("Microsoft.ContainerRegistry/registries/{action}");
            self.services.allows(&identity.principal, &action, false, &self.registry)
        };
        let registry = self.registry.rsplit('/').next().unwrap_or_default();
        if !may(&self.own, "push/write")? {
            return Err(format!(
                "Image build failed: the workspace cannot push the image of {environment} to {registry}.azurecr.io: \
                 denied: requested access to the resource is denied"
            ));
        }
        if !may(&self.nodes, "pull/read")? {
            return Err(format!(
                "AzureMLCompute job failed. FailedPullingImage: Unable to pull docker image of {environment}: Error response from \
                 daemon: Head \"https://{registry}.azurecr.io/v2/\": unauthorized: authentication required, visit \
                 https://aka.ms/acr/authorization for more information."
            ));
        }
        Ok(())
    }

    /// That the nodes may read the inputs of a component and write its outputs.
    ///
    /// # Errors
    /// What Azure ML says of the job.
    pub fn data(&self, store: &Store, component: &Value, bound: &Bound) -> Result<(), String> {
        for (name, path) in &bound.inputs {
            let kind = component["inputs"][name]["type"].as_str();
            if kind.is_some_and(|kind| MOUNTED.contains(&kind)) {
                self.mount(store, Path::new(path), READ).map_err(|place| {
                    format!(
                        "Failed to mount input {name}. Error Code: ScriptExecution.StreamAccess.Authentication. Native Error: error in \
                         streaming from input data sources: StreamError(PermissionDenied(Some(This request is not authorized to \
                         perform this operation using this permission.))). {place}"
                    )
                })?;
            }
        }
        for (name, path) in &bound.outputs {
            self.mount(store, path, WRITE).map_err(|place| {
                format!(
                    "Failed to write output {name}. Error Code: ScriptExecution.WriteStreams.Authentication. Error Message: \
                     Authentication failed when trying to access destination. Make sure you have correct permissions set up. {place}"
                )
            })?;
        }
        Ok(())
    }

    /// That the nodes may read or write at a place. The error says where.
    fn mount(&self, store: &Store, path: &Path, action: &str) -> Result<(), String> {
        let scope = match places::blob_of(store, path) {
            Some((account, container)) => {
                let id = self.services.resource_named("Microsoft.Storage/storageAccounts", &account)?;
                let id = id.ok_or_else(|| format!("storage account {account} was not found"))?;
                format!("{id}/blobServices/default/containers/{container}")
            }
            // the workspace's own datastore
            None => self.storage.clone(),
        };
        match self.services.allows(&self.nodes.principal, action, true, &scope)? {
            true => Ok(()),
            false => Err(format!("The identity with client id '{}' has no role for it on {scope}.", self.nodes.client)),
        }
    }

    /// That the nodes may make a call of the tracking server.
    ///
    /// # Errors
    /// Azure Resource Manager's refusal.
    pub fn track(&self, call: &str) -> Result<(), String> {
        let known = TRACKING.iter().find(|(start, _)| call.starts_with(start)).map(|(_, action)| *action);
        let action = format!("Microsoft.MachineLearningServices/workspaces/{}", known.unwrap_or(REGISTERING));
        match self.services.allows(&self.nodes.principal, &action, false, &self.workspace)? {
            true => Ok(()),
            false => Err(format!(
                "(AuthorizationFailed) The client '{}' with object id '{}' does not have authorization to perform action '{action}' \
                 over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
                self.nodes.client, self.nodes.principal, self.workspace
            )),
        }
    }
}

/// The compute that a job names, for itself or for its steps.
pub(super) fn compute(job: &Value) -> Option<&str> {
    job["compute"].as_str().or(job["settings"]["default_compute"].as_str())
}
