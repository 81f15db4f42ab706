//! What Cargo builds in images, kept from build to build as an engine keeps a mounted cache: one folder for all images that are
//! built from the same base, with the crates that steps have downloaded.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::context;
use crate::folders::copy;
use crate::store::Store;

/// What lies in it beside Cargo's: each source with its digest and its time.
const NOTE: &str = ".sources.json";

/// How Cargo builds here unless a Dockerfile says so itself: whoever tries a project waits for its programs once, and for
/// requests hardly at all.
pub(super) const LIGHT: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// A folder that Cargo builds in; nobody else builds in it until this is dropped.
#[derive(Debug)]
pub(super) struct Target {
    pub folder: PathBuf,
    _lock: File,
}

impl Target {
    /// That of a base image. Waits for whoever has it.
    pub fn take(store: &Store, from: &str) -> Result<Self, String> {
        let folder = store.folder().join("targets").join(context::short(from));
        let wrong = |error: std::io::Error| format!("cannot make {}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(wrong)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.with_extension("lock"));
        let lock = lock.map_err(wrong)?;
        lock.lock().map_err(wrong)?;
        lend_crates(store)?;
        Ok(Self { folder, _lock: lock })
    }

    // Invariant: a source whose content has changed since the last build is younger than all that was built
    // (test: what_was_built_counts_until_a_source_changes).
    /// Gives each source that has not changed since the last build the time that it had then, because Cargo builds again what is
    /// younger than its result; and notes them for the next build.
    pub fn date(&self, sources: &Path) -> Result<(), String> {
        let note = self.folder.join(NOTE);
        let wrong = |error: std::io::Error| format!("cannot write {}: {error}", note.display());
        let known: Value = serde_json::from_str(&fs::read_to_string(&note).unwrap_or_default()).unwrap_or_default();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut all = BTreeMap::new();
        for path in files(sources, sources)? {
            let whole = sources.join(&path);
            let content = fs::read(&whole).map_err(wrong)?;
            let digest = context::hex(&Sha256::digest(content));
            let before = known[&path][1].as_str().and_then(|text| text.parse::<u64>().ok());
            let time = before.filter(|_| known[&path][0] == digest).map_or(now, Duration::from_nanos);
            let file = File::options().append(true).open(&whole).map_err(wrong)?;
            file.set_modified(SystemTime::UNIX_EPOCH + time).map_err(wrong)?;
            all.insert(path, json!([digest, time.as_nanos().to_string()]));
        }
        let beside = self.folder.join(format!("{NOTE}-new"));
        fs::write(&beside, json!(all).to_string()).and_then(|()| fs::rename(&beside, &note)).map_err(wrong)
    }
}

/// The files of a folder, by their paths from there.
fn files(folder: &Path, from: &Path) -> Result<Vec<String>, String> {
    let wrong = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let kind = entry.file_type().map_err(wrong)?;
        if kind.is_dir() {
            all.extend(files(&entry.path(), from)?);
        } else if kind.is_file() {
            let path = entry.path();
            all.extend(path.strip_prefix(from).ok().and_then(|path| path.to_str().map(str::to_owned)));
        }
    }
    Ok(all)
}

/// Crates that the caches of pipelines hold are there for images too: what steps have downloaded is not downloaded again.
fn lend_crates(store: &Store) -> Result<(), String> {
    let own = store.folder().join("cargo/registry");
    let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let caches = store.folder().parent().unwrap_or(store.folder()).join("caches");
    for content in list(caches).flat_map(list).map(|cache| cache.join("content/registry")) {
        for (part, links) in [("cache", true), ("index", false)] {
            for registry in list(content.join(part)) {
                let to = own.join(part).join(registry.file_name().unwrap_or_default());
                for path in files(&registry, &registry)? {
                    let (from, to) = (registry.join(&path), to.join(&path));
                    if to.exists() {
                        continue;
                    }
                    let wrong = |error: std::io::Error| format!("cannot make {}: {error}", to.display());
                    fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(wrong)?;
                    if !(links && fs::hard_link(&from, &to).is_ok()) {
                        copy(&from, &to)?;
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn what_was_built_counts_until_a_source_changes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut last = SystemTime::UNIX_EPOCH;
        // the sources are put there anew each time, as images are built from copies
        let mut younger = |files: &[(&str, &str)]| {
            let sources = tempfile::tempdir().unwrap();
            let target = Target::take(&store, "rust:1").unwrap();
            for (name, text) in files {
                write(&sources.path().join(name), text);
            }
            target.date(sources.path()).unwrap();
            let time = |name: &str| fs::metadata(sources.path().join(name)).unwrap().modified().unwrap();
            let mut all: Vec<String> =
                files.iter().filter(|(name, _)| time(name) > last).map(|(name, _)| (*name).to_owned()).collect();
            all.sort();
            last = SystemTime::now();
            std::thread::sleep(Duration::from_millis(2));
            all
        };
        assert_eq!(younger(&[("a.rs", "a"), ("deep/b.rs", "b")]), ["a.rs", "deep/b.rs"]);
        assert!(younger(&[("a.rs", "a"), ("deep/b.rs", "b")]).is_empty());
        assert_eq!(younger(&[("a.rs", "c"), ("deep/b.rs", "b")]), ["a.rs"]);
        assert_eq!(younger(&[("a.rs", "a"), ("deep/b.rs", "b")]), ["a.rs"]);
        assert!(younger(&[("a.rs", "a"), ("deep/b.rs", "b")]).is_empty());
        // one that was not there for a while counts as new
        assert!(younger(&[("a.rs", "a")]).is_empty());
        assert_eq!(younger(&[("a.rs", "a"), ("deep/b.rs", "b")]), ["deep/b.rs"]);
    }

    #[test]
    fn crates_of_steps_are_there_for_images() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let content = store.folder().parent().unwrap().join("caches/demo build/0a/content/registry");
        write(&content.join("cache/index.crates.io-1/serde-1.0.0.crate"), "crate");
        write(&content.join("index/index.crates.io-1/.cache/se/rd/serde"), "versions");
        write(&content.join("src/index.crates.io-1/serde-1.0.0/Cargo.toml"), "sources");
        lend_crates(&store).unwrap();
        let own = store.folder().join("cargo/registry");
        assert_eq!(fs::read_to_string(own.join("cache/index.crates.io-1/serde-1.0.0.crate")).unwrap(), "crate");
        assert_eq!(fs::read_to_string(own.join("index/index.crates.io-1/.cache/se/rd/serde")).unwrap(), "versions");
        assert!(!own.join("src").exists());
    }
}
