//! The right to start pipelines of the identity behind events: a registered model starts the release as that identity.

use super::azure::{group_id, id};
use super::{Missing, Scope, Wanted, project_key};
use crate::artifacts::infra::start_pipelines;
use crate::remote::resource::{Key, Kind, Resource};

/// The environment variable that gives the principal id of the identity where the tool leaves Azure alone.
pub const PRINCIPAL_ID: &str = "AZURE_EVENTS_PRINCIPAL_ID";
/// Field: the group, with its project, as the Graph names it (`principalName`).
pub const GROUP: &str = "group";
/// Field: the resource id of the identity in Azure.
pub const IDENTITY: &str = "identity";
/// Field: the object id of the identity's service principal in Entra.
pub const ORIGIN_ID: &str = "originId";

/// The membership of the events identity in the group of the project whose members may queue builds. The templates
/// render the way from events to pipelines (`infra/modules/events.bicep`) for every project but those in a private network,
/// whose pipelines look for work themselves.
///
/// Where Azure is left alone nobody has told whose membership it is until the environment has [`PRINCIPAL_ID`]: nothing
/// is wanted before.
///
/// # Errors
/// A value of that variable that is no GUID, or a subscription that is not known.
pub fn desired(wanted: &Wanted<'_>) -> Result<Option<Resource>, Vec<Missing>> {
    let (project, platform) = (wanted.project, &wanted.project.platform);
    if !start_pipelines(project) {
        return Ok(None);
    }
    let resource = Resource::new(Kind::Membership, platform.events_identity.as_str())
        .field(GROUP, format!("[{}]\\Contributors", project.devops.project))
        .needs(project_key(project));
    match wanted.scope {
        Scope::Everything => {
            let subscription = id(&platform.place.subscription, wanted.values).map_err(|missing| vec![missing])?;
            let group = group_id(&subscription, &platform.place);
            let name = &platform.events_identity;
            let identity = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
            Ok(Some(resource.field(IDENTITY, identity).needs(Key::new(Kind::Deployment, "platform"))))
        }
        Scope::DevOps => {
            let given = wanted.values.get(PRINCIPAL_ID).map(|value| value.trim()).filter(|value| !value.is_empty());
            let Some(given) = given else { return Ok(None) };
            let no_guid = |_| {
                let next = format!("set the environment variable {PRINCIPAL_ID} to a GUID");
                vec![Missing { what: format!("{PRINCIPAL_ID} (its value is no GUID, so the id)"), next }]
            };
            let id = uuid::Uuid::parse_str(given).map_err(no_guid)?;
            Ok(Some(resource.field(ORIGIN_ID, id.to_string())))
        }
    }
}
