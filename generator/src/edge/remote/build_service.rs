//! The right of the project's build service to start a pipeline, as a job of another one does with the token of its run.
//! (Microsoft Learn, "Security namespaces and permissions reference": Build, QueueBuilds, and its tokens.)

use devops_client::PipelineId;
use devops_client::api::security::{BUILD, QUEUE_BUILDS};

use super::error::RemoteError;
use super::lookup::Operation;
use super::site::Site;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::permission::Permission;
use crate::remote::observed::{Observed, Owner};
use crate::remote::resource::{Key, Resource};

/// The right as it is; none where it was not given.
pub(super) async fn look(
    at: &Site,
    wanted: &Resource,
    want: &Permission,
    pipeline: PipelineId,
) -> Result<Option<(Key, Observed)>, RemoteError> {
    let operation = Operation::new(at, "read", &wanted.key);
    let (token, service) = (token(operation, pipeline).await?, service(operation).await?);
    let allowed = at.client.security().allowed(BUILD, &token, &service).await;
    let allowed = allowed.map_err(|error| operation.failed(error))?;
    let found = || (wanted.key.clone(), Observed::new(token, Owner::Ours, want.to_fields()));
    Ok((allowed & QUEUE_BUILDS != 0).then(found))
}

/// Gives the right, which nothing else of the build service's goes with.
pub(super) async fn allow(operation: Operation<'_>, wanted: &Resource, name: &str) -> Result<Observed, RemoteError> {
    let pipeline = operation.pipeline(name)?;
    let (token, service) = (token(operation, pipeline).await?, service(operation).await?);
    let given = operation.at.client.security().allow(BUILD, &token, &service, QUEUE_BUILDS).await;
    given.map_err(|error| operation.failed(error))?;
    Ok(Observed::new(token, Owner::Ours, wanted.fields.clone()))
}

/// Takes the right away again.
pub(super) async fn forget(operation: Operation<'_>, token: &str) -> Result<(), RemoteError> {
    let service = service(operation).await?;
    match operation.at.client.security().forget(BUILD, token, &service, QUEUE_BUILDS).await {
        Err(error) if !error.is_not_found() => Err(operation.failed(error)),
        _ => Ok(()),
    }
}

/// A pipeline in the form of its namespace: the project, the folder, the number.
async fn token(operation: Operation<'_>, pipeline: PipelineId) -> Result<String, RemoteError> {
    let project = operation.project().await?;
    let mut parts = vec![project.id.to_string()];
    let folder = operation.at.project.devops.folder.as_str();
    parts.extend(folder.split('\\').filter(|part| !part.is_empty()).map(str::to_owned));
    parts.push(pipeline.to_string());
    Ok(parts.join("/"))
}

/// The build service of the project, in the form of the security service.
async fn service(operation: Operation<'_>) -> Result<String, RemoteError> {
    let project = operation.project().await?;
    let connection = operation.at.client.security().connection_data().await;
    let connection = connection.map_err(|error| operation.failed(error))?;
    let unknown = || operation.error("the organization does not say its id", "run apply again");
    let organization = connection.instance_id.ok_or_else(unknown)?;
    Ok(format!("Microsoft.TeamFoundation.ServiceIdentity;{organization}:Build:{}", project.id))
}
