//! The organization's state: plain values that can be saved, loaded and printed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::ids::{IdSource, named};
use super::secret;
use crate::state::checks::{Approval, Check, Policy};
use crate::state::people::Identity;
use crate::state::projects::{Operation, Project};
use crate::state::repositories::Repository;
use crate::state::resources::{Endpoint, Environment, HOSTED, Permissions, Pool, Queue, Subscription, VariableGroup};
use crate::state::runs::{Build, Definition, Scripted};

/// How runs move on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Advance {
    /// One tick with each read of the run, its timeline or its logs.
    OnRead,
    /// One tick each time so many milliseconds have gone by.
    EveryMillis(u64),
}

/// What happens to a run whose pipeline may not use a variable group or a service connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unauthorized {
    /// The run is refused with 400 when it is queued.
    Refuse,
    /// The run waits at the stage until the permission is given, as environments always do.
    Hold,
}

/// What can be set about the organization's behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How runs move on.
    pub advance: Advance,
    /// What an unauthorised variable group or service connection does to a run.
    pub unauthorized: Unauthorized,
    /// So many reads of a new service connection find it not ready yet.
    pub endpoint_ready_after_reads: u32,
    /// So many TestConnection calls fail before role assignments have spread.
    pub test_connection_fails_first: u32,
    /// So many polls find a long-running operation unfinished.
    pub operation_polls: u32,
    /// The page size of lists without `$top`.
    pub page_size: usize,
    /// Whether a push starts the pipelines whose YAML says so.
    pub triggers: bool,
    /// Whether one person plays everybody, as in a sandbox: who is searched for by mail or name and is not there is
    /// made, and the administrator may answer in the place of any approver.
    #[serde(default)]
    pub one_person: bool,
    /// Whether runs are really carried out, and so do not move by ticks.
    #[serde(skip)]
    pub executed: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            advance: Advance::OnRead,
            unauthorized: Unauthorized::Refuse,
            endpoint_ready_after_reads: 1,
            test_connection_fails_first: 0,
            operation_polls: 2,
            page_size: 100,
            triggers: true,
            one_person: false,
            executed: false,
        }
    }
}

/// A vault as the endpoint proxy sees it: secret names and their attributes.
pub type VaultSecrets = BTreeMap<String, Value>;

/// One Azure DevOps organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// The name, the first segment of every URL.
    pub name: String,
    /// The organization's id.
    pub id: Uuid,
    /// The Entra tenant behind it.
    pub tenant: Uuid,
    /// Its behaviour.
    pub settings: Settings,
    /// Where GUIDs come from.
    pub ids: IdSource,
    /// Counters of numeric ids, by area.
    pub counters: BTreeMap<String, i64>,
    /// People, groups and service principals.
    pub identities: Vec<Identity>,
    /// Who is in which group: ids of member and group.
    #[serde(default)]
    pub memberships: BTreeSet<(Uuid, Uuid)>,
    /// Projects by id.
    pub projects: BTreeMap<Uuid, Project>,
    /// Long-running operations by id.
    pub operations: BTreeMap<Uuid, Operation>,
    /// Repositories by id, the deleted ones too.
    pub repositories: BTreeMap<Uuid, Repository>,
    /// Service connections by id.
    pub endpoints: BTreeMap<Uuid, Endpoint>,
    /// Variable groups by id.
    pub groups: BTreeMap<i64, VariableGroup>,
    /// Environments by id.
    pub environments: BTreeMap<i64, Environment>,
    /// Check configurations by id.
    pub checks: BTreeMap<i64, Check>,
    /// Approvals by id.
    pub approvals: BTreeMap<Uuid, Approval>,
    /// Which pipelines may use which resources.
    pub permissions: Vec<Permissions>,
    /// Access control lists: by namespace and token, what each descriptor is allowed and denied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acls: BTreeMap<String, BTreeMap<String, (i64, i64)>>,
    /// Agent pools by id.
    pub pools: BTreeMap<i64, Pool>,
    /// Queues by id.
    pub queues: BTreeMap<i64, Queue>,
    /// Pipelines, that is build definitions, by id.
    pub definitions: BTreeMap<i64, Definition>,
    /// What counters of pipelines stand at (`counter(prefix, seed)`): by pipeline and prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub run_counters: BTreeMap<i64, BTreeMap<String, i32>>,
    /// Runs, that is builds, by id.
    pub builds: BTreeMap<i64, Build>,
    /// Policy configurations by id.
    pub policies: BTreeMap<i64, Policy>,
    /// Service hook subscriptions by id.
    pub subscriptions: BTreeMap<Uuid, Subscription>,
    /// Vaults by name, behind the endpoint proxy.
    pub vaults: BTreeMap<String, VaultSecrets>,
    /// What steps of runs shall come to.
    pub scripted: Vec<Scripted>,
}

impl Organization {
    /// An organization with its own administrator, the hosted pool and nothing else.
    pub fn new(name: &str) -> Organization {
        let mut organization = Organization {
            name: name.to_owned(),
            id: named(&format!("organization {name}")),
            tenant: named(&format!("tenant of {name}")),
            settings: Settings::default(),
            ids: IdSource::new(name),
            counters: BTreeMap::new(),
            identities: Vec::new(),
            memberships: BTreeSet::new(),
            projects: BTreeMap::new(),
            operations: BTreeMap::new(),
            repositories: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            groups: BTreeMap::new(),
            environments: BTreeMap::new(),
            checks: BTreeMap::new(),
            approvals: BTreeMap::new(),
            permissions: Vec::new(),
            acls: BTreeMap::new(),
            pools: BTreeMap::new(),
            queues: BTreeMap::new(),
            definitions: BTreeMap::new(),
            run_counters: BTreeMap::new(),
            builds: BTreeMap::new(),
            policies: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            vaults: BTreeMap::new(),
            scripted: Vec::new(),
        };
        organization.add_identity("Administrator", "admin@example.com", false);
        for (name, hosted) in [("Default", false), (HOSTED, true)] {
            let id = organization.next("pool");
            organization.pools.insert(id, Pool { id, name: name.to_owned(), hosted, agents: Vec::new() });
        }
        organization
    }

    /// The next numeric id of an area, from 1.
    pub fn next(&mut self, area: &str) -> i64 {
        let counter = self.counters.entry(area.to_owned()).or_insert(0);
        *counter += 1;
        *counter
    }

    /// What a counter of a pipeline stands at in a run: the first run with a prefix gets the seed, each after it one more, and one
    /// run the same number however often it asks. Prefixes have no case. (Source: the service's `CounterStore`.)
    pub fn count(&mut self, build: &mut Build, prefix: &str, seed: i32) -> i32 {
        let prefix = prefix.to_lowercase();
        if let Some(count) = build.counted.get(&prefix) {
            return *count;
        }
        let own = self.run_counters.entry(build.definition).or_default();
        let next = own.get(&prefix).map_or(seed, |last| last.saturating_add(1));
        own.insert(prefix.clone(), next);
        build.counted.insert(prefix, next);
        next
    }

    /// The state as JSON, to be saved: secrets are in it.
    pub fn save(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    /// The state as JSON, to be shown: secrets are masked.
    pub fn print(&self) -> serde_json::Result<Value> {
        let mut value = self.save()?;
        secret::mask(&mut value);
        Ok(value)
    }

    /// The state from JSON that [`Organization::save`] made.
    pub fn load(value: Value) -> serde_json::Result<Organization> {
        serde_json::from_value(value)
    }

    /// Adds a person or group; gives back the id, which depends on the unique name only.
    pub fn add_identity(&mut self, display_name: &str, unique_name: &str, group: bool) -> Uuid {
        let id = named(&format!("identity {}", unique_name.to_lowercase()));
        if self.identity(id).is_none() {
            let identity = Identity {
                id,
                display_name: display_name.to_owned(),
                unique_name: unique_name.to_owned(),
                group,
                principal: None,
            };
            self.identities.push(identity);
        }
        id
    }

    /// A person or group by id.
    pub fn identity(&self, id: Uuid) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id == id)
    }
}
