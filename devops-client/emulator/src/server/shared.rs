//! What all connections share, behind one lock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use uuid::Uuid;

use super::accounts::Account;
use super::faults::{Action, Fault};
use super::journal::Entry;
use super::throttle::{Spent, Throttle};
use super::view::View;
use crate::core::Organization;
use crate::core::organization::VaultSecrets;

/// How many requests the journal keeps.
const JOURNAL: usize = 200_000;

/// Where the vaults behind the endpoint proxy are looked up, when they live in another double.
#[derive(Clone)]
pub struct VaultSource(pub Arc<dyn Fn() -> BTreeMap<String, VaultSecrets> + Send + Sync>);

impl std::fmt::Debug for VaultSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("VaultSource")
    }
}

/// The state behind the lock.
#[derive(Debug)]
pub struct Inner {
    /// The organization.
    pub organization: Organization,
    /// Where vaults are looked up; without it, those of the organization's own state count.
    pub vaults: Option<VaultSource>,
    /// What it was before the last write, kept while a fault may ask for it.
    pub before: Option<Organization>,
    /// Who may sign in; nobody listed means that every credential is taken.
    pub accounts: Vec<Account>,
    /// Who callers are whose credential is not listed.
    pub anybody: Uuid,
    /// Whether bad credentials get an HTML page instead of a 401.
    pub sign_in_page: bool,
    /// The limit, if there is one.
    pub throttle: Option<Throttle>,
    /// Units spent.
    pub spent: Spent,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The requests, the oldest first.
    pub journal: VecDeque<Entry>,
    /// How many requests there were.
    pub count: u64,
}

impl Inner {
    /// Keeps an entry; the oldest go when there are too many.
    pub fn log(&mut self, mut entry: Entry) {
        self.count += 1;
        entry.number = self.count;
        if self.journal.len() == JOURNAL {
            self.journal.pop_front();
        }
        self.journal.push_back(entry);
    }

    /// Keeps a copy of the organization before a write, if a stale read may be asked for.
    pub fn remember(&mut self) {
        if self.faults.iter().any(|fault| fault.action == Action::StaleRead) {
            self.before = Some(self.organization.clone());
        }
    }
}

/// The state and its lock.
pub struct Shared {
    inner: Mutex<Inner>,
    /// Views of the page beside its own.
    views: OnceLock<Vec<Arc<dyn View>>>,
    /// When the emulator started.
    pub start: Instant,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Shared {
    /// Shares a state.
    pub fn new(inner: Inner) -> Shared {
        Shared { inner: Mutex::new(inner), views: OnceLock::new(), start: Instant::now() }
    }

    /// Views of the page beside its own.
    pub fn views(&self) -> &[Arc<dyn View>] {
        self.views.get().map_or(&[], Vec::as_slice)
    }

    /// Adds views to the page, once; later ones are not taken.
    pub fn show(&self, views: Vec<Arc<dyn View>>) {
        self.views.get_or_init(|| views);
    }

    /// Takes the lock. A panic elsewhere does not take the emulator down with it.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
