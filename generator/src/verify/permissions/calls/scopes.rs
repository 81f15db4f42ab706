//! Where a call works, as far as files say it.

use std::collections::BTreeMap;

use super::Calls;
use super::shell::{Command, fill};
use crate::verify::document::{documents, items, text};
use crate::verify::permissions::template::Made;

/// What networks are peered by.
const PEERING: &str = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";

/// What a script sees, values as far as they are known before a run.
type Environment = BTreeMap<String, String>;

/// Where a call works.
pub(super) enum Where {
    /// A resource or a group.
    Id(String),
    /// A template, by its index.
    Template(usize),
}

/// Where a call works; nothing if that is not known before a run.
pub(super) fn scopes(
    calls: &Calls<'_>,
    place: &str,
    words: &[String],
    all: &[&[Command]],
    environment: &Environment,
) -> Option<Vec<Where>> {
    let whole = |text: &String| !text.contains("$(");
    let value = |flag: &str| flag_of(words, flag).and_then(|word| fill(word, environment)).filter(whole);
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
            let mut images = words.iter().skip(2).filter_map(|word| fill(word, environment));
            one(images.find_map(|image| calls.registry(&image)))
        }
        ["cluster"] => {
            let login = all
                .iter()
                .flat_map(|script| script.iter())
                .map(|command| &command.words)
                .find(|words| words.iter().any(|word| word == "get-credentials"));
            let of = |flag: &str| login.and_then(|words| flag_of(words, flag)).and_then(|word| fill(word, environment));
            one(of("--name").and_then(|name| {
                calls.find("Microsoft.ContainerService/managedClusters", &name, of("--resource-group").as_deref())
            }))
        }
        ["container", account, name] => one(value(account)
            .zip(value(name))
            .and_then(|(account, name)| calls.container(&format!("https://{account}.blob./{name}")))),
        ["rest"] => one(group_of_url(words, environment).map(|name| calls.place(&name).id())),
        ["identities", flag] => identities(calls, value(flag)),
        ["made", kind] => {
            let made = own_template(calls, environment)?;
            Some(of_kind(made, kind).map(|one| Where::Id(one.id.clone())).collect())
        }
        ["peered"] => {
            let remote =
                |one: &Made| Some(one.body.pointer("/properties/remoteVirtualNetwork/id")?.as_str()?.to_owned());
            let made = own_template(calls, environment)?;
            Some(of_kind(made, PEERING).filter_map(remote).map(Where::Id).collect())
        }
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

/// What the template of the folder that a step names makes.
fn own_template<'c>(calls: &'c Calls<'_>, environment: &Environment) -> Option<&'c [Made]> {
    let file = format!("{}/main.json", environment.get("FOLDER")?);
    calls.deployed.iter().find(|template| template.file == file).map(|template| template.made.as_slice())
}

/// Of what a template makes, the resources of a type.
fn of_kind<'m>(made: &'m [Made], kind: &str) -> impl Iterator<Item = &'m Made> {
    made.iter().filter(move |one| !one.existing && one.kind.eq_ignore_ascii_case(kind))
}

/// The group that a request to Resource Manager works in: the one that its address names, or that of the step.
fn group_of_url(words: &[String], environment: &Environment) -> Option<String> {
    let url = flag_of(words, "--url").or_else(|| flag_of(words, "--uri"))?;
    let named = url.split_once("/resourceGroups/").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    fill(named.unwrap_or("$RESOURCE_GROUP"), environment)
}

/// The action of a request to Resource Manager, by its method and address: `PUT …/providers/Microsoft.X/y/name`.
pub(super) fn action_of_request(words: &[String]) -> Option<String> {
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
