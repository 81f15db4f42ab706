//! What a deployment cannot change of what is there: said by the plan, before Azure refuses it half-way.
//!
//! `budgetStart` is judged by the calendar, too: not before the current month when the budget is made, and never another one
//! afterwards (Consumption REST, Budgets; azure-quickstart-templates#7095). Everything else is a row of `ROWS`. What
//! Container Instances cannot change of a group (size, ports, network) no deployment of the plan touches: the release makes
//! the group anew, and says so (`deploy-container-group.sh`).

use serde_json::Value;

use super::kinds::deployment::parameter;
use super::kinds::resource_group::LOCATION;
use super::plan::{RemotePlan, Step};
use super::resource::Kind;

/// The parameter of a deployment that holds a budget's first day.
const BUDGET_START: &str = "budgetStart";

/// What Azure would refuse of the deployments of `plan`, each as a sentence with the way out. `today` is `2026-12-24`.
pub fn refused(plan: &RemotePlan, today: &str) -> Vec<String> {
    let deployments = plan.due().filter(|step| step.key.kind == Kind::Deployment);
    let mut found: Vec<String> = deployments
        .flat_map(|step| budget(step, today).into_iter().chain(ROWS.iter().filter_map(|row| row.told(step))))
        .collect();
    let groups = plan.due().filter(|step| step.key.kind == Kind::ResourceGroup);
    found.extend(groups.filter_map(region));
    found
}

/// A property that Azure takes once.
struct Row {
    /// Parameter of the deployment that holds it.
    parameter: &'static str,
    /// The part of it, where the parameter is an object; a text in slashes is compared as a whole.
    part: Option<&'static str>,
    /// What it is, after "the".
    what: &'static str,
    /// What the service demands.
    demand: &'static str,
    /// The document that says so.
    source: &'static str,
    /// Key of the spec to be put back.
    key: &'static str,
    /// What to do instead.
    way: &'static str,
}

/// Everything that is taken once.
const ROWS: [Row; 12] = [
    NODE_SIZE,
    Row { parameter: "podRange", what: "range of pods", ..RANGE },
    Row { parameter: "serviceRange", what: "range of services", ..RANGE },
    Row { parameter: "dnsServiceAddress", what: "address of the cluster's DNS", ..RANGE },
    Row { parameter: "trainingCluster", part: Some("vmSize"), what: "size of training nodes", ..NODES },
    Row { parameter: "trainingCluster", part: Some("priority"), what: "priority of training nodes", ..NODES },
    Row { parameter: "batchCluster", part: Some("vmSize"), what: "size of batch nodes", ..BATCH },
    Row { parameter: "batchCluster", part: Some("priority"), what: "priority of batch nodes", ..BATCH },
    Row { parameter: "storageName", what: "storage account", key: "azure.names.storage", ..WORKSPACE },
    Row { parameter: "keyVaultName", what: "key vault", key: "azure.names.keyVault", ..WORKSPACE },
    Row { parameter: "platformNetwork", part: Some("endpoints"), what: "subnet of private endpoints", ..SUBNET },
    Row { parameter: "platformNetwork", part: Some("work"), what: "subnet of training", ..SUBNET },
];

const NODE_SIZE: Row = Row {
    parameter: "nodeSize",
    part: None,
    what: "size of the cluster's nodes",
    demand: "a node pool keeps the size of its machines",
    source: "Microsoft Learn, \"Resize node pools in Azure Kubernetes Service\"",
    key: "scoring.node.sku",
    way: "give the cluster another name (`names.cluster`), release to the new one, and delete the old one",
};
const RANGE: Row = Row {
    demand: "a cluster keeps its network profile",
    source: "Microsoft Learn, \"Configure Azure CNI Overlay networking in AKS\"",
    key: "network.private.addressSpace",
    ..NODE_SIZE
};
const NODES: Row = Row {
    demand: "a compute cluster of Azure ML keeps size and priority of its nodes",
    source: "Microsoft Learn, \"Create an Azure Machine Learning compute cluster\"",
    key: "training.compute",
    way: "give the compute another name (`training.compute.name`), and delete the old one",
    ..NODE_SIZE
};
const BATCH: Row = Row {
    key: "batch.compute",
    way: "give the compute another name (`batch.compute.name`), and delete the old one",
    ..NODES
};
const WORKSPACE: Row = Row {
    demand: "a workspace keeps the storage account and the vault that it was made with",
    source: "Microsoft Learn, \"Manage Azure Machine Learning workspaces\": associated resources",
    way: "give the workspace another name (`azure.names.workspace`), and move models and data to it",
    ..NODE_SIZE
};
const SUBNET: Row = Row {
    demand: "a subnet with something in it keeps its range",
    source: "Microsoft Learn, \"Add, change, or delete a virtual network subnet\"",
    key: "network.private",
    way: "destroy what is in it first (`mlops-gen destroy --keep data`), and apply again",
    ..NODE_SIZE
};
impl Row {
    /// What there is to be told of a step.
    fn told(&self, step: &Step) -> Option<String> {
        let change = step.changes.iter().find(|one| parameter(&one.field) == Some(self.parameter))?;
        let part = |value: &Option<Value>| {
            let value = value.as_ref()?;
            self.part.map_or(Some(value), |part| value.get(part)).cloned()
        };
        let (before, after) = (part(&change.before), part(&change.after));
        // Something that was not there before is made.
        if before == after || before.is_none() || !self.concerns(step) {
            return None;
        }
        let show = |value: &Option<Value>| match value {
            None => "none".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let (key, name, before, after) = (&step.key, &step.key.name, show(&before), show(&after));
        Some(format!(
            "{key}: the {} of {name} is {before}, and would be {after}; {} ({}): set `{}` back, or {}",
            self.what, self.demand, self.source, self.key, self.way
        ))
    }

    /// Whether the place has what the row is about: vaults and accounts of environments belong to no workspace.
    fn concerns(&self, step: &Step) -> bool {
        match self.parameter {
            "storageName" | "keyVaultName" => step.key.name == "platform",
            _ => true,
        }
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
    use crate::remote::kinds::deployment::field;
    use crate::remote::observed::{Observed, Owner, State};
    use crate::remote::resource::Resource;

    /// The plan that gives a deployment this start, where it has `before`.
    fn says(name: &str, before: Option<&str>, start: &str) -> Vec<String> {
        let wanted = |start: &str| Resource::new(Kind::Deployment, name).field(field(BUDGET_START), start);
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

    /// What is said where a parameter of a deployment, or a field of a group, changes from `before` to `after`.
    fn changed(key: (Kind, &str), field: &str, before: &Value, after: &Value) -> Vec<String> {
        let with = |value: &Value| {
            let resource = Resource::new(key.0, key.1).field("scope", "g");
            if value.is_null() { resource } else { resource.field(field, value.clone()) }
        };
        let state = State::from_iter([(with(before).key, Observed::new("1", Owner::Ours, with(before).fields))]);
        refused(&RemotePlan::new(&[with(after)], &state, &BTreeSet::new()).unwrap(), "2031-04-17")
    }

    #[test]
    fn everything_that_azure_takes_once_is_named_with_the_way_out() {
        for row in &ROWS {
            let value = |text: &str| match row.part {
                Some(part) => serde_json::json!({ part: text, "maxNodes": 4 }),
                None => Value::from(text),
            };
            let place = if ["storageName", "keyVaultName"].contains(&row.parameter) { "platform" } else { "qa" };
            let says = |before: &Value, after: &Value| {
                changed((Kind::Deployment, place), &field(row.parameter), before, after)
            };
            let told = says(&value("old"), &value("new"));
            let [told] = told.as_slice() else { panic!("{}: {told:?}", row.parameter) };
            for part in ["is old", "would be new", row.demand, row.source, row.key, row.way] {
                assert!(told.contains(part), "{told}: {part}");
            }
            assert!(row.source.starts_with("Microsoft Learn, "), "{}", row.source);
            assert!(says(&value("old"), &value("old")).is_empty());
            assert!(says(&Value::Null, &value("new")).is_empty(), "what was not there is made");
            if row.part.is_some() {
                let nodes = |count: u32| serde_json::json!({ row.part.unwrap(): "old", "maxNodes": count });
                assert!(says(&nodes(4), &nodes(5)).is_empty(), "what may change is not told");
            }
        }
        // An environment's own account is no workspace's.
        let own = changed((Kind::Deployment, "qa"), &field("storageName"), &Value::from("a"), &Value::from("b"));
        assert!(own.is_empty(), "{own:?}");
    }

    #[test]
    fn a_group_stays_in_its_region() {
        let (before, after) = (Value::from("westeurope"), Value::from("northeurope"));
        let [told] = changed((Kind::ResourceGroup, "g"), LOCATION, &before, &after).try_into().unwrap();
        assert!(told.contains("set `location` back to westeurope"), "{told}");
    }
}
