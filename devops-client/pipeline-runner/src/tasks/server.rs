//! Tasks of jobs without an agent.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use crate::host::{Validation, Verdict};
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::End;

pub(super) const DELAY: &[&str] = &["delayForMinutes"];
pub(super) const VALIDATION: &[&str] =
    &["notifyUsers", "approvers", "allowApproversToApproveTheirOwnRuns", "instructions", "onTimeout"];

pub(super) fn delay(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let minutes = now.input("delayForMinutes").unwrap_or("0");
    let minutes: u32 = minutes.trim().parse().map_err(|_| format!("`delayForMinutes` is a number, not `{minutes}`"))?;
    let (asked, asks) = channel();
    now.cancel().listen(asked);
    let whole = Instant::now() + now.minute() * minutes;
    let until = now.deadline().map_or(whole, |limit| whole.min(limit));
    match asks.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(()) => Err(now.ended(End::Cancelled)),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) if until < whole => {
            Err(now.ended(End::StepTime))
        }
        Err(_) => Ok(Outcome::Succeeded),
    }
}

pub(super) fn validate(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    // true unless it is said otherwise (azure-pipelines-tasks, ManualValidationV1)
    let own = now.input("allowApproversToApproveTheirOwnRuns").is_none_or(|text| text.eq_ignore_ascii_case("true"));
    let validation = Validation {
        place: now.place().clone(),
        instructions: now.input("instructions").unwrap_or_default().to_owned(),
        approvers: now.input("approvers").unwrap_or_default().to_owned(),
        own_runs: own,
    };
    match now.host().ask(&validation, now.cancel())? {
        Verdict::Resume => Ok(Outcome::Succeeded),
        Verdict::Reject => Err("the validation was rejected".to_owned()),
        Verdict::Silence if now.cancel().is_asked() => Err(now.ended(End::Cancelled)),
        Verdict::Silence if now.input("onTimeout").is_some_and(|word| word.eq_ignore_ascii_case("resume")) => {
            Ok(Outcome::Succeeded)
        }
        Verdict::Silence => Err("nobody answered in time, and so it is rejected".to_owned()),
    }
}
