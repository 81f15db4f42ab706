//! The deployments of `infra/`.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::azure::{RESOURCES, arm, failed, observation, scope_of, side, spelling, tag};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::site::Site;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::targets;
use crate::remote::kinds::deployment::{INCREMENTAL, STATE, SUCCEEDED, field, parameter_values, template};
use crate::remote::kinds::field::{Pending, Typed as _};
use crate::remote::kinds::tags::{MANAGED_BY, MANAGED_BY_TAG, PROJECT_TAG, TEMPLATE_TAG};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Resource};

/// A deployment whose parameters need not be known yet.
type Deployment = crate::remote::kinds::deployment::Deployment<Pending<Value>>;

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
        let wanted = all_typed::<Deployment>(wanted)?;
        let read = async |(resource, want): &(&Resource, Deployment)| {
            let path = ArmPath::of(&want.scope).resource(TYPE, &resource.key.name);
            let found = arm.get(&path, RESOURCES).await.map_err(failed("read", Some(&resource.key)))?;
            Ok::<_, RemoteError>(found.map(|found| (resource.key.clone(), observed(&found, want))))
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
pub(super) fn path(wanted: &Resource) -> Result<ArmPath, RemoteError> {
    Ok(ArmPath::of(&typed::<Deployment>("write", wanted)?.scope).resource(TYPE, &wanted.key.name))
}

/// Validates and deploys; a deployment of that name that runs already is waited for.
async fn deploy(at: &Site, wanted: &Resource, operation: &'static str) -> Result<Observed, RemoteError> {
    let arm = arm(at, operation, Some(&wanted.key))?;
    let failed = failed(operation, Some(&wanted.key));
    let (path, body, want) = (path(wanted)?, body(at, wanted)?, typed::<Deployment>("write", wanted)?);
    let active = |error: &ArmError| error.is("DeploymentActive");
    match arm.post(&path.clone().then("validate"), RESOURCES, &body).await {
        Err(error) if !active(&error) => return Err(failed(error)),
        _ => {}
    }
    let made = match arm.put(&path, RESOURCES, &body).await {
        Err(error) if active(&error) => {
            let running = arm.settled(&path, RESOURCES, &error.call).await.map_err(&failed)?;
            let ours = tag(&running, TEMPLATE_TAG) == Some(want.template.as_str());
            if ours && state(&running) == SUCCEEDED {
                running
            } else {
                arm.put(&path, RESOURCES, &body).await.map_err(&failed)?
            }
        }
        made => made.map_err(&failed)?,
    };
    Ok(observed(&made, &want))
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
    let want: Deployment = typed("write", wanted)?;
    for (name, value) in &want.parameters {
        // before the pipelines are there (in a plan) the parameter keeps its default, as in the pipeline itself
        let known = match value {
            Pending::Later(later) => later.resolved(None, |of, fact| at.fact(of, fact)),
            Pending::Known(value) => Some(value.clone()),
        };
        let number = parameters.get(name).is_some_and(|parameter| parameter["value"].is_number());
        let known = known.as_ref().and_then(Value::as_str).and_then(|known| known.parse::<i64>().ok());
        if let Some(known) = known.filter(|_| number) {
            parameters.insert(name.to_owned(), json!({ "value": known }));
        }
    }
    Ok(json!({
        "properties": { "mode": INCREMENTAL, "template": template, "parameters": parameters },
        "tags": { PROJECT_TAG: at.project.name.as_str(), MANAGED_BY_TAG: MANAGED_BY, TEMPLATE_TAG: want.template },
    }))
}

/// How far a deployment is, as Azure says it.
fn state(found: &Value) -> &str {
    found["properties"][STATE].as_str().unwrap_or_default()
}

fn observed(found: &Value, wanted: &Deployment) -> Observed {
    let properties = &found["properties"];
    let parameter = |(name, wanted): (&String, &Pending<Value>)| {
        let value = match &properties["parameters"][name]["value"] {
            Value::Null => return None,
            // facts of other resources are texts
            Value::Number(number) if !matches!(wanted, Pending::Known(value) if !value.is_string()) => {
                number.to_string().into()
            }
            value => value.clone(),
        };
        Some((name.clone(), Pending::Known(value)))
    };
    let deployment = Deployment {
        scope: spelling(scope_of(found["id"].as_str().unwrap_or_default()), Some(&wanted.scope)),
        mode: properties["mode"].as_str().unwrap_or_default().to_owned(),
        state: state(found).to_owned(),
        template: tag(found, TEMPLATE_TAG).unwrap_or(&wanted.template).to_owned(),
        parameters: wanted.parameters.iter().filter_map(parameter).collect(),
    };
    let seen = observation(found, Owner::Ours, deployment.to_fields());
    unwanted(found, wanted).into_iter().fold(seen, |seen, (name, value)| seen.with_fact(&name, value))
}

/// Parameters of networks that a deployment had and that are not wanted any more, as facts: what was private and becomes
/// public, or has other zones, is told by them. All others may be defaults of the template, which are nobody's change.
fn unwanted(found: &Value, wanted: &Deployment) -> Vec<(String, String)> {
    let given = found["properties"]["parameters"].as_object().into_iter().flatten();
    let of_networks = |name: &str| name.to_lowercase().contains("network") || name.starts_with("zones");
    let gone = given.filter(|(name, _)| of_networks(name) && !wanted.parameters.contains_key(*name));
    gone.filter(|(_, entry)| !entry["value"].is_null())
        .map(|(name, entry)| (field(name), entry["value"].to_string()))
        .collect()
}
