//! `usage:`

use super::issues::Issues;
use super::training::whole;
use crate::project::usage::{Currency, Usage};
use crate::spec::SpecFile;
use crate::spec::located::path::Path;

/// What an estimate assumes.
pub(super) fn check(spec: &SpecFile, issues: &mut Issues) -> Option<Usage> {
    let usage = &spec.usage;
    let at = Path::root().key("usage");
    Some(Usage {
        currency: issues.parse(&at.key("currency"), &usage.currency, Currency::parse)?,
        requests_per_day: whole(usage.requests_per_day),
        training_runs: whole(usage.training_runs),
        training_hours: usage.training_hours,
        batch_runs: whole(usage.batch_runs),
        batch_hours: usage.batch_hours,
        data_gib: usage.data_gib,
        logs_gib: usage.logs_gib,
    })
}
