//! A plan that was put aside to be carried out later, by somebody else perhaps.
//!
//! It holds what was shown, and what tells whether it still fits: the hash of the state that it was made for. It holds no
//! secret, because no field of a resource does.

use serde::{Deserialize, Serialize};

use super::plan::RemotePlan;
use super::resource::Key;

/// Version of the form.
const VERSION: u32 = 1;

/// Plans of one or more projects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// Version of this form.
    pub version: u32,
    /// Version of the generator that made it.
    pub generator: String,
    /// Whether Azure was left alone.
    pub only_devops: bool,
    /// Resources of others that the person wanted to take over.
    pub adopt: Vec<Key>,
    /// The projects.
    pub projects: Vec<SavedProject>,
}

/// The plan of one project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedProject {
    /// Where its spec was, as the person wrote it.
    pub spec: String,
    /// Its name.
    pub project: String,
    /// Its organization.
    pub organization: String,
    /// What is to be done.
    pub plan: RemotePlan,
}

/// Why a saved plan is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Something was changed on the services.
    #[error("{0}: resources have changed since the plan was made; plan again")]
    State(String),
    /// Spec, files or options are others.
    #[error("{0}: the spec or its files have changed since the plan was made; plan again")]
    Spec(String),
}

impl SavedPlan {
    /// A plan to put aside.
    pub fn new(only_devops: bool, adopt: Vec<Key>, projects: Vec<SavedProject>) -> Self {
        Self { version: VERSION, generator: env!("CARGO_PKG_VERSION").to_owned(), only_devops, adopt, projects }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// Why the text is none, or is one of another version.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text).map_err(|error| format!("this is no saved plan: {error}"))?;
        if plan.version != VERSION || plan.generator != env!("CARGO_PKG_VERSION") {
            let (made, this) = (plan.generator, env!("CARGO_PKG_VERSION"));
            return Err(format!("it was made by mlops-gen {made}, this is {this}: plan again"));
        }
        Ok(plan)
    }

    /// The plan's text, stable from run to run.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a plan serialises");
        text.push('\n');
        text
    }
}

impl SavedProject {
    /// Whether the plan that would be made now is the one that was saved.
    ///
    /// # Errors
    /// What has changed.
    pub fn fits(&self, now: &RemotePlan) -> Result<(), Unfit> {
        if self.plan.state != now.state {
            return Err(Unfit::State(self.project.clone()));
        }
        if self.plan != *now { Err(Unfit::Spec(self.project.clone())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::remote::observed::{Observed, Owner, State};
    use crate::remote::resource::{Kind, Resource};

    fn saved(plan: RemotePlan) -> SavedProject {
        let (spec, project, organization) = ("mlops.yaml".into(), "diabetes".into(), "contoso".into());
        SavedProject { spec, project, organization, plan }
    }

    #[test]
    fn a_saved_plan_is_refused_when_the_world_or_the_spec_has_moved() {
        let group = Resource::new(Kind::VariableGroup, "a").field("description", "d");
        let plan = |desired: &[Resource], state: &State| RemotePlan::new(desired, state, &BTreeSet::new()).unwrap();
        let before = plan(std::slice::from_ref(&group), &State::new());
        assert_eq!(saved(before.clone()).fits(&before), Ok(()));
        let there = Observed::new("1", Owner::Ours, group.fields.clone());
        let moved = plan(std::slice::from_ref(&group), &State::from([(group.key.clone(), there)]));
        assert_eq!(saved(before.clone()).fits(&moved), Err(Unfit::State("diabetes".into())));
        let other = plan(&[group.field("description", "e")], &State::new());
        assert_eq!(saved(before).fits(&other), Err(Unfit::Spec("diabetes".into())));
    }

    #[test]
    fn a_saved_plan_is_read_as_it_was_written_and_nothing_else_is_one() {
        let plan = RemotePlan::new(&[Resource::new(Kind::Environment, "e")], &State::new(), &BTreeSet::new()).unwrap();
        let whole = SavedPlan::new(true, vec![Key::new(Kind::Environment, "e")], vec![saved(plan)]);
        assert_eq!(SavedPlan::parse(&whole.to_text()).unwrap(), whole);
        let later = SavedPlan { version: 2, ..whole };
        assert!(SavedPlan::parse(&later.to_text()).unwrap_err().contains("plan again"));
        assert!(SavedPlan::parse("{}").unwrap_err().contains("no saved plan"));
    }
}
