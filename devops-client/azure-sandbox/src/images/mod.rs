//! Images without an engine: the stages of a Dockerfile as layers of files. What the base image would hold is the machine's
//! own, read from beneath; what the stages add is the image.

mod build;
mod context;
mod dockerfile;
mod enter;
mod layers;
mod paths;
mod target;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use build::Build;
pub(crate) use context::keep as keep_context;
use dockerfile::Dockerfile;
pub(crate) use enter::Network;
use enter::{Inside, Root};

use crate::store::Store;

/// Files that programs run in as if they were a machine's.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// What is in it, and how it starts: `environment`, `folder`, `entrypoint`, `command`, `labels`, `user`, `from`, `layers`.
    pub facts: Value,
    layers: Vec<PathBuf>,
    /// All of it in one folder, for machines that lay no folders over each other.
    whole: PathBuf,
}

impl Image {
    /// That of a folder which [`build`] has made.
    pub fn open(store: &Store, folder: &Path) -> Result<Self, String> {
        let path = folder.join("image.json");
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let facts: Value =
            serde_json::from_str(&text).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let names = facts["layers"].as_array().into_iter().flatten();
        let names: Vec<String> = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Ok(Self { layers: layers::places(store, &names), facts, whole: folder.join("root") })
    }

    /// How many bytes its files have.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layers::size(layer)).sum()
    }

    /// A command inside of it. What it writes beside what it is given is gone when it has ended.
    pub fn command(
        &self,
        words: &[&str],
        folder: &Path,
        environment: &[(String, String)],
        store: &Store,
    ) -> Result<Command, String> {
        self.started(words, folder, environment, &[], None, store)
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
        self.started(words, folder, environment, files, Some(network), store)
    }

    fn started(
        &self,
        words: &[&str],
        folder: &Path,
        environment: &[(String, String)],
        files: &[(String, PathBuf)],
        network: Option<&Network<'_>>,
        store: &Store,
    ) -> Result<Command, String> {
        let own = self.facts["environment"].as_object().cloned().unwrap_or_default();
        let own = own.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        let environment: Vec<(String, String)> = own.chain(environment.iter().cloned()).collect();
        let root = if layers::can_overlay(store) {
            Root::Layers { lower: &self.layers, upper: None }
        } else {
            self.put_together()?;
            Root::Folder(&self.whole)
        };
        let own = Inside::new(root, store.folder());
        let inside = Inside { folder, environment: &environment, files, network, ..own };
        inside.command(words, self.facts["from"].as_str().unwrap_or_default())
    }

    /// Copies the layers into one folder, unless that was done before.
    fn put_together(&self) -> Result<(), String> {
        if self.whole.is_dir() {
            return Ok(());
        }
        let partial = self.whole.with_extension(format!("partial-{}", std::process::id()));
        layers::put(&self.layers, "", &partial, false)?;
        fs::create_dir_all(&partial).map_err(|error| format!("cannot make {}: {error}", partial.display()))?;
        if fs::rename(&partial, &self.whole).is_err() {
            // another was quicker
            let _ = fs::remove_dir_all(&partial);
        }
        Ok(())
    }
}

fn read(context: &Path, file: &str) -> Result<(String, Dockerfile), String> {
    let path = context.join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let dockerfile = Dockerfile::parse(&text).map_err(|message| format!("{}: {message}", path.display()))?;
    Ok((text, dockerfile))
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
    build_by(store, context, file, arguments, layers::can_overlay(store), say)
}

fn build_by(
    store: &Store,
    context: &Path,
    file: &str,
    arguments: &[(String, String)],
    overlay: bool,
    say: &mut dyn FnMut(&str),
) -> Result<Image, String> {
    let (text, dockerfile) = read(context, file)?;
    let digest = context::digest(context, &text, arguments)?;
    let folder = store.folder().join("images").join(&digest);
    if folder.join("image.json").exists() {
        return Image::open(store, &folder);
    }
    say("no engine: the image's stages are folders, and what its base images hold is this machine's own");
    if !overlay {
        say("this machine lays no folders over each other: layers are copied, which takes longer and more room");
    }
    let built = Build { store, context, arguments, dockerfile: &dockerfile, overlay, say }.whole()?;
    let mut facts = built.facts;
    facts["digest"] = json!(digest);
    facts["layers"] = json!(built.layers);
    let wrong = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(wrong)?;
    let beside = folder.join(format!("image.json-{}", std::process::id()));
    fs::write(&beside, facts.to_string())
        .and_then(|()| fs::rename(&beside, folder.join("image.json")))
        .map_err(wrong)?;
    layers::clean(store);
    Image::open(store, &folder)
}

/// Carries out what the stages of a Dockerfile begin with and what no code decides, such as the installation of packages, so
/// that a later build finds it.
///
/// # Errors
/// Where it is none, or a command of it failed.
pub(crate) fn ahead(store: &Store, context: &Path, file: &str, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let (_, dockerfile) = read(context, file)?;
    let overlay = layers::can_overlay(store);
    Build { store, context, arguments: &[], dockerfile: &dockerfile, overlay, say }.ahead()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stage that changes and removes what is below it, and one that goes on with what it made.
    const TEXT: &str = "FROM scratch AS build\nWORKDIR /app\nCOPY one gone ./\nRUN echo 2 >two && rm gone\n\
                        FROM scratch\nCOPY --from=build /app /app\nRUN echo more >>/app/two\nCMD [\"sh\"]\n";

    #[test]
    fn commands_change_what_is_above_them_alone_with_overlays_and_without() {
        for overlay in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path()).unwrap();
            if overlay && !layers::can_overlay(&store) {
                continue;
            }
            let context = folder.path().join("context");
            fs::create_dir_all(&context).unwrap();
            for (name, text) in [("Dockerfile", TEXT), ("one", "1\n"), ("gone", "")] {
                fs::write(context.join(name), text).unwrap();
            }
            let built = || {
                let mut said = Vec::new();
                let image =
                    build_by(&store, &context, "Dockerfile", &[], overlay, &mut |line| said.push(line.to_owned()));
                (image.unwrap(), said.join("\n"))
            };
            let (image, said) = built();
            assert!(said.contains("RUN echo 2") && !said.contains("as before"), "{overlay}: {said}");
            let words = ["sh", "-c", "cat /app/two && ls /app && echo 3 >/app/three"];
            for _ in 0..2 {
                let output = image.command(&words, Path::new("/"), &[], &store).unwrap().output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).replace("three\n", "");
                assert_eq!(text, "2\nmore\none\ntwo\n", "{overlay}: {output:?}");
            }
            // what the first stage made is as it was
            let all = fs::read_dir(layers::folder(&store)).unwrap().flatten().map(|entry| entry.path().join("app/two"));
            let texts: Vec<String> = all.filter_map(|path| fs::read_to_string(path).ok()).collect();
            assert!(texts.contains(&"2\n".to_owned()) && texts.contains(&"2\nmore\n".to_owned()), "{texts:?}");
            // other code, the same beginning
            fs::write(context.join("beside"), "").unwrap();
            let (again, said) = built();
            assert_ne!(again.facts["digest"], image.facts["digest"]);
            assert!(said.contains("as before: RUN echo 2") && said.contains("as before: RUN echo more"), "{said}");
        }
    }
}
