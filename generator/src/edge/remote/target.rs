//! A project and what is to become of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::error::RemoteError;
use super::observe::observe;
use super::people;
use super::registry::Registry;
use super::site::Site;
use super::what_if::what_if;
use crate::edge::azure::secrets::kept_back;
use crate::remote::desired::Missing;
use crate::remote::later;
use crate::remote::observed::State;
use crate::remote::plan::{InTheWay, RemotePlan};
use crate::remote::resource::{Key, Resource};

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
    /// To nothing.
    Destroy {
        /// What stays.
        keep: Keep,
    },
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

/// Why there is no plan.
#[derive(Debug)]
pub enum Diagnostic {
    /// Something could not be read.
    Read(RemoteError),
    /// A resource of somebody else stands where ours should.
    InTheWay(InTheWay),
    /// A value is not known.
    Missing(Missing),
    /// Nobody is called as the spec calls an approver: where in the spec, and what to do about it.
    Person(String),
    /// A variable group names a secret that its vault lacks: which, and what to do about it.
    Secret(String),
}

impl Diagnostic {
    /// What to do, where the message does not say it already.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::Read(error) => Some(&error.next),
            Self::InTheWay(_) | Self::Missing(_) | Self::Person(_) | Self::Secret(_) => None,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::InTheWay(found) => found.fmt(f),
            Self::Missing(value) => value.fmt(f),
            Self::Person(lack) | Self::Secret(lack) => f.write_str(lack),
        }
    }
}

impl Target<'_> {
    /// Everything as it is; the site knows it from then on.
    ///
    /// # Errors
    /// Everything that could not be read.
    pub async fn look(&self) -> Result<State, Vec<Diagnostic>> {
        let state = observe(&self.site, &self.registry, &self.desired).await;
        let state = state
            .map_err(|errors| RemoteError::distinct(errors).into_iter().map(Diagnostic::Read).collect::<Vec<_>>())?;
        self.site.observed(state.clone());
        Ok(state)
    }

    /// The way from `state` to the goal.
    ///
    /// # Errors
    /// What stands in the way, and values that nobody has given.
    pub fn way(&self, state: &State) -> Result<RemotePlan, Vec<Diagnostic>> {
        match &self.goal {
            Goal::Destroy { keep } => Ok(RemotePlan::destroy(&self.desired, state, |key| keep.holds(key))),
            Goal::Apply { adopt } => {
                let missing = later::missing(&self.desired, state);
                if !missing.is_empty() {
                    return Err(missing.into_iter().map(Diagnostic::Missing).collect());
                }
                RemotePlan::new(&self.desired, state, adopt)
                    .map_err(|conflicts| conflicts.into_iter().map(Diagnostic::InTheWay).collect())
            }
        }
    }

    /// Whether the goal is an apply that has nothing to do.
    pub(super) fn is_idle(&self, planned: Option<&Planned>) -> bool {
        matches!(self.goal, Goal::Apply { .. }) && planned.is_some_and(|planned| planned.plan.is_empty())
    }

    /// Looks, finds the way, and asks Azure what it would bring.
    ///
    /// # Errors
    /// As [`Target::look`] and [`Target::way`]; secrets that a vault which is there lacks; and approvers whom the
    /// organization does not know.
    pub async fn plan(&self) -> Result<Planned, Vec<Diagnostic>> {
        let (state, lacking) = futures::future::join(self.look(), self.lacking()).await;
        let state = state?;
        let lacking = lacking?;
        if !lacking.is_empty() {
            return Err(lacking.into_iter().map(Diagnostic::Secret).collect());
        }
        let plan = self.way(&state)?;
        let nobody = people::missing(&self.site, &self.desired, &plan).await;
        if !nobody.is_empty() {
            return Err(nobody);
        }
        let told = match (&self.goal, self.site.azure()) {
            (Goal::Apply { .. }, Some(_)) => what_if(&self.site, &self.desired, &plan).await,
            _ => BTreeMap::new(),
        };
        Ok(Planned { state, plan, told })
    }

    /// Secrets that variable groups name and that a vault which is there lacks.
    async fn lacking(&self) -> Result<Vec<String>, Vec<Diagnostic>> {
        let (Goal::Apply { .. }, Some(side)) = (&self.goal, self.site.azure()) else { return Ok(Vec::new()) };
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
