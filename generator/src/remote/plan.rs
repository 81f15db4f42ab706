//! From what should be and what is to what is to be done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::later::settled;
use super::observed::{HOLDER, Owner, PULL_REQUEST, State};
use super::resource::{Key, Kind, Resource};
use super::shell::word;

// Invariant: a plan is for the state that it was made for
// (test: a_saved_plan_is_carried_out_unless_the_world_has_moved).
/// What is to be done, step by step, in order of kind and name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemotePlan {
    /// Version of this form.
    pub version: u32,
    /// Hash of everything that was observed: a plan is good for the state that it was made for.
    #[serde(alias = "world")]
    pub state: String,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One resource and what is to happen to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which resource.
    pub key: Key,
    /// What is to happen.
    pub action: Action,
    /// Fields that differ; for a new resource all of them, for one that goes none.
    pub changes: Vec<FieldChange>,
    /// Steps that must be done first, as far as they do something.
    pub needs: Vec<Key>,
}

impl Step {
    /// The pull request that the step waits for: it is open, and until somebody completes it nothing is left to be done.
    pub fn waits_for(&self) -> Option<&str> {
        let open = self.changes.iter().find(|change| change.field == PULL_REQUEST)?;
        open.before.as_ref()?.as_str().filter(|_| self.key.kind == Kind::Files)
    }
}

/// What is to happen to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make it.
    Create,
    /// Change fields of it.
    Update,
    /// Somebody else made it, and the person said that it is ours from now on.
    Adopt,
    /// Make it anew, because what differs cannot be changed.
    Replace,
    /// Remove it.
    Delete,
    /// Leave it.
    Unchanged,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Dotted name.
    pub field: String,
    /// What is there; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will be there; absent where nothing will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// A resource of somebody else that stands where ours should.
#[derive(Clone, Debug, PartialEq)]
pub struct InTheWay {
    /// Which resource.
    pub key: Key,
    /// What keeps it from being taken over although the person wants that.
    pub fixed: Option<FieldChange>,
    /// The other project of this tool that it belongs to, where that is known.
    pub holder: Option<String>,
}

impl std::error::Error for InTheWay {}

impl fmt::Display for InTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        if let Some(holder) = &self.holder {
            return write!(
                f,
                "{key} holds the project {holder} where this one would lie: put each into a folder of its own and name that in \
                 `devops.directory`, or name another repository in `devops.repository`; if {holder} is what this project was called before, `--adopt {}` writes over it",
                word(key)
            );
        }
        let Some(FieldChange { field, before, after }) = &self.fixed else {
            return write!(
                f,
                "{key} is there, and this project did not make it: `--adopt {}` makes it ours, another name in the spec \
                 leaves it alone",
                word(key)
            );
        };
        let said = |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), Value::to_string);
        write!(
            f,
            "{key} cannot be taken over: its {field} is {}, the spec needs {}, and that cannot be changed on what is there: ",
            said(before),
            said(after)
        )?;
        match key.kind {
            Kind::ServiceConnection => write!(
                f,
                "convert it to workload identity federation first (project settings, service connections, {}, Convert), or \
                 give the connection another name in the spec",
                key.name
            ),
            _ => write!(f, "another name in the spec leaves it alone"),
        }
    }
}

impl RemotePlan {
    // Invariant: what somebody else has made is taken over only by name
    // (test: what_somebody_else_has_made_is_taken_over_only_by_name).
    /// The plan that makes `state` hold `desired`.
    ///
    /// Resources of ours that nothing desires any more go; resources of others stay, unless `adopt` names them.
    ///
    /// # Errors
    /// Every resource of somebody else that stands where ours should, or that cannot become ours.
    pub fn new(desired: &[Resource], state: &State, adopt: &BTreeSet<Key>) -> Result<Self, Vec<InTheWay>> {
        // Files stand or fall with the repository that they are in.
        let foreign = |resource: &&Resource| {
            resource.key.kind != Kind::Files
                && state.get(&resource.key).is_some_and(|o| o.owner == Owner::Foreign)
                && !adopt.contains(&resource.key)
                && !resource.key.host().is_some_and(|host| adopt.contains(&host))
        };
        let in_the_way = desired.iter().filter(foreign).map(|resource| {
            let holder = state.get(&resource.key).and_then(|found| found.facts.get(HOLDER)).cloned();
            // What cannot become ours is told at once, and not after it was agreed to.
            let fixed = fixed(resource, &step(resource, state)).and_then(|why| why.fixed);
            InTheWay { key: resource.key.clone(), fixed, holder }
        });
        let in_the_way: Vec<InTheWay> = in_the_way.collect();
        if !in_the_way.is_empty() {
            return Err(in_the_way);
        }
        let wanted: BTreeSet<&Key> = desired.iter().map(|resource| &resource.key).collect();
        let mut kept: Vec<Step> = desired.iter().map(|resource| step(resource, state)).collect();
        let cannot: Vec<InTheWay> = desired.iter().zip(&kept).filter_map(|(one, step)| fixed(one, step)).collect();
        if !cannot.is_empty() {
            return Err(cannot);
        }
        remake_what_hangs_on_replaced(desired, &mut kept);
        let gone: Vec<&Key> = ours(state).filter(|key| !wanted.contains(key)).collect();
        let gone = gone.iter().map(|key| delete(key, &gone, &BTreeMap::new()));
        Ok(Self::of(kept.into_iter().chain(gone).collect(), state))
    }

    // Invariant: files go with their repository or stay with it
    // (test: files_go_with_their_repository_or_stay_with_it).
    /// The plan that removes everything of ours, what needs a resource before the resource itself.
    ///
    /// `keep` names keys that stay; `desired` tells what needs what. The team project stays whatever is said. Files go
    /// with their repository, or stay with it.
    pub fn destroy(desired: &[Resource], state: &State, keep: impl Fn(&Key) -> bool) -> Self {
        let mut needed_by: BTreeMap<&Key, Vec<&Key>> = BTreeMap::new();
        for resource in desired {
            needed_by.entry(&resource.key).or_default();
            for need in &resource.needs {
                needed_by.entry(need).or_default().push(&resource.key);
            }
        }
        // Files go with their repository. Where that stays, they stay as they are: they are the team's too, and taking
        // them out of a branch would be a commit in somebody's history, not the removal of a resource.
        let going: Vec<&Key> = ours(state).filter(|key| !keep(key) && key.kind != Kind::Files).collect();
        Self::of(going.iter().map(|key| delete(key, &going, &needed_by)).collect(), state)
    }

    fn of(mut steps: Vec<Step>, state: &State) -> Self {
        steps.sort_by(|a, b| a.key.cmp(&b.key));
        Self { version: 1, state: fingerprint(state), steps }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The steps that can be done now: those that do something and wait for nobody.
    pub fn due(&self) -> impl Iterator<Item = &Step> {
        let waiting = self.waiting();
        self.changes().filter(move |step| !waiting.contains(&step.key))
    }

    /// Whether nothing is to be done now: what differs, if anything, waits for somebody.
    pub fn is_settled(&self) -> bool {
        self.due().next().is_none()
    }

    /// What somebody has to do before the rest can follow: addresses of open pull requests.
    pub fn waits_for(&self) -> impl Iterator<Item = &str> {
        self.changes().filter_map(Step::waits_for)
    }

    /// Steps that wait for a pull request that is open, and those that need such a step.
    fn waiting(&self) -> BTreeSet<Key> {
        let first = self.changes().filter(|step| step.waits_for().is_some()).map(|step| step.key.clone());
        let mut waiting: BTreeSet<Key> = first.collect();
        let behind = |step: &&Step, waiting: &BTreeSet<Key>| {
            !waiting.contains(&step.key) && step.needs.iter().any(|need| waiting.contains(need))
        };
        while let Some(step) = self.changes().find(|step| behind(step, &waiting)) {
            waiting.insert(step.key.clone());
        }
        waiting
    }

    /// The steps that do something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Unchanged)
    }
}

/// SHA-256 of everything observed, in hexadecimal.
pub fn fingerprint(state: &State) -> String {
    let mut hash = Sha256::new();
    for (key, found) in state {
        let fields = serde_json::to_string(&found.fields).expect("fields serialise");
        hash.update(format!("{key}\u{0}{}\u{0}{}\u{0}{fields}\u{0}", found.id, found.version.as_deref().unwrap_or("")));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What hangs on a resource goes when the resource is made anew, so it is made anew too.
fn remake_what_hangs_on_replaced(desired: &[Resource], steps: &mut [Step]) {
    let replaced = steps.iter().filter(|step| step.action == Action::Replace).map(|step| step.key.clone());
    let replaced: BTreeSet<Key> = replaced.collect();
    for (resource, done) in desired.iter().zip(steps) {
        if resource.key.host().is_some_and(|host| replaced.contains(&host)) {
            *done = step(resource, &State::new());
        }
    }
}

fn step(resource: &Resource, state: &State) -> Step {
    let found = state.get(&resource.key);
    let before = found.map(|found| &found.fields);
    let differs = resource.fields.iter().filter_map(|(name, after)| {
        let before = before.and_then(|fields| fields.get(name));
        let after = settled(after, before, state);
        (before != Some(&after)).then(|| FieldChange {
            field: name.clone(),
            before: before.cloned(),
            after: Some(after),
        })
    });
    // What is set by hand under a name that the spec owns goes; names that it does not own are nobody's business here.
    let extra = before.into_iter().flatten().filter(|(name, _)| !resource.fields.contains_key(*name));
    let extra =
        extra.map(|(name, before)| FieldChange { field: name.clone(), before: Some(before.clone()), after: None });
    let mut changes: Vec<FieldChange> = differs.chain(extra).collect();
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    let fixed = |change: &FieldChange| resource.fixed.contains(&change.field.as_str());
    let action = match found {
        None => Action::Create,
        Some(found) if found.owner == Owner::Foreign => Action::Adopt,
        Some(_) if changes.iter().any(fixed) => Action::Replace,
        Some(_) if changes.is_empty() => Action::Unchanged,
        Some(_) => Action::Update,
    };
    Step { key: resource.key.clone(), action, changes, needs: resource.needs.clone() }
}

/// Why a resource of somebody else cannot become ours: it would have to be made anew, and nobody has agreed to its loss.
fn fixed(resource: &Resource, step: &Step) -> Option<InTheWay> {
    let mut changes = step.changes.iter().filter(|_| step.action == Action::Adopt);
    let barred = |field: &str| resource.fixed.contains(&field) || resource.owners.contains(&field);
    let change = changes.find(|change| change.before.is_some() && barred(&change.field))?;
    Some(InTheWay { key: step.key.clone(), fixed: Some(change.clone()), holder: None })
}

/// Resources of ours that may go at all.
fn ours(state: &State) -> impl Iterator<Item = &Key> {
    state.iter().filter(|(key, found)| found.owner == Owner::Ours && !key.kind.stays()).map(|(key, _)| key)
}

/// The step that removes a resource, after those of `going` that need it: what `needed_by` says, or else everything of a
/// later kind.
fn delete(key: &Key, going: &[&Key], needed_by: &BTreeMap<&Key, Vec<&Key>>) -> Step {
    let first = |other: &&&Key| match needed_by.get(key) {
        Some(needing) if needed_by.contains_key(**other) => needing.contains(other),
        _ => other.kind > key.kind,
    };
    let needs = going.iter().filter(first).map(|other| (*other).clone()).collect();
    Step { key: key.clone(), action: Action::Delete, changes: Vec::new(), needs }
}
