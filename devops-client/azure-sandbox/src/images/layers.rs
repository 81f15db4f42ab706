//! What commands of a Dockerfile have made, kept by all that decided it: the same command on the same files is not carried out
//! again, as an engine's layers do it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::context::{hex, walk};
use super::dockerfile::{Instruction, Stage, fill};
use super::{below, named};
use crate::store::Store;

/// How many are kept: the newest.
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
    let mut last = hex(&Sha256::digest(format!("{from}\0{before}\0{arguments:?}\0{known:?}")));
    let mut all = Vec::new();
    for instruction in &stage.instructions {
        let mut digest = Sha256::new();
        digest.update(format!("{last}\0{instruction:?}"));
        match instruction {
            Instruction::Argument(name, default) => {
                let given = arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                let value = given.or_else(|| default.as_ref().map(|text| fill(text, &known)));
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
                    for name in named(context, &fill(source, &known))? {
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

fn place(store: &Store, key: &str) -> PathBuf {
    store.folder().join("layers").join(key)
}

/// The last instruction whose state is kept.
pub(super) fn last_kept(store: &Store, keys: &[String]) -> Option<usize> {
    (0..keys.len()).rev().find(|at| place(store, &keys[*at]).is_dir())
}

/// Puts a kept state in the place of a root.
pub(super) fn take(store: &Store, key: &str, root: &Path) -> Result<(), String> {
    fs::remove_dir_all(root).map_err(|error| format!("cannot remove {}: {error}", root.display()))?;
    copy(&place(store, key), root)
}

/// Keeps the state of a root; what cannot be kept is made again the next time.
pub(super) fn keep(store: &Store, key: &str, root: &Path) {
    let to = place(store, key);
    let partial = to.with_extension(format!("partial-{}", std::process::id()));
    let made = fs::create_dir_all(to.parent().unwrap_or(&to)).is_ok() && copy(root, &partial).is_ok();
    if !made || fs::rename(&partial, &to).is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    let mut all: Vec<(std::time::SystemTime, PathBuf)> = fs::read_dir(store.folder().join("layers"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    all.sort();
    for (_, old) in all.iter().rev().skip(KEPT) {
        let _ = fs::remove_dir_all(old);
    }
}

/// A folder with everything in it as it is, links as links.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let output = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).output();
    let output = output.map_err(|error| format!("cannot start cp: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("cannot copy {}: {}", from.display(), String::from_utf8_lossy(&output.stderr).trim())),
    }
}
