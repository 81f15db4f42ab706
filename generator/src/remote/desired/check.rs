//! Approvals and checks of environments.

use super::Wanted;
use crate::project::environment::{Approvals, BusinessHours, Environment, Weekday};
use crate::remote::resource::{Key, Kind, Resource};

/// The checks that the tool makes, as the last part of their names.
pub const APPROVAL: &str = "approval";
/// One deployment at a time.
pub const EXCLUSIVE_LOCK: &str = "exclusive-lock";
/// Only at certain hours.
pub const BUSINESS_HOURS: &str = "business-hours";
/// Only from certain branches.
pub const BRANCH_CONTROL: &str = "branch-control";

/// The key of a check of an environment.
pub fn key(environment: &str, check: &str) -> Key {
    Key::new(Kind::Check, format!("{environment}/{check}"))
}

/// The checks as resources. Every setting is a field, under the service's own name.
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    super::environment::distinct(wanted).flat_map(of).collect()
}

fn of(environment: &Environment) -> Vec<Resource> {
    let name = environment.devops_environment.as_str();
    let checks = &environment.checks;
    let check = |kind: &str| {
        Resource { key: key(name, kind), ..Resource::new(Kind::Check, "") }
            .field("isDisabled", false)
            .needs(Key::new(Kind::Environment, name))
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
        let branches: Vec<String> =
            checks.branches.iter().map(|branch| format!("refs/heads/{}", branch.as_str())).collect();
        found.push(check(BRANCH_CONTROL).field("inputs.allowedBranches", branches.join(",")));
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
