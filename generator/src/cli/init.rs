//! `mlops-gen init`: a spec from a few answers, its render, and a git repository.

use std::io::IsTerminal as _;
use std::path::Path;

use mlops_gen::edge::{clock, disk, git};
use mlops_gen::example::{Answers, spec_text};
use mlops_gen::tree::changes::Policy;

use super::args::{Init, RuntimeArg};
use super::existing;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;
use super::render;

pub(super) fn run(options: &Init, output: Output) -> Result<Outcome, Failure> {
    let spec = options.dir.join("mlops.yaml");
    if spec.exists() {
        let why = format!("{} exists: this is a project already; run `mlops-gen render` in it", spec.display());
        output.say(&format!("refused: {why}"));
        if output.is_json() {
            output.data(&serde_json::json!({ "refused": why }));
        }
        return Ok(Outcome::Different);
    }
    let ask = !options.yes && !output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let answers = answers(options, ask)?;
    let text = spec_text(&answers).map_err(|error| Failure::Templates(vec![error]))?;
    let mut loaded = Loaded::from_text(&spec, &text, None)?;
    let outcome = render::write(&mut loaded, Policy::default(), output)?;
    if outcome == Outcome::Different {
        return Ok(outcome);
    }
    disk::write(&spec, text.as_bytes(), false)?;
    existing::settle(&loaded, options.complete, output)?;
    let started = !options.no_git && git::init(&options.dir, "main")?;
    if started {
        output.say("started a git repository; nothing is committed yet");
    }
    output.say(&format!("\nnext: edit {} and run `mlops-gen render` in {}", spec.display(), options.dir.display()));
    output.say("      README.md there says how to bring it to Azure, in order");
    Ok(Outcome::Clean)
}

fn answers(options: &Init, ask: bool) -> Result<Answers, Failure> {
    let name = answer(options.name.as_ref(), "Project name", &folder_name(&options.dir), ask)?;
    let runtime = match options.runtime {
        Some(runtime) => runtime,
        None if ask => ask_runtime()?,
        None => RuntimeArg::Rust,
    };
    Ok(Answers {
        runtime: runtime.as_str(),
        organization: answer(options.organization.as_ref(), "Azure DevOps organization", "my-organization", ask)?,
        devops_project: answer(options.devops_project.as_ref(), "Azure DevOps project", &name, ask)?,
        location: answer(options.location.as_ref(), "Azure region", "westeurope", ask)?,
        mail: answer(options.mail.as_ref(), "Mail address for approvals and alerts", "ml-team@example.com", ask)?,
        name,
        budget_start: clock::first_of_next_month(),
    })
}

fn answer(given: Option<&String>, question: &str, default: &str, ask: bool) -> Result<String, Failure> {
    match given {
        Some(value) => Ok(value.clone()),
        None if ask => dialoguer::Input::new()
            .with_prompt(question)
            .default(default.to_owned())
            .interact_text()
            .map_err(|error| Failure::Usage(format!("no answer to `{question}`: {error}; use flags and --yes"))),
        None => Ok(default.to_owned()),
    }
}

fn ask_runtime() -> Result<RuntimeArg, Failure> {
    let runtimes = [RuntimeArg::Rust, RuntimeArg::Python];
    let chosen = dialoguer::Select::new()
        .with_prompt("Language of training and scoring")
        .items(runtimes.map(RuntimeArg::as_str))
        .default(0)
        .interact()
        .map_err(|error| Failure::Usage(format!("no runtime was chosen: {error}; use --runtime and --yes")))?;
    Ok(runtimes[chosen])
}

/// The folder's name made into a project name: lower case, one hyphen for whatever stands between letters and digits.
fn folder_name(dir: &Path) -> String {
    let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    let trimmed = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let short: String = trimmed.chars().take(24).collect();
    let short = short.trim_end_matches('-');
    if short.len() < 2 { "mlops-project".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlops_gen::project::name::ProjectName;

    #[test]
    fn any_folder_gives_a_project_a_name() {
        for (folder, name) in [
            ("My Project (v2)", "my-project-v2"),
            ("Sales & Ops", "sales-ops"),
            ("--churn__model--", "churn-model"),
            ("2026 churn", "churn"),
            ("Ünïcode Straße", "n-code-stra-e"),
            ("(((", "mlops-project"),
            ("a", "mlops-project"),
            ("a very long name - of a folder that goes on", "a-very-long-name-of-a-fo"),
            ("abcdefghijklmnopqrstuvw  xyz", "abcdefghijklmnopqrstuvw"),
        ] {
            let derived = folder_name(&Path::new("/tmp").join(folder));
            assert_eq!(derived, name);
            assert!(ProjectName::parse(&derived).is_ok(), "{derived}");
        }
    }
}
