//! Images without an engine: the stages of a Dockerfile as folders. What the base image would hold is the machine's own,
//! read from beneath; what the stages add is the image.

mod context;
mod dockerfile;
mod enter;
mod layers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pipeline_runner::path_matches;
use serde_json::{Value, json};

pub(crate) use context::keep as keep_context;
use dockerfile::{Dockerfile, Instruction, Stage};
use enter::Inside;
pub(crate) use enter::Network;

use crate::ml::places::copy;
use crate::store::Store;

/// A folder that programs run in as if it were the root of a machine.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// What is in it, and how it starts: `environment`, `folder`, `entrypoint`, `command`, `labels`, `user`, `from`.
    pub facts: Value,
    root: PathBuf,
}

impl Image {
    /// That of a folder which [`build`] has made.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let path = folder.join("image.json");
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let facts = serde_json::from_str(&text).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(Self { facts, root: folder.join("root") })
    }

    /// A command inside of it.
    pub fn command(
        &self,
        words: &[&str],
        folder: &Path,
        environment: &[(String, String)],
        store: &Store,
    ) -> Result<Command, String> {
        let own = self.facts["environment"].as_object().cloned().unwrap_or_default();
        let own = own.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        let environment: Vec<(String, String)> = own.chain(environment.iter().cloned()).collect();
        let seen = [store.folder()];
        let inside = Inside { root: &self.root, folder, environment: &environment, seen: &seen, ..Inside::default() };
        inside.command(words, self.facts["from"].as_str().unwrap_or_default())
    }

    /// A command inside of it that has a network of its own, and sees `files` beside what the image holds.
    pub fn contained(
        &self,
        words: &[&str],
        folder: &Path,
        environment: &[(String, String)],
        files: &[(String, PathBuf)],
        network: &Network<'_>,
        store: &Store,
    ) -> Result<Command, String> {
        let own = self.facts["environment"].as_object().cloned().unwrap_or_default();
        let own = own.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        let environment: Vec<(String, String)> = own.chain(environment.iter().cloned()).collect();
        let seen = [store.folder()];
        let inside = Inside {
            root: &self.root,
            folder,
            environment: &environment,
            seen: &seen,
            files,
            network: Some(network),
            ..Inside::default()
        };
        inside.command(words, self.facts["from"].as_str().unwrap_or_default())
    }
}

/// Builds the last stage of a Dockerfile, or takes what was built of the same before.
///
/// # Errors
/// Where it is none, or a command of it failed.
pub(crate) fn build(
    store: &Store,
    context: &Path,
    file: &str,
    arguments: &[(String, String)],
    say: &mut dyn FnMut(&str),
) -> Result<Image, String> {
    let path = context.join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let dockerfile = Dockerfile::parse(&text).map_err(|message| format!("{}: {message}", path.display()))?;
    let digest = context::digest(context, &text, arguments)?;
    let folder = store.folder().join("images").join(&digest);
    if folder.join("image.json").exists() {
        return Image::open(&folder);
    }
    say("no engine: the image's stages are folders, and what its base images hold is this machine's own");
    let partial = folder.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(|error| format!("cannot remove {}: {error}", partial.display()))?;
    }
    let mut built: Vec<(String, PathBuf, Value)> = Vec::new();
    let last = dockerfile.stages.len() - 1;
    for (at, stage) in dockerfile.stages.iter().enumerate() {
        if at != last && !dockerfile.is_needed(at) {
            continue;
        }
        let root = partial.join(format!("stage-{at}"));
        fs::create_dir_all(&root).map_err(|error| format!("cannot make {}: {error}", root.display()))?;
        let facts = one(store, context, stage, &root, &built, arguments, &dockerfile.arguments, say)?;
        built.push((stage.name.clone().unwrap_or_else(|| at.to_string()), root, facts));
    }
    let (_, root, mut facts) = built.pop().ok_or("the Dockerfile has no stage")?;
    facts["digest"] = json!(digest);
    let wrong = |error: std::io::Error| format!("cannot write {}: {error}", partial.display());
    fs::rename(&root, partial.join("root")).map_err(wrong)?;
    fs::write(partial.join("image.json"), facts.to_string()).map_err(wrong)?;
    for (_, root, _) in built {
        fs::remove_dir_all(&root).map_err(wrong)?;
    }
    fs::rename(&partial, &folder).map_err(wrong)?;
    Image::open(&folder)
}

/// What took longer than this is kept.
const WORTHWHILE: Duration = Duration::from_secs(5);

/// Programs that would change the machine's packages or people: what they bring is there already.
const LEFT_OUT: [&str; 6] = ["apt-get", "apk", "useradd", "adduser", "addgroup", "groupadd"];

#[allow(clippy::too_many_arguments)]
fn one(
    store: &Store,
    context: &Path,
    stage: &Stage,
    root: &Path,
    built: &[(String, PathBuf, Value)],
    arguments: &[(String, String)],
    global: &[(String, String)],
    say: &mut dyn FnMut(&str),
) -> Result<Value, String> {
    let mut known: BTreeMap<String, String> = global.iter().cloned().collect();
    let from = dockerfile::fill(&stage.from, &known);
    let mut facts = json!({
        "from": from, "environment": {}, "folder": "/", "entrypoint": [], "command": [], "labels": {}, "user": "",
    });
    if let Some((_, before, its)) = built.iter().find(|(name, ..)| *name == from) {
        copy(before, root)?;
        facts = its.clone();
    }
    let before =
        built.iter().find(|(name, ..)| *name == from).map(|(.., facts)| facts["state"].as_str().unwrap_or_default());
    let state_of = |name: &str| {
        built
            .iter()
            .find(|(known, ..)| known == name)
            .and_then(|(.., facts)| facts["state"].as_str().map(str::to_owned))
    };
    let keys = layers::keys(stage, &from, before.unwrap_or_default(), context, &state_of, &known, arguments)?;
    let kept = layers::last_kept(store, &keys);
    if let Some(at) = kept {
        layers::take(store, &keys[at], root)?;
    }
    facts["state"] = json!(keys.last());
    for (at, instruction) in stage.instructions.iter().enumerate() {
        let is_there = kept.is_some_and(|kept| at <= kept);
        match instruction {
            Instruction::Argument(name, default) => {
                let given = arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                let value = given.or_else(|| default.as_ref().map(|text| dockerfile::fill(text, &known)));
                known.extend(value.map(|value| (name.clone(), value)));
            }
            Instruction::Environment(pairs) => {
                for (name, value) in pairs {
                    let value = dockerfile::fill(value, &known);
                    facts["environment"][name] = json!(value);
                    known.insert(name.clone(), value);
                }
            }
            Instruction::Label(pairs) => {
                for (name, value) in pairs {
                    facts["labels"][name] = json!(dockerfile::fill(value, &known));
                }
            }
            Instruction::Folder(path) => {
                let path = absolute(facts["folder"].as_str().unwrap_or("/"), &dockerfile::fill(path, &known));
                fs::create_dir_all(below(root, &path)).map_err(|error| format!("cannot make {path}: {error}"))?;
                facts["folder"] = json!(path);
            }
            Instruction::Copy { .. } if is_there => {}
            Instruction::Copy { from, sources, target } => {
                let source = match from {
                    None => context.to_owned(),
                    Some(name) => {
                        let found = built.iter().find(|(known, ..)| known == name);
                        found.map(|(_, root, _)| root.clone()).ok_or_else(|| format!("there is no stage {name}"))?
                    }
                };
                let target = dockerfile::fill(target, &known);
                let into = absolute(facts["folder"].as_str().unwrap_or("/"), &target);
                for name in sources {
                    let names = named(&source, &dockerfile::fill(name, &known))?;
                    let folder = target.ends_with('/') || sources.len() > 1 || names.len() > 1;
                    names.iter().try_for_each(|name| put(&source, name, root, &into, folder))?;
                }
            }
            Instruction::Run(text) => {
                let first = text.split_whitespace().next().unwrap_or_default();
                if LEFT_OUT.contains(&first) {
                    say(&format!("left out, because packages and people are this machine's own: {text}"));
                    continue;
                }
                // what was downloaded once is kept beside the images, as an engine keeps a mounted cache
                let text = &text.replace(" --no-cache-dir", "");
                if is_there {
                    say(&format!("as before: RUN {text}"));
                    continue;
                }
                say(&format!("RUN {text}"));
                let began = Instant::now();
                let folder = facts["folder"].as_str().unwrap_or("/").to_owned();
                let environment: Vec<(String, String)> = known.clone().into_iter().collect();
                let target =
                    text.contains("cargo build").then(|| store.folder().join("targets").join(context::short(&from)));
                let inside = Inside {
                    root,
                    folder: Path::new(&folder),
                    environment: &environment,
                    seen: &[store.folder()],
                    target: target.as_deref(),
                    ..Inside::default()
                };
                let mut command = inside.command(&["sh", "-c", text], &from)?;
                let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot start: {error}"))?;
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                said.lines().for_each(&mut *say);
                if !output.status.success() {
                    return Err(format!("RUN {text} ended with {}", output.status.code().unwrap_or(-1)));
                }
                if began.elapsed() > WORTHWHILE {
                    layers::keep(store, &keys[at], root);
                }
            }
            Instruction::User(name) => facts["user"] = json!(dockerfile::fill(name, &known)),
            Instruction::Entrypoint(words) => facts["entrypoint"] = json!(words),
            Instruction::Command(words) => facts["command"] = json!(words),
            Instruction::Nothing => {}
        }
    }
    Ok(facts)
}

fn absolute(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{}", folder.trim_end_matches('/'), path) }
}

fn below(root: &Path, path: &str) -> PathBuf {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..");
    parts.fold(root.to_owned(), |path, part| path.join(part))
}

/// The names that a source of `COPY` stands for: itself, or what its pattern matches.
fn named(source: &Path, name: &str) -> Result<Vec<String>, String> {
    if !name.contains(['*', '?']) {
        return Ok(vec![name.to_owned()]);
    }
    let (folder, pattern) = name.trim_start_matches("./").rsplit_once('/').unwrap_or(("", name));
    if folder.contains(['*', '?']) {
        return Err(format!("COPY: patterns of folders are not known here: {name}"));
    }
    let entries = fs::read_dir(below(source, folder)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut found: Vec<String> =
        names.filter(|own| path_matches(pattern, own)).map(|own| format!("{folder}/{own}")).collect();
    found.sort();
    if found.is_empty() { Err(format!("COPY: nothing matches {name}")) } else { Ok(found) }
}

/// `COPY`: of a folder its content, of a file the file.
fn put(source: &Path, name: &str, root: &Path, into: &str, folder: bool) -> Result<(), String> {
    let from = below(source, name);
    if !from.exists() {
        return Err(format!("COPY: there is no {name}"));
    }
    let to = below(root, into);
    match from.is_dir() || !folder {
        true => copy(&from, &to),
        false => copy(&from, &to.join(from.file_name().unwrap_or_default())),
    }
}
