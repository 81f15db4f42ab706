//! The deployments of `infra/`.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::azure::{RESOURCES, arm, failed, observation, scope_of, side, spelled, tag, text};
use super::error::RemoteError;
use super::handler::Handler;
use super::site::Site;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::deployment::{TEMPLATE_TAG, parameter_values, template};
use crate::remote::desired::azure::{MANAGED_BY, MANAGED_BY_TAG, PROJECT_TAG, targets};
use crate::remote::later::Later;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Resource};

/// Type of deployments.
const TYPE: &str = "Microsoft.Resources/deployments";

/// Reads and makes deployments.
///
/// A deployment of ours carries the hash of its template as a tag. One that the pipeline `infrastructure` made since has
/// none: the pipeline deploys the default branch, so its template is taken to be right, and its parameters are compared.
pub struct Deployments;

#[async_trait]
impl Handler for Deployments {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "read deployments", None)?;
        let read = async |resource: &&Resource| {
            let found = arm.get(&path(at, resource)?, RESOURCES).await.map_err(failed("read", Some(&resource.key)))?;
            Ok::<_, RemoteError>(found.map(|found| (resource.key.clone(), observed(&found, resource))))
        };
        Ok(try_join_all(wanted.iter().map(read)).await?.into_iter().flatten().collect())
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        deploy(at, wanted, "create").await
    }

    async fn update(&self, at: &Site, wanted: &Resource, _: &Observed) -> Result<Observed, RemoteError> {
        deploy(at, wanted, "update").await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), RESOURCES).await.map_err(failed("delete", Some(key)))
    }
}

/// Where a deployment stands.
pub(super) fn path(at: &Site, wanted: &Resource) -> Result<ArmPath, RemoteError> {
    Ok(ArmPath::of(&text(at, wanted, "scope")?).resource(TYPE, &wanted.key.name))
}

/// Validates and deploys; a deployment of that name that runs already is waited for.
async fn deploy(at: &Site, wanted: &Resource, operation: &'static str) -> Result<Observed, RemoteError> {
    let arm = arm(at, operation, Some(&wanted.key))?;
    let failed = failed(operation, Some(&wanted.key));
    let (path, body) = (path(at, wanted)?, body(at, wanted)?);
    let active = |error: &ArmError| error.is("DeploymentActive");
    match arm.post(&path.clone().then("validate"), RESOURCES, &body).await {
        Err(error) if !active(&error) => return Err(failed(error)),
        _ => {}
    }
    let made = match arm.put(&path, RESOURCES, &body).await {
        Err(error) if active(&error) => {
            let running = arm.settled(&path, RESOURCES, &error.call).await.map_err(&failed)?;
            let ours = tag(&running, TEMPLATE_TAG) == wanted.fields["template"].as_str();
            if ours && running["properties"]["provisioningState"] == "Succeeded" {
                running
            } else {
                arm.put(&path, RESOURCES, &body).await.map_err(&failed)?
            }
        }
        made => made.map_err(&failed)?,
    };
    Ok(observed(&made, wanted))
}

/// The body of a deployment: template, parameters with what is known only now, and the tags that are its mark.
///
/// # Errors
/// A template that cannot be read, or a value that is not known yet.
pub(super) fn body(at: &Site, wanted: &Resource) -> Result<Value, RemoteError> {
    let side = side(at, "write", Some(&wanted.key))?;
    let unreadable = |why: String| RemoteError::new("write", &wanted.key, why, "run `mlops-gen check`");
    let places = targets(&at.project, &side.values).unwrap_or_default();
    let target = places.iter().find(|target| target.name == wanted.key.name);
    let target = target.ok_or_else(|| unreadable("the spec has no such place".to_owned()))?;
    let template = template(&side.tree, &target.folder).map_err(unreadable)?;
    let lookup = |name: &str| side.values.get(name).cloned();
    let mut parameters: Map<String, Value> =
        parameter_values(&side.tree, &target.folder, &lookup).map_err(unreadable)?;
    for (field, value) in &wanted.fields {
        let Some(name) = field.strip_prefix("parameters.") else { continue };
        // before the pipelines are there (in a plan) the parameter keeps its default, as in the pipeline itself
        let known = match Later::read(value) {
            Some(Later::Fact { of, fact }) => at.known(&of).and_then(|found| found.fact(&fact)),
            _ => value.as_str().map(str::to_owned),
        };
        let number = parameters.get(name).is_some_and(|parameter| parameter["value"].is_number());
        if let Some(known) = known.and_then(|known| known.parse::<i64>().ok()).filter(|_| number) {
            parameters.insert(name.to_owned(), json!({ "value": known }));
        }
    }
    Ok(json!({
        "properties": { "mode": "Incremental", "template": template, "parameters": parameters },
        "tags": { PROJECT_TAG: at.project.name.as_str(), MANAGED_BY_TAG: MANAGED_BY, TEMPLATE_TAG: wanted.fields["template"] },
    }))
}

fn observed(found: &Value, wanted: &Resource) -> Observed {
    let properties = &found["properties"];
    let mut fields = Fields::new();
    let scope = scope_of(found["id"].as_str().unwrap_or_default());
    fields.insert("scope".into(), spelled(scope, wanted.fields.get("scope")));
    fields.insert("mode".into(), properties["mode"].clone());
    fields.insert("provisioningState".into(), properties["provisioningState"].clone());
    let template = tag(found, TEMPLATE_TAG).map_or_else(|| wanted.fields["template"].clone(), |hash| json!(hash));
    fields.insert("template".into(), template);
    for (field, wanted) in &wanted.fields {
        let value = field.strip_prefix("parameters.").map(|name| &properties["parameters"][name]["value"]);
        match value {
            None | Some(Value::Null) => {}
            // facts of other resources are texts
            Some(Value::Number(number)) if Later::read(wanted).is_some() || wanted.is_string() => {
                fields.insert(field.clone(), json!(number.to_string()));
            }
            Some(value) => drop(fields.insert(field.clone(), value.clone())),
        }
    }
    observation(found, Owner::Ours, fields)
}
