//! What a deployment cannot change of what is there: said by the plan, before Azure refuses it half-way.
//!
//! `budgetStart` is judged by the calendar, too: not before the current month when the budget is made, and never another one
//! afterwards (Consumption REST, Budgets; azure-quickstart-templates#7095). Everything else is a row of `ROWS`. What
//! Container Instances cannot change of a group (size, ports, network) no deployment of the plan touches: the release makes
//! the group anew, and says so (`deploy-container-group.sh`).

mod rows;

use std::collections::BTreeMap;

use serde_json::Value;

use super::kinds::deployment::{field, parameter};
use super::kinds::resource_group::LOCATION;
use super::observed::{Observed, State};
use super::plan::{Action, RemotePlan, Step};
use super::resource::{Fields, Kind};
use rows::{ROWS, Row};

/// The parameter of a deployment that holds a budget's first day.
const BUDGET_START: &str = "budgetStart";

/// What Azure would refuse of the deployments of `plan`, which was made for `state`, each as a sentence with the way out.
/// `today` is `2026-12-24`.
pub fn refused(plan: &RemotePlan, state: &State, today: &str) -> Vec<String> {
    let deployments = plan.due().filter(|step| step.key.kind == Kind::Deployment);
    let mut found: Vec<String> = deployments
        .flat_map(|step| {
            let found = state.get(&step.key);
            budget(step, today).into_iter().chain(found.into_iter().flat_map(move |found| kept(step, found)))
        })
        .collect();
    let groups = plan.due().filter(|step| step.key.kind == Kind::ResourceGroup);
    found.extend(groups.filter_map(region));
    found
}

/// What a deployment that is there would change of what is taken once. In another group everything is made anew.
fn kept(step: &Step, found: &Observed) -> Vec<String> {
    if step.action == Action::Replace {
        return Vec::new();
    }
    let change = &Change::new(step, found);
    let told = |row: &'static Row| change.parameters(row).into_iter().filter_map(move |name| change.told(row, &name));
    ROWS.iter().flat_map(told).collect()
}

/// A deployment before and after.
pub(super) struct Change<'a> {
    pub(super) step: &'a Step,
    pub(super) before: &'a Fields,
    /// Parameters that were given before and are not wanted any more.
    gone: BTreeMap<String, Value>,
}

impl<'a> Change<'a> {
    /// The change that a step makes of what was found. What is not wanted is no field of it; its facts tell it.
    pub(super) fn new(step: &'a Step, found: &'a Observed) -> Self {
        let before = &found.fields;
        let unknown = |name: &str| !before.contains_key(name) && !step.changes.iter().any(|one| one.field == name);
        let gone = found.facts.iter().filter(|(name, _)| parameter(name).is_some() && unknown(name));
        let gone = gone.filter_map(|(name, text)| Some((name.clone(), serde_json::from_str(text).ok()?))).collect();
        Self { step, before, gone }
    }

    /// The parameters that differ.
    pub(super) fn differing(&self) -> impl Iterator<Item = &str> {
        let changed = self.step.changes.iter().map(|change| change.field.as_str());
        changed.chain(self.gone.keys().map(String::as_str)).filter_map(parameter)
    }

    /// Every parameter that was given before, with its value.
    pub(super) fn given(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.before.iter().chain(&self.gone).filter_map(|(name, value)| Some((parameter(name)?, value)))
    }

    /// The parameters that a row is about, of those that differ.
    fn parameters(&self, row: &Row) -> Vec<String> {
        let fits = |name: &&str| match row.parameter.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => *name == row.parameter,
        };
        self.differing().filter(fits).map(str::to_owned).collect()
    }

    /// The value of a parameter, or of a part of it, before and after.
    pub(super) fn values(&self, parameter: &str, part: Option<&str>) -> (Option<&Value>, Option<&Value>) {
        let field = field(parameter);
        if let Some(gone) = self.gone.get(&field) {
            return (part_of(Some(gone), part), None);
        }
        let before = self.before.get(&field);
        let change = self.step.changes.iter().find(|change| change.field == field);
        let after = change.map_or(before, |change| change.after.as_ref());
        (part_of(before, part), part_of(after, part))
    }

    /// Whether what bears the property is there and stays what it is.
    fn stays(&self, row: &Row, parameter: &str) -> bool {
        row.bearer.iter().all(|path| {
            let (name, part) = path.split_once('.').map_or((*path, None), |(name, part)| (name, Some(part)));
            let (before, after) = self.values(if name.is_empty() { parameter } else { name }, part);
            before.is_some() && before == after
        })
    }

    /// What there is to be told of a row.
    fn told(&self, row: &Row, parameter: &str) -> Option<String> {
        let (before, after) = self.values(parameter, row.part);
        let both = before.is_some() && after.is_some();
        if before == after || !(both || row.or_none) || !self.stays(row, parameter) {
            return None;
        }
        let show = |value: Option<&Value>| match value {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::String(_)) | None => "none".to_owned(),
            Some(other) => other.to_string(),
        };
        let (key, before, after) = (&self.step.key, show(before), show(after));
        let of = if row.parameter.starts_with('*') { parameter } else { key.name.as_str() };
        Some(format!(
            "{key}: the {} of {of} is {before}, and would be {after}; {} ({}): set `{}` back, or {}",
            row.what, row.demand, row.source, row.key, row.way
        ))
    }
}

/// A part of a value, or the value.
fn part_of<'v>(value: Option<&'v Value>, part: Option<&str>) -> Option<&'v Value> {
    match part {
        Some(part) => value.and_then(|value| value.get(part)),
        None => value,
    }
}

/// A group that would move to another region.
fn region(step: &Step) -> Option<String> {
    let change = step.changes.iter().find(|change| change.field == LOCATION)?;
    let (before, after) = (change.before.as_ref()?.as_str()?, change.after.as_ref()?.as_str()?);
    let key = &step.key;
    Some(format!(
        "{key}: it is in {before}, and would be in {after}; a group and what is in it stay in their region (Microsoft Learn, \
         \"Manage Azure resource groups\"): set `location` back to {before}, or give the group another name (`resourceGroup`), \
         and move the data"
    ))
}

fn budget(step: &Step, today: &str) -> Option<String> {
    let change = step.changes.iter().find(|change| parameter(&change.field) == Some(BUDGET_START))?;
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

    /// What is said of a plan from what is there to what is wanted.
    fn judged(wanted: &Resource, there: Option<&Resource>) -> Vec<String> {
        let seen =
            |resource: &Resource| (resource.key.clone(), Observed::new("1", Owner::Ours, resource.fields.clone()));
        let state = State::from_iter(there.map(seen));
        let plan = RemotePlan::new(std::slice::from_ref(wanted), &state, &BTreeSet::new()).unwrap();
        refused(&plan, &state, "2031-04-17")
    }

    /// The plan that gives a deployment this start, where it has `before`.
    fn says(name: &str, before: Option<&str>, start: &str) -> Vec<String> {
        let with = |start: &str| Resource::new(Kind::Deployment, name).field(field(BUDGET_START), start);
        judged(&with(start), before.map(with).as_ref())
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

    /// A deployment with these parameters.
    fn deployment(parameters: &[(&str, Value)]) -> Resource {
        let empty = Resource::new(Kind::Deployment, "production").field("scope", "g").fixed(&["scope"]);
        parameters.iter().fold(empty, |resource, (name, value)| resource.field(field(name), value.clone()))
    }

    /// The deployment in which a row has this value, and its bearer this name.
    fn of(row: &Row, value: &str, bearer: &str) -> Resource {
        let parameter = row.parameter.replace('*', "qa");
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        let mut set = |parameter: &str, part: Option<&str>, value: &str| match part {
            Some(part) => {
                let whole = all.entry(parameter.to_owned()).or_insert_with(|| serde_json::json!({ "maxNodes": 4 }));
                whole[part] = Value::from(value);
            }
            None => drop(all.insert(parameter.to_owned(), Value::from(value))),
        };
        if !value.is_empty() {
            set(&parameter, row.part, value);
        }
        for path in row.bearer {
            let (name, part) = path.split_once('.').map_or((*path, None), |(name, part)| (name, Some(part)));
            set(if name.is_empty() { &parameter } else { name }, part, bearer);
        }
        let all: Vec<(&str, Value)> = all.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        deployment(&all)
    }

    #[test]
    fn everything_that_azure_takes_once_is_named_with_the_way_out() {
        for row in &ROWS {
            let says = |before: &Resource, after: &Resource| judged(after, Some(before));
            let (old, new) = (of(row, "old", "b"), of(row, "new", "b"));
            let told = says(&old, &new);
            let told: Vec<&String> = told.iter().filter(|one| one.contains(row.what)).collect();
            let [told] = told.as_slice() else { panic!("{}: {told:?}", row.what) };
            for part in ["is old", "would be new", row.demand, row.source, row.key, row.way] {
                assert!(told.contains(part), "{told}: {part}");
            }
            assert!(row.source.starts_with("Microsoft Learn, "), "{}", row.source);
            assert!(says(&old, &old).is_empty());
            // The ways out that are offered are ways out: another bearer is made anew, and so is another group.
            assert_eq!(says(&old, &of(row, "new", "another")), [""; 0], "{}", row.what);
            assert_eq!(says(&old, &new.clone().field("scope", "h")), [""; 0], "{}", row.what);
            assert!(judged(&new, None).is_empty(), "what was not there is made");
            let none = says(&of(row, "", "b"), &new);
            assert_eq!(!none.is_empty(), row.or_none, "{}: {none:?}", row.what);
        }
    }

    #[test]
    fn a_network_that_becomes_private_takes_cluster_and_nodes_along_and_neither_of_another_name() {
        let network = |name: &str| serde_json::json!({ "name": name, "endpoints": "10.0.0.0/24" });
        let compute =
            |name: &str, most: u32| serde_json::json!({ "name": name, "vmSize": "Standard_D4ds_v5", "maxNodes": most });
        let public = deployment(&[
            ("clusterName", "aks".into()),
            ("workspaceName", "work".into()),
            ("trainingCluster", compute("cpu", 4)),
        ]);
        let private = |cluster: &str, nodes: &str| {
            deployment(&[
                ("clusterName", cluster.into()),
                ("workspaceName", "work".into()),
                ("networkName", "production-network".into()),
                ("trainingCluster", compute(nodes, 5)),
                ("platformNetwork", network("work-network")),
            ])
        };
        let told = judged(&private("aks", "cpu"), Some(&public));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("the network of the cluster of production is none, and would be production-network"));
        assert!(
            told[1].contains("the network of training nodes") && told[1].contains("set `network` back"),
            "{told:?}"
        );
        assert_eq!(judged(&private("aks-2", "cpu-2"), Some(&public)), [""; 0]);
        // And back: Azure tells of parameters that nobody wants any more beside the fields.
        assert_eq!(judged(&public, Some(&private("aks", "cpu"))).len(), 2);
        let wanted = |name: &String| public.fields.contains_key(name);
        let before = private("aks", "cpu");
        let (kept, gone): (Vec<_>, Vec<_>) = before.fields.iter().partition(|(name, _)| wanted(name));
        let fields = kept.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let seen = gone.into_iter().fold(Observed::new("1", Owner::Ours, fields), |seen, (name, value)| {
            seen.with_fact(name, value.to_string())
        });
        let state = State::from_iter([(public.key.clone(), seen)]);
        let mut wanted = public.clone();
        wanted.fields.insert("template".to_owned(), "another".into());
        let plan = RemotePlan::new(&[wanted], &state, &BTreeSet::new()).unwrap();
        assert_eq!(refused(&plan, &state, "2031-04-17").len(), 2);
        // More nodes may come at any time, and a place without a cluster has nothing to lose.
        assert_eq!(judged(&deployment(&[("networkName", "n".into())]), Some(&deployment(&[]))), [""; 0]);
    }

    #[test]
    fn a_group_stays_in_its_region() {
        let group = |location: &str| Resource::new(Kind::ResourceGroup, "g").field(LOCATION, location);
        let [told] = judged(&group("northeurope"), Some(&group("westeurope"))).try_into().unwrap();
        assert!(told.contains("set `location` back to westeurope"), "{told}");
    }
}
