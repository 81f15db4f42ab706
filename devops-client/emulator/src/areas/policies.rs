//! Branch policies. A blocking policy on a branch refuses direct pushes to it and holds pull requests.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, flag, items, number, text, text_at, time_text};
use crate::core::locations::{
    GIT_POLICY_CONFIGURATIONS, POLICY_CONFIGURATIONS, POLICY_EVALUATIONS, POLICY_REVISIONS, POLICY_TYPES,
};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
use crate::git::history::{changes, merge_base};
pub use crate::state::checks::Policy;
use crate::state::repositories::PullRequest;

/// The type of build validation.
pub const BUILD: &str = "0609b952-1397-4640-95ec-e00a01b2c241";
/// The type of minimum number of reviewers.
pub const REVIEWERS: &str = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd";

/// Policy types: id and name.
const TYPES: &[(&str, &str)] = &[
    (BUILD, "Build"),
    (REVIEWERS, "Minimum number of reviewers"),
    ("fd2167ab-b0be-447a-8ec8-39368250530e", "Required reviewers"),
    ("40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e", "Work item linking"),
    ("c6a1889d-b943-4856-b76f-9e46bb6b0df2", "Comment requirements"),
    ("fa4e907d-c16b-4a4c-9dfa-4916e5d171ab", "Require a merge strategy"),
];

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/policy/configurations", &POLICY_CONFIGURATIONS, list),
    Route::post("{project}/_apis/policy/configurations", &POLICY_CONFIGURATIONS, create),
    Route::get("{project}/_apis/policy/configurations/{configurationId}", &POLICY_CONFIGURATIONS, get),
    Route::put("{project}/_apis/policy/configurations/{configurationId}", &POLICY_CONFIGURATIONS, update),
    Route::delete("{project}/_apis/policy/configurations/{configurationId}", &POLICY_CONFIGURATIONS, delete),
    Route::get("{project}/_apis/policy/configurations/{configurationId}/revisions", &POLICY_REVISIONS, revisions),
    Route::get(
        "{project}/_apis/policy/configurations/{configurationId}/revisions/{revisionId}",
        &POLICY_REVISIONS,
        revision,
    ),
    Route::get("{project}/_apis/policy/types", &POLICY_TYPES, types),
    Route::get("{project}/_apis/policy/types/{typeId}", &POLICY_TYPES, policy_type),
    Route::get("{project}/_apis/policy/evaluations", &POLICY_EVALUATIONS, evaluations),
    Route::get("{project}/_apis/git/policy/configurations", &GIT_POLICY_CONFIGURATIONS, list_for_branch),
];

impl Policy {
    fn to_json(&self, call: &Call<'_>, revision: usize) -> Value {
        let (given, by, on) = &self.revisions[revision];
        let url = call.project_url(self.project, &format!("_apis/policy/configurations/{}", self.id));
        let mut body = json!({
            "createdBy": call.identity_ref(*by),
            "createdDate": time_text(*on),
            "isEnabled": flag(given, "isEnabled").unwrap_or(true),
            "isBlocking": flag(given, "isBlocking").unwrap_or(true),
            "isDeleted": false,
            "isEnterpriseManaged": false,
            "settings": given["settings"],
            "id": self.id,
            "revision": revision + 1,
            "url": url,
            "_links": { "self": { "href": url } },
        });
        body["type"] = type_json(call, self.project, text_at(given, &["type", "id"]).unwrap_or_default());
        body
    }
}

fn type_json(call: &Call<'_>, project: Uuid, id: &str) -> Value {
    let name = TYPES.iter().find(|(known, _)| *known == id).map_or("", |(_, name)| name);
    json!({ "id": id, "displayName": name, "url": call.project_url(project, &format!("_apis/policy/types/{id}")) })
}

fn refused(message: String) -> ServiceError {
    ServiceError::new(400, "Microsoft.TeamFoundation.Policy.WebApi", "PolicyConfigurationInvalidException", message)
}

fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Policy.WebApi",
        "PolicyConfigurationNotFoundException",
        format!("TF402411: The policy configuration with ID {id} could not be found."),
    )
}

fn check(call: &Call<'_>, project: Uuid, body: &mut Value) -> Result<(), ServiceError> {
    let id = text_at(body, &["type", "id"]).map(str::to_lowercase);
    let id = id.ok_or_else(|| ServiceError::missing("configuration.Type"))?;
    if !TYPES.iter().any(|(known, _)| *known == id) {
        return Err(refused(format!("TF402460: The policy type {id} does not exist.")));
    }
    body["type"]["id"] = json!(id);
    let settings = at(body, &["settings"]).cloned().ok_or_else(|| ServiceError::missing("configuration.Settings"))?;
    if items(&settings, "scope").is_empty() {
        return Err(refused("TF402461: The policy has no scope: settings.scope needs at least one entry.".to_owned()));
    }
    if id == BUILD {
        let definition = number(&settings, "buildDefinitionId").unwrap_or_default();
        let known = call.organization.definitions.get(&definition).is_some_and(|found| found.project == project);
        if !known {
            return Err(refused(format!("TF402462: The build definition {definition} of the policy does not exist.")));
        }
    }
    Ok(())
}

fn find(call: &Call<'_>) -> Result<i64, ServiceError> {
    let project = call.project_id()?;
    let id = call.number("configurationId")?;
    let known = call.organization.policies.get(&id).is_some_and(|policy| policy.project == project);
    known.then_some(id).ok_or_else(|| not_found(id))
}

fn answer(call: &Call<'_>, id: i64) -> Value {
    let policy = &call.organization.policies[&id];
    policy.to_json(call, policy.revisions.len() - 1)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let mut body = call.body()?;
    check(call, project, &mut body)?;
    let id = call.organization.next("policy");
    let policy = Policy { id, project, revisions: vec![(body, call.caller, call.now)] };
    call.organization.policies.insert(id, policy);
    Ok(Response::ok(answer(call, id)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let id = find(call)?;
    let mut body = call.body()?;
    check(call, project, &mut body)?;
    let stamp = (body, call.caller, call.now);
    if let Some(policy) = call.organization.policies.get_mut(&id) {
        policy.revisions.push(stamp);
    }
    Ok(Response::ok(answer(call, id)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    Ok(Response::ok(answer(call, id)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    call.organization.policies.remove(&id);
    Ok(Response::no_content())
}

fn list_where(call: &mut Call<'_>, matches: impl Fn(&Policy) -> bool) -> Outcome {
    let project = call.project_id()?;
    let kind = call.request.query("policyType").map(str::to_lowercase);
    let found: Vec<(i64, Value)> = call
        .organization
        .policies
        .values()
        .filter(|policy| policy.project == project && kind.as_deref().is_none_or(|kind| policy.type_id() == kind))
        .filter(|policy| matches(policy))
        .map(|policy| (policy.id, answer(call, policy.id)))
        .collect();
    Ok(page(call, found, call.organization.settings.page_size, false))
}

fn list(call: &mut Call<'_>) -> Outcome {
    list_where(call, |_| true)
}

fn list_for_branch(call: &mut Call<'_>) -> Outcome {
    let repository = call.request.query("repositoryId").and_then(|id| Uuid::parse_str(id).ok());
    let reference = call.request.query("refName").map(str::to_owned);
    list_where(call, move |policy| match (repository, &reference) {
        (Some(repository), Some(reference)) => policy.covers(repository, reference),
        (Some(repository), None) => items(policy.settings(), "scope")
            .iter()
            .any(|scope| text(scope, "repositoryId").is_none_or(|id| Uuid::parse_str(id) == Ok(repository))),
        _ => true,
    })
}

fn revisions(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let policy = &call.organization.policies[&id];
    Ok(Response::list((0..policy.revisions.len()).map(|revision| policy.to_json(call, revision)).collect()))
}

fn revision(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    let revision = call.number("revisionId")?;
    let policy = &call.organization.policies[&id];
    let index = usize::try_from(revision - 1).ok().filter(|index| *index < policy.revisions.len());
    index.map(|index| Response::ok(policy.to_json(call, index))).ok_or_else(|| not_found(id))
}

fn types(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    Ok(Response::list(TYPES.iter().map(|(id, _)| type_json(call, project, id)).collect()))
}

fn policy_type(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let id = call.param("typeId").to_lowercase();
    if !TYPES.iter().any(|(known, _)| *known == id) {
        return Err(refused(format!("TF402460: The policy type {id} does not exist.")));
    }
    Ok(Response::ok(type_json(call, project, &id)))
}

/// The state of each policy on a pull request: `artifactId=vstfs:///CodeReview/CodeReviewId/{project}/{pull request}`.
fn evaluations(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let artifact = call.request.query("artifactId").unwrap_or_default().to_owned();
    let number = artifact.rsplit('/').next().and_then(|id| id.parse::<i64>().ok());
    let found = number.and_then(|number| call.organization.find_pull_request(project, number));
    let Some((repository, pull_request)) = found else { return Ok(Response::list(Vec::new())) };
    let states = call.organization.policy_states(repository.id, pull_request);
    let answers = states.into_iter().map(|(policy, status)| {
        json!({
            "evaluationId": crate::core::ids::named(&format!("evaluation {artifact} {policy}")),
            "artifactId": artifact,
            "status": status,
            "startedDate": time_text(pull_request.created),
            "configuration": answer(call, policy),
        })
    });
    Ok(Response::list(answers.collect()))
}

impl Organization {
    /// Whether a blocking policy keeps direct pushes away from a branch.
    pub fn is_protected(&self, project: Uuid, repository: Uuid, reference: &str) -> bool {
        self.policies
            .values()
            .any(|policy| policy.project == project && policy.blocks() && policy.covers(repository, reference))
    }

    /// The files that a pull request changes.
    fn changed(&self, repository: Uuid, pull_request: &PullRequest) -> Vec<String> {
        let Some(repository) = self.repositories.get(&repository) else { return Vec::new() };
        let (source, target) = pull_request.tips(repository);
        let store = &repository.objects;
        let base = merge_base(store, target, source).map(|base| store.files_at(base)).unwrap_or_default();
        changes(&base, &store.files_at(source)).into_iter().map(|(path, _)| path).collect()
    }

    /// Build validations of a pull request that queue by themselves: the definitions' ids.
    pub fn validations(&self, project: Uuid, repository: Uuid, pull_request: &PullRequest) -> Vec<i64> {
        let (reference, changed) = (&pull_request.target, self.changed(repository, pull_request));
        self.policies
            .values()
            .filter(|policy| {
                policy.project == project && policy.type_id() == BUILD && policy.covers(repository, reference)
            })
            .filter(|policy| policy.counts(&changed))
            .filter(|policy| flag(policy.current(), "isEnabled").unwrap_or(true))
            .filter(|policy| !flag(policy.settings(), "manualQueueOnly").unwrap_or(false))
            .filter_map(|policy| number(policy.settings(), "buildDefinitionId"))
            .collect()
    }

    /// The blocking policies on a pull request: id and `approved`, `rejected`, `running` or `queued`.
    pub fn policy_states(&self, repository: Uuid, pull_request: &PullRequest) -> Vec<(i64, &'static str)> {
        let changed = self.changed(repository, pull_request);
        let blocking =
            self.policies.values().filter(|policy| policy.blocks() && policy.covers(repository, &pull_request.target));
        blocking
            .filter(|policy| policy.counts(&changed))
            .map(|policy| {
                let status = match policy.type_id() {
                    BUILD => self.validation_state(policy, pull_request),
                    REVIEWERS => {
                        let needed = number(policy.settings(), "minimumApproverCount").unwrap_or(1);
                        let own_counts = flag(policy.settings(), "creatorVoteCounts").unwrap_or(false);
                        let votes = pull_request
                            .reviewers
                            .iter()
                            .filter(|(id, vote)| *vote >= 5 && (own_counts || *id != pull_request.author));
                        if votes.count() as i64 >= needed { "approved" } else { "running" }
                    }
                    _ => "approved",
                };
                (policy.id, status)
            })
            .collect()
    }

    fn validation_state(&self, policy: &Policy, pull_request: &PullRequest) -> &'static str {
        let definition = number(policy.settings(), "buildDefinitionId").unwrap_or_default();
        let branch = format!("refs/pull/{}/merge", pull_request.id);
        let build = self.builds.values().rev().find(|build| build.definition == definition && build.branch == branch);
        match build {
            None => "queued",
            Some(build) => match build.result() {
                None => "running",
                Some("succeeded") => "approved",
                Some(_) => "rejected",
            },
        }
    }
}
