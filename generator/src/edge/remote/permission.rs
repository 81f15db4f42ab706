//! Which pipelines may use what.

use std::collections::BTreeMap;

use async_trait::async_trait;
use devops_client::api::definitions::{BuildDefinition, DefinitionFilter};
use devops_client::api::pipeline_permissions::{PipelinePermissions, ProtectedResource, ResourcePermissions};
use devops_client::{EnvironmentId, PipelineId, ServiceEndpointId, VariableGroupId};
use futures::future::try_join_all;

use super::build_service;
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{Operation, all_typed};
use super::marked;
use super::site::Site;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::permission::{Permission, QUEUE};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Permissions. One is there as soon as its resource is, and is ours where that is. Of an agent queue, which is not ours,
/// only our own pipelines are looked at.
pub struct Permissions;

/// A permission with its resource in the plan.
type Wanted<'a> = (&'a Resource, Permission);

/// Names of pipelines by id, and whether each is ours.
type Pipelines = BTreeMap<PipelineId, (String, bool)>;

/// What can be permitted: kind as in the name of a permission, name, id, and whose it is.
type Protected = (&'static str, String, ProtectedResource, Owner);

#[async_trait]
impl Handler for Permissions {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let typed = all_typed::<Permission>(wanted)?;
        let (resources, pipelines) = futures::try_join!(protected_resources(at, wanted), pipelines(at, &typed))?;
        let looks = typed.iter().filter_map(|(resource, want)| {
            let name = resource.key.name.to_lowercase();
            let (_, _, protected, owner) =
                resources.iter().find(|(kind, own, ..)| format!("{kind}/{own}").to_lowercase() == name)?;
            Some(look(at, (*resource, want), protected, *owner, &pipelines))
        });
        let started = typed.iter().filter(|(_, want)| want.build_service.is_some()).filter_map(|(resource, want)| {
            let name = resource.key.name.rsplit('/').next().unwrap_or_default();
            let (pipeline, _) = pipelines.iter().find(|(_, (own, ours))| *ours && own == name)?;
            Some(build_service::look(at, resource, want, *pipeline))
        });
        let (looks, started) = futures::try_join!(try_join_all(looks), try_join_all(started))?;
        Ok(looks.into_iter().chain(started).flatten().collect())
    }

    /// What is new has no permissions yet: the answer tells enough, and everything is read back after the steps.
    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let permissions = at.devops.pipeline_permissions().trusting_answers();
        set(Operation::new(at, "create", &wanted.key), wanted, &permissions).await
    }

    /// Who else is allowed must be known: it is read.
    async fn update(&self, at: &Site, wanted: &Resource, _: &Observed) -> Result<Observed, RemoteError> {
        let permissions = at.devops.pipeline_permissions();
        set(Operation::new(at, "update", &wanted.key), wanted, &permissions).await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        if key.name.starts_with(&format!("{}/", Kind::Pipeline.as_str())) {
            return build_service::forget(operation, &found.id).await;
        }
        let Some(resource) = protected(key, &found.id) else { return Ok(()) };
        let permissions = at.devops.pipeline_permissions();
        let done = match key.name.starts_with(&format!("{QUEUE}/")) {
            true => {
                // A pipeline that has gone has no permission either.
                let named = Permission::from_fields(&found.fields).map(|seen| seen.pipelines).unwrap_or_default();
                let ids: Vec<PipelineId> = named.iter().filter_map(|name| operation.pipeline(name).ok()).collect();
                if ids.is_empty() {
                    return Ok(());
                }
                permissions.revoke(&resource, &ids).await
            }
            false => permissions.only(&resource, &[]).await,
        };
        match done {
            Err(error) if error.is_not_found() => Ok(()),
            done => done.map(drop).map_err(|error| operation.failed(error)),
        }
    }
}

async fn set(
    operation: Operation<'_>,
    wanted: &Resource,
    permissions: &PipelinePermissions,
) -> Result<Observed, RemoteError> {
    let (kind, name) = wanted.key.name.split_once('/').unwrap_or_default();
    let want: Permission = operation.wanted(wanted)?;
    if want.build_service.is_some() {
        return build_service::allow(operation, wanted, name).await;
    }
    let id = match kind {
        QUEUE => operation.queue(name).await?.to_string(),
        kind => operation.id_of(kind, name)?,
    };
    let resource = protected(&wanted.key, &id);
    let resource =
        resource.ok_or_else(|| operation.error(format!("`{id}` is no id of a {kind}"), "run apply again"))?;
    let ids = want.pipelines.iter().map(|name| operation.pipeline(name)).collect::<Result<Vec<_>, _>>()?;
    let set = match kind {
        QUEUE => permissions.allow(&resource, &ids).await,
        _ => permissions.only(&resource, &ids).await,
    };
    set.map_err(|error| operation.failed(error))?;
    // The service has shown that it is so.
    Ok(Observed::new(id, Owner::Ours, wanted.fields.clone()))
}

/// The resource of a permission's key, by its id.
fn protected(key: &Key, id: &str) -> Option<ProtectedResource> {
    let kind = key.name.split_once('/')?.0;
    match kind {
        QUEUE => Some(devops_client::QueueId(id.parse().ok()?).into()),
        _ => match kind.parse::<Kind>().ok()? {
            Kind::ServiceConnection => Some(ServiceEndpointId::parse(id).ok()?.into()),
            Kind::VariableGroup => Some(VariableGroupId(id.parse().ok()?).into()),
            Kind::Environment => Some(EnvironmentId(id.parse().ok()?).into()),
            _ => None,
        },
    }
}

/// Everything that a wanted permission can be about; each list is one call, shared with who observes the resources.
async fn protected_resources(at: &Site, wanted: &[&Resource]) -> Result<Vec<Protected>, RemoteError> {
    let kinds = |kind: &str| wanted.iter().any(|want| want.key.name.starts_with(&format!("{kind}/")));
    let mut resources: Vec<Protected> = Vec::new();
    let devops = &at.devops;
    let owner = |description: &Option<String>| marked::owner(at, description.as_deref());
    let lists = futures::try_join!(
        async { if kinds("service-connection") { devops.service_endpoints().list().all().await } else { Ok(vec![]) } },
        async { if kinds("variable-group") { devops.variable_groups().list().all().await } else { Ok(vec![]) } },
        async { if kinds("environment") { devops.environments().list().all().await } else { Ok(vec![]) } },
        async { if kinds(QUEUE) { devops.queues().list().all().await } else { Ok(vec![]) } },
    );
    let (connections, groups, environments, queues) =
        lists.map_err(|error| RemoteError::listing("what pipelines may use", &error))?;
    let connections = connections.into_iter().map(|found| {
        let owner = owner(&found.description);
        (Kind::ServiceConnection.as_str(), found.name, found.id.into(), owner)
    });
    resources.extend(connections);
    resources.extend(groups.into_iter().map(|found| {
        let owner = owner(&found.description);
        (Kind::VariableGroup.as_str(), found.name, found.id.into(), owner)
    }));
    resources.extend(environments.into_iter().map(|found| {
        let owner = owner(&found.description);
        (Kind::Environment.as_str(), found.name, found.id.into(), owner)
    }));
    resources.extend(queues.into_iter().map(|found| (QUEUE, found.name, found.id.into(), Owner::Ours)));
    Ok(resources)
}

/// Names of pipelines by id, and whether each is ours: ours by the name that it should have, others with their folder.
async fn pipelines(at: &Site, wanted: &[Wanted<'_>]) -> Result<Pipelines, RemoteError> {
    let wanted: Vec<&String> = wanted.iter().flat_map(|(_, want)| &want.pipelines).collect();
    let list = at.devops.definitions().list_whole(&DefinitionFilter::new()).all().await;
    let list = list.map_err(|error| RemoteError::listing("pipelines", &error))?;
    let name = |definition: BuildDefinition| {
        let ours = marked::owner(at, definition.description.as_deref()) == Owner::Ours;
        let name = match ours {
            true if wanted.contains(&&definition.name) => definition.name,
            // Somebody has renamed it; its file tells what it is.
            true => definition
                .process
                .and_then(|process| process.yaml_filename)
                .and_then(|file| Some(file.rsplit('/').next()?.split('.').next()?.to_owned()))
                .unwrap_or(definition.name),
            false => format!("{}\\{}", definition.path.trim_end_matches('\\'), definition.name),
        };
        (definition.id, (name, ours))
    };
    Ok(list.into_iter().map(name).collect())
}

async fn look(
    at: &Site,
    (wanted, want): (&Resource, &Permission),
    resource: &ProtectedResource,
    owner: Owner,
    pipelines: &Pipelines,
) -> Result<Option<(Key, Observed)>, RemoteError> {
    let found = at.devops.pipeline_permissions().get(resource).await;
    let found = found.map_err(|error| RemoteError::listing(&wanted.key.to_string(), &error))?;
    let seen = match resource {
        ProtectedResource::Queue(_) => of_queue(want, &found, pipelines),
        _ => {
            let allowed = allowed(&found, pipelines).map(|(name, _)| name);
            Some((sorted(allowed), Some(found.is_open_to_all()), owner))
        }
    };
    Ok(seen.map(|(pipelines, all, owner)| {
        let fields = Permission { pipelines, all, build_service: None }.to_fields();
        (wanted.key.clone(), Observed::new(resource.id(), owner, fields))
    }))
}

/// The permission of our pipelines on an agent queue: ours as far as it names them, everybody's where the queue is open to
/// all, and otherwise none. The queue itself is the organization's whatever we do.
fn of_queue(
    want: &Permission,
    found: &ResourcePermissions,
    pipelines: &Pipelines,
) -> Option<(Vec<String>, Option<bool>, Owner)> {
    let wanted = allowed(found, pipelines).filter(|(name, ours)| *ours && want.pipelines.contains(name));
    let ours = sorted(wanted.map(|(name, _)| name));
    let owner = match (ours.is_empty(), found.is_open_to_all()) {
        (false, _) => Owner::Ours,
        (true, true) => Owner::Everybody,
        (true, false) => return None,
    };
    Some((if found.is_open_to_all() { want.pipelines.clone() } else { ours }, None, owner))
}

/// The pipelines that are allowed, and whether each is ours.
fn allowed(found: &ResourcePermissions, pipelines: &Pipelines) -> impl Iterator<Item = (String, bool)> {
    let allowed = found.pipelines.iter().filter(|permission| permission.authorized);
    allowed.map(|permission| match pipelines.get(&permission.id) {
        Some((name, ours)) => (name.clone(), *ours),
        None => (format!("#{}", permission.id), false),
    })
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
