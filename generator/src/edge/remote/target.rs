//! A project and what is to become of it.

use std::collections::{BTreeMap, BTreeSet};

use super::branches::{all_files, heads, own_text, repository};
pub use super::diagnostic::Diagnostic;
use super::error::RemoteError;
use super::observe::observe;
use super::people;
use super::pools;
use super::registry::Registry;
use super::site::Site;
use super::what_if::what_if;
use super::zones;
use crate::edge::azure::secrets::kept_back;
use crate::edge::clock;
use crate::remote::content::SPEC_PATH;
use crate::remote::observed::{HOLDER, NEIGHBOURS, Owner, State};
use crate::remote::plan::RemotePlan;
use crate::remote::resource::{Key, Kind, Resource};
use crate::remote::{immutable, later, private_networks};
use crate::tree::lock::LOCK_PATH;

/// One project, where it lives, and what it wants.
pub struct Target<'a> {
    /// Where it lives.
    pub site: Site,
    /// What the spec wants.
    pub desired: Vec<Resource>,
    /// The kinds of resources that are looked at.
    pub registry: Registry<'a>,
    /// Where it is to be led.
    pub goal: Goal,
}

/// Where a project is to be led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To what the spec wants.
    Apply {
        /// Resources of others that are the project's from now on.
        adopt: BTreeSet<Key>,
    },
    /// To what the spec wants, and whatever stands where the project's resources should is the project's from now on.
    TakeOver,
    /// To nothing.
    Destroy {
        /// What stays.
        keep: Keep,
    },
}

impl Goal {
    /// Whether it is what the spec wants.
    pub fn is_apply(&self) -> bool {
        matches!(self, Self::Apply { .. } | Self::TakeOver)
    }
}

/// What a `destroy` leaves where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Everything that holds data: repository and files, resource groups, deployments.
    pub data: bool,
    /// These resources.
    pub keys: BTreeSet<Key>,
}

impl Keep {
    /// Whether `key` stays.
    pub fn holds(&self, key: &Key) -> bool {
        self.keys.contains(key) || (self.data && key.kind.holds_data())
    }
}

/// What was seen, and what is to be done about it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Everything as it was.
    pub state: State,
    /// The steps.
    pub plan: RemotePlan,
    /// What Azure says that single steps would change, as lines without values.
    pub told: BTreeMap<Key, Vec<String>>,
}

impl Target<'_> {
    /// Everything as it is; the site knows it from then on.
    ///
    /// # Errors
    /// Everything that could not be read.
    pub async fn look(&self) -> Result<State, Vec<Diagnostic>> {
        let state = observe(&self.site, &self.registry, &self.desired).await;
        let mut state = state
            .map_err(|errors| RemoteError::distinct(errors).into_iter().map(Diagnostic::Read).collect::<Vec<_>>())?;
        if let Goal::Destroy { .. } = self.goal {
            self.note_neighbours(&mut state).await;
        }
        self.site.observed(state.clone());
        Ok(state)
    }

    /// The way from `state` to the goal.
    ///
    /// # Errors
    /// What stands in the way, and values that nobody has given.
    pub fn way(&self, state: &State) -> Result<RemotePlan, Vec<Diagnostic>> {
        match &self.goal {
            Goal::Destroy { keep } => {
                let stays = |key: &Key| keep.holds(key) || self.is_shared(key, state);
                Ok(RemotePlan::destroy(&self.desired, state, stays))
            }
            Goal::Apply { .. } | Goal::TakeOver => {
                let missing = later::missing(&self.desired, state);
                if !missing.is_empty() {
                    return Err(missing.into_iter().map(Diagnostic::Missing).collect());
                }
                RemotePlan::new(&self.desired, state, &self.adopted(state))
                    .map_err(|conflicts| conflicts.into_iter().map(Diagnostic::InTheWay).collect())
            }
        }
    }

    /// Notes whether another project lies in a folder of the repository.
    async fn note_neighbours(&self, state: &mut State) {
        let branch = self.site.project.devops.branch.as_str();
        let Ok(Some(heads)) = heads(&self.site).await else { return };
        let Some(head) = heads.get(branch) else { return };
        let Ok(files) = all_files(&repository(&self.site), head).await else { return };
        let end = format!("/{LOCK_PATH}");
        if let Some(other) = files.keys().find_map(|path| path.strip_suffix(&end))
            && let Some(found) = state.iter_mut().find(|(key, _)| key.kind == Kind::Repository)
        {
            found.1.facts.insert(NEIGHBOURS.to_owned(), other.to_owned());
        }
    }

    /// Whether a resource is the repository, and other projects may lie in it: it goes with the last of them, by hand.
    fn is_shared(&self, key: &Key, state: &State) -> bool {
        let neighbours = || state.get(key).is_some_and(|found| found.facts.contains_key(NEIGHBOURS));
        key.kind == Kind::Repository && (!self.site.project.devops.directory.is_top() || neighbours())
    }

    /// Resources of others that are to be ours.
    fn adopted(&self, state: &State) -> BTreeSet<Key> {
        match &self.goal {
            Goal::Apply { adopt } => adopt.clone(),
            Goal::TakeOver => {
                // Another project is not written over in passing: its repository is adopted by name or not at all.
                let foreign = |key: &&Key| {
                    let found = state.get(*key).filter(|found| found.owner == Owner::Foreign);
                    found.is_some_and(|found| !found.facts.contains_key(HOLDER))
                };
                self.desired.iter().map(|resource| &resource.key).filter(foreign).cloned().collect()
            }
            Goal::Destroy { .. } => BTreeSet::new(),
        }
    }

    /// Whether the goal is an apply that has nothing to do now.
    pub(super) fn is_idle(&self, planned: Option<&Planned>) -> bool {
        self.goal.is_apply() && planned.is_some_and(|planned| planned.plan.is_settled())
    }

    /// Looks, finds the way, and asks Azure what it would bring.
    ///
    /// # Errors
    /// As [`Target::look`] and [`Target::way`]; secrets that a vault which is there lacks; approvers whom the organization
    /// does not know, and agent pools that it does not have.
    pub async fn plan(&self) -> Result<Planned, Vec<Diagnostic>> {
        let (state, lacking) = futures::future::join(self.look(), self.lacking()).await;
        let state = state?;
        let lacking = lacking?;
        if !lacking.is_empty() {
            return Err(lacking.into_iter().map(Diagnostic::Secret).collect());
        }
        let plan = self.way(&state)?;
        let lacks = match self.goal {
            Goal::Destroy { .. } => Vec::new(),
            Goal::Apply { .. } | Goal::TakeOver => self.lacks(&state, &plan).await,
        };
        if !lacks.is_empty() {
            return Err(lacks);
        }
        let mut told = match self.site.azure() {
            Some(_) if self.goal.is_apply() => what_if(&self.site, &self.desired, &plan).await,
            _ => BTreeMap::new(),
        };
        for (key, lines) in private_networks::ranges(&plan, &state) {
            told.entry(key).or_default().extend(lines);
        }
        Ok(Planned { state, plan, told })
    }

    /// The spec as it stands on the project's branch, if there is one: what was applied last.
    pub async fn applied_spec(&self) -> Option<String> {
        let heads = heads(&self.site).await.ok()??;
        let head = heads.get(self.site.project.devops.branch.as_str())?;
        let text = own_text(&self.site, SPEC_PATH, head).await.ok()?;
        (!text.is_empty()).then_some(text)
    }

    /// People and pools that the plan counts on and that are not there, and what of the plan Azure would refuse for good.
    async fn lacks(&self, state: &State, plan: &RemotePlan) -> Vec<Diagnostic> {
        let (mut people, pools) = futures::future::join(
            people::missing(&self.site, &self.desired, plan),
            pools::missing(&self.site, &self.desired, state),
        )
        .await;
        people.extend(pools);
        people.extend(zones::linked(&self.site, plan, state).await);
        people.extend(immutable::refused(plan, state, &clock::today()).into_iter().map(Diagnostic::Immutable));
        people
    }

    /// Secrets that variable groups name and that a vault which is there lacks.
    async fn lacking(&self) -> Result<Vec<String>, Vec<Diagnostic>> {
        let Some(side) = self.site.azure().filter(|_| self.goal.is_apply()) else { return Ok(Vec::new()) };
        kept_back(&side.azure, &self.site.project).await.map_err(|error| {
            let next = error.next.clone();
            vec![Diagnostic::Read(RemoteError {
                key: None,
                operation: "list secrets",
                why: error.to_string(),
                next,
                service: None,
            })]
        })
    }
}
