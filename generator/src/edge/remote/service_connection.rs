//! Service connections to Azure.

use std::time::Duration;

use async_trait::async_trait;
use devops_client::api::service_endpoints::{NewServiceEndpoint, ServiceEndpoint, ServiceEndpointKind};
use devops_client::{ServiceEndpointId, WaitOptions};
use serde_json::Value;

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::Operation;
use super::marked;
use super::site::Site;
use crate::remote::observed::{Observed, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// The fact: issuer of the connection's tokens, as the service says it.
pub const ISSUER: &str = "federation.issuer";
/// The fact: subject of the connection's tokens, as the service says it.
pub const SUBJECT: &str = "federation.subject";

const PARAMETERS: &str = "authorization.parameters.";
const DATA: &str = "data.";

/// Service connections.
pub struct ServiceConnections;

#[async_trait]
impl Handler for ServiceConnections {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let list = at.devops.service_endpoints().list().all().await;
        let list = list.map_err(|error| RemoteError::listing("service connections", &error))?;
        let see = |endpoint: &ServiceEndpoint, want: Option<&Resource>| observed(at, endpoint, want);
        Ok(marked::sort(Kind::ServiceConnection, &list, wanted, |endpoint| endpoint.name.as_str(), see))
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let text = |field: &str| operation.text(wanted, None, field);
        let (url, scheme) = (text("url")?, text("authorization.scheme")?);
        let mut new = NewServiceEndpoint::new(&wanted.key.name, ServiceEndpointKind::AzureRm, &url, &scheme);
        // The service makes no identity of its own: the connection is for one that is there.
        new = new.description(marked::put(at, &text("description")?)).data("creationMode", "Manual");
        for field in wanted.fields.keys() {
            if let Some(parameter) = field.strip_prefix(PARAMETERS) {
                new = new.parameter(parameter, text(field)?);
            } else if let Some(data) = field.strip_prefix(DATA) {
                new = new.data(data, text(field)?);
            }
        }
        let new = new.project(operation.project().await?);
        let endpoints = at.devops.service_endpoints();
        let made = match endpoints.create(&new).await {
            Err(error) if error.is_already_exists() => {
                let found = endpoints.find(&wanted.key.name).await.map_err(|error| operation.failed(error))?;
                let ours = found.map(|found| observed(at, &found, Some(wanted))).filter(Observed::is_ours);
                return self.update(at, wanted, &ours.ok_or_else(|| operation.taken())?).await;
            }
            made => made.map_err(|error| operation.failed(error))?,
        };
        let ready = match made.is_ready == Some(true) && made.federation().is_some() {
            true => made,
            false => {
                let patience = WaitOptions::timeout(Duration::from_secs(120)).every(Duration::from_millis(500));
                endpoints.wait_ready(made.id, &patience).await.map_err(|error| operation.failed(error))?
            }
        };
        Ok(observed(at, &ready, Some(wanted)))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        let endpoints = at.devops.service_endpoints();
        let mut endpoint = endpoints.get(id(operation, found)?).await.map_err(|error| operation.failed(error))?;
        let endpoint = endpoint.as_mut().ok_or_else(|| operation.gone())?;
        for field in wanted.fields.keys() {
            set(endpoint, field, operation.text(wanted, Some(found), field)?);
        }
        let description = marked::put(at, endpoint.description.as_deref().unwrap_or_default());
        for shared in &mut endpoint.service_endpoint_project_references {
            if shared.project_reference.name.as_deref() == Some(at.project.devops.project.as_str()) {
                shared.description = Some(description.clone());
            }
        }
        endpoint.description = Some(description);
        let changed = endpoints.update(endpoint).await.map_err(|error| operation.failed(error))?;
        Ok(observed(at, &changed, Some(wanted)))
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        let project = operation.project().await?.id;
        let deleted = at.devops.service_endpoints().delete(id(operation, found)?, &[project], false).await;
        deleted.map_err(|error| operation.failed(error))
    }
}

fn id(operation: Operation<'_>, found: &Observed) -> Result<ServiceEndpointId, RemoteError> {
    ServiceEndpointId::parse(&found.id).map_err(|error| operation.failed(error))
}

fn observed(at: &Site, endpoint: &ServiceEndpoint, want: Option<&Resource>) -> Observed {
    let description = endpoint.description.as_deref();
    let value = |field: &str| match field {
        "description" => Some(marked::plain(at, description)),
        "url" => endpoint.url.as_deref(),
        "authorization.scheme" => Some(endpoint.authorization.scheme.as_str()),
        field => match (field.strip_prefix(PARAMETERS), field.strip_prefix(DATA)) {
            (Some(parameter), _) => endpoint.authorization.parameters.get(parameter),
            (None, Some(data)) => endpoint.data.get(data),
            (None, None) => None,
        },
    };
    let names = want.into_iter().flat_map(|want| want.fields.keys());
    let fields: Fields = names.filter_map(|name| Some((name.clone(), Value::from(value(name)?)))).collect();
    let seen = Observed::new(endpoint.id.to_string(), marked::owner(at, description), fields);
    match endpoint.federation() {
        Some(federation) => seen.with_fact(ISSUER, federation.issuer).with_fact(SUBJECT, federation.subject),
        None => seen,
    }
}

fn set(endpoint: &mut ServiceEndpoint, field: &str, value: String) {
    match field {
        "description" => endpoint.description = Some(value),
        "url" => endpoint.url = Some(value),
        "authorization.scheme" => endpoint.authorization.scheme = value,
        field => {
            if let Some(parameter) = field.strip_prefix(PARAMETERS) {
                endpoint.authorization.parameters.set(parameter, value);
            } else if let Some(data) = field.strip_prefix(DATA) {
                endpoint.data.set(data, value);
            }
        }
    }
}
