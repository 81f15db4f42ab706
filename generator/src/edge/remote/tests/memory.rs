//! Services that hold resources in memory, and locks that do as they are told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devops_client::{Client, Credential, RetryOptions};

use crate::edge::remote::error::RemoteError;
use crate::edge::remote::fleet::{Held, Locks, Refused};
use crate::edge::remote::handler::Handler;
use crate::edge::remote::registry::Registry;
use crate::edge::remote::site::Site;
use crate::edge::remote::target::{Goal, Target};
use crate::example::{Answers, spec_text};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// A service in memory that holds resources of every kind.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) state: Mutex<State>,
    pub(super) log: Mutex<Vec<String>>,
    pub(super) ids: AtomicUsize,
    /// Resources whose writes fail.
    pub(super) broken: BTreeSet<Key>,
    /// Resources whose writes are lost without an error.
    pub(super) forgetful: BTreeSet<Key>,
    /// Resources whose first write is lost without an error.
    pub(super) absent_minded: Mutex<BTreeSet<Key>>,
    /// So many looks at the state find it as it was before the last write.
    pub(super) late: AtomicUsize,
    pub(super) before: Mutex<State>,
}

impl Memory {
    pub(super) fn write(&self, verb: &'static str, key: &Key, found: Option<Observed>) -> Result<(), RemoteError> {
        self.log.lock().unwrap().push(format!("{verb} {key}"));
        if self.broken.contains(key) {
            return Err(RemoteError::new(verb, key, "no", "mend it"));
        }
        let mut state = self.state.lock().unwrap();
        *self.before.lock().unwrap() = state.clone();
        match found {
            _ if self.forgetful.contains(key) || self.absent_minded.lock().unwrap().remove(key) => None,
            Some(found) => state.insert(key.clone(), found),
            None => state.remove(key),
        };
        Ok(())
    }

    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    pub(super) fn of(&self, kind: Kind) -> State {
        let late = self.late.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        let state = if late { self.before.lock().unwrap() } else { self.state.lock().unwrap() };
        state.iter().filter(|(key, _)| key.kind == kind).map(|(key, found)| (key.clone(), found.clone())).collect()
    }
}

/// Resources of one kind in it.
#[derive(Clone, Copy)]
pub(super) struct Those<'a>(pub(super) &'a Memory, pub(super) Kind);

#[async_trait]
impl Handler for Those<'_> {
    async fn observe(&self, _: &Site, _: &[&Resource]) -> Result<State, RemoteError> {
        Ok(self.0.of(self.1))
    }

    async fn create(&self, _: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let id = self.0.ids.fetch_add(1, Ordering::SeqCst).to_string();
        let made = Observed::new(id.clone(), Owner::Ours, wanted.fields.clone()).with_fact("id", id);
        self.0.write("create", &wanted.key, Some(made.clone()))?;
        Ok(made)
    }

    async fn update(&self, _: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let made = Observed { owner: Owner::Ours, fields: wanted.fields.clone(), ..found.clone() };
        self.0.write("update", &wanted.key, Some(made.clone()))?;
        Ok(made)
    }

    async fn delete(&self, _: &Site, key: &Key, _: &Observed) -> Result<(), RemoteError> {
        self.0.write("delete", key, None)
    }
}

/// Locks of which one is held by somebody else, or during which somebody else changes something.
#[derive(Default)]
pub(super) struct Bolt {
    pub(super) held: bool,
    pub(super) meanwhile: Option<Arc<dyn Fn() + Send + Sync>>,
    pub(super) open: Arc<AtomicUsize>,
    pub(super) lost: Arc<AtomicBool>,
}

pub(super) struct Taken(Arc<AtomicUsize>, Arc<AtomicBool>);

#[async_trait]
impl Locks for Bolt {
    async fn acquire(&self, _: &Site) -> Result<Box<dyn Held>, Refused> {
        if self.held {
            return Err(Refused::Held("somebody is at it".into()));
        }
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile();
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Taken(self.open.clone(), self.lost.clone())))
    }
}

#[async_trait]
impl Held for Taken {
    fn is_held(&self) -> bool {
        !self.1.load(Ordering::SeqCst)
    }

    async fn release(&self, _: &Site) -> Result<(), RemoteError> {
        self.0.fetch_sub(1, Ordering::SeqCst);
        match self.is_held() {
            true => Ok(()),
            false => Err(RemoteError::new("unlock", &key(Kind::Repository), "somebody else has it", "plan again")),
        }
    }
}

pub(super) fn site() -> Site {
    let answers = Answers {
        name: "demo".into(),
        runtime: "rust",
        organization: "contoso".into(),
        devops_project: "demo".into(),
        location: "westeurope".into(),
        mail: "a@example.com".into(),
        budget_start: "2026-12-01".into(),
        place: None,
    };
    let project = crate::load("demo", &spec_text(&answers).unwrap()).unwrap();
    let client = Client::builder("contoso").credential(Credential::pat("none")).base_url("http://127.0.0.1:1/contoso");
    // nobody is there, however often it is asked
    let retry = RetryOptions { base: Duration::from_millis(1), ..RetryOptions::default() };
    Site::new(project, client.retry(retry).build().unwrap())
}

pub(super) const KINDS: [Kind; 5] =
    [Kind::Project, Kind::Repository, Kind::ServiceConnection, Kind::VariableGroup, Kind::Environment];

pub(super) fn those(memory: &Memory) -> Vec<Those<'_>> {
    KINDS.map(|kind| Those(memory, kind)).into()
}

pub(super) fn target<'a>(those: &'a [Those<'a>], desired: &[Resource], goal: Goal) -> Target<'a> {
    let registry = those.iter().fold(Registry::default(), |registry, those| registry.with(those.1, those));
    Target { site: site(), desired: desired.to_vec(), registry, goal }
}

pub(super) fn key(kind: Kind) -> Key {
    Key::new(kind, "a")
}
