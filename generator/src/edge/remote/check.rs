//! Approvals and checks of environments, service connections and variable groups.

use async_trait::async_trait;
use devops_client::api::checks::{
    APPROVAL, BRANCH_CONTROL, BUSINESS_HOURS, Check, EXCLUSIVE_LOCK, NewCheck, TASK_CHECK,
};
use devops_client::api::pipeline_permissions::ProtectedResource;
use devops_client::{CheckId, EnvironmentId, IdentityId, ServiceEndpointId, VariableGroupId};
use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{Operation, all_typed};
use super::marked;
use super::people;
use super::site::Site;
use crate::remote::kinds::check::{self as kinds, APPROVERS, Approval, DISABLED, INSTRUCTIONS};
use crate::remote::kinds::field::Typed as _;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Approvals and checks. The mark of one is at the end of what a person reads of it: the instructions of an approval,
/// the name of a task check. A lock has no text; it is ours where what it guards is.
pub struct Checks;

/// Setting: the inputs of a task check.
const INPUTS: &str = "inputs";

/// Setting: the name of a task check, which carries the mark.
const DISPLAY_NAME: &str = "displayName";

/// A wanted check with its resource in the plan.
type Wanted<'a> = (&'a Resource, kinds::Check);

#[async_trait]
impl Handler for Checks {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let hosts = hosts(at).await?;
        let looked_at = |host: &&Host| {
            let want = wanted.iter().any(|want| same(&kinds::place(&want.key.name).0, &host.key));
            want || host.owner == Owner::Ours
        };
        let typed = all_typed::<kinds::Check>(wanted)?;
        let looks = hosts.iter().filter(looked_at).map(|host| of_host(at, host, &typed));
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let host = host(operation).await?;
        let resource = &host.resource;
        let kind = kinds::place(&wanted.key.name).1;
        let want: kinds::Check = operation.wanted(wanted)?;
        let there = match at.is_first(&wanted.key, &host.key) {
            true => Vec::new(),
            false => at.devops.checks().list(resource).all().await.map_err(|error| operation.failed(error))?,
        };
        if let Some(check) = there.iter().filter(|check| kind_of(check) == Some(kind)).min_by_key(|check| check.id) {
            let seen = observed(at, &host, check, Some(&want)).await?;
            return if seen.is_ours() { self.update(at, wanted, &seen).await } else { Err(operation.taken()) };
        }
        let mut new = blank(resource, kind);
        let mut settings = Map::new();
        write(operation, &want, &mut settings).await?;
        if let Some(timeout) = timeout(&want) {
            new = new.timeout(timeout);
        }
        for (name, value) in settings {
            new = new.setting(&name, value);
        }
        let made = at.devops.checks().create(&new).await.map_err(|error| operation.failed(error))?;
        observed(at, &host, &made, Some(&want)).await
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        let checks = at.devops.checks();
        let check = checks.get(id(operation, found)?).await.map_err(|error| operation.failed(error))?;
        let mut check = check.ok_or_else(|| operation.gone())?;
        let mut settings = match check.settings.take() {
            Some(Value::Object(settings)) => settings,
            _ => Map::new(),
        };
        let want: kinds::Check = operation.wanted(wanted)?;
        write(operation, &want, &mut settings).await?;
        check.settings = Some(settings.into());
        if let Some(timeout) = timeout(&want) {
            check.timeout = Some(timeout);
        }
        check.extra.insert(DISABLED.to_owned(), want.disabled.into());
        let changed = checks.update(&check).await.map_err(|error| operation.failed(error))?;
        observed(at, &host(operation).await?, &changed, Some(&want)).await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        at.devops.checks().delete(id(operation, found)?).await.map_err(|error| operation.failed(error))
    }
}

fn id(operation: Operation<'_>, found: &Observed) -> Result<CheckId, RemoteError> {
    let id = found.id.parse().map(CheckId);
    id.map_err(|_| operation.error(format!("`{}` is no id of a check", found.id), "run apply again"))
}

/// What has checks.
struct Host {
    key: Key,
    resource: ProtectedResource,
    owner: Owner,
}

fn same(a: &Key, b: &Key) -> bool {
    a.kind == b.kind && a.name.to_lowercase() == b.name.to_lowercase()
}

/// Everything in the project that may have checks of ours; each list is one call, shared with who observes the resources.
async fn hosts(at: &Site) -> Result<Vec<Host>, RemoteError> {
    let devops = &at.devops;
    let lists = futures::try_join!(
        devops.environments().list().all(),
        devops.service_endpoints().list().all(),
        devops.variable_groups().list().all(),
    );
    let (environments, connections, groups) =
        lists.map_err(|error| RemoteError::listing("what checks guard", &error))?;
    let host = |kind, name, resource, description: Option<String>| Host {
        key: Key::new(kind, name),
        resource,
        owner: marked::owner(at, description.as_deref()),
    };
    let environments = environments.into_iter().map(|e| host(Kind::Environment, e.name, e.id.into(), e.description));
    let connections =
        connections.into_iter().map(|c| host(Kind::ServiceConnection, c.name, c.id.into(), c.description));
    let groups = groups.into_iter().map(|g| host(Kind::VariableGroup, g.name, g.id.into(), g.description));
    Ok(environments.chain(connections).chain(groups).collect())
}

/// What the check that is being made or changed guards.
async fn host(operation: Operation<'_>) -> Result<Host, RemoteError> {
    let (key, _) = kinds::place(&operation.key.name);
    let known = operation.at.known(&key);
    if let Some((resource, owner)) = known.and_then(|known| Some((protected(key.kind, &known.id)?, known.owner))) {
        return Ok(Host { key, resource, owner });
    }
    let found = hosts(operation.at).await?.into_iter().find(|host| same(&host.key, &key));
    found.ok_or_else(|| operation.error(format!("there is no `{key}`"), "run apply again"))
}

fn protected(kind: Kind, id: &str) -> Option<ProtectedResource> {
    match kind {
        Kind::Environment => Some(EnvironmentId(id.parse().ok()?).into()),
        Kind::ServiceConnection => Some(ServiceEndpointId::parse(id).ok()?.into()),
        Kind::VariableGroup => Some(VariableGroupId(id.parse().ok()?).into()),
        _ => None,
    }
}

/// The checks of one host that are wanted or ours; of several of a kind the first. Others are left alone.
async fn of_host(at: &Site, host: &Host, wanted: &[Wanted<'_>]) -> Result<State, RemoteError> {
    let checks = at.devops.checks().list(&host.resource).all().await;
    let mut checks = checks.map_err(|error| RemoteError::listing("checks", &error))?;
    checks.sort_by_key(|check| (owner(at, host, check) == Owner::Foreign, check.id));
    let mut state = State::new();
    for check in &checks {
        let Some(kind) = kind_of(check) else { continue };
        let key = kinds::key(&host.key, kind);
        let want = wanted.iter().find(|(resource, _)| same(&resource.key, &key));
        let key = want.map_or(key, |(resource, _)| resource.key.clone());
        if !state.contains_key(&key) && (want.is_some() || owner(at, host, check) == Owner::Ours) {
            state.insert(key, observed(at, host, check, want.map(|(_, want)| want)).await?);
        }
    }
    Ok(state)
}

/// Which of the checks that the tool makes this is, if it is one.
fn kind_of(check: &Check) -> Option<&'static str> {
    match check.kind.id {
        APPROVAL => Some(kinds::APPROVAL),
        EXCLUSIVE_LOCK => Some(kinds::EXCLUSIVE_LOCK),
        TASK_CHECK => match check.settings.as_ref()?.pointer("/definitionRef/id")?.as_str()? {
            BUSINESS_HOURS => Some(kinds::BUSINESS_HOURS),
            BRANCH_CONTROL => Some(kinds::BRANCH_CONTROL),
            _ => None,
        },
        _ => None,
    }
}

fn setting<'a>(check: &'a Check, name: &str) -> Option<&'a Value> {
    check.settings.as_ref()?.get(name)
}

/// The text that carries the mark.
fn text<'a>(check: &'a Check, name: &str) -> Option<&'a str> {
    setting(check, name)?.as_str()
}

fn owner(at: &Site, host: &Host, check: &Check) -> Owner {
    match check.kind.id {
        APPROVAL => marked::owner(at, text(check, INSTRUCTIONS)),
        TASK_CHECK => marked::owner(at, text(check, DISPLAY_NAME)),
        _ => host.owner,
    }
}

async fn observed(at: &Site, host: &Host, check: &Check, want: Option<&kinds::Check>) -> Result<Observed, RemoteError> {
    let approval = match check.kind.id {
        APPROVAL => {
            let approvers = approvers(at, check, want.and_then(|want| want.approval.as_ref())).await?;
            let instructions = marked::plain(at, text(check, INSTRUCTIONS)).to_owned();
            let settings = check.settings.as_ref().unwrap_or(&Value::Null);
            Some(Approval::shown(settings, approvers, instructions, check.timeout.map(u64::from)))
        }
        _ => None,
    };
    // What the spec does not name is left alone: branch control knows more than branches.
    let named = |name: &String| want.is_none_or(|want| want.inputs.contains_key(name));
    let inputs = setting(check, INPUTS).and_then(Value::as_object).into_iter().flatten();
    let inputs = inputs.filter(|(name, _)| named(name)).map(|(name, value)| (name.clone(), value.clone()));
    let disabled = check.extra.get(DISABLED).and_then(Value::as_bool).unwrap_or(false);
    let fields = kinds::Check { disabled, approval, inputs: inputs.collect() }.to_fields();
    let seen = Observed::new(check.id.to_string(), owner(at, host, check), fields);
    Ok(match check.version {
        Some(version) => seen.version(version),
        None => seen,
    })
}

/// The approvers by the names that the spec gives them, those that it does not know by their own, in order.
async fn approvers(at: &Site, check: &Check, want: Option<&Approval>) -> Result<Vec<String>, RemoteError> {
    let mut wanted: Vec<&str> = want.into_iter().flat_map(|want| &want.approvers).map(String::as_str).collect();
    let mut names = Vec::new();
    let mut strangers = Vec::new();
    for approver in setting(check, APPROVERS).and_then(Value::as_array).into_iter().flatten() {
        let own = ["uniqueName", "displayName"].map(|key| approver.get(key).and_then(Value::as_str));
        let is = |name: &&str| own.iter().flatten().any(|own| own.to_lowercase() == name.to_lowercase());
        match wanted.iter().position(is) {
            Some(index) => names.push(wanted.swap_remove(index).to_owned()),
            None => strangers.push(approver),
        }
    }
    for approver in strangers {
        names.push(stranger(at, approver, &mut wanted).await?);
    }
    names.sort();
    Ok(names)
}

/// The name of an approver who has none of the wanted names, unless the service knows one of them as this one.
async fn stranger(at: &Site, approver: &Value, wanted: &mut Vec<&str>) -> Result<String, RemoteError> {
    let text = |key: &str| approver.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    for (index, name) in wanted.iter().enumerate() {
        let found = at.client.identities().find(name).await;
        let found = found.map_err(|error| RemoteError::listing("identities", &error))?;
        if found.is_some_and(|found| Some(found.id.to_string().as_str()) == text("id")) {
            return Ok(wanted.swap_remove(index).to_owned());
        }
    }
    Ok(text("uniqueName").or(text("displayName")).or(text("id")).unwrap_or_default().to_owned())
}

/// A check of a kind, without what the spec sets.
fn blank(resource: &ProtectedResource, kind: &str) -> NewCheck {
    match kind {
        kinds::APPROVAL => NewCheck::approval(resource, &[]),
        kinds::BUSINESS_HOURS => NewCheck::business_hours(resource, "", "", "", ""),
        kinds::BRANCH_CONTROL => NewCheck::branch_control(resource, &[], false),
        _ => NewCheck::exclusive_lock(resource),
    }
}

/// Minutes until a wanted approval counts as refused, as far as they can be written.
fn timeout(want: &kinds::Check) -> Option<u32> {
    let minutes = want.approval.as_ref()?.timeout?;
    Some(u32::try_from(minutes).unwrap_or(u32::MAX))
}

/// Puts what the spec sets, and the mark, into settings.
async fn write(
    operation: Operation<'_>,
    want: &kinds::Check,
    settings: &mut Map<String, Value>,
) -> Result<(), RemoteError> {
    let at = operation.at;
    let kind = kinds::place(&operation.key.name).1;
    if let Some(approval) = &want.approval {
        let ids = identities(operation, &approval.approvers).await?;
        let approvers: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        settings.insert(APPROVERS.to_owned(), approvers.into());
        settings.insert(INSTRUCTIONS.to_owned(), marked::put(at, &approval.instructions).into());
        settings.extend(approval.settings().map(|(name, value)| (name.to_owned(), value)));
    }
    for (name, value) in &want.inputs {
        let inputs = settings.entry(INPUTS).or_insert_with(|| json!({}));
        inputs[name] = value.clone();
    }
    let name = match kind {
        kinds::BUSINESS_HOURS => "Business hours",
        kinds::BRANCH_CONTROL => "Branch control",
        _ => return Ok(()),
    };
    let shown = settings.get(DISPLAY_NAME).and_then(Value::as_str).unwrap_or(name);
    let shown = marked::put(at, marked::plain(at, Some(shown)));
    settings.insert(DISPLAY_NAME.to_owned(), shown.into());
    Ok(())
}

async fn identities(operation: Operation<'_>, names: &[String]) -> Result<Vec<IdentityId>, RemoteError> {
    let find = async |name: &String| {
        if let Some(known) = operation.at.person(name) {
            return Ok(known);
        }
        let found = operation.at.client.identities().find(name).await.map_err(|error| operation.failed(error))?;
        let nobody = || operation.error(format!("nobody is called `{name}`"), people::NEXT);
        found.map(|found| found.id).ok_or_else(nobody)
    };
    try_join_all(names.iter().map(find)).await
}
