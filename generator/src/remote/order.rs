//! In which order steps can be done: what a step needs comes first, everything else at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Action, Step};
use super::resource::Key;

/// The steps of a plan that do something, and what each of them waits for.
#[derive(Clone, Debug)]
pub struct Order {
    waiting: BTreeMap<Key, BTreeSet<Key>>,
}

/// Steps that wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these steps wait for each other: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
pub struct Cycle(pub Vec<Key>);

impl Order {
    /// The order of `steps`.
    ///
    /// # Errors
    /// The steps that wait for each other: a mistake in what desires them, not in a spec.
    pub fn new<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Result<Self, Cycle> {
        let steps: Vec<&Step> = steps.into_iter().filter(|step| step.action != Action::Unchanged).collect();
        let active: BTreeSet<&Key> = steps.iter().map(|step| &step.key).collect();
        let needs = |step: &Step| step.needs.iter().filter(|need| active.contains(need)).cloned().collect();
        let order = Self { waiting: steps.iter().map(|step| (step.key.clone(), needs(step))).collect() };
        let mut rest = order.clone();
        while !rest.waiting.is_empty() {
            let ready = rest.ready();
            if ready.is_empty() {
                return Err(Cycle(rest.waiting.into_keys().collect()));
            }
            ready.iter().for_each(|key| rest.done(key));
        }
        Ok(order)
    }

    /// Steps that wait for nothing, taken out of the order: each is handed out once.
    pub fn ready(&mut self) -> Vec<Key> {
        let ready: Vec<Key> =
            self.waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(key, _)| key.clone()).collect();
        ready.iter().for_each(|key| drop(self.waiting.remove(key)));
        ready
    }

    /// Notes that a step is done.
    pub fn done(&mut self, key: &Key) {
        self.waiting.values_mut().for_each(|needs| {
            needs.remove(key);
        });
    }

    /// Steps that have not been handed out.
    pub fn left(&self) -> usize {
        self.waiting.len()
    }

    /// Number of steps on the longest chain: what cannot be done at the same time.
    pub fn critical_path(&self) -> usize {
        let mut rest = self.clone();
        let mut length = 0;
        while rest.left() > 0 {
            let ready = rest.ready();
            ready.iter().for_each(|key| rest.done(key));
            length += 1;
        }
        length
    }
}
