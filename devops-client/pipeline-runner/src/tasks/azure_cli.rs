//! `AzureCLI@2`: a script that is signed in by a service connection.

use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::tasks::shell::{finish, from_sources, inline, words};

pub(super) const INPUTS: &[&str] = &[
    "azureSubscription",
    "connectedServiceNameARM",
    "scriptType",
    "scriptLocation",
    "scriptPath",
    "inlineScript",
    "arguments",
    "scriptArguments",
    "workingDirectory",
    "cwd",
    "failOnStandardError",
    "keepAzSessionActive",
    "visibleAzLogin",
    "useGlobalConfig",
    "addSpnToEnvironment",
];

pub(super) fn run(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let name = now.input("azureSubscription").or(now.input("connectedServiceNameARM"));
    let name = name.ok_or("input `azureSubscription` is empty")?.to_owned();
    match now.input("scriptType").unwrap_or_default() {
        "bash" => {}
        other => return Err(format!("scripts of the type `{other}` cannot be carried out here; bash can")),
    }
    if now.flag("addSpnToEnvironment") {
        return Err("input `addSpnToEnvironment`: connections here have no service principal to hand on".to_owned());
    }
    let connection = now.host().connection(&name)?;
    for secret in &connection.secrets {
        now.hide(secret.expose());
    }
    let mut arguments = vec!["--noprofile".to_owned(), "--norc".to_owned()];
    if now.input("scriptLocation").unwrap_or("scriptPath") == "inlineScript" {
        let script = now.input("inlineScript").ok_or("input `inlineScript` is empty")?;
        arguments.push(inline(now, script)?.display().to_string());
    } else {
        let path = from_sources(now, now.input("scriptPath").ok_or("input `scriptPath` is empty")?);
        if !path.is_file() {
            return Err(format!("there is no script {}", path.display()));
        }
        arguments.push(path.display().to_string());
    }
    arguments.extend(words(now.input("arguments").or(now.input("scriptArguments")).unwrap_or_default())?);
    let folder = now.folder_of(if now.input("workingDirectory").is_some() { "workingDirectory" } else { "cwd" });
    // a settings folder of its own, so that no step meets the sign-in of another
    let mut more = connection.environment.clone();
    if !now.flag("useGlobalConfig") {
        let settings = now.paths().temp.join(".azclitask");
        more.push(("AZURE_CONFIG_DIR".to_owned(), settings.display().to_string()));
    }
    finish(now, arguments, folder, more, "failOnStandardError", |code| format!("Script failed with exit code: {code}"))
}
