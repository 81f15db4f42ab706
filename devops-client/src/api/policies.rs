//! Branch policies. (Document: policy; settings after the Terraform provider azuredevops.)
//!
//! ```no_run
//! # use devops_client::{PipelineId, Project, RepositoryId, Result};
//! use devops_client::api::policies::NewPolicy;
//!
//! # async fn example(project: Project, repository: RepositoryId, pipeline: PipelineId) -> Result<()> {
//! let policies = project.policies();
//! policies.create(&NewPolicy::minimum_reviewers(1, repository, "main")).await?;
//! policies.create(&NewPolicy::build_validation(pipeline, "pull request", repository, "main")).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{PipelineId, PolicyId, PolicyTypeId, RepositoryId};
use crate::page::Pages;

/// A build must succeed.
pub const BUILD_VALIDATION: PolicyTypeId =
    PolicyTypeId::from_uuid(Uuid::from_u128(0x0609b952_1397_4640_95ec_e00a01b2c241));
/// Reviewers must agree.
pub const MINIMUM_REVIEWERS: PolicyTypeId =
    PolicyTypeId::from_uuid(Uuid::from_u128(0xfa4e907d_c16b_4a4c_9dfa_4906e5d171dd));

/// The kind of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyType {
    /// Its id.
    pub id: PolicyTypeId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A policy to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPolicy {
    is_enabled: bool,
    is_blocking: bool,
    #[serde(rename = "type")]
    kind: NewPolicyType,
    settings: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NewPolicyType {
    id: PolicyTypeId,
}

impl NewPolicy {
    /// A pipeline must succeed before a pull request into `branch` (a full ref) may be completed.
    pub fn build_validation(pipeline: PipelineId, name: &str, repository: RepositoryId, branch: &str) -> Self {
        Self::new(
            BUILD_VALIDATION,
            json!({
                "buildDefinitionId": pipeline,
                "displayName": name,
                "manualQueueOnly": false,
                "queueOnSourceUpdateOnly": true,
                "validDuration": 720.0,
                "filenamePatterns": [],
                "scope": [{ "repositoryId": repository, "refName": branch, "matchKind": "Exact" }],
            }),
        )
    }

    /// So many reviewers must agree.
    pub fn minimum_reviewers(count: u32, repository: RepositoryId, branch: &str) -> Self {
        Self::new(
            MINIMUM_REVIEWERS,
            json!({
                "minimumApproverCount": count,
                "creatorVoteCounts": false,
                "scope": [{ "repositoryId": repository, "refName": branch, "matchKind": "Exact" }],
            }),
        )
    }

    /// A policy of any kind, enabled and blocking.
    pub fn new(kind: PolicyTypeId, settings: Value) -> Self {
        Self { is_enabled: true, is_blocking: true, kind: NewPolicyType { id: kind }, settings }
    }

    /// Whether it stops a pull request, or only warns.
    pub fn blocking(mut self, blocking: bool) -> Self {
        self.is_blocking = blocking;
        self
    }

    /// Only for changes of these files.
    pub fn files(self, patterns: &[&str]) -> Self {
        self.setting("filenamePatterns", patterns.to_vec())
    }

    /// With one setting.
    pub fn setting(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(settings) = &mut self.settings {
            settings.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Whether an existing policy does the same.
    pub fn is_in(&self, policy: &Policy) -> bool {
        policy.kind.id == self.kind.id
            && policy.is_enabled == self.is_enabled
            && policy.is_blocking == self.is_blocking
            && super::covers(&policy.settings, &self.settings)
    }
}

/// A branch policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Counts the changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Whether it is on.
    #[serde(default)]
    pub is_enabled: bool,
    /// Whether it stops a pull request.
    #[serde(default)]
    pub is_blocking: bool,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: PolicyType,
    /// What it asks for; an object, whatever the document says.
    #[serde(default)]
    pub settings: Value,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Branch policies of a project.
#[derive(Debug, Clone)]
pub struct Policies {
    pub(crate) project: Project,
}

impl Project {
    /// Branch policies.
    pub fn policies(&self) -> Policies {
        Policies { project: self.clone() }
    }
}

impl Policies {
    fn route(&self) -> Route {
        self.project.route().path("_apis/policy/configurations")
    }

    /// All policies, of one kind if it is named.
    pub fn list(&self, kind: Option<PolicyTypeId>) -> Pages<Policy> {
        Pages::new(self.route().query_opt("policyType", kind).query("$top", 100).get())
    }

    /// The policies that hold for a branch (a full ref).
    pub fn for_branch(&self, repository: RepositoryId, branch: &str, kind: Option<PolicyTypeId>) -> Pages<Policy> {
        Pages::new(
            self.project
                .route()
                .path("_apis/git/policy/configurations")
                .query("repositoryId", repository)
                .query("refName", branch)
                .query_opt("policyType", kind)
                .get(),
        )
    }

    /// A policy, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: PolicyId) -> Result<Option<Policy>> {
        self.route().segment(id).get()?.optional().await
    }

    /// Makes a policy. The service allows equal ones side by side, so a lost answer is settled by reading only.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, policy: &NewPolicy) -> Result<Policy> {
        let made = || async {
            let all = self.list(Some(policy.kind.id)).all().await?;
            Ok(all.into_iter().filter(|found| policy.is_in(found)).max_by_key(|found| found.id))
        };
        self.route().post(policy)?.once(Unique::No, made).await
    }

    /// Replaces a policy, once: each PUT is a revision of its own. Read it, change it, and give it back.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, policy: &Policy) -> Result<Policy> {
        let replaced = || async {
            let same = |found: &Policy| {
                found.is_enabled == policy.is_enabled
                    && found.is_blocking == policy.is_blocking
                    && super::covers(&found.settings, &policy.settings)
            };
            Ok(self.get(policy.id).await?.filter(same))
        };
        self.route().segment(policy.id).put(policy)?.guarded().once(Unique::Yes, replaced).await
    }

    /// Deletes a policy.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: PolicyId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.get(id)).await
    }
}
