//! What a deployment cannot change of what is there: said by the plan, before Azure refuses it half-way.
//!
//! | parameter | what Azure demands | source |
//! |---|---|---|
//! | `budgetStart` | not before the current month when the budget is made, and never another one afterwards | Consumption REST, Budgets; azure-quickstart-templates#7095 |

use serde_json::Value;

use super::plan::{RemotePlan, Step};
use super::resource::Kind;

/// The parameter of a deployment that holds a budget's first day.
const BUDGET_START: &str = "parameters.budgetStart";

/// What Azure would refuse of the deployments of `plan`, each as a sentence with the way out. `today` is `2026-12-24`.
pub fn refused(plan: &RemotePlan, today: &str) -> Vec<String> {
    plan.due().filter(|step| step.key.kind == Kind::Deployment).filter_map(|step| budget(step, today)).collect()
}

fn budget(step: &Step, today: &str) -> Option<String> {
    let change = step.changes.iter().find(|change| change.field == BUDGET_START)?;
    let after = change.after.as_ref().and_then(Value::as_str)?;
    let (key, name) = (&step.key, &step.key.name);
    let place = match name.as_str() {
        "platform" => "`monitoring.budget.start`".to_owned(),
        name => format!("`budgetStart` of the environment {name}"),
    };
    match change.before.as_ref().and_then(Value::as_str) {
        Some(before) => Some(format!(
            "{key}: the budget of {name} starts on {before}, and Azure lets nobody change the start of a budget: set \
             {place} back to {before}, or delete the budget first (Azure portal, cost management, budgets)"
        )),
        None if after.get(..7) < today.get(..7) => Some(format!(
            "{key}: the budget of {name} would start on {after}, and Azure makes no budget whose first month is over: set \
             {place} to {}-01 or later",
            today.get(..7).unwrap_or(today)
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::remote::observed::{Observed, Owner, State};
    use crate::remote::resource::Resource;

    /// The plan that gives a deployment this start, where it has `before`.
    fn says(name: &str, before: Option<&str>, start: &str) -> Vec<String> {
        let wanted = |start: &str| Resource::new(Kind::Deployment, name).field(BUDGET_START, start);
        let seen = |start: &str| (wanted(start).key, Observed::new("1", Owner::Ours, wanted(start).fields));
        let state = State::from_iter(before.map(seen));
        refused(&RemotePlan::new(&[wanted(start)], &state, &BTreeSet::new()).unwrap(), "2031-04-17")
    }

    #[test]
    fn a_budget_starts_with_a_month_that_is_not_over_and_keeps_its_start() {
        assert_eq!(says("platform", None, "2031-04-01"), Vec::<String>::new());
        assert_eq!(says("qa", Some("2030-01-01"), "2030-01-01"), Vec::<String>::new());
        let [past] = says("qa", None, "2031-03-01").try_into().unwrap();
        assert!(past.contains("set `budgetStart` of the environment qa to 2031-04-01 or later"), "{past}");
        let [moved] = says("platform", Some("2030-01-01"), "2031-05-01").try_into().unwrap();
        assert!(moved.contains("set `monitoring.budget.start` back to 2030-01-01"), "{moved}");
    }
}
