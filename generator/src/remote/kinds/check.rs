//! Approvals and checks of environments, and the branch control of what deploys and of what reads a vault.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::field::{FieldError, FieldValue, Typed, fields, get, get_map, get_or_null, or_null, put_map};
use super::{environment, service_connection};
use crate::project::Project;
use crate::project::environment::{Approvals, BusinessHours, Environment, Weekday};
use crate::project::variables::{GroupContent, VaultOwner};
use crate::remote::desired::Wanted;
use crate::remote::resource::{Fields, Key, Kind, Resource};

pub use crate::remote::resource::place;

/// Setting: whether it is switched off. All settings have the service's own names.
pub const DISABLED: &str = "isDisabled";
/// Setting of an approval: who may approve.
pub const APPROVERS: &str = "approvers";
/// Setting of an approval: what the approvers read.
pub const INSTRUCTIONS: &str = "instructions";
const REQUIRED: &str = "minRequiredApprovers";
const NOT_THE_REQUESTER: &str = "requesterCannotBeApprover";
const TIMEOUT: &str = "timeout";
const INPUTS: &str = "inputs.";

/// A check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Whether it is switched off.
    pub disabled: bool,
    /// What an approval has besides.
    pub approval: Option<Approval>,
    /// Inputs of a task check, under the service's own names.
    pub inputs: BTreeMap<String, Value>,
}

/// What an approval has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who may approve, in order.
    pub approvers: Vec<String>,
    /// How many of them must.
    pub required: Option<u64>,
    /// What they read, without the mark.
    pub instructions: String,
    /// Whether whoever started the run may not approve.
    pub requester_excluded: Option<bool>,
    /// Minutes until it counts as refused.
    pub timeout: Option<u64>,
}

impl Approval {
    /// What the service shows of an approval among its settings, and beside them its timeout.
    pub fn shown(settings: &Value, approvers: Vec<String>, instructions: String, timeout: Option<u64>) -> Self {
        let required = settings.get(REQUIRED).and_then(Value::as_u64);
        let requester_excluded = settings.get(NOT_THE_REQUESTER).and_then(Value::as_bool);
        Self { approvers, required, instructions, requester_excluded, timeout }
    }

    /// Settings that the service takes as they are; approvers and instructions are not among them.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let all = [(REQUIRED, self.required.to_value()), (NOT_THE_REQUESTER, self.requester_excluded.to_value())];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Typed for Check {
    fn to_fields(&self) -> Fields {
        let mut all = fields([(DISABLED, self.disabled.to_value())]);
        if let Some(approval) = &self.approval {
            all.extend(fields([
                (APPROVERS, approval.approvers.to_value()),
                (REQUIRED, approval.required.to_value()),
                (INSTRUCTIONS, approval.instructions.to_value()),
                (NOT_THE_REQUESTER, approval.requester_excluded.to_value()),
                (TIMEOUT, or_null(approval.timeout.as_ref())),
            ]));
        }
        put_map(&mut all, INPUTS, &self.inputs);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        let approval = match get::<Option<Vec<String>>>(fields, APPROVERS)? {
            Some(approvers) => Some(Approval {
                approvers,
                required: get(fields, REQUIRED)?,
                instructions: get(fields, INSTRUCTIONS)?,
                requester_excluded: get(fields, NOT_THE_REQUESTER)?,
                timeout: get_or_null(fields, TIMEOUT)?,
            }),
            None => None,
        };
        Ok(Self { disabled: get(fields, DISABLED)?, approval, inputs: get_map(fields, INPUTS)? })
    }
}

/// The checks that the tool makes, as the last part of their names.
pub const APPROVAL: &str = "approval";
/// One deployment at a time.
pub const EXCLUSIVE_LOCK: &str = "exclusive-lock";
/// Only at certain hours.
pub const BUSINESS_HOURS: &str = "business-hours";
/// Only from certain branches.
pub const BRANCH_CONTROL: &str = "branch-control";

/// The key of a check: `qa/approval` of an environment, `service-connection/demo-qa/branch-control` of something else.
pub fn key(host: &Key, check: &str) -> Key {
    match host.kind {
        Kind::Environment => Key::new(Kind::Check, format!("{}/{check}", host.name)),
        _ => Key::new(Kind::Check, format!("{host}/{check}")),
    }
}

/// The checks as resources. Every setting is a field, under the service's own name.
pub(crate) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    let mut found: Vec<Resource> = environment::distinct(wanted).flat_map(of).collect();
    found.extend(guarded(wanted.project).into_iter().map(|(host, branches)| branch_control(&host, &branches)));
    found
}

/// What no other branch than these may use: connections that deploy, and groups that read a vault. A check of the
/// environment alone would not do: a run of any branch may leave the environment out.
fn guarded(project: &Project) -> Vec<(Key, BTreeSet<&str>)> {
    let branches = |owns: &dyn Fn(&Environment) -> bool| {
        let own = project.environments.iter().filter(|environment| owns(environment));
        let named = own.flat_map(|environment| &environment.checks.branches).map(|branch| branch.as_str());
        named.chain([project.devops.branch.as_str()]).collect()
    };
    let platform = project.platform.service_connection.as_str();
    let connections = service_connection::connections(project).into_iter().map(|connection| {
        let name = connection.name;
        // Every release begins with the platform, whatever branch its environment wants.
        let owns = |environment: &Environment| {
            name == platform || environment.service_connection.as_str().eq_ignore_ascii_case(name)
        };
        (Key::new(Kind::ServiceConnection, name), branches(&owns))
    });
    let groups = project.variable_groups.iter().filter_map(|group| match &group.content {
        GroupContent::KeyVault { vault: VaultOwner::Platform, .. } => Some((group, branches(&|_| true))),
        GroupContent::KeyVault { vault: VaultOwner::Environment(name), .. } => {
            Some((group, branches(&|environment| environment.name == *name)))
        }
        GroupContent::Plain(_) | GroupContent::Named(_) => None,
    });
    let groups = groups.map(|(group, branches)| (Key::new(Kind::VariableGroup, group.name.as_str()), branches));
    connections.chain(groups).collect()
}

fn of(environment: &Environment) -> Vec<Resource> {
    let host = Key::new(Kind::Environment, environment.devops_environment.as_str());
    let checks = &environment.checks;
    let mut found = Vec::new();
    if let Some(approvals) = &environment.approvals {
        found.push(check(&host, APPROVAL, Some(approval(approvals)), &[]));
    }
    if checks.exclusive_lock {
        found.push(check(&host, EXCLUSIVE_LOCK, None, &[]));
    }
    if let Some(hours) = &checks.business_hours {
        found.push(business_hours(&host, hours));
    }
    if !checks.branches.is_empty() {
        let branches = checks.branches.iter().map(|branch| branch.as_str()).collect();
        found.push(branch_control(&host, &branches));
    }
    found
}

fn check(host: &Key, kind: &str, approval: Option<Approval>, inputs: &[(&str, String)]) -> Resource {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
    let check = Check { disabled: false, approval, inputs: inputs.collect() };
    Resource::of(key(host, kind)).with(&check.to_fields()).needs(host.clone())
}

fn branch_control(host: &Key, branches: &BTreeSet<&str>) -> Resource {
    let branches: Vec<String> = branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
    check(host, BRANCH_CONTROL, None, &[("allowedBranches", branches.join(","))])
}

fn approval(approvals: &Approvals) -> Approval {
    let mut approvers: Vec<String> = approvals.approvers.iter().map(|one| one.as_str().to_owned()).collect();
    approvers.sort_unstable();
    approvers.dedup();
    Approval {
        approvers,
        required: Some(approvals.required.into()),
        instructions: approvals.instructions.as_ref().map_or("", |text| text.as_str()).to_owned(),
        requester_excluded: Some(!approvals.requester_may_approve),
        timeout: Some(approvals.timeout_minutes.into()),
    }
}

fn business_hours(host: &Key, hours: &BusinessHours) -> Resource {
    let days: Vec<&str> = hours.days.iter().map(|day| day_name(*day)).collect();
    let inputs = [
        ("businessDays", days.join(", ")),
        ("startTime", hours.start.to_string()),
        ("endTime", hours.end.to_string()),
        ("timeZone", hours.time_zone.as_str().to_owned()),
    ];
    check(host, BUSINESS_HOURS, None, &inputs)
}

fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
