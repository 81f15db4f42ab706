//! Asks before anything is changed; what would lose data is agreed to by name.

use std::io::IsTerminal as _;

use mlops_gen::remote::plan::{Action, RemotePlan};
use mlops_gen::remote::shell::word;

use super::args::Consent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// A plan and the project that it is for.
pub(super) struct Proposal<'a> {
    /// The project's name.
    pub(super) project: &'a str,
    /// What would be done.
    pub(super) plan: &'a RemotePlan,
}

/// Whether the person agrees; if not, why nothing is done.
pub(super) fn ask(
    verb: &str,
    proposals: &[Proposal<'_>],
    consent: &Consent,
    output: Output,
) -> Result<Result<(), String>, Failure> {
    let person = !output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    for Proposal { project, plan } in proposals {
        let lost: Vec<String> = plan.changes().filter(loses_data).map(|step| step.key.to_string()).collect();
        if lost.is_empty() || consent.confirm.iter().any(|name| name == project) {
            continue;
        }
        let what = format!("{project}: this deletes data for good: {}", lost.join(", "));
        if !person {
            return Ok(Err(format!(
                "{what}; give --confirm {} if that is meant, or `destroy --keep data`",
                word(project)
            )));
        }
        output.say(&what);
        let typed: String = dialoguer::Input::new()
            .with_prompt(format!("Type the project's name ({project}) to agree, anything else to decline"))
            .allow_empty(true)
            .interact_text()
            .map_err(|error| Failure::Usage(format!("no answer: {error}; nothing was done")))?;
        if typed.trim() != *project {
            return Ok(Err("declined; nothing was done".to_owned()));
        }
    }
    if consent.yes {
        return Ok(Ok(()));
    }
    if !person {
        return Ok(Err(format!("nobody can be asked here: give --yes to {verb} without being asked")));
    }
    let agreed = dialoguer::Confirm::new()
        .with_prompt(format!("{} now?", capital(verb)))
        .default(false)
        .interact()
        .map_err(|error| Failure::Usage(format!("no answer: {error}; nothing was done")))?;
    Ok(if agreed { Ok(()) } else { Err("declined; nothing was done".to_owned()) })
}

fn loses_data(step: &&mlops_gen::remote::plan::Step) -> bool {
    step.key.kind.holds_data() && matches!(step.action, Action::Delete | Action::Replace)
}

fn capital(verb: &str) -> String {
    let mut letters = verb.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
