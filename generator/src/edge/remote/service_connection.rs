//! Service connections to Azure.

use std::time::Duration;

use async_trait::async_trait;
use devops_client::api::service_endpoints::{NewServiceEndpoint, ServiceEndpoint, ServiceEndpointKind};
use devops_client::{ServiceEndpointId, WaitOptions};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::Operation;
use super::marked;
use super::site::Site;
use crate::remote::kinds::field::{Text, Typed as _};
use crate::remote::kinds::service_connection as kind;
pub use crate::remote::kinds::service_connection::{ISSUER, SUBJECT};
use crate::remote::observed::{Observed, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

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
        let want: kind::ServiceConnection = operation.wanted(wanted)?;
        let mut new = NewServiceEndpoint::new(&wanted.key.name, ServiceEndpointKind::AzureRm, &want.url, &want.scheme);
        // The service makes no identity of its own: the connection is for one that is there.
        new = new.description(marked::put(at, &want.description)).data("creationMode", "Manual");
        for (name, value) in want.parameters {
            new = new.parameter(&name, value);
        }
        for (name, value) in want.data {
            new = new.data(&name, value);
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
        let want: kind::ServiceConnection = operation.wanted(wanted)?;
        endpoint.url = Some(want.url);
        endpoint.authorization.scheme = want.scheme;
        for (name, value) in want.parameters {
            endpoint.authorization.parameters.set(&name, value);
        }
        for (name, value) in want.data {
            endpoint.data.set(&name, value);
        }
        let description = marked::put(at, &want.description);
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
    // What nobody wants is not looked at: the service keeps a lot besides.
    let want = want.and_then(|want| kind::ServiceConnection::<Text>::from_fields(&want.fields).ok());
    let fields = want.map_or_else(Fields::new, |want| {
        let owned = |value: Option<&str>| value.map(str::to_owned);
        let parameter = |(name, _)| (String::clone(name), owned(endpoint.authorization.parameters.get(name)));
        let data = |(name, _)| (String::clone(name), owned(endpoint.data.get(name)));
        let found = kind::ServiceConnection {
            description: owned(Some(marked::plain(at, description))),
            url: endpoint.url.clone(),
            scheme: owned(Some(endpoint.authorization.scheme.as_str())),
            parameters: want.parameters.iter().map(parameter).collect(),
            data: want.data.iter().map(data).collect(),
        };
        found.to_fields()
    });
    let seen = Observed::new(endpoint.id.to_string(), marked::owner(at, description), fields);
    match endpoint.federation() {
        Some(federation) => seen.with_fact(ISSUER, federation.issuer).with_fact(SUBJECT, federation.subject),
        None => seen,
    }
}
