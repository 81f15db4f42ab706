//! Leads projects to their goals, all at the same time, each by the same protocol: make the place, take the lock, look
//! again, do the steps, look once more, give the lock back. Whoever loses the lock on the way begins nothing more.
//!
//! One client serves all of them, so that they share one rate limit, and they look at the same time, so that what they
//! ask for alike is asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::apply::{Event, Outcome, Tell, carry_out};
use super::error::RemoteError;
pub use super::locks::{Held, Locks, Refused};
use super::moved::moved;
use super::shared_reads::SharedReads;
use super::stop::Stop;
use super::target::{Diagnostic, Planned, Target};
use super::waves::waves;
use crate::remote::plan::{Action, RemotePlan, Step};
use crate::remote::resource::{Key, Kind};

/// Pauses before the state is looked at again when it is not yet as it was left: services need a moment.
const PATIENCE: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// How often the steps may bring about further ones: resources that refer to a resource that was made anew.
const ROUNDS: usize = 3;

/// What was done for a project.
#[derive(Debug, Default)]
pub struct Report {
    /// The steps that were done, in the order in which they ended.
    pub done: Vec<Key>,
    /// Addresses of pull requests that somebody has to complete: a policy keeps pushes away from the branch.
    pub waiting: Vec<String>,
}

/// Why a project is not where it should be.
#[derive(Debug)]
pub enum Stopped {
    /// Somebody else is at it.
    Locked(String),
    /// These resources are no longer as the plan was made for. Nothing was done.
    Moved(Vec<Key>),
    /// The person asked to stop.
    Asked {
        /// Done before that.
        done: Vec<Key>,
        /// Not begun.
        left: Vec<Key>,
    },
    /// The lock was lost on the way: somebody else may be at work now.
    Lost {
        /// Done before that was known.
        done: Vec<Key>,
        /// Not begun.
        left: Vec<Key>,
    },
    /// Something went wrong.
    Failed {
        /// What.
        errors: Vec<Diagnostic>,
        /// Done all the same.
        done: Vec<Key>,
        /// Not tried: each with what it needs and is not there.
        skipped: Vec<(Key, Key)>,
    },
    /// Every step was done, and yet the services do not hold what they should.
    Different {
        /// What is left to do, so that the difference can be shown.
        rest: RemotePlan,
        /// Done.
        done: Vec<Key>,
    },
}

/// Projects and the client that they share.
pub struct Fleet<'a> {
    /// The projects.
    pub targets: Vec<Target<'a>>,
    /// The innermost layer of their client, if reads are to be shared.
    pub reads: Option<SharedReads>,
    /// The locks; without them nobody is kept out.
    pub locks: Option<Arc<dyn Locks>>,
    /// Pauses before the state is looked at again when it is not yet as it was left.
    pub patience: Vec<Duration>,
}

/// One project on its way.
struct Work<'a> {
    target: &'a Target<'a>,
    planned: &'a Planned,
    lock: Option<Box<dyn Held>>,
    done: Vec<Key>,
    waiting: Vec<String>,
    end: Option<Stopped>,
}

impl Work<'_> {
    /// Whether there is more to do.
    fn goes_on(&self) -> bool {
        self.end.is_none()
    }

    /// Whether the lock that was taken is still held.
    fn keeps_others_out(&self) -> bool {
        self.lock.as_ref().is_none_or(|lock| lock.is_held())
    }

    /// Carries out steps, as long as nobody asks to stop and others are kept out.
    async fn try_steps(&self, steps: &[&Step], tell: Tell<'_>, stop: &Stop) -> Outcome {
        let Target { site, desired, registry, .. } = self.target;
        let may_begin = || !stop.is_asked() && self.keeps_others_out();
        carry_out(site, registry, desired, steps, tell, &may_begin).await
    }

    fn fail(&mut self, errors: Vec<Diagnostic>) {
        self.end = Some(Stopped::Failed { errors, done: self.done.clone(), skipped: Vec::new() });
    }

    fn take(&mut self, outcome: Outcome) {
        let whole = outcome.is_whole();
        self.done.extend(outcome.done);
        let done = self.done.clone();
        if !outcome.failed.is_empty() {
            let errors = outcome.failed.into_iter().map(Diagnostic::Read).collect();
            self.end = Some(Stopped::Failed { errors, done, skipped: outcome.skipped });
        } else if !whole && !self.keeps_others_out() {
            self.end = Some(Stopped::Lost { done, left: outcome.left });
        } else if !whole {
            self.end = Some(Stopped::Asked { done, left: outcome.left });
        }
    }
}

impl<'a> Fleet<'a> {
    /// Projects that share a client, with the usual patience.
    pub fn new(targets: Vec<Target<'a>>, reads: Option<SharedReads>, locks: Option<Arc<dyn Locks>>) -> Self {
        Self { targets, reads, locks, patience: PATIENCE.to_vec() }
    }

    /// Looks at every project and finds the way to its goal.
    pub async fn plan(&self) -> Vec<Result<Planned, Vec<Diagnostic>>> {
        let _window = self.reads.as_ref().map(SharedReads::window);
        join_all(self.targets.iter().map(Target::plan)).await
    }

    /// Carries out `planned`, one plan for each target or none where nothing is to be done.
    ///
    /// `tell` is told of each step, with the number of the target.
    pub async fn carry_out(
        &self,
        planned: &[Option<Planned>],
        tell: &(dyn Fn(usize, Event) + Sync),
        stop: &Stop,
    ) -> Vec<Result<Report, Stopped>> {
        let idle = self.targets.iter().zip(planned).filter(|(target, planned)| target.is_idle(planned.as_ref()));
        let tidied = idle.filter_map(|(target, _)| Some(self.locks.as_ref()?.tidy(&target.site)));
        for error in join_all(tidied).await.into_iter().filter_map(Result::err) {
            // It lapses by itself, and is taken over by whoever comes next.
            tracing::warn!("a lock that was left behind stays: {error}");
        }
        let pairs = self.targets.iter().zip(planned).enumerate();
        let work: Vec<(usize, Work<'_>)> = pairs
            .filter_map(|(number, (target, planned))| {
                let planned = planned.as_ref().filter(|planned| !planned.plan.is_settled())?;
                Some((number, Work { target, planned, lock: None, done: Vec::new(), waiting: Vec::new(), end: None }))
            })
            .collect();
        let mut ended: BTreeMap<usize, Work<'_>> = BTreeMap::new();
        for (wave, mut work) in waves(work, place_of).into_iter().enumerate() {
            self.do_wave(&mut work, wave > 0, tell, stop).await;
            ended.extend(work);
        }
        let result = |work: Work<'_>| work.end.map_or(Ok(Report { done: work.done, waiting: work.waiting }), Err);
        // Where nothing is to be done now, what somebody has to do first is all that there is to say.
        let idle = |planned: &Option<Planned>| {
            let waiting = planned.iter().flat_map(|planned| planned.plan.waits_for());
            Report { done: Vec::new(), waiting: waiting.map(str::to_owned).collect() }
        };
        let all = planned.iter().enumerate();
        all.map(|(number, planned)| ended.remove(&number).map_or_else(|| Ok(idle(planned)), result)).collect()
    }

    /// Carries out projects of different repositories, `after` those that lie in some of them beside these.
    async fn do_wave(
        &self,
        work: &mut [(usize, Work<'_>)],
        after: bool,
        tell: &(dyn Fn(usize, Event) + Sync),
        stop: &Stop,
    ) {
        self.make_places(work, tell, stop).await;
        join_all(work.iter_mut().map(|(_, work)| self.lock(work, stop))).await;
        {
            let _window = self.reads.as_ref().map(SharedReads::window);
            join_all(work.iter_mut().map(|(_, work)| look_again(work, after))).await;
        }
        join_all(work.iter_mut().map(|(number, work)| do_steps(work, *number, tell, stop))).await;
        {
            let _window = self.reads.as_ref().map(SharedReads::window);
            let looks = work.iter_mut().filter(|(_, work)| work.goes_on());
            join_all(looks.map(|(number, work)| read_back(work, *number, &self.patience, tell, stop))).await;
        }
        join_all(work.iter_mut().map(|(_, work)| unlock(work))).await;
    }

    /// Makes the team project and the repository where they are missing: the lock lives in the repository.
    async fn make_places(&self, work: &mut [(usize, Work<'_>)], tell: &(dyn Fn(usize, Event) + Sync), stop: &Stop) {
        for kind in [Kind::Project, Kind::Repository] {
            // Projects of one fleet may share a team project: it is made once, and the others find it made.
            let mut made: BTreeMap<Key, usize> = BTreeMap::new();
            let mut shared: Vec<(usize, usize)> = Vec::new();
            let mut first: Vec<usize> = Vec::new();
            for (index, (_, work)) in work.iter().enumerate() {
                let Some(step) = place(work, kind) else { continue };
                match made.get(&step.key).filter(|_| kind == Kind::Project) {
                    Some(maker) => shared.push((index, *maker)),
                    None => {
                        made.insert(step.key.clone(), index);
                        first.push(index);
                    }
                }
            }
            let makers = work.iter_mut().enumerate().filter(|(index, _)| first.contains(index));
            join_all(makers.map(async |(_, (number, work))| {
                let Some(step) = place(work, kind) else { return };
                let outcome = work.try_steps(&[step], &|event| tell(*number, event), stop).await;
                work.take(outcome);
            }))
            .await;
            for (index, maker) in shared {
                let (maker, made) = (&work[maker].1, place(&work[index].1, kind).map(|step| step.key.clone()));
                let Some(key) = made else { continue };
                match (maker.target.site.known(&key), maker.goes_on()) {
                    (Some(found), true) => {
                        work[index].1.target.site.note(key.clone(), found);
                        work[index].1.done.push(key);
                    }
                    _ => {
                        let next = "look at what went wrong there, and apply again";
                        let error =
                            RemoteError::new("create", &key, "another project of this fleet could not make it", next);
                        work[index].1.fail(vec![Diagnostic::Read(error)]);
                    }
                }
            }
        }
    }

    async fn lock(&self, work: &mut Work<'_>, stop: &Stop) {
        let Some(locks) = self.locks.as_ref().filter(|_| work.goes_on()) else { return };
        if stop.is_asked() {
            let left = work.planned.plan.due().map(|step| step.key.clone());
            let left = left.filter(|key| !work.done.contains(key)).collect();
            work.end = Some(Stopped::Asked { done: work.done.clone(), left });
            return;
        }
        // Where the repository is gone there is nothing to lock; only a destroy gets this far without one.
        let there = work
            .target
            .desired
            .iter()
            .any(|r| r.key.kind == Kind::Repository && work.target.site.known(&r.key).is_some());
        if !there {
            return;
        }
        match locks.acquire(&work.target.site).await {
            Ok(lock) => work.lock = Some(lock),
            Err(Refused::Held(why)) => work.end = Some(Stopped::Locked(why)),
            Err(Refused::Failed(error)) => work.fail(vec![Diagnostic::Read(error)]),
        }
    }
}

/// Where a project's files go.
fn place_of((_, work): &(usize, Work<'_>)) -> (String, String) {
    let devops = &work.target.site.project.devops;
    (devops.project.as_str().to_lowercase(), devops.repository.as_str().to_lowercase())
}

/// The step that makes the place of this kind, if it is yet to be made.
fn place<'w>(work: &'w Work<'_>, kind: Kind) -> Option<&'w Step> {
    let steps = work.planned.plan.changes().filter(|_| work.goes_on());
    steps.into_iter().find(|step| step.key.kind == kind && step.action == Action::Create)
}

/// Under the lock the state must still be the one that was planned for, less what was made since, and less what a neighbour
/// in the same repository has made of what both share.
async fn look_again(work: &mut Work<'_>, after: bool) {
    if !work.goes_on() {
        return;
    }
    match work.target.look().await {
        Ok(now) => {
            let mut moved = moved(&work.planned.state, &now, &work.done);
            moved.retain(|key| !(after && matches!(key.kind, Kind::Project | Kind::Repository | Kind::Files)));
            if !moved.is_empty() {
                work.end = Some(Stopped::Moved(moved));
            }
        }
        Err(errors) => work.fail(errors),
    }
}

async fn do_steps(work: &mut Work<'_>, number: usize, tell: &(dyn Fn(usize, Event) + Sync), stop: &Stop) {
    if !work.goes_on() {
        return;
    }
    let steps: Vec<&Step> = work.planned.plan.due().filter(|step| !work.done.contains(&step.key)).collect();
    let outcome = work.try_steps(&steps, &|event| tell(number, event), stop).await;
    work.take(outcome);
}

// Invariant: every write is read back, once
// (test: a_write_that_leaves_nothing_is_found_out_and_one_that_shows_late_is_waited_for).
/// Looks whether everything is as it should be, and does what making resources anew has brought about.
async fn read_back(
    work: &mut Work<'_>,
    number: usize,
    patience: &[Duration],
    tell: &(dyn Fn(usize, Event) + Sync),
    stop: &Stop,
) {
    let mut patience = patience.iter();
    let mut rounds = 1;
    loop {
        let rest = match work.target.look().await.and_then(|state| work.target.way(&state)) {
            Ok(rest) => rest,
            Err(errors) => return work.fail(errors),
        };
        let open: Vec<&Step> = rest.due().collect();
        if open.is_empty() {
            work.waiting = rest.waits_for().map(str::to_owned).collect();
            return;
        }
        let again = follows_from_replacing(&open, &work.planned.plan) || got_lost(&open, &work.done);
        if rounds < ROUNDS && !stop.is_asked() && again {
            rounds += 1;
            let outcome = work.try_steps(&open, &|event| tell(number, event), stop).await;
            work.take(outcome);
            if !work.goes_on() {
                return;
            }
            continue;
        }
        match patience.next() {
            Some(pause) if !stop.is_asked() => tokio::time::sleep(*pause).await,
            _ => {
                work.end = Some(Stopped::Different { rest, done: work.done.clone() });
                return;
            }
        }
    }
}

/// Whether each step of `rest` needs, directly or through others, a resource that `plan` made anew.
fn follows_from_replacing(rest: &[&Step], plan: &RemotePlan) -> bool {
    let replaced = plan.changes().filter(|step| step.action == Action::Replace).map(|step| &step.key);
    let mut anew: BTreeSet<&Key> = replaced.collect();
    while let Some(step) =
        plan.steps.iter().find(|s| !anew.contains(&s.key) && s.needs.iter().any(|need| anew.contains(need)))
    {
        anew.insert(&step.key);
    }
    !anew.is_empty() && rest.iter().all(|step| anew.contains(&step.key))
}

/// Whether all that is left are permissions that were given: the service is reported to lose such a change now and then,
/// and giving one twice is as good as once.
fn got_lost(rest: &[&Step], done: &[Key]) -> bool {
    rest.iter().all(|step| step.key.kind == Kind::Permission && done.contains(&step.key))
}

async fn unlock(work: &mut Work<'_>) {
    let Some(lock) = work.lock.take() else { return };
    let Err(error) = lock.release(&work.target.site).await else { return };
    match &mut work.end {
        Some(Stopped::Failed { errors, .. }) => errors.push(Diagnostic::Read(error)),
        // That the lock is lost is said already.
        Some(_) => {}
        None => work.fail(vec![Diagnostic::Read(error)]),
    }
}
