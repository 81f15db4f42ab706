//! Which pipelines may use what: exactly those whose YAML names it.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use super::pipeline;
use crate::artifacts::infra::given::started_by_jobs;
use crate::remote::desired::Wanted;
use crate::remote::desired::usage::{self, Users};
use crate::remote::resource::{Fields, Key, Kind, Resource};

const PIPELINES: &str = "pipelines";
const ALL: &str = "allPipelines";
const BUILD_SERVICE: &str = "buildServiceMayStart";

/// Which pipelines may use something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Their names, in order.
    pub pipelines: Vec<String>,
    /// Whether every pipeline may; none for an agent queue, where that is the organization's matter.
    pub all: Option<bool>,
    /// Whether the build service of the project may start the pipeline that this is about, as a job of another one does
    /// with the token of its run; none for everything else.
    pub build_service: Option<bool>,
}

impl Typed for Permission {
    fn to_fields(&self) -> Fields {
        fields([
            (PIPELINES, self.pipelines.to_value()),
            (ALL, self.all.to_value()),
            (BUILD_SERVICE, self.build_service.to_value()),
        ])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            pipelines: get(fields, PIPELINES)?,
            all: get(fields, ALL)?,
            build_service: get(fields, BUILD_SERVICE)?,
        })
    }
}

/// The word for agent queues in names of permissions: they are used, not made, so they have no kind.
pub const QUEUE: &str = "queue";

/// The key of the permission on a resource: `permission/variable-group/diabetes-settings`.
pub fn key(kind: &str, name: &str) -> Key {
    Key::new(Kind::Permission, format!("{kind}/{name}"))
}

/// The permissions as resources: one for each connection, group and environment of the project, used or not, and one for
/// each agent queue that is used. Nothing is open to all. Where drift starts a retraining, the build service may.
pub(crate) fn desired(wanted: &Wanted<'_>, resources: &[Resource]) -> Vec<Resource> {
    let usage = usage::of(wanted.tree);
    let on_resources = resources.iter().filter_map(|resource| {
        let users = match resource.key.kind {
            Kind::ServiceConnection => &usage.connections,
            Kind::VariableGroup => &usage.groups,
            Kind::Environment => &usage.environments,
            _ => return None,
        };
        let pipelines = users_of(users, &resource.key.name);
        let key = key(resource.key.kind.as_str(), &resource.key.name);
        Some(one(key, Permission { pipelines, all: Some(false), build_service: None }).needs(resource.key.clone()))
    });
    let on_queues = usage.queues.iter().map(|(name, users)| {
        let pipelines = users.iter().cloned().collect();
        one(key(QUEUE, name), Permission { pipelines, all: None, build_service: None })
    });
    let started = started_by_jobs(wanted.project).map(|kind| {
        let name = kind.as_str();
        let permission = Permission { pipelines: Vec::new(), all: None, build_service: Some(true) };
        one(key(Kind::Pipeline.as_str(), name), permission).needs(pipeline::key(name))
    });
    on_resources.chain(on_queues).chain(started).collect()
}

fn one(key: Key, permission: Permission) -> Resource {
    let resource = Resource::of(key).with(&permission.to_fields());
    permission.pipelines.iter().fold(resource, |resource, user| resource.needs(pipeline::key(user)))
}

/// The pipelines that use a resource, in order; names do not mind case.
fn users_of(users: &Users, name: &str) -> Vec<String> {
    let of_name = users.iter().filter(|(used, _)| used.to_lowercase() == name.to_lowercase());
    let mut found: Vec<String> = of_name.flat_map(|(_, users)| users).cloned().collect();
    found.sort_unstable();
    found.dedup();
    found
}
