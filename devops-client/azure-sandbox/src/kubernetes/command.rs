//! `kubectl`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use azure_pipelines::Node;
use azure_pipelines::Place;
use azure_pipelines::yaml::{parse, print};
use serde_json::{Map, Value, json};

use super::cluster::Cluster;
use super::{apply, forward, jsonpath, pods, rollout};
use crate::access;
use crate::store::Store;

/// Words and options.
struct Call {
    words: Vec<String>,
    options: BTreeMap<String, String>,
}

/// Options without a value.
const FLAGS: [&str; 4] = ["ignore-not-found", "overwrite", "local", "dry-run=client"];

const VALUED: [&str; 11] = [
    "namespace",
    "filename",
    "output",
    "type",
    "patch",
    "timeout",
    "from-file",
    "dry-run",
    "kubeconfig",
    "selector",
    "raw",
];

impl Call {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut call = Self { words: Vec::new(), options: BTreeMap::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let long = match argument.as_str() {
                "-n" => Some("namespace"),
                "-f" => Some("filename"),
                "-o" => Some("output"),
                other => other.strip_prefix("--").filter(|name| !name.is_empty()),
            };
            match long {
                None => call.words.push(argument.clone()),
                Some(name) if FLAGS.contains(&name) => drop(call.options.insert(name.to_owned(), String::new())),
                Some(name) => {
                    let (name, value) = match name.split_once('=') {
                        Some((name, value)) => (name, value.to_owned()),
                        None => (name, rest.next().cloned().unwrap_or_default()),
                    };
                    if !VALUED.contains(&name) {
                        return Err(format!("error: unknown flag: --{name} (of the sandbox's kubectl)"));
                    }
                    call.options.insert(name.to_owned(), value);
                }
            }
        }
        Ok(call)
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }
}

/// Carries out `kubectl ARGUMENTS`; gives back what goes to standard output.
pub(crate) fn run(
    store: &Store,
    here: &Path,
    kubeconfig: Option<&Path>,
    arguments: &[String],
) -> Result<String, String> {
    let call = Call::parse(arguments)?;
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    let namespace = call.option("namespace").unwrap_or("default");
    let own = call.option("kubeconfig").map(PathBuf::from);
    let cluster = || Cluster::of(store, own.as_deref().or(kubeconfig));
    if let Some((verb, kind)) = deed(&words, call.option("raw").is_some()) {
        access::object(store, &cluster()?.name, verb, kind, namespace)?;
    }
    let missing =
        |kind: &str, name: &str| format!("Error from server (NotFound): {} \"{name}\" not found", plural(kind));
    match words.as_slice() {
        ["patch"] if call.option("local").is_some() => patch(&call, here),
        ["create", "secret", "generic", name] if call.options.keys().any(|key| key.starts_with("dry-run")) => {
            secret(&call, here, name, namespace)
        }
        ["apply"] => {
            let cluster = cluster()?;
            let mut said = String::new();
            for object in objects(call.option("filename").unwrap_or("-"), here)? {
                let kind = object["kind"].as_str().unwrap_or_default();
                let own = object["metadata"]["namespace"].as_str().or(call.option("namespace")).unwrap_or("default");
                let place = if kind == "Namespace" { "" } else { own };
                access::object(store, &cluster.name, "patch", kind, place)?;
                said.push_str(&apply::one(&cluster, object, call.option("namespace"))?);
            }
            Ok(said)
        }
        ["get", kind @ ("deployment" | "service"), name] => match cluster()?.get(kind, namespace, name)? {
            None if call.option("ignore-not-found").is_some() => Ok(String::new()),
            None => Err(missing(kind, name)),
            Some(object) => shown(&object, call.option("output").unwrap_or_default()),
        },
        ["get", "pods"] => {
            let items = pods::selected(&cluster()?, namespace, call.option("selector").unwrap_or_default())?;
            shown(
                &json!({ "apiVersion": "v1", "kind": "List", "items": items }),
                call.option("output").unwrap_or("json"),
            )
        }
        ["get"] if call.option("raw").is_some() => pods::proxy(&cluster()?, call.option("raw").unwrap_or_default()),
        ["annotate", kind @ ("deployment" | "service"), name, pairs @ ..] => {
            let cluster = cluster()?;
            let Some(object) = cluster.get(kind, namespace, name)? else { return Err(missing(kind, name)) };
            for pair in pairs {
                let (key, value) = pair.split_once('=').ok_or_else(|| format!("error: `{pair}` is not KEY=VALUE"))?;
                let before = object["metadata"]["annotations"][key].as_str().filter(|before| *before != value);
                if let Some(before) = before.filter(|_| call.option("overwrite").is_none()) {
                    return Err(format!(
                        "error: --overwrite is false but found the following declared annotation(s): '{key}' already has a value ({before})"
                    ));
                }
                cluster.change(kind, namespace, name, |object| {
                    object["metadata"]["annotations"][key] = json!(value);
                })?;
            }
            Ok(format!("{}/{name} annotated\n", full(kind)))
        }
        ["rollout", "status", target] => {
            rollout::wait(&cluster()?, namespace, name_of(target), duration(call.option("timeout").unwrap_or("0s"))?)
        }
        ["rollout", "undo", target] => apply::undo(&cluster()?, namespace, name_of(target)),
        ["rollout", "history", target] => {
            let object = cluster()?
                .get("deployment", namespace, name_of(target))?
                .ok_or_else(|| missing("deployment", name_of(target)))?;
            let count = object["status"]["history"].as_array().map_or(0, Vec::len);
            let rows: String = (1..=count).map(|at| format!("{at}         <none>\n")).collect();
            Ok(format!("{target}\nREVISION  CHANGE-CAUSE\n{rows}"))
        }
        ["delete", "deployment", names @ ..] => {
            let cluster = cluster()?;
            let mut said = String::new();
            for name in names {
                match cluster.remove("deployment", namespace, name)? {
                    true => said.push_str(&format!("deployment.apps \"{name}\" deleted\n")),
                    false if call.option("ignore-not-found").is_some() => {}
                    false => return Err(missing("deployment", name)),
                }
                for pod in pods::of(&cluster, namespace, name)? {
                    pods::end(&cluster, namespace, pod["metadata"]["name"].as_str().unwrap_or_default())?;
                }
            }
            Ok(said)
        }
        ["port-forward", target, ports] => {
            forward::forward(&cluster()?, namespace, target, ports)?;
            Ok(String::new())
        }
        _ => Err(format!("the sandbox's kubectl does not know this: {}", arguments.join(" "))),
    }
}

/// What a command does to which kind of object; nothing for what stays on this machine, and for `apply`, which may do it to
/// many kinds.
fn deed(words: &[&str], raw: bool) -> Option<(&'static str, &'static str)> {
    Some(match words {
        ["get", "deployment", _] | ["rollout", "status" | "history", _] => ("get", "deployment"),
        ["get", "service", _] => ("get", "service"),
        ["annotate", "service", ..] => ("patch", "service"),
        ["get", "pods"] => ("list", "pod"),
        ["get"] if raw => ("get", "pod"),
        ["annotate", "deployment", ..] | ["rollout", "undo", _] => ("patch", "deployment"),
        ["delete", "deployment", ..] => ("delete", "deployment"),
        ["port-forward", ..] => ("create", "pod"),
        _ => return None,
    })
}

/// A kind with its API group, as it is shown in front of a name.
fn full(kind: &str) -> &str {
    if kind == "deployment" { "deployment.apps" } else { kind }
}

/// The same of many.
fn plural(kind: &str) -> &'static str {
    if kind == "deployment" { "deployments.apps" } else { "services" }
}

fn name_of(target: &str) -> &str {
    target.split_once('/').map_or(target, |(_, name)| name)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("error: `{text}` is no duration");
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        // none is as long as it takes; nobody waits longer than an hour here
        "s" if number == 0 => Ok(Duration::from_secs(3600)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        _ => Err(wrong()),
    }
}

/// The objects of a file, of each file of a folder, or of standard input.
fn objects(name: &str, here: &Path) -> Result<Vec<Value>, String> {
    if name == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| format!("cannot read standard input: {error}"))?;
        return documents("-", &text);
    }
    let path = here.join(name);
    let wrong = |error: std::io::Error| format!("error: the path {} cannot be read: {error}", path.display());
    if path.is_dir() {
        let mut files: Vec<PathBuf> = fs::read_dir(&path).map_err(wrong)?.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| {
            file.extension().is_some_and(|ending| ["yml", "yaml", "json"].iter().any(|known| ending == *known))
        });
        files.sort();
        let each = files.iter().map(|file| objects(&file.display().to_string(), here));
        return Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    documents(name, &fs::read_to_string(&path).map_err(wrong)?)
}

fn documents(name: &str, text: &str) -> Result<Vec<Value>, String> {
    let one = |text: &str| parse(name, text).map(|node| node.to_json()).map_err(|problem| format!("error: {problem}"));
    let parts = text
        .split("\n---")
        .map(|part| part.trim_start_matches("---"))
        .filter(|part| part.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')));
    parts.map(one).collect()
}

fn shown(object: &Value, output: &str) -> Result<String, String> {
    match output.split_once('=') {
        Some(("jsonpath", path)) => jsonpath::find(object, path),
        None if output == "json" => Ok(format!("{object:#}\n")),
        None if output == "yaml" => Ok(print(&Node::from_json(object, &Place::nowhere()))),
        None if output.is_empty() || output == "name" => {
            let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
            Ok(format!("{}/{}\n", full(&kind), object["metadata"]["name"].as_str().unwrap_or_default()))
        }
        _ => Err(format!("the sandbox's kubectl does not know the output {output}")),
    }
}

/// `patch --local`: a merge patch (RFC 7396) of a file.
fn patch(call: &Call, here: &Path) -> Result<String, String> {
    if call.option("type") != Some("merge") {
        return Err("the sandbox's kubectl knows merge patches alone".to_owned());
    }
    let all = objects(call.option("filename").unwrap_or("-"), here)?;
    let [object] = all.as_slice() else { return Err("error: one object is patched at a time".to_owned()) };
    let patch: Value = serde_json::from_str(call.option("patch").unwrap_or_default())
        .map_err(|error| format!("error: unable to parse the patch: {error}"))?;
    let mut object = object.clone();
    merge(&mut object, &patch);
    shown(&object, call.option("output").unwrap_or("yaml"))
}

fn merge(into: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        into.clone_from(patch);
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    for (key, value) in changes {
        match into.as_object_mut() {
            Some(map) if value.is_null() => drop(map.shift_remove(key)),
            _ => merge(&mut into[key], value),
        }
    }
}

fn secret(call: &Call, here: &Path, name: &str, namespace: &str) -> Result<String, String> {
    let folder = here.join(call.option("from-file").ok_or("error: --from-file is needed here")?);
    let wrong = |error: std::io::Error| format!("error: {} cannot be read: {error}", folder.display());
    let mut data = Map::new();
    for entry in fs::read_dir(&folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let text = fs::read_to_string(entry.path()).map_err(wrong)?;
        data.insert(entry.file_name().to_string_lossy().into_owned(), json!(text));
    }
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "namespace": namespace }, "stringData": data,
    });
    shown(&object, call.option("output").unwrap_or("yaml"))
}
