//! Carries out steps: each as soon as what it needs is done, many at the same time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::error::RemoteError;
use super::registry::Registry;
use super::site::Site;
use crate::remote::later::Later;
use crate::remote::order::Order;
use crate::remote::plan::{Action, Step};
use crate::remote::resource::{Key, Resource};

/// Most steps of one project under way at the same time; the client's own limit holds for all requests together.
const AT_ONCE: usize = 32;

/// What happens to a step, for whoever watches.
#[derive(Clone, Debug)]
pub enum Event {
    /// It has begun.
    Started(Key, Action),
    /// It is done.
    Done(Key, Action, Duration),
    /// It went wrong.
    Failed(Key, Action),
}

/// Told of events; never blocks.
pub type Tell<'a> = &'a (dyn Fn(Event) + Sync);

/// What came of the steps.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Done, in the order in which they ended.
    pub done: Vec<Key>,
    /// What went wrong.
    pub failed: Vec<RemoteError>,
    /// Not tried, because the second one, which the first needs, is not done.
    pub skipped: Vec<(Key, Key)>,
    /// Not tried, because it was not to go on.
    pub left: Vec<Key>,
}

impl Outcome {
    /// Whether every step is done.
    pub fn is_whole(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.left.is_empty()
    }
}

/// Asked before each step whether it may still be begun.
pub type MayBegin<'a> = &'a (dyn Fn() -> bool + Sync);

// Invariant: a failure stops what needs it and nothing else (test: a_failure_stops_what_needs_it_and_nothing_else).
/// Carries out `steps`. A step that fails stops those that need it and no others; once `may_begin` says no, what is under
/// way is finished and nothing more is begun.
pub async fn carry_out(
    site: &Site,
    registry: &Registry<'_>,
    desired: &[Resource],
    steps: &[&Step],
    tell: Tell<'_>,
    may_begin: MayBegin<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut order = match Order::new(steps.iter().copied()) {
        Ok(order) => order,
        Err(cycle) => {
            let error = |key| RemoteError::new("order", key, &cycle, "report this: it is a mistake of mlops-gen");
            outcome.failed = cycle.0.iter().take(1).map(error).collect();
            return outcome;
        }
    };
    let mut ready: Vec<Key> = order.ready();
    let mut broken: BTreeSet<Key> = BTreeSet::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < AT_ONCE && may_begin() {
            let Some(key) = ready.pop() else { break };
            let Some(step) = steps.iter().find(|step| step.key == key) else { continue };
            tell(Event::Started(key, step.action));
            let begun = Instant::now();
            under_way.push(async move { (*step, perform(site, registry, desired, step).await, begun.elapsed()) });
        }
        let Some((step, result, took)) = under_way.next().await else { break };
        match result {
            Ok(()) => {
                tell(Event::Done(step.key.clone(), step.action, took));
                outcome.done.push(step.key.clone());
                order.done(&step.key);
                ready.extend(order.ready());
            }
            Err(error) => {
                tell(Event::Failed(step.key.clone(), step.action));
                broken.insert(step.key.clone());
                outcome.failed.push(error);
            }
        }
    }
    drop(under_way);
    not_tried(steps, broken, &mut outcome);
    outcome
}

/// Sorts the steps that were never begun: behind a failure, or left when it was not to go on.
fn not_tried(steps: &[&Step], mut broken: BTreeSet<Key>, outcome: &mut Outcome) {
    let done: BTreeSet<&Key> = outcome.done.iter().collect();
    let tried = |key: &Key, broken: &BTreeSet<Key>| done.contains(key) || broken.contains(key);
    let mut rest: Vec<&&Step> = steps.iter().filter(|step| step.action != Action::Unchanged).collect();
    rest.retain(|step| !tried(&step.key, &broken));
    while let Some(at) = rest.iter().position(|step| step.needs.iter().any(|need| broken.contains(need))) {
        let step = rest.remove(at);
        if let Some(need) = step.needs.iter().find(|need| broken.contains(need)) {
            outcome.skipped.push((step.key.clone(), need.clone()));
        }
        broken.insert(step.key.clone());
    }
    outcome.left = rest.iter().map(|step| step.key.clone()).collect();
    outcome.skipped.sort();
}

async fn perform(site: &Site, registry: &Registry<'_>, desired: &[Resource], step: &Step) -> Result<(), RemoteError> {
    let key = &step.key;
    let Some(handler) = registry.get(key.kind) else {
        return Err(RemoteError::new("change", key, "its kind is outside of what was asked for", "leave out --only"));
    };
    let found = || {
        let gone = || RemoteError::new("change", key, "it is gone meanwhile", "plan again");
        site.known(key).ok_or_else(gone)
    };
    let wanted = || {
        let unknown =
            || RemoteError::new("change", key, "nothing desires it", "report this: it is a mistake of mlops-gen");
        let resource = desired.iter().find(|resource| resource.key == *key).ok_or_else(unknown)?;
        ready_made(resource, site)
    };
    let made = match step.action {
        Action::Unchanged => return Ok(()),
        Action::Create => handler.create(site, &wanted()?).await?,
        Action::Update | Action::Adopt => handler.update(site, &wanted()?, &found()?).await?,
        Action::Replace => {
            let wanted = wanted()?;
            handler.delete(site, key, &found()?).await?;
            site.forget(key);
            handler.create(site, &wanted).await?
        }
        Action::Delete => {
            handler.delete(site, key, &found()?).await?;
            site.forget(key);
            return Ok(());
        }
    };
    site.note(key.clone(), made);
    Ok(())
}

// Invariant: what stands for a value is never sent as one
// (test: a_value_that_is_there_is_kept_and_one_that_is_not_must_be_given).
/// `resource` with every value that was still to come, or else an error: a description of a value is never sent as one.
fn ready_made(resource: &Resource, site: &Site) -> Result<Resource, RemoteError> {
    let key = &resource.key;
    let before = site.known(key).map(|found| found.fields).unwrap_or_default();
    let mut ready = resource.clone();
    for (name, value) in &mut ready.fields {
        let Some(later) = Later::read(value) else { continue };
        let found = later.resolved(before.get(name), |of, fact| site.fact(of, fact));
        *value = found.ok_or_else(|| unknown(key, name, &later))?;
    }
    Ok(ready)
}

fn unknown(key: &Key, field: &str, later: &Later) -> RemoteError {
    match later {
        Later::Fact { of, fact } => {
            let why = format!("{field} is the {fact} of {of}, which is not known");
            RemoteError::new("change", key, why, format!("see to it that {of} is there, and try again"))
        }
        Later::Kept { variable } => {
            let next = format!("set the environment variable {variable}");
            RemoteError::new("change", key, format!("{field} is not known"), next)
        }
    }
}
