//! `Cache@2`: restored by its key, or by the start of one; saved at the end of a job that went well.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::files::{below, copy, find, make, wrong};
use crate::job::bench::{Now, Saving};
use crate::outcome::Outcome;
use crate::variables::Value;

pub(super) const INPUTS: &[&str] = &["key", "path", "restoreKeys", "cacheHitVar"];

pub(super) fn restore(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let key = now.input("key").ok_or("input `key` is empty")?.to_owned();
    let path = now.input("path").ok_or("input `path` is empty")?;
    let path = now.paths().sources().join(path);
    let sources = now.paths().sources();
    let exact = fingerprint(&key, &sources)?;
    let store = now.caches();
    make(&store)?;
    let mut found = store.join(name(&exact)).is_dir().then(|| (exact.clone(), true));
    for start in now.input("restoreKeys").unwrap_or_default().lines().filter(|line| !line.trim().is_empty()) {
        if found.is_none() {
            let start = fingerprint(start, &sources)?;
            found = newest(&store, &start).map(|key| (key, false));
        }
    }
    let hit = match &found {
        Some((key, exact)) => {
            make(&path)?;
            copy(&store.join(name(key)).join("content"), &path)?;
            now.output(&format!("Cache restored: {key}"));
            if *exact { "true" } else { "inexact" }
        }
        None => {
            now.output(&format!("There is a cache miss: {exact}"));
            if let Some(seed) = now.seed(&path) {
                make(&path)?;
                lend(&seed, &path)?;
                now.output(&format!("it begins with what is kept in {}", seed.display()));
            }
            "false"
        }
    };
    if let Some(variable) = now.input("cacheHitVar").map(str::to_owned) {
        now.set(&variable, Value::plain(hit).literal());
    }
    if hit != "true" {
        now.save_later(Saving { key: exact.clone(), path, folder: store.join(name(&exact)) });
    }
    Ok(Outcome::Succeeded)
}

/// Files of a folder, there too: programs that keep downloads write each under a name of its own, and never change it.
fn lend(from: &Path, to: &Path) -> Result<(), String> {
    for path in below(from) {
        let (from, to) = (from.join(&path), to.join(&path));
        make(to.parent().unwrap_or(&to))?;
        if !to.exists() && fs::hard_link(&from, &to).is_err() && from.exists() {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

/// Keeps what a job has made for the next one. Another job may have been quicker: then its content stays.
pub(crate) fn save(saving: &Saving) -> Result<(), String> {
    if saving.folder.exists() || !saving.path.exists() {
        return Ok(());
    }
    let partial = saving.folder.with_extension(format!("{}.partial", std::process::id()));
    make(&partial)?;
    copy(&saving.path, &partial.join("content"))?;
    let key = partial.join("key");
    fs::write(&key, &saving.key).map_err(wrong("write", &key))?;
    if fs::rename(&partial, &saving.folder).is_err() {
        fs::remove_dir_all(&partial).map_err(wrong("remove", &partial))?;
    }
    Ok(())
}

/// The segments of a key with files replaced by what is in them. A segment that looks like a path is one; `"…"` is not.
fn fingerprint(key: &str, sources: &Path) -> Result<String, String> {
    let mut parts = Vec::new();
    for segment in key.split('|').map(str::trim) {
        let text = segment.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let looks_like_path = text.is_none() && (segment.contains(['/', '*', '?']) || segment.contains('.'));
        parts.push(match text {
            Some(text) => text.to_owned(),
            None if looks_like_path => digest(segment, sources)?,
            None => segment.to_owned(),
        });
    }
    Ok(parts.join("|"))
}

fn digest(pattern: &str, sources: &Path) -> Result<String, String> {
    let files: Vec<PathBuf> =
        find(&pattern.replace(',', "\n"), sources).into_iter().filter(|file| file.is_file()).collect();
    if files.is_empty() {
        return Err(format!("no files match `{pattern}` of the cache's key"));
    }
    let mut digest = Sha256::new();
    for file in files {
        let content = fs::read(&file).map_err(wrong("read", &file))?;
        digest.update(file.strip_prefix(sources).unwrap_or(&file).to_string_lossy().as_bytes());
        digest.update(Sha256::digest(content));
    }
    Ok(hex(&digest.finalize()))
}

fn name(key: &str) -> String {
    hex(&Sha256::digest(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The newest cache whose key begins with those segments.
fn newest(store: &Path, start: &str) -> Option<String> {
    let entries = fs::read_dir(store).ok()?.flatten();
    let keys = entries.filter_map(|entry| {
        let key = fs::read_to_string(entry.path().join("key")).ok()?;
        let made = entry.metadata().ok()?.modified().ok()?;
        (key == start || key.strip_prefix(start)?.starts_with('|')).then_some((made, key))
    });
    keys.max().map(|(_, key)| key)
}
