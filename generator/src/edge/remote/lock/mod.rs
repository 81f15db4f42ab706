//! The lock that keeps two people from applying the same project at the same time.
//!
//! It is a branch of the project's repository, [`BRANCH`], whose only file says who holds it. The service moves a branch
//! by compare-and-swap, so of many who ask at the same moment exactly one gets it. It is extended while it is held and
//! deleted when it is given back. One that has lapsed, or whose holder's process is dead, is taken over, again by
//! compare-and-swap.

mod holder;
mod record;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::refs::RefUpdate;
use devops_client::api::repositories::Repository;
use devops_client::{ErrorKind, ObjectId};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

pub use holder::Holder;
use record::{Nonce, Record};

use super::branches::{repository, text};
use super::error::RemoteError;
use super::fleet::{Held, Locks, Refused};
use super::site::Site;
use crate::edge::connect::ConnectError;
use crate::remote::resource::{Key, Kind};

/// The branch.
pub const BRANCH: &str = "mlops-gen/lock";

/// The file on it.
const FILE: &str = "apply.json";

/// How often the lock is asked for again when somebody else was quicker with what he was seen to hold.
const TRIES: usize = 4;

/// How long a lock lives.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `lease` | 2 minutes | how long it holds without being extended | above `beat` |
/// | `beat` | 30 seconds | pause between two extensions; a lock that was taken away is known to be lost after that | above zero |
/// | `grace` | 30 seconds | by how much clocks of two machines may differ | any |
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long it holds without being extended.
    pub lease: Duration,
    /// Pause between two extensions.
    pub beat: Duration,
    /// By how much clocks may differ.
    pub grace: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self { lease: Duration::from_secs(120), beat: Duration::from_secs(30), grace: Duration::from_secs(30) }
    }
}

/// The variable that sets the lease, in seconds; the lock is extended four times in it.
pub const LEASE: &str = "MLOPS_GEN_LOCK_LEASE";

impl Terms {
    /// The usual terms with the lease that `lookup` has for [`LEASE`], if it has one.
    ///
    /// # Errors
    /// It is no number from 4 to 3600.
    pub fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let Some(text) = lookup(LEASE).filter(|text| !text.trim().is_empty()) else { return Ok(Self::default()) };
        let wrong = || ConnectError::new(format!("{LEASE} is `{text}`"), "give whole seconds, from 4 to 3600");
        let seconds = text.trim().parse().ok().filter(|seconds| (4..=3600).contains(seconds)).ok_or_else(wrong)?;
        let lease = Duration::from_secs(seconds);
        Ok(Self { lease, beat: lease / 4, ..Self::default() })
    }
}

/// Locks in the repositories of projects, for one holder.
#[derive(Clone, Debug)]
pub struct RepositoryLocks {
    holder: Holder,
    terms: Terms,
}

/// A lock that is held, until it is released or dropped. A dropped one counts as a dead holder's.
#[derive(Debug)]
pub struct Lock {
    shared: Arc<Shared>,
    beat: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    repository: Repository,
    holder: Holder,
    terms: Terms,
    nonce: Nonce,
    since: Timestamp,
    /// Where the branch is; taken for each change of it.
    head: Mutex<ObjectId>,
    held: AtomicBool,
    /// Until when it holds, by this machine's clock: others may take it soon after.
    until: std::sync::Mutex<Timestamp>,
}

impl RepositoryLocks {
    /// Locks for `holder`.
    pub fn new(holder: Holder) -> Self {
        Self { holder, terms: Terms::default() }
    }

    /// With other terms.
    #[must_use]
    pub fn terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }
}

#[async_trait]
impl Locks for RepositoryLocks {
    async fn acquire(&self, site: &Site) -> Result<Box<dyn Held>, Refused> {
        Lock::acquire(site, self.holder.clone(), self.terms).await.map(|lock| Box::new(lock) as Box<dyn Held>)
    }

    async fn tidy(&self, site: &Site) -> Result<(), RemoteError> {
        let failed = RemoteError::call("unlock", &key(site));
        let repository = repository(site);
        let Some(branch) = repository.branch(BRANCH).await.map_err(&failed)? else { return Ok(()) };
        let found = text(&repository, FILE, &branch.object_id).await.map_err(&failed)?;
        if !Record::parse(&found).is_some_and(|record| record.is_over(&self.holder, now(), self.terms.grace)) {
            return Ok(());
        }
        let delete = RefUpdate::delete(["refs/heads/", BRANCH].concat(), branch.object_id);
        match repository.update_ref(&delete).await {
            // Somebody has taken it over or removed it meanwhile.
            Err(error) if error.is_conflict() || error.is_not_found() => Ok(()),
            done => done.map(drop).map_err(failed),
        }
    }
}

#[async_trait]
impl Held for Lock {
    fn is_held(&self) -> bool {
        Self::is_held(self)
    }

    async fn release(&self, site: &Site) -> Result<(), RemoteError> {
        Self::release(self, site).await
    }
}

impl Lock {
    // Invariant: of many who ask for the lock at the same moment one gets it
    // (test: of_many_who_ask_at_the_same_moment_exactly_one_gets_it).
    /// Takes the lock of the project at `site`, whose repository must be there.
    ///
    /// # Errors
    /// Who else holds it, since when, and what to do; or why it could not be asked for.
    pub async fn acquire(site: &Site, holder: Holder, terms: Terms) -> Result<Self, Refused> {
        let failed = |error| Refused::Failed(RemoteError::call("lock", &key(site))(error));
        let repository = repository(site);
        let (nonce, since) = (Nonce::new(), now());
        let mut below: Option<ObjectId> = None;
        let mut holds = None;
        for _ in 0..TRIES {
            let record = Record::new(&holder, &nonce, since, terms.lease);
            match write(&repository, below.as_ref(), &record).await {
                Ok(Written { head, .. }) => return Ok(Self::start(repository, holder, terms, nonce, since, head)),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(failed(error)),
            }
            // Somebody has it, or was quicker with taking it over.
            below = None;
            let Some(branch) = repository.branch(BRANCH).await.map_err(failed)? else { continue };
            let found = text(&repository, FILE, &branch.object_id).await.map_err(failed)?;
            match Record::parse(&found) {
                Some(record) if record.is_over(&holder, now(), terms.grace) => below = Some(branch.object_id),
                record => {
                    holds = Some(told(site, record.as_ref(), terms));
                    break;
                }
            }
        }
        let busy = || "others take the lock again and again: wait until they have ended, and try again".to_owned();
        Err(Refused::Held(holds.unwrap_or_else(busy)))
    }

    fn start(
        repository: Repository,
        holder: Holder,
        terms: Terms,
        nonce: Nonce,
        since: Timestamp,
        head: ObjectId,
    ) -> Self {
        let (head, held, until) = (Mutex::new(head), AtomicBool::new(true), std::sync::Mutex::new(since));
        let shared = Arc::new(Shared { repository, holder, terms, nonce, since, head, held, until });
        shared.extended(since);
        Self { beat: tokio::spawn(beat(shared.clone())), shared }
    }

    // Invariant: whoever loses the lock begins nothing more
    // (test: whoever_loses_the_lock_finishes_what_is_under_way_and_begins_nothing_more).
    /// Whether it is still held: not released, not lapsed, and taken over by nobody, as far as is known. It asks nobody:
    /// the extensions find out. That a machine slept for longer than the lease, its clock tells.
    pub fn is_held(&self) -> bool {
        let until = *self.shared.until.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.held.load(Ordering::SeqCst) && now() <= until
    }

    /// Gives it back. One whose repository is gone is given back.
    ///
    /// # Errors
    /// If it could not be given back (it lapses then), or was taken over by somebody else meanwhile.
    pub async fn release(&self, site: &Site) -> Result<(), RemoteError> {
        let head = self.shared.head.lock().await;
        self.beat.abort();
        self.shared.held.store(false, Ordering::SeqCst);
        let failed = RemoteError::call("unlock", &key(site));
        let delete = RefUpdate::delete(["refs/heads/", BRANCH].concat(), head.clone());
        match self.shared.repository.update_ref(&delete).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.is_conflict() => {
                let why = "somebody else has taken the lock over, or away, while this apply was under way";
                let next = "plan again, and look at what the other one did";
                Err(RemoteError::new("unlock", &key(site), why, next))
            }
            // The last branch of a repository may not be deletable: it says then that nobody holds the lock.
            Err(error) if matches!(error.kind(), ErrorKind::Forbidden { .. } | ErrorKind::Invalid { .. }) => {
                let lapsed = self.shared.record().lapsed();
                write(&self.shared.repository, Some(&head), &lapsed).await.map(drop).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

impl Shared {
    /// Notes that the branch says something that was written down at `begun`.
    fn extended(&self, begun: Timestamp) {
        let lease = SignedDuration::try_from(self.terms.lease).unwrap_or(SignedDuration::MAX);
        let until = begun.checked_add(lease).unwrap_or(Timestamp::MAX);
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// What the branch shall say from now on.
    fn record(&self) -> Record {
        Record::new(&self.holder, &self.nonce, self.since, self.terms.lease)
    }
}

/// Extends the lock as long as it is there to be extended.
async fn beat(shared: Arc<Shared>) {
    let mut extended = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(shared.terms.beat).await;
        let mut head = shared.head.lock().await;
        let begun = now();
        match write(&shared.repository, Some(&head), &shared.record()).await {
            // Somebody has deleted the branch to end this lock. A push onto a commit that the repository knows makes the
            // branch again, which must not stay.
            Ok(Written { head: moved, anew: true }) => {
                tracing::warn!("the apply lock is lost: its branch was deleted");
                shared.held.store(false, Ordering::SeqCst);
                let delete = RefUpdate::delete(["refs/heads/", BRANCH].concat(), moved);
                if let Err(error) = shared.repository.update_ref(&delete).await {
                    tracing::warn!("the branch of the lost lock stays until it lapses: {error}");
                }
                return;
            }
            Ok(Written { head: moved, .. }) => {
                *head = moved;
                shared.extended(begun);
                extended = tokio::time::Instant::now();
            }
            Err(error) if error.is_conflict() || extended.elapsed() > shared.terms.lease => {
                tracing::warn!("the apply lock is lost: {error}");
                shared.held.store(false, Ordering::SeqCst);
                return;
            }
            Err(error) => tracing::debug!("the apply lock was not extended: {error}"),
        }
    }
}

/// What a record on the branch has made of it.
struct Written {
    /// Where the branch is.
    head: ObjectId,
    /// Whether it was not there any more, and was made anew.
    anew: bool,
}

/// Puts `record` on the branch, which is at `below` or not there.
async fn write(repository: &Repository, below: Option<&ObjectId>, record: &Record) -> devops_client::Result<Written> {
    let change = match below {
        Some(_) => Change::edit(FILE, record.to_text()),
        None => Change::add(FILE, record.to_text()),
    };
    let old = below.cloned().unwrap_or_else(ObjectId::zero);
    // The title is unique, so that after a lost answer nobody takes another one's push for his own.
    let push = NewPush::onto(BRANCH, old.clone(), record.title()).change(change);
    let pushed = repository.push(&push).await?;
    let moved = pushed.ref_updates.into_iter().next();
    let anew = below.is_some() && moved.as_ref().is_some_and(|moved| moved.old_object_id.is_zero());
    let head = moved.map(|moved| moved.new_object_id);
    let head = match head.or(pushed.commits.into_iter().next().map(|commit| commit.commit_id)) {
        Some(head) => head,
        None => repository.branch(BRANCH).await?.map_or_else(ObjectId::zero, |branch| branch.object_id),
    };
    Ok(Written { head, anew })
}

/// Who holds the lock, since when, and what to do.
fn told(site: &Site, record: Option<&Record>, terms: Terms) -> String {
    let devops = &site.project.devops;
    let end = format!("delete the branch {BRANCH} of the repository {}", devops.repository.as_str());
    match record {
        Some(record) => format!(
            "{} has been applying {} since {}: wait until that has ended; if it was killed, the lock lapses at {}; to \
             end it sooner, {end}",
            record.holder(),
            site.project.name,
            record.since(),
            record.lapses(terms.grace),
        ),
        None => {
            format!("the lock of {} is held by something that this version does not know: {end}", site.project.name)
        }
    }
}

fn key(site: &Site) -> Key {
    Key::new(Kind::Repository, site.project.devops.repository.as_str())
}

fn now() -> Timestamp {
    Timestamp::now()
}
