//! `mlops-gen approve` and `mlops-gen reject`: shows what waits for the answer, asks, and gives it.

use std::io::IsTerminal as _;

use jiff::Timestamp;
use mlops_gen::remote::runs::PendingApproval;
use mlops_gen::remote::runs::tree::headline;
use serde_json::json;

use super::args_run::Decide;
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::{At, block_on, refuse};

pub(super) fn run(options: &Decide, approve: bool, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(&options.run.spec)?;
    let id = options.run.id;
    block_on(async {
        let found = at.runs.get(id).await?;
        let mut pending = at.runs.approvals(Some(id)).await?;
        let named = |approval: &PendingApproval| {
            options
                .stage
                .as_deref()
                .is_none_or(|stage| approval.stage.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(stage)))
        };
        pending.retain(named);
        if pending.is_empty() {
            let stage = options.stage.as_deref().map_or_else(String::new, |stage| format!(" at `{stage}`"));
            let why = format!("run {id} waits for no approval{stage}; it is {}", found.state.word());
            return Ok(refuse(&why, output));
        }
        output.say(&headline(&found, Timestamp::now()));
        for (name, value) in &found.parameters {
            output.say(&format!("  {name}: {value}"));
        }
        pending.iter().for_each(|approval| say(approval, output));
        if let Some(why) = declined(options, approve, output)? {
            return Ok(refuse(&why, output));
        }
        let mut given = Vec::new();
        for approval in &pending {
            let more = at.runs.decide(approval, approve, &options.comment).await?;
            let stage = approval.stage.as_deref().unwrap_or("the stage");
            output.say(&match (approve, more) {
                (true, false) => format!("approved: {stage} goes on"),
                (true, true) => format!("approved: {stage} still waits for others"),
                (false, _) => format!("rejected: {stage} does not run"),
            });
            given.push(json!({ "approval": approval, "approved": approve, "waitsForOthers": more }));
        }
        if output.is_json() {
            output.data(&json!({ "run": id, "given": given }));
        }
        Ok(Outcome::Clean)
    })
}

fn say(approval: &PendingApproval, output: Output) {
    let who = if approval.approvers.is_empty() { "nobody named".to_owned() } else { approval.approvers.join(", ") };
    output.say(&format!("  {} waits for: {who}", approval.stage.as_deref().unwrap_or("a stage")));
    if let Some(instructions) = &approval.instructions {
        output.say(&format!("  instructions: {instructions}"));
    }
}

/// Why the answer is not to be given, if so.
fn declined(options: &Decide, approve: bool, output: Output) -> Result<Option<String>, Failure> {
    let verb = if approve { "approve" } else { "reject" };
    if options.yes {
        return Ok(None);
    }
    if output.is_json() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(Some(format!("nobody is here to be asked; `mlops-gen {verb} {} --yes` does it", options.run.id)));
    }
    let question = format!("{verb} this?");
    let answer = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
    let answer = answer.map_err(|error| Failure::Usage(format!("no answer: {error}; use --yes")))?;
    Ok((!answer).then(|| "declined; nothing was answered".to_owned()))
}
