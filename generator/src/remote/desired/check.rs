//! Approvals and checks of environments, and the branch control of what deploys and of what reads a vault.

use std::collections::BTreeSet;

use super::Wanted;
use crate::project::Project;
use crate::project::environment::{Approvals, BusinessHours, Environment, Weekday};
use crate::project::variables::{GroupContent, VaultOwner};
use crate::remote::kinds::{environment, service_connection};
use crate::remote::resource::{Key, Kind, Resource};

pub use crate::remote::resource::place;

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
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
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

fn branch_control(host: &Key, branches: &BTreeSet<&str>) -> Resource {
    let branches: Vec<String> = branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
    Resource { key: key(host, BRANCH_CONTROL), ..Resource::new(Kind::Check, "") }
        .field("isDisabled", false)
        .field("inputs.allowedBranches", branches.join(","))
        .needs(host.clone())
}

fn of(environment: &Environment) -> Vec<Resource> {
    let host = Key::new(Kind::Environment, environment.devops_environment.as_str());
    let checks = &environment.checks;
    let check = |kind: &str| {
        Resource { key: key(&host, kind), ..Resource::new(Kind::Check, "") }
            .field("isDisabled", false)
            .needs(host.clone())
    };
    let mut found = Vec::new();
    if let Some(approvals) = &environment.approvals {
        found.push(approval(check(APPROVAL), approvals));
    }
    if checks.exclusive_lock {
        found.push(check(EXCLUSIVE_LOCK));
    }
    if let Some(hours) = &checks.business_hours {
        found.push(business_hours(check(BUSINESS_HOURS), hours));
    }
    if !checks.branches.is_empty() {
        let branches = checks.branches.iter().map(|branch| branch.as_str()).collect();
        found.push(branch_control(&host, &branches));
    }
    found
}

fn approval(check: Resource, approvals: &Approvals) -> Resource {
    let mut approvers: Vec<&str> = approvals.approvers.iter().map(|approver| approver.as_str()).collect();
    approvers.sort_unstable();
    approvers.dedup();
    check
        .field("approvers", approvers)
        .field("minRequiredApprovers", approvals.required)
        .field("instructions", approvals.instructions.as_ref().map_or("", |text| text.as_str()))
        .field("requesterCannotBeApprover", !approvals.requester_may_approve)
        .field("timeout", approvals.timeout_minutes)
}

fn business_hours(check: Resource, hours: &BusinessHours) -> Resource {
    let days: Vec<&str> = hours.days.iter().map(|day| day_name(*day)).collect();
    check
        .field("inputs.businessDays", days.join(", "))
        .field("inputs.startTime", hours.start.to_string())
        .field("inputs.endTime", hours.end.to_string())
        .field("inputs.timeZone", hours.time_zone.as_str())
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
