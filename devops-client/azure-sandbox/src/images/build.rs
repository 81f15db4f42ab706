//! The instructions of a Dockerfile, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use super::dockerfile::{self, Dockerfile, Instruction, Stage};
use super::enter::{Inside, Root};
use super::layers::{self, named};
use super::paths::{self, absolute, below};
use super::target::{LIGHT, Target};
use crate::folders::discard;
use crate::store::Store;

/// What a build is made with.
pub(super) struct Build<'a> {
    pub store: &'a Store,
    pub context: &'a Path,
    pub arguments: &'a [(String, String)],
    pub dockerfile: &'a Dockerfile,
    /// Whether folders are laid over each other, or copied.
    pub overlay: bool,
    pub say: &'a mut dyn FnMut(&str),
}

/// A stage that is built.
#[derive(Clone, Debug)]
pub(super) struct Built {
    name: String,
    /// The layers of its files, the lowest first.
    pub layers: Vec<String>,
    pub facts: Value,
    state: String,
}

/// Programs that would change the machine's packages or people: what they bring is there already.
const LEFT_OUT: [&str; 6] = ["apt-get", "apk", "useradd", "adduser", "addgroup", "groupadd"];

impl Build<'_> {
    /// The last stage, with those that it needs.
    pub fn whole(&mut self) -> Result<Built, String> {
        let last = self.dockerfile.stages.len() - 1;
        let mut built: Vec<Built> = Vec::new();
        for (at, stage) in self.dockerfile.stages.iter().enumerate() {
            if at == last || self.dockerfile.is_needed(at) {
                let name = stage.name.clone().unwrap_or_else(|| at.to_string());
                let made = self.stage(name, stage, &built, stage.instructions.len())?;
                built.push(made);
            }
        }
        built.pop().ok_or_else(|| "the Dockerfile has no stage".to_owned())
    }

    /// What stages begin with that no code decides: commands before the first folder or stage is copied.
    pub fn ahead(&mut self) -> Result<(), String> {
        for (at, stage) in self.dockerfile.stages.iter().enumerate() {
            let is_file = |name: &String| {
                named(&[self.context.to_owned()], name)
                    .is_ok_and(|names| names.iter().all(|name| below(self.context, name).is_file()))
            };
            let decides = |instruction: &Instruction| match instruction {
                Instruction::Copy { from: None, sources, .. } => !sources.iter().all(is_file),
                Instruction::Copy { from: Some(_), .. } | Instruction::Argument(..) => true,
                _ => false,
            };
            let until = stage.instructions.iter().position(decides).unwrap_or(stage.instructions.len());
            let is_run = |instruction: &Instruction| matches!(instruction, Instruction::Run(_));
            let Some(end) = stage.instructions[..until].iter().rposition(is_run) else { continue };
            if self.dockerfile.is_needed(at) || at + 1 == self.dockerfile.stages.len() {
                self.stage(at.to_string(), stage, &[], end + 1)?;
            }
        }
        Ok(())
    }

    /// The first instructions of a stage.
    fn stage(&mut self, name: String, stage: &Stage, built: &[Built], count: usize) -> Result<Built, String> {
        let mut known: BTreeMap<String, String> = self.dockerfile.arguments.iter().cloned().collect();
        let from = dockerfile::fill(&stage.from, &known);
        let facts = json!({
            "from": from, "environment": {}, "folder": "/", "entrypoint": [], "command": [], "labels": {}, "user": "",
        });
        let empty = Built { name: String::new(), layers: Vec::new(), facts, state: String::new() };
        let mut made = Built { name, ..built.iter().find(|other| other.name == from).cloned().unwrap_or(empty) };
        let state_of = |name: &str| built.iter().find(|other| other.name == name).map(|other| other.state.clone());
        let keys = layers::keys(stage, &from, &made.state, self.context, &state_of, &known, self.arguments)?;
        let keys = &keys[..count];
        let kept = (0..keys.len()).rev().find_map(|at| Some((at, layers::kept(self.store, &keys[at])?)));
        if let Some((_, layers)) = &kept {
            made.layers.clone_from(layers);
        }
        // what was copied since the last command
        let mut open: Option<PathBuf> = None;
        let store = self.store;
        let begin = |open: &mut Option<PathBuf>, key: &str| match open {
            Some(path) => Ok::<PathBuf, String>(path.clone()),
            None => Ok(open.insert(layers::begin(store, key)?).clone()),
        };
        let seal = |open: &mut Option<PathBuf>, made: &mut Built, key: &str| {
            if let Some(path) = open.take() {
                made.layers = layers::seal(store, key, &path, &made.layers)?;
            }
            Ok::<(), String>(())
        };
        for (at, instruction) in stage.instructions[..count].iter().enumerate() {
            let is_there = kept.as_ref().is_some_and(|(kept, _)| at <= *kept);
            let facts = &mut made.facts;
            match instruction {
                Instruction::Argument(name, default) => {
                    let given = self.arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
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
                    if !is_there {
                        let folder = below(&begin(&mut open, &keys[at])?, &path);
                        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {path}: {error}"))?;
                    }
                    facts["folder"] = json!(path);
                }
                Instruction::Copy { .. } | Instruction::Run(_) if is_there => {
                    if let Instruction::Run(text) = instruction {
                        (self.say)(&format!("as before: RUN {text}"));
                    }
                }
                Instruction::Copy { from, sources, target } => {
                    let source = match from {
                        None => vec![self.context.to_owned()],
                        Some(name) => {
                            let found = built.iter().find(|other| other.name == *name);
                            let found = found.ok_or_else(|| format!("there is no stage {name}"))?;
                            layers::places(self.store, &found.layers)
                        }
                    };
                    let target = dockerfile::fill(target, &known);
                    let into = absolute(facts["folder"].as_str().unwrap_or("/"), &target);
                    let root = begin(&mut open, &keys[at])?;
                    for name in sources {
                        let names = named(&source, &dockerfile::fill(name, &known))?;
                        let folder = target.ends_with('/') || sources.len() > 1 || names.len() > 1;
                        names.iter().try_for_each(|name| put(&source, name, &root, &into, folder, from.is_some()))?;
                    }
                }
                Instruction::Run(text) if LEFT_OUT.contains(&text.split_whitespace().next().unwrap_or_default()) => {
                    (self.say)(&format!("left out, because packages and people are this machine's own: {text}"));
                }
                Instruction::Run(text) => {
                    seal(&mut open, &mut made, &keys[at.saturating_sub(1)])?;
                    // what was downloaded once is kept beside the images, as an engine keeps a mounted cache
                    let text = text.replace(" --no-cache-dir", "");
                    self.carry_out(&text, &from, &known, &mut made, &keys[at])?;
                }
                Instruction::User(name) => facts["user"] = json!(dockerfile::fill(name, &known)),
                Instruction::Entrypoint(words) => facts["entrypoint"] = json!(words),
                Instruction::Command(words) => facts["command"] = json!(words),
                Instruction::Nothing => {}
            }
        }
        if let Some(last) = keys.last() {
            seal(&mut open, &mut made, last)?;
            made.state.clone_from(last);
        }
        Ok(made)
    }

    /// A command, unless another carries the same one out at the moment: then that one's result.
    fn carry_out(
        &mut self,
        text: &str,
        from: &str,
        known: &BTreeMap<String, String>,
        made: &mut Built,
        key: &str,
    ) -> Result<(), String> {
        let _lock = layers::lock(self.store, key)?;
        if let Some(layers) = layers::kept(self.store, key) {
            (self.say)(&format!("as before: RUN {text}"));
            made.layers = layers;
            return Ok(());
        }
        (self.say)(&format!("RUN {text}"));
        let began = Instant::now();
        let below = layers::places(self.store, &made.layers);
        let upper = layers::begin(self.store, key)?;
        let work = layers::beside(&upper);
        let root = if self.overlay {
            Root::Layers { lower: &below, upper: Some((&upper, &work)) }
        } else {
            layers::put(&below, "", &upper, false)?;
            Root::Folder(&upper)
        };
        let folder = made.facts["folder"].as_str().unwrap_or("/").to_owned();
        let mut environment = known.clone();
        let target = text.contains("cargo build").then(|| Target::take(self.store, from)).transpose()?;
        if let Some(target) = &target {
            let sources = paths::below(&upper, &folder);
            if self.overlay {
                layers::put(&below, &folder, &sources, false)?;
            }
            fs::create_dir_all(&sources).map_err(|error| format!("cannot make {}: {error}", sources.display()))?;
            target.date(&sources)?;
            for (name, value) in LIGHT.iter().filter(|(name, _)| !known.contains_key(*name)) {
                (self.say)(&format!("here Cargo optimizes less than a real image's build does: {name}={value}"));
                environment.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        let environment: Vec<(String, String)> = environment.into_iter().collect();
        let inside = Inside {
            folder: Path::new(&folder),
            environment: &environment,
            target: target.as_ref().map(|target| target.folder.as_path()),
            ..Inside::new(root, self.store.folder())
        };
        let mut command = inside.command(&["sh", "-c", text], from)?;
        let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot start: {error}"))?;
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).lines().for_each(&mut *self.say);
        discard(&work);
        if !output.status.success() {
            discard(&upper);
            return Err(format!("RUN {text} ended with {}", output.status.code().unwrap_or(-1)));
        }
        (self.say)(&format!("that took {:.1} s", began.elapsed().as_secs_f64()));
        // without overlays a layer has everything
        let under = if self.overlay { made.layers.clone() } else { Vec::new() };
        made.layers = layers::seal(self.store, key, &upper, &under)?;
        Ok(())
    }
}

/// `COPY`: of a folder its content, of a file the file.
fn put(source: &[PathBuf], name: &str, root: &Path, into: &str, folder: bool, links: bool) -> Result<(), String> {
    if !layers::has(source, name) {
        return Err(format!("COPY: there is no {name}"));
    }
    let to = below(root, into);
    match layers::is_folder(source, name) || !folder {
        true => layers::put(source, name, &to, links),
        false => layers::put(source, name, &to.join(Path::new(name).file_name().unwrap_or_default()), links),
    }
}
