//! Values of fields that a plan does not know yet: facts of resources that are still to be made, and values that only the
//! service holds.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::missing::Missing;
use super::observed::State;
use super::resource::{Key, Resource};

/// A value that is looked up when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "later")]
pub enum Later {
    /// What the service says of another resource: the client id of an identity.
    Fact {
        /// Which resource.
        of: Key,
        /// Name of the fact.
        fact: String,
    },
    /// The value that is there already; where none is, the person gives it in this environment variable.
    Kept {
        /// The environment variable.
        variable: String,
    },
}

impl Later {
    /// The fact `fact` of the resource `of`, as the value of a field.
    pub fn fact(of: Key, fact: &str) -> Value {
        Self::Fact { of, fact: fact.to_owned() }.to_value()
    }

    /// The value that is there already, or else the one of an environment variable, as the value of a field.
    pub fn kept(variable: &str) -> Value {
        Self::Kept { variable: variable.to_owned() }.to_value()
    }

    /// What a field's value stands for, if it stands for something else.
    pub fn read(value: &Value) -> Option<Self> {
        value.get("later")?;
        serde_json::from_value(value.clone()).ok()
    }

    /// The value itself: a fact that `look` finds, or what the field holds now (`before`); none where nobody knows it.
    pub fn resolved(&self, before: Option<&Value>, look: impl Fn(&Key, &str) -> Option<String>) -> Option<Value> {
        match self {
            Self::Fact { of, fact } => look(of, fact).map(Value::String),
            Self::Kept { .. } => before.cloned(),
        }
    }

    /// As the value of a field.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a later value serialises")
    }
}

/// As a plan shows it: `(clientId of identity/diabetes-platform)`.
impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact { of, fact } => write!(f, "({fact} of {of})"),
            Self::Kept { variable } => write!(f, "(value of {variable})"),
        }
    }
}

/// `value` with what `state` knows put in; what it does not know becomes a text that says where it will come from.
///
/// `before` is what the field holds now.
pub fn settled(value: &Value, before: Option<&Value>, state: &State) -> Value {
    let Some(later) = Later::read(value) else { return value.clone() };
    let known = later.resolved(before, |of, fact| state.get(of)?.fact(fact));
    known.unwrap_or_else(|| Value::String(later.to_string()))
}

/// Values that should be kept and are not there, so that somebody must give them.
pub fn missing(desired: &[Resource], state: &State) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    for resource in desired {
        for (name, value) in &resource.fields {
            let there = state.get(&resource.key).is_some_and(|found| found.fields.contains_key(name));
            if let (Some(Later::Kept { variable }), false) = (Later::read(value), there) {
                missing.push(Missing::variable(&variable));
            }
        }
    }
    missing.sort_by(|a, b| a.what.cmp(&b.what));
    missing.dedup();
    missing
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::remote::observed::{Observed, Owner};
    use crate::remote::plan::{Action, RemotePlan};
    use crate::remote::resource::Kind;

    fn connection() -> Resource {
        Resource::new(Kind::ServiceConnection, "c")
            .field("client", Later::fact(Key::new(Kind::Identity, "c"), "clientId"))
            .field("tenant", Later::kept("AZURE_TENANT_ID"))
    }

    fn state(client: &str) -> State {
        let fields = [("client".to_owned(), json!(client)), ("tenant".to_owned(), json!("t"))];
        let connection = Observed::new("1", Owner::Ours, fields.into_iter().collect());
        let identity =
            Observed::new("2", Owner::Ours, crate::remote::resource::Fields::new()).with_fact("clientId", "x");
        State::from([(Key::new(Kind::ServiceConnection, "c"), connection), (Key::new(Kind::Identity, "c"), identity)])
    }

    fn plan(state: &State) -> RemotePlan {
        let identity = Resource::new(Kind::Identity, "c");
        RemotePlan::new(&[connection(), identity], state, &BTreeSet::new()).unwrap()
    }

    #[test]
    fn a_fact_of_another_thing_is_compared_as_soon_as_it_is_known() {
        assert!(plan(&state("x")).is_empty());
        let plan = plan(&state("y"));
        let step = plan.changes().next().unwrap();
        assert_eq!((step.action, step.changes.len()), (Action::Update, 1));
        assert_eq!(
            (step.changes[0].before.clone(), step.changes[0].after.clone()),
            (Some(json!("y")), Some(json!("x")))
        );
    }

    #[test]
    fn what_is_not_known_yet_is_said_in_words() {
        let plan = plan(&State::new());
        let text = crate::remote::show::text(&plan);
        assert!(text.contains("(clientId of identity/c)") && text.contains("(value of AZURE_TENANT_ID)"), "{text}");
    }

    #[test]
    fn a_value_that_is_there_is_kept_and_one_that_is_not_must_be_given() {
        assert_eq!(missing(&[connection()], &state("x")), []);
        let missing = missing(&[connection()], &State::new());
        assert_eq!(missing, [Missing::variable("AZURE_TENANT_ID")]);
        assert!(missing[0].to_string().contains("AZURE_TENANT_ID"), "{}", missing[0]);
    }
}
