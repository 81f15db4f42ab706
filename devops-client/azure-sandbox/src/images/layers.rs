//! Layers: what the commands of a Dockerfile have made, each kept by all that decided it, as an engine's layers are. The same
//! command on the same files is not carried out again, and images that have something in common have it once on disk.
//!
//! A layer's folder holds what it adds to those below it, and is never changed once it has its name: so that files of it can
//! be hard links of another's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use pipeline_runner::path_matches;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::context::{hex, walk};
use super::dockerfile::{Instruction, Stage, fill};
use super::paths::below;
use crate::folders::discard;
use crate::store::Store;

/// How many that belong to no image are kept: the newest.
const KEPT: usize = 8;

/// A name for the state behind each instruction of a stage: all that decides it.
pub(super) fn keys(
    stage: &Stage,
    from: &str,
    before: &str,
    context: &Path,
    built: &dyn Fn(&str) -> Option<String>,
    known: &BTreeMap<String, String>,
    arguments: &[(String, String)],
) -> Result<Vec<String>, String> {
    let mut known = known.clone();
    let mut last = hex(&Sha256::digest(format!("{from}\0{before}\0{known:?}")));
    let mut all = Vec::new();
    for instruction in &stage.instructions {
        let mut digest = Sha256::new();
        digest.update(format!("{last}\0{instruction:?}"));
        match instruction {
            // what is given decides nothing before it is named
            Instruction::Argument(name, default) => {
                let given = arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                let value = given.or_else(|| default.as_ref().map(|text| fill(text, &known)));
                digest.update(format!("\0{value:?}"));
                known.extend(value.map(|value| (name.clone(), value)));
            }
            Instruction::Environment(pairs) => {
                for (name, value) in pairs {
                    let value = fill(value, &known);
                    known.insert(name.clone(), value);
                }
            }
            Instruction::Copy { from: Some(name), .. } => {
                digest.update(built(name).ok_or_else(|| format!("there is no stage {name}"))?);
            }
            Instruction::Copy { from: None, sources, .. } => {
                for source in sources {
                    for name in named(&[context.to_owned()], &fill(source, &known))? {
                        let path = below(context, &name);
                        if path.is_dir() {
                            walk(&path, &path, &mut digest)?;
                        } else {
                            let content = fs::read(&path).map_err(|_| format!("COPY: there is no {name}"))?;
                            digest.update(format!("\0{name}\0{}\0", content.len()));
                            digest.update(content);
                        }
                    }
                }
            }
            _ => {}
        }
        last = hex(&digest.finalize());
        all.push(last.clone());
    }
    Ok(all)
}

/// Where layers are.
pub(super) fn folder(store: &Store) -> PathBuf {
    store.folder().join("layers")
}

/// The folders of layers, the lowest first.
pub(super) fn places(store: &Store, names: &[String]) -> Vec<PathBuf> {
    names.iter().map(|name| folder(store).join(name)).collect()
}

/// The layers of a state that is kept: that of its name is the topmost.
pub(super) fn kept(store: &Store, key: &str) -> Option<Vec<String>> {
    let text = fs::read_to_string(folder(store).join(format!("{key}.json"))).ok()?;
    let names: Vec<String> = serde_json::from_str(&text).ok()?;
    places(store, &names).iter().all(|place| place.is_dir()).then_some(names)
}

/// A new folder that becomes a layer.
pub(super) fn begin(store: &Store, key: &str) -> Result<PathBuf, String> {
    let path = folder(store).join(format!("{key}.partial-{}", std::process::id()));
    let wrong = |error: std::io::Error| format!("cannot make {}: {error}", path.display());
    if path.exists() {
        fs::remove_dir_all(&path).map_err(wrong)?;
    }
    fs::create_dir_all(&path).map_err(wrong)?;
    Ok(path)
}

/// The folder that the kernel has for itself while another becomes a layer.
pub(super) fn beside(made: &Path) -> PathBuf {
    let mut name = made.as_os_str().to_owned();
    name.push("-work");
    name.into()
}

/// Gives a folder its name as a layer on top of others; gives back all of them.
pub(super) fn seal(store: &Store, key: &str, made: &Path, under: &[String]) -> Result<Vec<String>, String> {
    let to = folder(store).join(key);
    let wrong = |error: std::io::Error| format!("cannot keep {}: {error}", to.display());
    if to.exists() {
        // another made the same meanwhile
        fs::remove_dir_all(made).map_err(wrong)?;
    } else {
        fs::rename(made, &to).map_err(wrong)?;
    }
    let all: Vec<String> = under.iter().cloned().chain([key.to_owned()]).collect();
    let list = folder(store).join(format!("{key}.json"));
    let beside = folder(store).join(format!("{key}.json-{}", std::process::id()));
    fs::write(&beside, json!(all).to_string()).and_then(|()| fs::rename(&beside, &list)).map_err(wrong)?;
    Ok(all)
}

/// Others who want to make the same wait until it is dropped.
pub(super) fn lock(store: &Store, key: &str) -> Result<File, String> {
    let path = folder(store).join(format!("{key}.lock"));
    let wrong = |error: std::io::Error| format!("cannot lock {}: {error}", path.display());
    fs::create_dir_all(folder(store)).map_err(wrong)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(wrong)?;
    file.lock().map_err(wrong)?;
    Ok(file)
}

/// Takes away what no image has and what is not among the newest.
pub(super) fn clean(store: &Store) {
    let list = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut used = BTreeSet::new();
    for image in list(&store.folder().join("images")) {
        let text = fs::read_to_string(image.path().join("image.json")).unwrap_or_default();
        let facts: Value = serde_json::from_str(&text).unwrap_or_default();
        used.extend(
            facts["layers"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)),
        );
    }
    let named = |entry: fs::DirEntry| {
        let name = entry.file_name().to_str()?.strip_suffix(".json")?.to_owned();
        Some((entry.metadata().ok()?.modified().ok()?, name))
    };
    let mut all: Vec<_> = list(&folder(store)).filter_map(named).collect();
    all.sort();
    let mut free = 0;
    let mut stays = used;
    for (_, name) in all.iter().rev() {
        free += usize::from(!stays.contains(name));
        if free <= KEPT {
            stays.extend(kept(store, name).unwrap_or_default());
        }
    }
    for (_, name) in all.iter().filter(|(_, name)| !stays.contains(name)) {
        let _ = fs::remove_file(folder(store).join(format!("{name}.json")));
        let _ = fs::remove_file(folder(store).join(format!("{name}.lock")));
        let _ = fs::remove_dir_all(folder(store).join(name));
    }
}

/// Whether this machine can lay folders over each other for whoever has a namespace of his own, there where layers are.
pub(super) fn can_overlay(store: &Store) -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let place = store.folder().join(format!("overlay-{}", std::process::id()));
        let text = "cd \"$1\" && mkdir lower upper work root && : >lower/file && mount -t overlay overlay -o \
                    userxattr,lowerdir=lower,upperdir=upper,workdir=work root && rm root/file && mkdir root/file";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", text]);
        command.arg("sh").arg(&place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let works = fs::create_dir_all(&place).is_ok() && command.status().is_ok_and(|status| status.success());
        discard(&place.join("work"));
        let _ = fs::remove_dir_all(&place);
        works
    })
}

/// Whether an entry of a layer says that what lies below it is gone.
fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_char_device() && data.rdev() == 0)
}

/// Whether a folder of a layer hides all that lies below it.
fn hides(path: &Path) -> bool {
    let mut value = [0; 4];
    let found = rustix::fs::lgetxattr(path, "user.overlay.opaque", &mut value[..]);
    found.is_ok_and(|length| length > 0 && value[0] == b'y')
}

/// Whether layers have something at a place.
pub(super) fn has(layers: &[PathBuf], name: &str) -> bool {
    found(layers, name).is_some()
}

/// Whether what layers have at a place is a folder.
pub(super) fn is_folder(layers: &[PathBuf], name: &str) -> bool {
    found(layers, name).is_some_and(|path| path.is_dir())
}

fn found(layers: &[PathBuf], name: &str) -> Option<PathBuf> {
    let top = layers.iter().rev().map(|layer| below(layer, name)).find(|path| path.symlink_metadata().is_ok())?;
    (!is_gone(&top)).then_some(top)
}

/// Copies what layers have at a place: of a folder its content. Files are links of theirs where `links` says so.
pub(super) fn put(layers: &[PathBuf], name: &str, to: &Path, links: bool) -> Result<(), String> {
    layers.iter().map(|layer| below(layer, name)).try_for_each(|path| merge(&path, to, links))
}

fn merge(from: &Path, to: &Path, links: bool) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    let Ok(data) = fs::symlink_metadata(from) else { return Ok(()) };
    let gone = || match to.symlink_metadata() {
        Ok(there) if there.is_dir() => fs::remove_dir_all(to),
        Ok(_) => fs::remove_file(to),
        Err(_) => Ok(()),
    };
    if is_gone(from) {
        return gone().map_err(wrong);
    }
    if data.is_dir() {
        if hides(from) || to.symlink_metadata().is_ok_and(|there| !there.is_dir()) {
            gone().map_err(wrong)?;
        }
        fs::create_dir_all(to).map_err(wrong)?;
        for entry in fs::read_dir(from).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            merge(&entry.path(), &to.join(entry.file_name()), links)?;
        }
        return fs::set_permissions(to, data.permissions()).map_err(wrong);
    }
    gone().map_err(wrong)?;
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(wrong)?;
    if data.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from).map_err(wrong)?, to).map_err(wrong);
    }
    if !data.is_file() || (links && fs::hard_link(from, to).is_ok()) {
        return Ok(());
    }
    fs::copy(from, to).map_err(wrong)?;
    // the compiled modules of Python count for files of this very time
    if let (Ok(time), Ok(file)) = (data.modified(), File::options().append(true).open(to)) {
        let _ = file.set_modified(time);
    }
    Ok(())
}

/// How many bytes the files of a layer have.
pub(super) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size(&entry.path()),
            Ok(_) => entry.metadata().map_or(0, |data| data.len()),
            Err(_) => 0,
        })
        .sum()
}

/// The names that a source of `COPY` stands for: itself, or what its pattern matches.
pub(super) fn named(sources: &[PathBuf], name: &str) -> Result<Vec<String>, String> {
    if !name.contains(['*', '?']) {
        return Ok(vec![name.to_owned()]);
    }
    let (folder, pattern) = name.trim_start_matches("./").rsplit_once('/').unwrap_or(("", name));
    if folder.contains(['*', '?']) {
        return Err(format!("COPY: patterns of folders are not known here: {name}"));
    }
    let entries = sources.iter().flat_map(|source| fs::read_dir(below(source, folder)).into_iter().flatten().flatten());
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut found: Vec<String> =
        names.filter(|own| path_matches(pattern, own)).map(|own| format!("{folder}/{own}")).collect();
    found.sort();
    found.dedup();
    found.retain(|name| has(sources, name));
    if found.is_empty() { Err(format!("COPY: nothing matches {name}")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_above_counts_and_what_is_hidden_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (low, high, to) = (folder.path().join("low"), folder.path().join("high"), folder.path().join("to"));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(low.join("a/one"), "1");
        write(low.join("a/two"), "2");
        write(high.join("a/two"), "22");
        std::os::unix::fs::symlink("two", high.join("a/link")).unwrap();
        let layers = [low.clone(), high];
        put(&layers, "a", &to, true).unwrap();
        assert_eq!(fs::read_to_string(to.join("link")).unwrap(), "22");
        assert_eq!(fs::metadata(to.join("one")).unwrap().ino(), fs::metadata(low.join("a/one")).unwrap().ino());
        let other = folder.path().join("other");
        put(&layers, "a", &other, false).unwrap();
        let time = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(other.join("one")), time(low.join("a/one")));
        assert!(has(&layers, "a/one") && !has(&layers, "a/three") && is_folder(&layers, "/a/"));
        if rustix::fs::setxattr(to.as_path(), "user.overlay.opaque", b"y", rustix::fs::XattrFlags::empty()).is_ok() {
            let all = folder.path().join("all");
            merge(&low.join("a"), &all, false).unwrap();
            fs::remove_file(to.join("one")).unwrap();
            merge(&to, &all, false).unwrap();
            assert!(!all.join("one").exists() && all.join("two").exists());
        }
    }
}
