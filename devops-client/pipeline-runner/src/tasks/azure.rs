//! `AzureKeyVault@2` and `AzureResourceManagerTemplateDeployment@3`, by the `az` of the steps' `PATH`, signed in by a service
//! connection (azure-pipelines-tasks, AzureKeyVaultV2 and AzureResourceManagerTemplateDeploymentV3).

use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::{Call, End};
use crate::tasks::shell::words;
use crate::variables::Value;

pub(super) const VAULT: &[&str] =
    &["azureSubscription", "ConnectedServiceName", "KeyVaultName", "SecretsFilter", "RunAsPreJob"];

pub(super) const TEMPLATE: &[&str] = &[
    "azureResourceManagerConnection",
    "ConnectedServiceName",
    "deploymentScope",
    "subscriptionId",
    "subscriptionName",
    "action",
    "resourceGroupName",
    "location",
    "templateLocation",
    "csmFile",
    "csmParametersFile",
    "overrideParameters",
    "deploymentMode",
    "deploymentName",
    "deploymentOutputs",
];

/// An `az` that a connection signs in.
struct Az {
    environment: Vec<(String, String)>,
}

impl Az {
    fn of(now: &Now<'_, '_>, input: &str) -> Result<Self, String> {
        let name = now.input(input).or(now.input("ConnectedServiceName"));
        let name = name.ok_or_else(|| format!("input `{input}` is empty"))?;
        let connection = now.host().connection(name)?;
        for secret in &connection.secrets {
            now.hide(secret.expose());
        }
        let mut environment = now.environment();
        // a settings folder of its own, so that no step meets the sign-in of another
        let settings = ("AZURE_CONFIG_DIR".to_owned(), now.paths().temp.join(".aztask").display().to_string());
        for (name, value) in connection.environment.iter().cloned().chain([settings]) {
            environment.retain(|(known, _)| *known != name);
            environment.push((name, value));
        }
        Ok(Self { environment })
    }

    /// What a call says on standard output, which may be a secret: it is not in the log.
    fn ask(&self, now: &mut Now<'_, '_>, arguments: &[&str]) -> Result<String, String> {
        let program = now.on_path("az").ok_or("this machine has no az on its PATH")?;
        let call = Call {
            program,
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            folder: now.paths().sources(),
            environment: self.environment.clone(),
        };
        let (mut said, mut problems) = (Vec::new(), Vec::new());
        let end = now.process(&call, &mut |_, (line, error)| match error {
            true => problems.push(line),
            false => said.push(line),
        })?;
        match end {
            End::Exited(0) => Ok(said.join("\n")),
            End::Exited(code) if problems.is_empty() => Err(format!("az ended with {code}")),
            End::Exited(_) => Err(problems.join("\n")),
            end => Err(now.ended(end)),
        }
    }
}

/// Secrets of a vault as secret variables of the job: those that are named, or all.
pub(super) fn vault(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    if now.flag("RunAsPreJob") {
        return Err("input `RunAsPreJob`: steps before the checkout are not carried out here".to_owned());
    }
    let az = Az::of(now, "azureSubscription")?;
    let vault = now.input("KeyVaultName").ok_or("input `KeyVaultName` is empty")?.to_owned();
    let filter = now.input("SecretsFilter").unwrap_or("*").trim().to_owned();
    let listed =
        ["keyvault", "secret", "list", "--vault-name", vault.as_str(), "--query", "[].name", "--output", "tsv"];
    let names = if filter == "*" { az.ask(now, &listed)? } else { filter.replace(',', "\n") };
    for name in names.lines().map(str::trim).filter(|name| !name.is_empty()) {
        now.output(&format!("Downloading secret value for: {name}."));
        let shown = [
            "keyvault",
            "secret",
            "show",
            "--vault-name",
            vault.as_str(),
            "--name",
            name,
            "--query",
            "value",
            "--output",
            "tsv",
        ];
        let value = az.ask(now, &shown).map_err(|why| format!("{name}: \"{why}\""))?;
        now.set(name, Value::secret(value));
    }
    Ok(Outcome::Succeeded)
}

/// A template deployed to a resource group, which is made where it is missing.
pub(super) fn template(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let only = |name: &str, given: &str, known: &str| match given.eq_ignore_ascii_case(known) {
        true => Ok(()),
        false => Err(format!("input `{name}`: `{given}` is not carried out here; {known} is")),
    };
    only("deploymentScope", &text(now, "deploymentScope", "Resource Group"), "Resource Group")?;
    let az = Az::of(now, "azureResourceManagerConnection")?;
    let group = now.input("resourceGroupName").ok_or("input `resourceGroupName` is empty")?.to_owned();
    let action = text(now, "action", "Create Or Update Resource Group");
    if action.eq_ignore_ascii_case("DeleteRG") {
        az.ask(now, &["group", "delete", "--name", &group, "--yes"])?;
        now.output(&format!("resource group {group} is deleted"));
        return Ok(Outcome::Succeeded);
    }
    only("action", &action, "Create Or Update Resource Group")?;
    only("templateLocation", &text(now, "templateLocation", "Linked artifact"), "Linked artifact")?;
    let file = now.input("csmFile").ok_or("input `csmFile` is empty")?.to_owned();
    if az.ask(now, &["group", "exists", "--name", &group])?.trim() != "true" {
        let location = now.input("location").ok_or("input `location` is empty")?.to_owned();
        az.ask(now, &["group", "create", "--name", &group, "--location", &location, "--output", "none"])?;
        now.output(&format!("resource group {group} is made in {location}"));
    }
    let mut given: Vec<String> = now.input("csmParametersFile").map(|file| format!("@{file}")).into_iter().collect();
    given.extend(overrides(now.input("overrideParameters").unwrap_or_default())?);
    let mode = text(now, "deploymentMode", "Incremental");
    let name = now.input("deploymentName").map_or_else(|| format!("run-{}", now.facts().id), str::to_owned);
    let validates = mode.eq_ignore_ascii_case("Validation");
    let mut call = vec!["deployment", "group", if validates { "validate" } else { "create" }];
    call.extend(["--name", name.as_str(), "--resource-group", group.as_str(), "--template-file", file.as_str()]);
    for one in &given {
        call.extend(["--parameters", one.as_str()]);
    }
    if validates {
        call.extend(["--output", "none"]);
    } else {
        call.extend(["--mode", mode.as_str(), "--query", "properties.outputs", "--output", "json"]);
    }
    let outputs = az.ask(now, &call)?;
    now.output(&format!("deployment {name} to {group}: {}", if validates { "valid" } else { "succeeded" }));
    if let Some(variable) = now.input("deploymentOutputs").map(str::to_owned) {
        now.set(&variable, Value::plain(outputs).literal());
    }
    Ok(Outcome::Succeeded)
}

/// An input, or what it is without one.
fn text(now: &Now<'_, '_>, name: &str, usual: &str) -> String {
    now.input(name).unwrap_or(usual).trim().to_owned()
}

/// `-name value -other "a value"` as `name=value`.
fn overrides(text: &str) -> Result<Vec<String>, String> {
    let words = words(text)?;
    let pair = |pair: &[String]| match pair {
        [name, value] if name.starts_with('-') && name.len() > 1 => Ok(format!("{}={value}", &name[1..])),
        _ => Err(format!("input `overrideParameters`: `{}` is not -NAME VALUE", pair.join(" "))),
    };
    words.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::overrides;

    #[test]
    fn overrides_are_names_and_values() {
        assert_eq!(overrides("-a 1 -b \"two words\"").unwrap(), ["a=1", "b=two words"]);
        assert!(overrides("").unwrap().is_empty());
        for wrong in ["a 1", "-a", "-a 1 -b"] {
            assert!(overrides(wrong).is_err(), "{wrong}");
        }
    }
}
