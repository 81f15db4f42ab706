//! Environments, their Kubernetes resources and what was deployed to them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{same, text, time_text, wildcard};
use crate::core::locations::{
    DEPLOYMENT_RECORDS, ENVIRONMENTS, KUBERNETES, PIPELINES_ENVIRONMENTS, PIPELINES_KUBERNETES,
};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::resources::{Environment, Kubernetes};

/// The routes; the service has them in two areas.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/distributedtask/environments", &ENVIRONMENTS, list),
    Route::post("{project}/_apis/distributedtask/environments", &ENVIRONMENTS, create),
    Route::get("{project}/_apis/distributedtask/environments/{environmentId}", &ENVIRONMENTS, get),
    Route::patch("{project}/_apis/distributedtask/environments/{environmentId}", &ENVIRONMENTS, update),
    Route::delete("{project}/_apis/distributedtask/environments/{environmentId}", &ENVIRONMENTS, delete),
    Route::get(
        "{project}/_apis/distributedtask/environments/{environmentId}/environmentdeploymentrecords",
        &DEPLOYMENT_RECORDS,
        records,
    ),
    Route::post(
        "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes",
        &KUBERNETES,
        add_kubernetes,
    ),
    Route::get(
        "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}",
        &KUBERNETES,
        get_kubernetes,
    ),
    Route::delete(
        "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}",
        &KUBERNETES,
        delete_kubernetes,
    ),
    Route::get("{project}/_apis/pipelines/environments", &PIPELINES_ENVIRONMENTS, list),
    Route::post("{project}/_apis/pipelines/environments", &PIPELINES_ENVIRONMENTS, create),
    Route::get("{project}/_apis/pipelines/environments/{environmentId}", &PIPELINES_ENVIRONMENTS, get),
    Route::patch("{project}/_apis/pipelines/environments/{environmentId}", &PIPELINES_ENVIRONMENTS, update),
    Route::delete("{project}/_apis/pipelines/environments/{environmentId}", &PIPELINES_ENVIRONMENTS, delete),
    Route::post(
        "{project}/_apis/pipelines/environments/{environmentId}/providers/kubernetes",
        &PIPELINES_KUBERNETES,
        add_kubernetes,
    ),
    Route::get(
        "{project}/_apis/pipelines/environments/{environmentId}/providers/kubernetes/{resourceId}",
        &PIPELINES_KUBERNETES,
        get_kubernetes,
    ),
    Route::delete(
        "{project}/_apis/pipelines/environments/{environmentId}/providers/kubernetes/{resourceId}",
        &PIPELINES_KUBERNETES,
        delete_kubernetes,
    ),
];

impl Environment {
    fn to_json(&self, call: &Call<'_>, resources: bool) -> Value {
        let mut body = json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "createdBy": call.identity_ref(self.created.0),
            "createdOn": time_text(self.created.1),
            "lastModifiedBy": call.identity_ref(self.modified.0),
            "lastModifiedOn": time_text(self.modified.1),
            "project": { "id": self.project },
        });
        if resources {
            let resources: Vec<Value> = self
                .kubernetes
                .iter()
                .map(|resource| json!({ "id": resource.id, "name": resource.name, "type": "kubernetes", "tags": resource.tags }))
                .collect();
            body["resources"] = json!(resources);
        }
        body
    }
}

impl Kubernetes {
    fn to_json(&self, call: &Call<'_>, environment: &Environment) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "type": "kubernetes",
            "tags": self.tags,
            "namespace": self.namespace,
            "clusterName": self.cluster,
            "serviceEndpointId": self.endpoint,
            "environmentReference": { "id": environment.id, "name": environment.name },
            "createdBy": call.identity_ref(self.created.0),
            "createdOn": time_text(self.created.1),
            "lastModifiedBy": call.identity_ref(self.created.0),
            "lastModifiedOn": time_text(self.created.1),
        })
    }
}

fn exists(name: &str) -> ServiceError {
    ServiceError::new(
        409,
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "EnvironmentExistsException",
        format!("Environment {name} already exists in the project."),
    )
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "EnvironmentNotFoundException",
        format!("Environment with ID {id} does not exist or has been deleted."),
    )
}

fn find(call: &Call<'_>) -> Result<i64, ServiceError> {
    let project = call.project_id()?;
    let id = call.number("environmentId")?;
    let known = call.organization.environments.get(&id).is_some_and(|environment| environment.project == project);
    known.then_some(id).ok_or_else(|| not_found(&id.to_string()))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let pattern = call.request.query("name").unwrap_or("*").to_owned();
    let found = call
        .organization
        .environments
        .values()
        .filter(|environment| environment.project == project && wildcard(&pattern, &environment.name))
        .map(|environment| (environment.id, environment.to_json(call, false)))
        .collect();
    Ok(page(call, found, call.organization.settings.page_size, false))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let name = text(&body, "name").map(str::trim).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ServiceError::missing("environmentCreateParameter.Name"))?;
    if call.organization.find_environment(project, name).is_some() {
        return Err(exists(name));
    }
    let id = call.organization.next("environment");
    let stamp = (call.caller, call.now);
    let environment = Environment {
        id,
        project,
        name: name.to_owned(),
        description: text(&body, "description").unwrap_or_default().to_owned(),
        kubernetes: Vec::new(),
        deployments: Vec::new(),
        created: stamp,
        modified: stamp,
    };
    let answer = environment.to_json(call, true);
    call.organization.environments.insert(id, environment);
    Ok(Response::ok(answer))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let resources = call.request.query("expands").is_some_and(|expand| expand.to_lowercase().contains("resource"));
    Ok(Response::ok(call.organization.environments[&id].to_json(call, resources)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let body = call.body()?;
    let project = call.project_id()?;
    if let Some(name) = text(&body, "name")
        && call.organization.find_environment(project, name).is_some_and(|other| other.id != id)
    {
        return Err(exists(name));
    }
    let stamp = (call.caller, call.now);
    if let Some(environment) = call.organization.environments.get_mut(&id) {
        if let Some(name) = text(&body, "name") {
            environment.name = name.to_owned();
        }
        if let Some(description) = text(&body, "description") {
            environment.description = description.to_owned();
        }
        environment.modified = stamp;
    }
    Ok(Response::ok(call.organization.environments[&id].to_json(call, true)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let project = call.project_id()?;
    call.organization.environments.remove(&id);
    call.organization.forget_resource(project, "environment", &id.to_string());
    Ok(Response::no_content())
}

fn records(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let deployments = call.organization.environments[&id].deployments.iter().enumerate();
    let mut found: Vec<(usize, Value)> = deployments.map(|(at, record)| (at, record.clone())).collect();
    found.reverse();
    Ok(page(call, found, 25, true))
}

fn add_kubernetes(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let body = call.body()?;
    let name = text(&body, "name").ok_or_else(|| ServiceError::missing("createParameters.Name"))?.to_owned();
    let environment = &call.organization.environments[&id];
    if environment.kubernetes.iter().any(|resource| same(&resource.name, &name)) {
        return Err(ServiceError::new(
            409,
            "Microsoft.TeamFoundation.DistributedTask.WebApi",
            "EnvironmentResourceExistsException",
            format!("Resource {name} already exists in environment {}.", environment.name),
        ));
    }
    let resource = Kubernetes {
        id: call.organization.next("environmentResource"),
        name,
        namespace: text(&body, "namespace").unwrap_or("default").to_owned(),
        cluster: text(&body, "clusterName").map(str::to_owned),
        endpoint: text(&body, "serviceEndpointId").map(str::to_owned),
        tags: body.get("tags").filter(|tags| tags.is_array()).cloned().unwrap_or(json!([])),
        created: (call.caller, call.now),
    };
    let answer = resource.to_json(call, &call.organization.environments[&id]);
    if let Some(environment) = call.organization.environments.get_mut(&id) {
        environment.kubernetes.push(resource);
    }
    Ok(Response::ok(answer))
}

fn resource_not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "EnvironmentResourceNotFoundException",
        format!("Resource with ID {id} does not exist in the environment."),
    )
}

fn get_kubernetes(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let resource_id = call.number("resourceId")?;
    let environment = &call.organization.environments[&id];
    let found = environment.kubernetes.iter().find(|resource| resource.id == resource_id);
    found.map(|found| Response::ok(found.to_json(call, environment))).ok_or_else(|| resource_not_found(resource_id))
}

fn delete_kubernetes(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let resource_id = call.number("resourceId")?;
    let Some(environment) = call.organization.environments.get_mut(&id) else { return Err(not_found(&id.to_string())) };
    let before = environment.kubernetes.len();
    environment.kubernetes.retain(|resource| resource.id != resource_id);
    if environment.kubernetes.len() == before {
        return Err(resource_not_found(resource_id));
    }
    Ok(Response::no_content())
}

impl Organization {
    /// A project's environment by name.
    pub fn find_environment(&self, project: Uuid, name: &str) -> Option<&Environment> {
        self.environments.values().find(|environment| environment.project == project && same(&environment.name, name))
    }
}
