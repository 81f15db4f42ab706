//! Toolchains of this machine in a home of the sandbox's own. A step may install components or update a toolchain: rustup
//! then moves and removes files where it finds them, so that a link to the machine's folder would change the machine.

use std::fs;
use std::io;
use std::path::Path;

/// Where rustup keeps what it writes anew in place: lists of components and what these consist of.
const LISTS: &str = "lib/rustlib";

/// Puts the toolchains of `machine`, a home of rustup, into the home `own`, each once: as folders whose files are other names
/// of the same files. What cannot be had in that way (another file system) is left out: rustup then downloads what a step asks
/// for.
///
/// # Errors
/// If `own` cannot be written to.
pub(super) fn lend(machine: &Path, own: &Path) -> Result<(), String> {
    let wrong = |error: io::Error| format!("cannot write to {}: {error}", own.display());
    let folder = own.join("toolchains");
    fs::create_dir_all(&folder).map_err(wrong)?;
    for entry in fs::read_dir(machine.join("toolchains")).into_iter().flatten().flatten() {
        let to = folder.join(entry.file_name());
        if to.is_symlink() {
            fs::remove_file(&to).map_err(wrong)?;
        }
        let Ok(from) = entry.path().canonicalize() else {
            continue;
        };
        if to.exists() || !from.is_dir() {
            continue;
        }
        let part = folder.join(format!(".{}.part", entry.file_name().display()));
        discard(&part).map_err(wrong)?;
        match tree(&from, &part, Path::new("")) {
            Ok(()) => fs::rename(&part, &to).map_err(wrong)?,
            Err(_) => discard(&part).map_err(wrong)?,
        }
    }
    Ok(())
}

fn discard(folder: &Path) -> io::Result<()> {
    if folder.exists() { fs::remove_dir_all(folder) } else { Ok(()) }
}

/// The folder `below` of `from`, with everything in it, at `to`.
fn tree(from: &Path, to: &Path, below: &Path) -> io::Result<()> {
    fs::create_dir(to.join(below))?;
    for entry in fs::read_dir(from.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            tree(from, to, &path)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, to.join(&path))?;
        } else if below == Path::new(LISTS) {
            fs::copy(entry.path(), to.join(&path))?;
        } else {
            fs::hard_link(entry.path(), to.join(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A toolchain on a machine, another name of it, and the sandbox's home beside.
    fn homes(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
        let (machine, own) = (folder.join("machine"), folder.join("own"));
        let stable = machine.join("toolchains/stable");
        fs::create_dir_all(stable.join("bin")).unwrap();
        fs::create_dir_all(stable.join(LISTS)).unwrap();
        fs::write(stable.join("bin/rustc"), "the compiler").unwrap();
        fs::write(stable.join(LISTS).join("components"), "rustc\n").unwrap();
        std::os::unix::fs::symlink(&stable, machine.join("toolchains/1.95.0")).unwrap();
        fs::create_dir_all(&own).unwrap();
        (machine, own)
    }

    #[test]
    fn whatever_is_done_to_a_lent_toolchain_the_machine_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (machine, own) = homes(folder.path());
        lend(&machine, &own).unwrap();
        for name in ["stable", "1.95.0"] {
            let lent = own.join("toolchains").join(name);
            assert_eq!(fs::read_to_string(lent.join("bin/rustc")).unwrap(), "the compiler");
            fs::write(lent.join(LISTS).join("components"), "").unwrap();
            fs::remove_dir_all(lent).unwrap();
        }
        let kept = machine.join("toolchains/stable");
        assert_eq!(fs::read_to_string(kept.join("bin/rustc")).unwrap(), "the compiler");
        assert_eq!(fs::read_to_string(kept.join(LISTS).join("components")).unwrap(), "rustc\n");
    }

    #[test]
    fn what_was_lent_stays_as_the_sandbox_has_changed_it_and_links_of_before_go() {
        let folder = tempfile::tempdir().unwrap();
        let (machine, own) = homes(folder.path());
        fs::create_dir_all(own.join("toolchains")).unwrap();
        std::os::unix::fs::symlink(machine.join("toolchains/stable"), own.join("toolchains/stable")).unwrap();
        lend(&machine, &own).unwrap();
        assert!(!own.join("toolchains/stable").is_symlink());
        fs::write(own.join("toolchains/stable/bin/extra"), "added").unwrap();
        lend(&machine, &own).unwrap();
        assert!(own.join("toolchains/stable/bin/extra").exists());
        assert!(!machine.join("toolchains/stable/bin/extra").exists());
    }
}
