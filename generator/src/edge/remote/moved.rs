//! Whether the state is still the one that a plan was made for.

use std::collections::BTreeSet;

use crate::remote::kinds::deployment::{STATE, SUCCEEDED};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind};

fn is_unfinished(deployment: &Observed) -> bool {
    let state = deployment.fields.get(STATE).and_then(serde_json::Value::as_str);
    state.is_some_and(|state| !matches!(state, SUCCEEDED | "Failed" | "Canceled"))
}

/// Resources that are not as they were, those of `made` left out. That a deployment which was seen running has ended since
/// moves nothing: it was going to.
pub(super) fn moved(before: &State, now: &State, made: &[Key]) -> Vec<Key> {
    // What is so for everybody changes nothing about what is to be done: it only makes a step needless.
    let own = |state: &State, key: &Key| state.get(key).filter(|found| found.owner != Owner::Everybody).cloned();
    let keys: BTreeSet<&Key> = before.keys().chain(now.keys()).filter(|key| !made.contains(key)).collect();
    let differs = |key: &&&Key| {
        let (before, now) = (own(before, key), own(now, key));
        let goes_on = before.as_ref().is_some_and(|before| key.kind == Kind::Deployment && is_unfinished(before));
        let seen = |found: &Observed| {
            let mut fields = found.fields.clone();
            if goes_on {
                fields.remove(STATE);
            }
            (found.id.clone(), found.version.clone(), fields)
        };
        before.as_ref().map(seen) != now.as_ref().map(seen)
    };
    keys.iter().filter(differs).map(|key| (*key).clone()).collect()
}
