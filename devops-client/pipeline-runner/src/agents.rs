//! Agents: as many jobs go at once as there are, each in a folder that no other job has meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cancel::Cancel;

/// Pause between two looks at the request to end, while none is free.
const LOOK: Duration = Duration::from_millis(100);

/// Agents. Clones are the same ones.
#[derive(Clone, Debug)]
pub struct Agents(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    free: Mutex<Vec<usize>>,
    change: Condvar,
}

/// An agent that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    agents: Agents,
    /// Its number, from 1.
    pub number: usize,
}

impl Agents {
    /// So many, one at least; their numbers are from 1 on.
    pub fn of(count: usize) -> Self {
        Self(Arc::new(Inner { free: Mutex::new((1..=count.max(1)).collect()), change: Condvar::new() }))
    }

    /// Waits for an agent: the one of a number if it is free, else the first that nobody wants back. `None` if the request to end came meanwhile. Where
    /// it had come before, there is something to be done all the same.
    pub(crate) fn take(&self, wanted: Option<usize>, of_others: &[usize], cancel: &Cancel) -> Option<Taken> {
        let asked_before = cancel.is_asked();
        let mut free = self.free();
        loop {
            let first = free.iter().copied().min_by_key(|number| (of_others.contains(number), *number));
            if let Some(number) = wanted.filter(|number| free.contains(number)).or(first) {
                free.retain(|other| *other != number);
                return Some(Taken { agents: self.clone(), number });
            }
            if cancel.is_asked() && !asked_before {
                return None;
            }
            free = self.0.change.wait_timeout(free, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.agents.free().push(self.number);
        self.agents.0.change.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_one_jobs_at_a_time_and_comes_back() {
        let (agents, cancel) = (Agents::of(1), Cancel::default());
        let first = agents.take(None, &[], &cancel).unwrap();
        assert_eq!(first.number, 1);
        let other = agents.clone();
        let waiter = std::thread::spawn(move || other.take(None, &[], &Cancel::default()).map(|taken| taken.number));
        drop(first);
        assert_eq!(waiter.join().unwrap(), Some(1));
    }

    #[test]
    fn the_agent_that_is_wanted_is_taken_and_else_one_that_nobody_wants_back() {
        let (agents, cancel) = (Agents::of(3), Cancel::default());
        let take = |wanted| agents.take(wanted, &[1], &cancel).unwrap();
        let all = [take(Some(3)), take(Some(3)), take(None)];
        assert_eq!(all.each_ref().map(|taken| taken.number), [3, 2, 1]);
    }

    #[test]
    fn a_request_to_end_ends_the_wait_and_not_what_comes_after_it() {
        let (agents, cancel) = (Agents::of(1), Cancel::default());
        let taken = agents.take(None, &[], &cancel).unwrap();
        let (other, asked) = (agents.clone(), cancel.clone());
        let waiter = std::thread::spawn(move || other.take(None, &[], &asked).is_none());
        std::thread::sleep(LOOK);
        cancel.ask();
        assert!(waiter.join().unwrap());
        drop(taken);
        assert!(agents.take(None, &[], &cancel).is_some(), "steps that go always have an agent");
    }
}
