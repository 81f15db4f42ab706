//! Steps of pipelines: the service connection that each signs in with, and the calls of its script and task.

use std::collections::BTreeMap;

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Stage, Step, Variable};
use azure_pipelines::template::expand_macros;

use super::shell::{self, Command, fill};
use super::{Calls, made, table};
use crate::project::variables::{GroupContent, VaultOwner};
use crate::verify::document::{documents, items, text};
use crate::verify::permissions::model::{Because, Deploys, Identity};
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
        let Some(scopes) = scopes(calls, row.place, words, all, context) else {
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

/// Where a call works.
enum Where {
    Id(String),
    /// A template, by its index.
    Template(usize),
}

/// Where a call works; nothing if that is not known before a run.
fn scopes(
    calls: &Calls<'_>,
    place: &str,
    words: &[String],
    all: &[&[Command]],
    context: &Context,
) -> Option<Vec<Where>> {
    let whole = |text: &String| !text.contains("$(");
    let value = |flag: &str| flag_of(words, flag).and_then(|word| fill(word, &context.environment)).filter(whole);
    let group = || value("--resource-group").or_else(|| value("-g"));
    let workspace = || {
        let name = value("--workspace-name").or_else(|| value("-w"))?;
        calls.find("Microsoft.MachineLearningServices/workspaces", &name, group().as_deref())
    };
    let one = |id: Option<String>| id.map(|id| vec![Where::Id(id)]);
    match place.split(' ').collect::<Vec<_>>().as_slice() {
        ["group", "--resource-group"] => one(group().map(|name| calls.place(&name).id())),
        ["group", flag] => one(value(flag).or_else(|| value("-n")).map(|name| calls.place(&name).id())),
        ["type", kind, name] => {
            one(value(kind).zip(value(name)).and_then(|(kind, name)| calls.find(&kind, &name, group().as_deref())))
        }
        ["workspace"] => one(workspace()),
        ["storage"] => one(workspace().and_then(|workspace| calls.storage(&workspace))),
        ["registry"] => {
            let mut images = words.iter().skip(2).filter_map(|word| fill(word, &context.environment));
            one(images.find_map(|image| calls.registry(&image)))
        }
        ["cluster"] => {
            let login = all
                .iter()
                .flat_map(|script| script.iter())
                .map(|command| &command.words)
                .find(|words| words.iter().any(|word| word == "get-credentials"));
            let of = |flag: &str| {
                login.and_then(|words| flag_of(words, flag)).and_then(|word| fill(word, &context.environment))
            };
            one(of("--name").and_then(|name| {
                calls.find("Microsoft.ContainerService/managedClusters", &name, of("--resource-group").as_deref())
            }))
        }
        ["container", account, name] => one(value(account)
            .zip(value(name))
            .and_then(|(account, name)| calls.container(&format!("https://{account}.blob./{name}")))),
        ["rest"] => one(group_of_url(words, context).map(|name| calls.place(&name).id())),
        ["identities", flag] => identities(calls, value(flag)),
        ["template"] => {
            let file = value("--template-file").or_else(|| value("-f")).or_else(|| value("--parameters"));
            let file = file.map(|file| file.replace(".bicepparam", ".json").replace(".bicep", ".json"));
            let found = calls.deployed.iter().position(|template| Some(&template.file) == file.as_ref());
            found.map(|index| vec![Where::Template(index)])
        }
        [kind, flag] => one(value(flag).and_then(|name| calls.find(kind, &name, group().as_deref()))),
        _ => None,
    }
}

/// The group that a request to Resource Manager works in: the one that its address names, or that of the step.
fn group_of_url(words: &[String], context: &Context) -> Option<String> {
    let url = flag_of(words, "--url").or_else(|| flag_of(words, "--uri"))?;
    let named = url.split_once("/resourceGroups/").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    fill(named.unwrap_or("$RESOURCE_GROUP"), &context.environment)
}

/// The action of a request to Resource Manager, by its method and address: `PUT …/providers/Microsoft.X/y/name`.
fn action_of_request(words: &[String]) -> Option<String> {
    let url = flag_of(words, "--url").or_else(|| flag_of(words, "--uri"))?;
    let (_, rest) = url.rsplit_once("/providers/")?;
    let parts: Vec<&str> = rest.split('?').next()?.split('/').collect();
    let kinds: Vec<&str> =
        parts.iter().enumerate().filter(|(at, _)| *at == 0 || at % 2 == 1).map(|(_, part)| *part).collect();
    let verb = match flag_of(words, "--method").unwrap_or("get").to_lowercase().as_str() {
        "get" | "head" => "read",
        "put" | "patch" => "write",
        "delete" => "delete",
        _ => "action",
    };
    Some(format!("{}/{verb}", kinds.join("/")))
}

/// The identities that the file of an endpoint names; none where it names none.
fn identities(calls: &Calls<'_>, path: Option<String>) -> Option<Vec<Where>> {
    let (files, _) = documents(calls.tree, |file| Some(file) == path.as_deref());
    let file = files.first()?;
    let all = items(&file.root, &["identity", "user_assigned_identities"]);
    Some(all.iter().filter_map(|one| text(one, &["resource_id"])).map(|id| Where::Id(calls.own_id(id))).collect())
}

/// The word after a flag, or after its `=`.
fn flag_of<'w>(words: &'w [String], flag: &str) -> Option<&'w str> {
    let at = words.iter().position(|word| word == flag);
    let after = at.and_then(|at| words.get(at + 1)).map(String::as_str);
    after.or_else(|| words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('=')))
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
