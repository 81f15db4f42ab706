//! Steps of pipelines: the service connection that each signs in with, and the calls of its script and task.

use std::collections::BTreeMap;

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Stage, Step, Variable};
use azure_pipelines::template::expand_macros;

use super::scopes::{Where, action_of_request, scopes};
use super::shell::{self, Command};
use super::{Calls, made, table};
use crate::project::variables::{GroupContent, VaultOwner};
use crate::verify::permissions::model::{Because, Deploys, Identity, Scope};
use crate::verify::pipelines::tasks::CONNECTIONS;

/// Programs whose calls the table knows, or that ask Azure for more than can be guessed.
const PROGRAMS: [&str; 10] =
    ["az", "kubectl", "kubelogin", "docker", "helm", "azcopy", "azd", "terraform", "pulumi", "tofu"];
/// Scripts in scripts: a bound on recursion.
const MAX_DEPTH: usize = 8;

/// A step with what its script sees.
struct Context {
    /// Who is signed in.
    identity: Option<Identity>,
    /// The step, for people: pipeline, stage, job and title.
    step: String,
    /// What its steps have in common.
    job: String,
    /// The script's environment, values as far as they are known before a run.
    environment: BTreeMap<String, String>,
}

pub(super) fn read(calls: &mut Calls<'_>, path: &str, pipeline: &Pipeline<'_>) {
    for stage in &pipeline.stages {
        for job in &stage.jobs {
            let variables = variables(pipeline, stage, job);
            for step in &job.steps {
                let title = step.node.text_at("displayName").or(step.name()).unwrap_or(step.task());
                let shared = [path.trim_start_matches("pipelines/").trim_end_matches(".yml"), stage.name, job.name];
                let shared: Vec<&str> = shared.into_iter().filter(|part| !part.is_empty()).collect();
                let shared = shared.join(" / ");
                let context = Context {
                    identity: connection(step).map(|name| calls.connection(&name)),
                    step: format!("{shared} / {title}"),
                    job: shared,
                    environment: environment(step, &variables),
                };
                task(calls, step, &context, &variables);
                script(calls, step, &context);
            }
        }
    }
    groups(calls, path, pipeline);
}

impl Calls<'_> {
    /// A connection as the spec spells it.
    fn connection(&self, name: &str) -> Identity {
        let own = self.sites.iter().map(|site| site.connection.as_str()).find(|own| own.eq_ignore_ascii_case(name));
        Identity::Connection(own.unwrap_or(name).to_owned())
    }
}

/// The connection that a step signs in with.
fn connection(step: &Step<'_>) -> Option<String> {
    let named = CONNECTIONS.iter().find_map(|input| step.input(input))?;
    named.text().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Variables of a job whose values the files say.
fn variables(pipeline: &Pipeline<'_>, stage: &Stage<'_>, job: &Job<'_>) -> BTreeMap<String, String> {
    let all = pipeline.variables.iter().chain(&stage.variables).chain(&job.variables);
    let named = all.filter_map(|variable| match variable {
        Variable::Named { name, value, .. } => Some((name.to_lowercase(), value.text()?.to_owned())),
        Variable::Group(_) => None,
    });
    let raw: BTreeMap<String, String> = named.filter(|(_, value)| !value.starts_with("$[")).collect();
    raw.iter().map(|(name, value)| (name.clone(), known(&known(value, &raw), &raw))).collect()
}

/// A text with the variables that are known put in.
fn known(text: &str, variables: &BTreeMap<String, String>) -> String {
    expand_macros(text, |name| variables.get(&name.to_lowercase()).cloned())
}

fn environment(step: &Step<'_>, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    // The agent gives every variable to every script, in capitals and with underscores.
    let implied = variables.iter().map(|(name, value)| (name.to_uppercase().replace(['.', ' '], "_"), value.clone()));
    let own = step.node.get("env").map(Node::entries).unwrap_or_default();
    let own = own.iter().filter_map(|(key, value)| Some((key.text()?.to_owned(), known(value.text()?, variables))));
    implied.chain(own).collect()
}

/// What the task itself does, beside running a script.
fn task(calls: &mut Calls<'_>, step: &Step<'_>, context: &Context, variables: &BTreeMap<String, String>) {
    let Some(identity) = &context.identity else { return };
    let name = step.task().split('@').next().unwrap_or_default();
    let place = &step.node.place;
    let rows = table::calls(&["task".to_owned(), name.to_owned()]);
    if rows.is_empty() {
        let message = format!("what the task {name} of `{}` needs of Azure is not known", context.step);
        return calls.say(&place.file, Some(place.line), message);
    }
    let input = |name: &str| step.input(name).and_then(Node::text).map(|text| known(text, variables));
    for row in rows.into_iter().filter(|row| row.place != "-") {
        let scope = match row.place {
            "cluster task" => input("kubernetesCluster").and_then(|name| {
                calls.find("Microsoft.ContainerService/managedClusters", &name, input("azureResourceGroup").as_deref())
            }),
            _ => input("KeyVaultName").and_then(|name| calls.find("Microsoft.KeyVault/vaults", &name, None)),
        };
        let because = Because {
            file: place.file.to_string(),
            line: Some(place.line),
            step: context.step.clone(),
            call: step.task().to_owned(),
            source: row.source.to_owned(),
        };
        match scope {
            Some(scope) => calls.need(identity, &row.actions, &scope, &because),
            None => calls.say(
                &place.file,
                Some(place.line),
                format!("where the task {name} of `{}` works is not known", context.step),
            ),
        }
    }
}

/// The script of a step, written there or in a file.
fn script(calls: &mut Calls<'_>, step: &Step<'_>, context: &Context) {
    if let Some(node) = step.script_file() {
        let mut words = node.text().unwrap_or_default().split_whitespace();
        if let Some(path) = words.find(|word| *word != "bash") {
            let path = path.trim_start_matches("./");
            return file(calls, calls.tree.directory.inside(path).unwrap_or(path), context, &[]);
        }
    }
    if let Some(node) = step.inline() {
        let text = node.text().unwrap_or_default();
        commands(calls, &node.place.file, Some(node.place.line), text, context, &[]);
    }
}

fn file(calls: &mut Calls<'_>, path: &str, context: &Context, outer: &[&[Command]]) {
    let tree = calls.tree;
    if let Some(text) = tree.get(path).and_then(|file| file.text()).filter(|_| outer.len() < MAX_DEPTH) {
        commands(calls, path, None, text, context, outer);
    }
}

/// The calls of a script; `offset` is the line of the step that it is written in, `outer` are the scripts that run it.
fn commands(
    calls: &mut Calls<'_>,
    path: &str,
    offset: Option<usize>,
    text: &str,
    context: &Context,
    outer: &[&[Command]],
) {
    let own = shell::commands(text);
    let all: Vec<&[Command]> = std::iter::once(own.as_slice()).chain(outer.iter().copied()).collect();
    for command in &own {
        let mut words = command.words.as_slice();
        if words[0] == "bash" && words.len() > 1 {
            let name = words[1].rsplit('/').next().unwrap_or_default();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let inner = if words[1].starts_with('$') { format!("{folder}/{name}") } else { words[1].clone() };
            file(calls, &inner, context, &all);
            // A script that runs its arguments.
            let wrapped = words.iter().position(|word| PROGRAMS.contains(&word.as_str()));
            let Some(at) = wrapped else { continue };
            words = &words[at..];
        }
        let line = offset.map_or(command.line, |offset| offset + command.line);
        call(calls, words, &all, path, line, context);
    }
}

/// One call of a program.
fn call(calls: &mut Calls<'_>, words: &[String], all: &[&[Command]], path: &str, line: usize, context: &Context) {
    // What stands before the command of kubectl says which cluster, and not what is done.
    let named = words[0] == "kubectl" && words.get(1).is_some_and(|word| word == "--kubeconfig") && words.len() > 3;
    let plain: Vec<String> = words.iter().take(1).chain(words.iter().skip(3)).cloned().collect();
    let words = if named { plain.as_slice() } else { words };
    let local = words.iter().any(|word| word == "--local" || word == "--dry-run=client");
    let other = words[0] == "docker" && words.get(1).is_none_or(|word| word != "push");
    if starts_pipeline(words) {
        return start(calls, path, line, context);
    }
    if words[0] == "curl" {
        return curl(calls, words, path, line, context);
    }
    if !PROGRAMS.contains(&words[0].as_str()) || local || other {
        return;
    }
    let shown: Vec<&str> = words.iter().map(String::as_str).take_while(|word| !word.starts_with(['-', '$'])).collect();
    let shown = shown.join(" ");
    let rows = table::calls(words);
    if rows.is_empty() {
        return calls.say(path, Some(line), format!("what `{shown}` needs of Azure is not known"));
    }
    for row in rows.into_iter().filter(|row| row.place != "-") {
        let Some(identity) = &context.identity else {
            let message = format!("`{shown}` asks Azure, and nobody is signed in at `{}`", context.step);
            return calls.say(path, Some(line), message);
        };
        let because = Because {
            file: path.to_owned(),
            line: Some(line),
            step: context.step.clone(),
            call: shown.clone(),
            source: row.source.to_owned(),
        };
        let Some(scopes) = scopes(calls, row.place, words, all, &context.environment) else {
            let message = format!("where `{shown}` of `{}` works is not known before a run", context.step);
            calls.say(path, Some(line), message);
            continue;
        };
        for scope in scopes {
            match scope {
                Where::Id(id) if row.place == "rest" => {
                    calls.need(identity, action_of_request(words).as_slice(), &id, &because);
                }
                Where::Id(id) => calls.need(identity, &row.actions, &id, &because),
                Where::Template(index) => {
                    let deployed = calls.deployed;
                    let template = &deployed[index];
                    let group = calls.places[template.site].id();
                    calls.need(identity, &row.actions, &group, &because);
                    made::deploy(calls, template, identity, &because);
                    if row.words.ends_with(&["create"]) {
                        let (job, file) = (context.job.clone(), template.file.clone());
                        calls.deploys.push(Deploys { job, identity: identity.clone(), file });
                    }
                }
            }
        }
    }
}

/// Requests to Azure DevOps go with the token of the run; what others need is not known.
fn curl(calls: &mut Calls<'_>, words: &[String], path: &str, line: usize, context: &Context) {
    const AZURE: [&str; 4] = ["management.azure.com", "vault.azure.net", "core.windows.net", "api.azureml.ms"];
    if let Some(host) = AZURE.iter().find(|host| words.iter().any(|word| word.contains(**host))) {
        calls.say(path, Some(line), format!("what a request of `{}` to {host} needs is not known", context.step));
    }
}

/// Whether a request starts a pipeline: a body is sent to its runs. A function of the script may send it.
fn starts_pipeline(words: &[String]) -> bool {
    let to_runs = |word: &String| word.split_once("/pipelines/").is_some_and(|(_, rest)| rest.contains("/runs"));
    words.iter().any(to_runs) && words.iter().any(|word| word == "--data")
}

/// A pipeline is started with the token of the run: as the build service. Which one, the step says.
fn start(calls: &mut Calls<'_>, path: &str, line: usize, context: &Context) {
    let Some(pipeline) = context.environment.get("PIPELINE").filter(|name| !name.contains('$')) else {
        let message = format!("which pipeline `{}` starts is not known before a run: set PIPELINE", context.step);
        return calls.say(path, Some(line), message);
    };
    let because = Because {
        file: path.to_owned(),
        line: Some(line),
        step: context.step.clone(),
        call: format!("start of {pipeline}"),
        source: String::new(),
    };
    calls.call(&Identity::BuildService, "devops run", Scope::pipeline(pipeline).id(), because);
}

/// Variable groups that read a vault: the connection of the group asks, once for each run.
fn groups(calls: &mut Calls<'_>, path: &str, pipeline: &Pipeline<'_>) {
    let stages = pipeline.stages.iter().flat_map(|stage| &stage.variables);
    let jobs = pipeline.jobs().flat_map(|(_, job)| &job.variables);
    for variable in pipeline.variables.iter().chain(stages).chain(jobs) {
        let Variable::Group(node) = variable else { continue };
        let Some(name) = node.text() else { continue };
        let Some(group) = calls.project.variable_groups.iter().find(|group| group.name.as_str() == name) else {
            continue;
        };
        let GroupContent::KeyVault { vault, .. } = &group.content else { continue };
        let site = calls.sites.iter().find(|site| match (vault, site.environment) {
            (VaultOwner::Platform, None) => true,
            (VaultOwner::Environment(name), Some(environment)) => environment.name == *name,
            _ => false,
        });
        let Some(site) = site else { continue };
        let vault = site.environment.map_or(&calls.project.platform.key_vault, |environment| &environment.key_vault);
        let identity = calls.connection(site.connection.as_str());
        let because = Because {
            file: node.place.file.to_string(),
            line: Some(node.place.line),
            step: path.trim_start_matches("pipelines/").trim_end_matches(".yml").to_owned(),
            call: format!("variable group {name}"),
            source: String::new(),
        };
        if let Some(vault) = calls.find("Microsoft.KeyVault/vaults", vault.as_str(), None) {
            calls.call(&identity, "group vault", &vault, because);
        }
    }
}
