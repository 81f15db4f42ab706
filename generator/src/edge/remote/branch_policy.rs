//! Build validation of the default branch.
//!
//! A policy has no description that could carry a mark. Ours is the one on our repository and branch that runs our
//! pipeline or has our name; others beside it are somebody else's, and stay.

use async_trait::async_trait;
use devops_client::api::definitions::DefinitionFilter;
use devops_client::api::policies::{BUILD_VALIDATION, NewPolicy, Policy};
use devops_client::{PipelineId, PolicyId};
use serde_json::{Value, json};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::repository;
use super::site::Site;
use crate::remote::kinds::branch_policy::{BranchPolicy, DISPLAY_NAME, PIPELINE, PIPELINE_ID, Runs, SUFFIX, Settings};
use crate::remote::kinds::field::Typed as _;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Build validation policies.
pub(super) struct BranchPolicies;

#[async_trait]
impl Handler for BranchPolicies {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let mut state = State::new();
        for (resource, want) in all_typed::<BranchPolicy>(wanted)? {
            let failed = RemoteError::call("read", &resource.key);
            if let Some((policy, pipeline)) = find(at, resource, &want).await.map_err(failed)? {
                state.insert(resource.key.clone(), observed(&policy, pipeline));
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("create", &wanted.key);
        let want: BranchPolicy = typed("create", wanted)?;
        let repository_key = Key::new(Kind::Repository, at.project.devops.repository.as_str());
        let found = match at.is_first(&wanted.key, &repository_key) {
            true => None,
            false => find(at, wanted, &want).await.map_err(&failed)?,
        };
        let policy = match found {
            Some((found, _)) => change(at, wanted, found).await?,
            None => {
                let repository = repository::id(at).await.map_err(&failed)?;
                let pipeline = pipeline(at, wanted).await?;
                let new = NewPolicy::build_validation(pipeline, name(&want), repository, &branch(wanted));
                let new = settings(&want, pipeline).fold(new, |new, (key, value)| new.setting(key, value));
                at.devops.policies().create(&new.blocking(want.blocking)).await.map_err(&failed)?
            }
        };
        written(at, wanted, &policy).await
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("update", &wanted.key);
        let there = match found.id.parse() {
            Ok(id) => at.devops.policies().get(PolicyId(id)).await.map_err(&failed)?,
            Err(_) => None,
        };
        match there {
            Some(policy) => written(at, wanted, &change(at, wanted, policy).await?).await,
            None => self.create(at, wanted).await,
        }
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let Ok(id) = found.id.parse() else { return Ok(()) };
        match at.devops.policies().delete(PolicyId(id)).await {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted.map_err(RemoteError::call("delete", key)),
        }
    }
}

/// Our policy and the name of the pipeline that it runs, if it is there: the one that fits best where two could be.
async fn find(
    at: &Site,
    wanted: &Resource,
    want: &BranchPolicy,
) -> devops_client::Result<Option<(Policy, Option<String>)>> {
    let known = at.devops.repositories().find(at.project.devops.repository.as_str()).await?;
    let Some(repository) = known else { return Ok(None) };
    let policies = at.devops.policies().for_branch(repository.id, &branch(wanted), Some(BUILD_VALIDATION));
    let policies = match policies.all().await {
        Err(error) if error.is_not_found() => Vec::new(),
        policies => policies?,
    };
    let mut ours = Vec::new();
    for policy in policies.into_iter().filter(|policy| is_of(policy, &branch(wanted))) {
        let pipeline = pipeline_name(at, &policy).await?;
        let (runs, named) = (pipeline.as_deref() == Some(PIPELINE), policy.settings[DISPLAY_NAME] == name(want));
        ours.extend((runs || named).then_some((runs, named, std::cmp::Reverse(policy.id), policy, pipeline)));
    }
    ours.sort_by_key(|(runs, named, id, ..)| (*runs, *named, *id));
    Ok(ours.pop().map(|(.., policy, pipeline)| (policy, pipeline)))
}

/// Whether a policy is for exactly this branch, not for a group of branches that it is one of.
fn is_of(policy: &Policy, branch: &str) -> bool {
    let scopes = policy.settings["scope"].as_array();
    scopes.is_some_and(|scopes| matches!(scopes.as_slice(), [scope] if scope["refName"] == branch))
}

/// A policy as its write has left it: it runs the pipeline that it was given.
async fn written(at: &Site, wanted: &Resource, policy: &Policy) -> Result<Observed, RemoteError> {
    let ours = pipeline(at, wanted).await?;
    let name = (policy.settings[PIPELINE_ID] == json!(ours)).then(|| PIPELINE.to_owned());
    Ok(observed(policy, name))
}

fn observed(policy: &Policy, pipeline: Option<String>) -> Observed {
    let number = policy.settings[PIPELINE_ID].as_i64();
    let seen = BranchPolicy {
        enabled: policy.is_enabled,
        blocking: policy.is_blocking,
        runs: pipeline.map(Runs::Named).or(number.map(Runs::Numbered)).unwrap_or(Runs::Nothing),
        settings: Settings::shown(&policy.settings),
    };
    Observed::new(policy.id.to_string(), Owner::Ours, seen.to_fields()).version(policy.revision.unwrap_or_default())
}

/// `policy` with the wanted fields; what the spec does not set stays.
async fn change(at: &Site, wanted: &Resource, mut policy: Policy) -> Result<Policy, RemoteError> {
    let pipeline = pipeline(at, wanted).await?;
    let want: BranchPolicy = typed("update", wanted)?;
    policy.is_enabled = want.enabled;
    policy.is_blocking = want.blocking;
    if let Value::Object(given) = &mut policy.settings {
        given.extend(settings(&want, pipeline).map(|(key, value)| (key.to_owned(), value)));
    }
    at.devops.policies().update(&policy).await.map_err(RemoteError::call("update", &wanted.key))
}

/// The wanted settings as the service takes them.
fn settings(want: &BranchPolicy, pipeline: PipelineId) -> impl Iterator<Item = (&'static str, Value)> {
    want.settings.written().chain([(PIPELINE_ID, json!(pipeline))])
}

fn name(want: &BranchPolicy) -> &str {
    want.settings.display_name.as_deref().unwrap_or_default()
}

/// The branch as a full ref.
fn branch(wanted: &Resource) -> String {
    let name = &wanted.key.name;
    ["refs/heads/", name.strip_suffix(SUFFIX).unwrap_or(name)].concat()
}

/// The id of the pipeline that validates.
async fn pipeline(at: &Site, wanted: &Resource) -> Result<PipelineId, RemoteError> {
    let key = Key::new(Kind::Pipeline, PIPELINE);
    if let Some(id) = at.known(&key).and_then(|known| known.id.parse().ok()) {
        return Ok(PipelineId(id));
    }
    let found = at.devops.definitions().find(PIPELINE, at.project.devops.folder.as_str()).await;
    let found = found.map_err(RemoteError::call("create", &wanted.key))?;
    found.map(|found| found.id).ok_or_else(|| {
        RemoteError::new("create", &wanted.key, format!("{key} is not there"), "apply again, so that it is made first")
    })
}

/// The name of the pipeline that a policy runs: [`PIPELINE`] only for ours, in our folder. It is looked up in the list of
/// pipelines, which is read anyway while resources are observed.
async fn pipeline_name(at: &Site, policy: &Policy) -> devops_client::Result<Option<String>> {
    let Some(id) = policy.settings[PIPELINE_ID].as_i64().map(PipelineId) else { return Ok(None) };
    let list = at.devops.definitions().list_whole(&DefinitionFilter::new()).all().await?;
    let Some(found) = list.into_iter().find(|found| found.id == id) else { return Ok(None) };
    let ours = found.path.eq_ignore_ascii_case(at.project.devops.folder.as_str());
    Ok(Some(if ours { found.name } else { [found.path.as_str(), "\\", &found.name].concat() }))
}
