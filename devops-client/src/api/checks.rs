//! Checks on environments, connections and other resources. (Document: pipelinesChecks; settings after the Terraform
//! provider azuredevops.)
//!
//! ```no_run
//! # use devops_client::{EnvironmentId, IdentityId, Project, Result};
//! use devops_client::api::checks::NewCheck;
//!
//! # async fn example(project: Project, environment: EnvironmentId, approver: IdentityId) -> Result<()> {
//! let check = NewCheck::approval(&environment.into(), &[approver]).required(1).requester_cannot_approve(true);
//! project.checks().create(&check).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::pipeline_permissions::ProtectedResource;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{CheckId, CheckTypeId, IdentityId};
use crate::page::Pages;

/// People must approve.
pub const APPROVAL: CheckTypeId = CheckTypeId::from_uuid(Uuid::from_u128(0x8c6f20a7_a545_4486_9777_f762fafe0d4d));
/// One run at a time.
pub const EXCLUSIVE_LOCK: CheckTypeId = CheckTypeId::from_uuid(Uuid::from_u128(0x2ef31ad6_baa0_403a_8b45_2cbc9b4e5563));
/// A task decides.
pub const TASK_CHECK: CheckTypeId = CheckTypeId::from_uuid(Uuid::from_u128(0xfe1de3ee_a436_41b4_bb20_f6eb4cb879a7));
/// The service's own check of permissions: leave it alone.
pub const AUTHORIZATION: CheckTypeId = CheckTypeId::from_uuid(Uuid::from_u128(0xe1a1fc6c_c278_4492_ae1c_c42f8697612c));

/// The task that checks the branch.
pub const BRANCH_CONTROL: &str = "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b";
/// The task that checks the time of day.
pub const BUSINESS_HOURS: &str = "445fde2f-6c39-441c-807f-8a59ff2e075f";

/// Thirty days, in minutes: how long an approval waits unless said otherwise.
pub const APPROVAL_TIMEOUT: u32 = 43_200;

/// The kind of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckType {
    /// Its id.
    pub id: CheckTypeId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

/// The resource of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckResource {
    /// Its kind, as in [`ProtectedResource::kind`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, as in [`ProtectedResource::id`].
    pub id: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl From<&ProtectedResource> for CheckResource {
    fn from(resource: &ProtectedResource) -> Self {
        Self { kind: resource.kind().to_owned(), id: resource.id(), extra: Extra::new() }
    }
}

/// A check to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewCheck {
    #[serde(rename = "type")]
    kind: CheckType,
    settings: Value,
    /// Minutes.
    timeout: u32,
    resource: CheckResource,
}

impl NewCheck {
    /// People must approve before a run may use the resource: all of them, unless [`NewCheck::required`] says fewer.
    pub fn approval(resource: &ProtectedResource, approvers: &[IdentityId]) -> Self {
        let settings = json!({
            "approvers": approvers.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(),
            "minRequiredApprovers": 0,
            "executionOrder": "anyOrder",
            "instructions": "",
            "blockedApprovers": [],
            "requesterCannotBeApprover": false,
        });
        Self::new(resource, APPROVAL, "Approval", settings, APPROVAL_TIMEOUT)
    }

    /// One run at a time.
    pub fn exclusive_lock(resource: &ProtectedResource) -> Self {
        Self::new(resource, EXCLUSIVE_LOCK, "ExclusiveLock", json!({}), APPROVAL_TIMEOUT)
    }

    /// Only runs of these branches (full names, wildcards allowed), optionally only protected ones.
    pub fn branch_control(resource: &ProtectedResource, branches: &[&str], only_protected: bool) -> Self {
        Self::task(
            resource,
            "Branch control",
            BRANCH_CONTROL,
            "evaluatebranchProtection",
            &[("allowedBranches", &branches.join(",")), ("ensureProtectionOfBranch", &only_protected.to_string())],
        )
    }

    /// Only on these days and between these times of day.
    ///
    /// | name | purpose | form |
    /// |---|---|---|
    /// | `days` | days of the week | `Monday, Tuesday` |
    /// | `start`, `end` | times of day | `09:00` |
    /// | `time_zone` | where | a Windows name such as `UTC` |
    pub fn business_hours(resource: &ProtectedResource, days: &str, start: &str, end: &str, time_zone: &str) -> Self {
        let inputs = [("businessDays", days), ("startTime", start), ("endTime", end), ("timeZone", time_zone)];
        Self::task(resource, "Business hours", BUSINESS_HOURS, "evaluateBusinessHours", &inputs)
    }

    /// A task decides.
    pub fn task(
        resource: &ProtectedResource,
        display_name: &str,
        task_id: &str,
        task_name: &str,
        inputs: &[(&str, &str)],
    ) -> Self {
        let inputs: serde_json::Map<_, _> =
            inputs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let settings = json!({
            "displayName": display_name,
            "definitionRef": { "id": task_id, "name": task_name, "version": "0.0.1" },
            "inputs": inputs,
        });
        Self::new(resource, TASK_CHECK, "Task Check", settings, 1440)
    }

    /// A check of any kind.
    pub fn new(resource: &ProtectedResource, kind: CheckTypeId, name: &str, settings: Value, timeout: u32) -> Self {
        Self { kind: CheckType { id: kind, name: Some(name.to_owned()) }, settings, timeout, resource: resource.into() }
    }

    /// With another timeout, in minutes.
    pub fn timeout(mut self, minutes: u32) -> Self {
        self.timeout = minutes;
        self
    }

    /// With how many approvals are enough; 0 means all.
    pub fn required(self, approvers: u32) -> Self {
        self.setting("minRequiredApprovers", approvers)
    }

    /// With a text for the approvers.
    pub fn instructions(self, text: &str) -> Self {
        self.setting("instructions", text)
    }

    /// Whether who started the run may not approve it.
    pub fn requester_cannot_approve(self, refused: bool) -> Self {
        self.setting("requesterCannotBeApprover", refused)
    }

    /// With one setting.
    pub fn setting(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(settings) = &mut self.settings {
            settings.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Whether an existing check does the same.
    pub fn is_in(&self, check: &Check) -> bool {
        check.kind.id == self.kind.id
            && check.timeout.is_none_or(|timeout| timeout == self.timeout)
            && super::covers(check.settings.as_ref().unwrap_or(&json!({})), &self.settings)
    }
}

/// A check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// Its id.
    pub id: CheckId,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: CheckType,
    /// What it checks; given where `$expand=settings` was asked for, as this crate always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
    /// Minutes until it gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// The resource.
    pub resource: CheckResource,
    /// Counts the changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Checks in a project.
#[derive(Debug, Clone)]
pub struct Checks {
    pub(crate) project: Project,
}

impl Project {
    /// Checks on environments, connections and the like.
    pub fn checks(&self) -> Checks {
        Checks { project: self.clone() }
    }
}

impl Checks {
    fn route(&self) -> Route {
        self.project.route().path("_apis/pipelines/checks/configurations").preview()
    }

    /// The checks of a resource, with their settings.
    pub fn list(&self, resource: &ProtectedResource) -> Pages<Check> {
        Pages::new(
            self.route()
                .query("resourceType", resource.kind())
                .query("resourceId", resource.id())
                .query("$expand", "settings")
                .get(),
        )
    }

    /// A check with its settings, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: CheckId) -> Result<Option<Check>> {
        self.route().segment(id).query("$expand", "settings").get()?.optional().await
    }

    /// Makes a check. The service allows equal ones side by side, so a lost answer is settled by reading only.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, check: &NewCheck) -> Result<Check> {
        let made = || async {
            let route =
                self.route().query("resourceType", &check.resource.kind).query("resourceId", &check.resource.id);
            let all = Pages::<Check>::new(route.query("$expand", "settings").get()).all().await?;
            Ok(all.into_iter().filter(|found| check.is_in(found)).max_by_key(|found| found.id))
        };
        self.route().post(check)?.once(Unique::No, made).await
    }

    /// Replaces a check's settings and timeout. Read it, change it, and give it back.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, check: &Check) -> Result<Check> {
        let changed = || async {
            let same = |found: &Check| {
                found.timeout == check.timeout
                    && super::covers(
                        found.settings.as_ref().unwrap_or(&Value::Null),
                        check.settings.as_ref().unwrap_or(&Value::Null),
                    )
            };
            Ok(self.get(check.id).await?.filter(same))
        };
        self.route().segment(check.id).patch(check)?.once(Unique::Yes, changed).await
    }

    /// Deletes a check.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: CheckId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.get(id)).await
    }
}
