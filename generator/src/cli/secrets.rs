//! `mlops-gen secrets list`, `set` and `check`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use devops_client::Secret;
use mlops_gen::edge::azure::vault::VaultError;
use mlops_gen::edge::azure::{Azure, secrets};
use mlops_gen::edge::connect::{Addresses, ConnectError, variable};
use mlops_gen::edge::{clock, project_dir};
use mlops_gen::project::Project;
use mlops_gen::project::name::{KeyVaultName, SecretName};
use mlops_gen::remote::secrets::{Judged, Standing, judge, named};
use mlops_gen::spec::{counted, verb_of};
use serde_json::{Value, json};

use super::args_secrets::{Secrets, SecretsAction, SecretsList, SecretsSet};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::remote::block_on;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Largest value of a secret that Key Vault takes, in bytes.
const LARGEST: u64 = 25 * 1024;

pub(super) fn run(options: &Secrets, output: Output) -> Result<Outcome, Failure> {
    match &options.action {
        SecretsAction::List(list) => {
            let judged = judged(list)?;
            show(&judged, &judged.iter().collect::<Vec<_>>(), output);
            Ok(Outcome::Clean)
        }
        SecretsAction::Check(list) => check(list, output),
        SecretsAction::Set(set) => self::set(set, output),
    }
}

fn check(options: &SecretsList, output: Output) -> Result<Outcome, Failure> {
    let judged = judged(options)?;
    let bad: Vec<&Judged> = judged.iter().filter(|one| !one.standing.is_good()).collect();
    show(&judged, &bad, output);
    if bad.is_empty() {
        output.say(&format!(
            "{} {} there and good",
            counted(judged.len(), "secret"),
            verb_of(judged.len(), "is", "are")
        ));
        return Ok(Outcome::Clean);
    }
    output.say(&format!(
        "{} of {} {} something",
        bad.len(),
        counted(judged.len(), "secret"),
        verb_of(bad.len(), "needs", "need")
    ));
    Ok(Outcome::Different)
}

fn judged(options: &SecretsList) -> Result<Vec<Judged>, Failure> {
    let project = project(&options.spec)?;
    let azure = azure()?;
    let held = block_on(secrets::held(&azure, &project))?.map_err(refused)?;
    Ok(judge(named(&project), &held, clock::now_seconds(), i64::from(options.days) * DAY))
}

fn set(options: &SecretsSet, output: Output) -> Result<Outcome, Failure> {
    let project = project(&options.spec)?;
    let name = SecretName::parse(&options.name)
        .map_err(|why| Failure::Usage(format!("`{}` is no name of a secret: {why}", options.name)))?;
    let vault = vault(&project, options, &name)?;
    let azure = azure()?;
    let value = value(&name, &vault)?;
    let expires = options.expires.map(|days| clock::now_seconds() + i64::from(days) * DAY);
    block_on(azure.vaults.set(&vault, &name, &value, expires))?.map_err(refused)?;
    if output.is_json() {
        output.data(&json!({ "vault": vault.as_str(), "secret": name.as_str(), "set": true, "expires": expires }));
    }
    output.say(&format!("{name} has a new version in the key vault {vault}"));
    Ok(Outcome::Clean)
}

/// The vault that is meant: the named one, or the only one for which a variable group names the secret.
fn vault(project: &Project, options: &SecretsSet, name: &SecretName) -> Result<KeyVaultName, Failure> {
    let environments =
        || project.environments.iter().map(|environment| (environment.name.as_str(), &environment.key_vault));
    let all = || std::iter::once(("platform", &project.platform.key_vault)).chain(environments());
    let list =
        |of: &mut dyn Iterator<Item = (&str, &KeyVaultName)>| of.map(|(owner, _)| owner).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = &options.environment {
        let found = environments().find(|(owner, _)| owner == wanted).map(|(_, vault)| vault.clone());
        let none =
            || Failure::Usage(format!("the spec has no environment `{wanted}`; it has {}", list(&mut environments())));
        return found.ok_or_else(none);
    }
    if let Some(wanted) = &options.vault {
        let found = all().find(|(owner, vault)| owner == wanted || vault.as_str().eq_ignore_ascii_case(wanted));
        let none = || {
            Failure::Usage(format!(
                "the spec has no key vault `{wanted}`; its vaults are those of {}",
                list(&mut all())
            ))
        };
        return found.map(|(_, vault)| vault.clone()).ok_or_else(none);
    }
    let named: BTreeSet<KeyVaultName> = named(project)
        .into_iter()
        .filter(|secret| secret.name.as_str().eq_ignore_ascii_case(name.as_str()))
        .map(|secret| secret.vault)
        .collect();
    match named.len() {
        1 => named.into_iter().next().ok_or_else(|| Failure::Usage("no vault".to_owned())),
        0 => Err(Failure::Usage(format!(
            "no variable group names the secret {name}: say whose vault it goes to, with --environment NAME or --vault platform"
        ))),
        _ => Err(Failure::Usage(format!(
            "several vaults have a secret {name}: say whose is meant, with --environment NAME or --vault platform"
        ))),
    }
}

/// The value, from a hidden prompt or from standard input less one newline at its end.
fn value(name: &SecretName, vault: &KeyVaultName) -> Result<Secret, Failure> {
    let stdin = std::io::stdin();
    let text = if stdin.is_terminal() {
        let prompt = format!("Value of {name} in {vault}");
        let typed = dialoguer::Password::new().with_prompt(prompt).with_confirmation("Again", "They differ").interact();
        typed.map_err(|error| Failure::Usage(format!("no value was typed: {error}")))?
    } else {
        let mut text = String::new();
        // the error is not shown: it could have a part of the value
        stdin.lock().take(LARGEST + 2).read_to_string(&mut text).map_err(|_| {
            Failure::Usage("the value on standard input is not UTF-8; Key Vault keeps text: encode it first".to_owned())
        })?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        text
    };
    if text.is_empty() {
        return Err(Failure::Usage("the value is empty: nothing was set".to_owned()));
    }
    if text.len() as u64 > LARGEST {
        return Err(Failure::Usage("the value is larger than 25 KiB, the most that Key Vault keeps".to_owned()));
    }
    Ok(Secret::new(text))
}

fn show(all: &[Judged], shown: &[&Judged], output: Output) {
    if output.is_json() {
        let good = all.iter().filter(|one| one.standing.is_good()).count();
        output.data(&json!({ "secrets": shown.iter().map(|one| as_json(one)).collect::<Vec<_>>(), "good": good, "all": all.len() }));
        return;
    }
    let width = |of: &dyn Fn(&Judged) -> usize| shown.iter().map(|one| of(one)).max().unwrap_or(0);
    let (vaults, names) = (width(&|one| one.secret.vault.as_str().len()), width(&|one| one.secret.name.as_str().len()));
    for one in shown {
        let (vault, name, standing) = (one.secret.vault.as_str(), one.secret.name.as_str(), one.standing.as_str());
        let expires = one.expires.map(|at| format!("  expires {}", clock::date(at))).unwrap_or_default();
        let groups = one.secret.groups.join(", ");
        output.text(&format!("{vault:vaults$}  {name:names$}  {standing}{expires}  ({groups})\n"));
        if let Some(remedy) = one.remedy() {
            output.say(&format!("  {name}: {remedy}"));
        }
    }
}

fn as_json(one: &Judged) -> Value {
    json!({
        "vault": one.secret.vault.as_str(),
        "owner": one.secret.owner,
        "secret": one.secret.name.as_str(),
        "groups": one.secret.groups,
        "standing": one.standing,
        "exists": !matches!(one.standing, Standing::NoVault | Standing::Missing),
        "expires": one.expires.map(clock::date),
        "updated": one.updated.map(clock::date),
        "remedy": one.remedy(),
    })
}

fn project(spec: &Path) -> Result<Project, Failure> {
    let text = project_dir::read_spec(spec)?;
    mlops_gen::load(&spec.display().to_string(), &text).map_err(|report| Failure::Spec(Box::new(report)))
}

/// The way to Azure that the environment names.
pub(super) fn azure() -> Result<Azure, Failure> {
    let said = |error: ConnectError| Failure::Usage(error.to_string());
    Azure::new(&Addresses::from_env().map_err(said)?, &variable).map_err(said)
}

fn refused(error: VaultError) -> Failure {
    Failure::Services(vec![format!("{error}; {}", error.next)])
}
