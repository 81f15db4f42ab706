//! The trust of identities in service connections.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{IDENTITY, arm, failed, observation, spelling};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::typed;
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::kinds::federated_credential::{FederatedCredential, NAME};
use crate::remote::kinds::field::{FieldValue, Text, Typed as _};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Resource};

/// Reads and writes the federated credential `azure-devops` of each identity; others of an identity are left alone.
pub struct FederatedCredentials;

#[async_trait]
impl Handler for FederatedCredentials {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "read federated credentials", None)?;
        let read = async |resource: &&Resource| {
            let path = path(&want::<Text>(resource)?.identity);
            let found = arm.get(&path, IDENTITY).await.map_err(failed("read", Some(&resource.key)))?;
            Ok::<_, RemoteError>(found.map(|found| (resource.key.clone(), observed(&found, Some(resource)))))
        };
        Ok(try_join_all(wanted.iter().map(read)).await?.into_iter().flatten().collect())
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        put(at, wanted, "create").await
    }

    async fn update(&self, at: &Site, wanted: &Resource, _: &Observed) -> Result<Observed, RemoteError> {
        put(at, wanted, "update").await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), IDENTITY).await.map_err(failed("delete", Some(key)))
    }
}

fn path(identity: &str) -> ArmPath {
    ArmPath::of(identity).to("federatedIdentityCredentials", NAME)
}

async fn put(at: &Site, wanted: &Resource, operation: &'static str) -> Result<Observed, RemoteError> {
    let arm = arm(at, operation, Some(&wanted.key))?;
    let want = want::<String>(wanted)?;
    let body = json!({ "properties": {
        "issuer": want.issuer,
        "subject": want.subject,
        "audiences": want.audiences,
    } });
    let path = path(&want.identity);
    let made = arm.put(&path, IDENTITY, &body).await.map_err(failed(operation, Some(&wanted.key)))?;
    Ok(observed(&made, Some(wanted)))
}

fn observed(found: &Value, wanted: Option<&Resource>) -> Observed {
    let id = found["id"].as_str().unwrap_or_default();
    let cut = id.to_lowercase().find("/federatedidentitycredentials/").unwrap_or(id.len());
    let identity = id.get(..cut).unwrap_or(id);
    let spelt = wanted.and_then(|wanted| want::<Text>(wanted).ok()).map(|want| want.identity);
    let part = |name: &str| Some(&found["properties"][name]);
    let credential = FederatedCredential {
        identity: spelling(identity, spelt.as_deref()),
        issuer: part("issuer").and_then(Value::as_str).map(str::to_owned),
        subject: part("subject").and_then(Value::as_str).map(str::to_owned),
        audiences: FieldValue::from_value(part("audiences")).unwrap_or_default(),
    };
    observation(found, Owner::Ours, credential.to_fields())
}

fn want<V: FieldValue>(wanted: &Resource) -> Result<FederatedCredential<V>, RemoteError> {
    typed("write", wanted)
}
