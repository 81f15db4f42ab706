//! The right to start pipelines of the identity behind events: a registered model starts the release as that identity.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use super::{deployment, identity};
use crate::artifacts::infra::start_pipelines;
use crate::remote::desired::azure::{group_id, id};
use crate::remote::desired::{Missing, Scope, Wanted, project_key};
use crate::remote::resource::{Fields, Kind, Resource};

/// The environment variable that gives the principal id of the identity where the tool leaves Azure alone.
pub const PRINCIPAL_ID: &str = "AZURE_EVENTS_PRINCIPAL_ID";

const GROUP: &str = "group";
const IDENTITY: &str = "identity";
const ORIGIN_ID: &str = "originId";

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group, with its project, as the Graph names it (`principalName`).
    pub group: String,
    /// Who is in it.
    pub member: Member,
}

/// An identity in Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// By its resource id.
    Identity(String),
    /// By the object id of its service principal in Entra.
    Principal(String),
}

impl Typed for Membership {
    fn to_fields(&self) -> Fields {
        let member = match &self.member {
            Member::Identity(id) => (IDENTITY, id.to_value()),
            Member::Principal(id) => (ORIGIN_ID, id.to_value()),
        };
        fields([(GROUP, self.group.to_value()), member])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        let member = match get::<Option<String>>(fields, ORIGIN_ID)? {
            Some(id) => Member::Principal(id),
            None => Member::Identity(get(fields, IDENTITY)?),
        };
        Ok(Self { group: get(fields, GROUP)?, member })
    }
}

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
    let membership = |member| {
        let group = format!("[{}]\\Contributors", project.devops.project);
        Resource::new(Kind::Membership, platform.events_identity.as_str())
            .with(&Membership { group, member }.to_fields())
            .needs(project_key(project))
    };
    match wanted.scope {
        Scope::Everything => {
            let subscription = id(&platform.place.subscription, wanted.values).map_err(|missing| vec![missing])?;
            let group = group_id(&subscription, &platform.place);
            let identity = identity::id_in(&group, platform.events_identity.as_str());
            Ok(Some(membership(Member::Identity(identity)).needs(deployment::platform())))
        }
        Scope::DevOps => {
            let given = wanted.values.get(PRINCIPAL_ID).map(|value| value.trim()).filter(|value| !value.is_empty());
            let Some(given) = given else { return Ok(None) };
            let no_guid = |_| {
                let next = format!("set the environment variable {PRINCIPAL_ID} to a GUID");
                vec![Missing { what: format!("{PRINCIPAL_ID} (its value is no GUID, so the id)"), next }]
            };
            let id = uuid::Uuid::parse_str(given).map_err(no_guid)?;
            Ok(Some(membership(Member::Principal(id.to_string()))))
        }
    }
}
