//! What `doctor` reads of Azure.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use serde_json::{Value, json};

use super::said::said;
use super::{Patient, machines};
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::Azure;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::edge::clock;
use crate::remote::desired::azure::Target;
use crate::remote::doctor::credentials::Subscription;
use crate::remote::doctor::names::{State, What};
use crate::remote::doctor::permissions::{Granted, IN_GROUP, MAKE_GROUP};
use crate::remote::doctor::{Finding, budgets, credentials, names, permissions, providers};

/// Versions of the API, by what they are asked for.
const RESOURCES: &str = used("Microsoft.Resources/resourceGroups");
const SUBSCRIPTIONS: &str = used("Microsoft.Resources/subscriptions");
const AUTHORIZATION: &str = used("Microsoft.Authorization/roleAssignments");
const CONSUMPTION: &str = used("Microsoft.Consumption/budgets");
const KEY_VAULT: &str = used("Microsoft.KeyVault/vaults");
const STORAGE: &str = used("Microsoft.Storage/storageAccounts");
const REGISTRY: &str = used("Microsoft.ContainerRegistry/registries");
const MACHINE_LEARNING: &str = used("Microsoft.MachineLearningServices/workspaces");

pub(super) async fn examine(patient: &Patient<'_>, azure: &Azure, targets: &[Target<'_>]) -> Vec<Finding> {
    let caller = azure.arm.caller().await;
    let seen = join_all(patient.tenants.iter().map(async |(id, tenant)| {
        let found = azure.arm.get(&ArmPath::subscription(id), SUBSCRIPTIONS).await;
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let seen = match found {
            Ok(Some(found)) => Ok((text(&found, "displayName"), text(&found, "tenantId"))),
            Ok(None) => Err(("there is none of that id".to_owned(), "check the id (`az account list`)".to_owned())),
            Err(error) => Err(said(&error)),
        };
        Subscription { id: id.clone(), seen, tenant: tenant.clone() }
    }))
    .await;
    let who = caller.as_ref().and_then(|caller| caller.name.as_deref());
    let mut found = credentials::azure(azure.credential, who, &seen);
    let lost: Vec<&str> = seen.iter().filter(|one| one.seen.is_err()).map(|one| one.id.as_str()).collect();
    let reached: Vec<&Target<'_>> =
        targets.iter().filter(|target| !lost.contains(&target.subscription.as_str())).collect();
    let object = caller.as_ref().and_then(|caller| caller.object.as_deref());
    let subscriptions = seen.iter().filter(|one| one.seen.is_ok());
    let rest = join(
        join(
            join_all(reached.iter().map(|target| rights(azure, target, object))),
            join(
                join_all(reached.iter().map(|target| names_of(patient, azure, target))),
                join_all(reached.iter().map(|target| budget(patient, azure, target))),
            ),
        ),
        join(
            join_all(reached.iter().map(|target| machines::of(patient, azure, target))),
            join_all(subscriptions.map(|one| registered(patient, azure, &one.id))),
        ),
    );
    let ((rights, (names, budgets)), (cores, registered)) = rest.await;
    let mut rights: Vec<Finding> = rights.into_iter().flatten().collect();
    rights.dedup();
    found.extend(rights);
    found.extend(names.into_iter().flatten());
    found.extend(judged(budgets.into_iter().flatten()));
    found.extend(cores.into_iter().flatten());
    found.extend(registered.into_iter().flatten());
    found
}

/// The budget of a place, as far as it is known.
struct Budget<'t> {
    target: &'t Target<'t>,
    start: &'t str,
    /// Whether the environment has a start of its own.
    own: bool,
    /// The start of the one that is there, or why that cannot be read.
    there: Result<Option<String>, ArmError>,
}

/// The budget of a place that shall have one.
async fn budget<'t>(patient: &'t Patient<'_>, azure: &Azure, target: &'t Target<'t>) -> Option<Budget<'t>> {
    let wanted = patient.project.monitoring.budget.as_ref()?;
    let own = target.environment.and_then(|environment| environment.budget_start.as_ref());
    let name = match target.environment {
        Some(environment) => format!("{}-{}-monthly", patient.project.name, environment.name),
        None => format!("{}-monthly", patient.project.platform.workspace),
    };
    let path = ArmPath::of(&target.group_id()).resource("Microsoft.Consumption/budgets", &name);
    let start = |found: Value| Some(found["properties"]["timePeriod"]["startDate"].as_str()?.get(..10)?.to_owned());
    let there = azure.arm.get(&path, CONSUMPTION).await.map(|found| found.and_then(start));
    Some(Budget { target, start: own.unwrap_or(&wanted.start).as_str(), own: own.is_some(), there })
}

/// Whether Azure takes the budgets.
fn judged<'t>(budgets: impl Iterator<Item = Budget<'t>>) -> Vec<Finding> {
    let all: Vec<Budget<'_>> = budgets.collect();
    let known = all.iter().filter_map(|budget| {
        let there = budget.there.as_ref().ok()?.as_deref();
        Some(budgets::Budget { place: budget.target.name, start: budget.start, own: budget.own, there })
    });
    let mut found = budgets::check(&known.collect::<Vec<_>>(), &clock::today());
    found.extend(all.iter().filter_map(|budget| {
        let (why, next) = said(budget.there.as_ref().err()?);
        Some(Finding::note("budgets", format!("the budget of {} cannot be read: {why}", budget.target.name), next))
    }));
    found
}

/// What the caller may do on the group of a place, or, where there is none yet, on the subscription.
async fn rights(azure: &Azure, target: &Target<'_>, object: Option<&str>) -> Vec<Finding> {
    let unknown = |error: &ArmError| {
        let (why, next) = said(error);
        vec![Finding::note(
            "permissions",
            format!("what you may do at {} cannot be read: {why}", target.group_id()),
            next,
        )]
    };
    let group = ArmPath::of(&target.group_id());
    let there = match azure.arm.get(&group, RESOURCES).await {
        Ok(found) => found.is_some(),
        Err(error) => return unknown(&error),
    };
    let scope = if there { group } else { ArmPath::subscription(&target.subscription) };
    let path = scope.clone().collection("Microsoft.Authorization/permissions");
    let granted = match azure.arm.list(&path, AUTHORIZATION, &[]).await {
        Ok(granted) => granted,
        Err(error) => return unknown(&error),
    };
    let granted: Vec<Granted> = granted.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect();
    let mut needed = IN_GROUP.to_vec();
    if !there {
        needed.push(MAKE_GROUP);
    }
    permissions::azure(&scope.id(), &granted, &needed, object)
}

async fn names_of(patient: &Patient<'_>, azure: &Azure, target: &Target<'_>) -> Vec<Finding> {
    let platform = &patient.project.platform;
    let (vault, storage) = match target.environment {
        Some(environment) => (&environment.key_vault, &environment.storage),
        None => (&platform.key_vault, &platform.storage),
    };
    let mut wanted = vec![(What::KeyVault, vault.as_str()), (What::Storage, storage.as_str())];
    if target.environment.is_none() {
        wanted.extend([(What::Registry, platform.registry.as_str()), (What::Workspace, platform.workspace.as_str())]);
    }
    let one = async |(what, name): (What, &str)| {
        let state = state(azure, target, what, name).await.unwrap_or_else(|error| State::Unknown(error.message));
        names::check(what, name, target.name, &state)
    };
    join_all(wanted.into_iter().map(one)).await
}

async fn state(azure: &Azure, target: &Target<'_>, what: What, name: &str) -> Result<State, ArmError> {
    let (kind, version) = match what {
        What::KeyVault => ("Microsoft.KeyVault/vaults", KEY_VAULT),
        What::Storage => ("Microsoft.Storage/storageAccounts", STORAGE),
        What::Registry => ("Microsoft.ContainerRegistry/registries", REGISTRY),
        What::Workspace => ("Microsoft.MachineLearningServices/workspaces", MACHINE_LEARNING),
    };
    if azure.arm.get(&ArmPath::of(&target.group_id()).resource(kind, name), version).await?.is_some() {
        return Ok(State::Ours);
    }
    if what == What::Workspace {
        return Ok(State::Free);
    }
    let subscription = ArmPath::subscription(&target.subscription);
    if what == What::KeyVault {
        let path = subscription.clone().collection("Microsoft.KeyVault/deletedVaults");
        let deleted = azure.arm.list(&path, version, &[]).await?;
        let same = |vault: &&Value| vault["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
        if let Some(vault) = deleted.iter().find(same) {
            let location = vault["properties"]["location"].as_str().unwrap_or_default().to_owned();
            // our own templates protect their vaults; older answers do not say
            let protected = vault["properties"]["purgeProtectionEnabled"].as_bool().unwrap_or(true);
            return Ok(State::SoftDeleted { location, protected });
        }
    }
    let namespace = kind.split('/').next().unwrap_or_default();
    let path = subscription.collection(namespace).then("checkNameAvailability");
    let answer = azure.arm.post(&path, version, &json!({ "name": name, "type": kind })).await?;
    Ok(match answer["nameAvailable"].as_bool() {
        Some(true) => State::Free,
        Some(false) => State::Taken(answer["message"].as_str().unwrap_or("Azure does not say by whom").to_owned()),
        None => State::Unknown("the answer does not say".to_owned()),
    })
}

async fn registered(patient: &Patient<'_>, azure: &Azure, subscription: &str) -> Vec<Finding> {
    let one = async |namespace: String| {
        let path = ArmPath::subscription(subscription).collection(&namespace);
        let found = azure.arm.get(&path, RESOURCES).await.ok().flatten().unwrap_or_default();
        (namespace, found["registrationState"].as_str().map(str::to_owned))
    };
    let states: BTreeMap<String, Option<String>> =
        join_all(providers::needed(patient.tree).into_iter().map(one)).await.into_iter().collect();
    providers::check(subscription, &states.into_iter().collect::<Vec<_>>())
}
