//! Which Pythons a machine has: on the search path, and where version managers put theirs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Python of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// The program, no shim of a version manager.
    pub program: PathBuf,
    /// Major, minor and patch.
    pub version: [u32; 3],
}

/// The best Python for a version like `3.12` or `3.12.4`: of the same minor, or else of the next minor that is there, which
/// is what most programs for the older one run on. `variable` is the environment that is looked through.
pub fn python(wanted: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<Python> {
    let mut parts = wanted.split('.').map_while(|part| part.parse::<u32>().ok());
    let (major, minor) = (parts.next()?, parts.next());
    let mut all: Vec<Python> = programs(major, variable).iter().filter_map(|path| ask(path)).collect();
    all.retain(|python| python.version[0] == major && minor.is_none_or(|minor| python.version[1] >= minor));
    // the nearest minor, and of that the newest patch; without a minor the newest
    all.sort_by_key(|python| match minor {
        Some(_) => (python.version[1], u32::MAX - python.version[2]),
        None => (u32::MAX - python.version[1], u32::MAX - python.version[2]),
    });
    all.into_iter().next()
}

/// Programs that may be Pythons of that major version.
fn programs(major: u32, variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = variable("PATH")
        .unwrap_or_default()
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .collect();
    let home = variable("HOME").unwrap_or_default();
    let pyenv = variable("PYENV_ROOT").unwrap_or_else(|| format!("{home}/.pyenv"));
    for (root, below) in [
        (format!("{pyenv}/versions"), "bin"),
        ("/opt/hostedtoolcache/Python".to_owned(), "x64/bin"),
        (format!("{home}/.local/share/uv/python"), "bin"),
    ] {
        folders.extend(std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path().join(below)));
    }
    let mut found = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let minor = name.strip_prefix(&format!("python{major}."));
            if minor.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What a program says of itself; a shim that leads nowhere says nothing.
fn ask(path: &Path) -> Option<Python> {
    let text = "import sys; print(sys.executable); print(*sys.version_info[:3])";
    let output =
        Command::new(path).args(["-I", "-c", text]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let (program, version) = said.trim().split_once('\n')?;
    let numbers: Vec<u32> = version.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    Some(Python { program: PathBuf::from(program), version: numbers.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_nearest_minor_is_taken_and_shims_that_lead_nowhere_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |at: &str, text: &str| {
            let path = folder.path().join(at);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        let says = |version: &str| format!("echo \"$0\"; echo {version}");
        write("bin/python3.12", "exit 127");
        write("bin/python3.9", &says("3 9 2"));
        write("pyenv/versions/3.12.1/bin/python3.12", &says("3 12 1"));
        write("pyenv/versions/3.12.4/bin/python3.12", &says("3 12 4"));
        write("pyenv/versions/3.14.0/bin/python3.14", &says("3 14 0"));
        let place = |name: &str| match name {
            "PATH" => Some(folder.path().join("bin").display().to_string()),
            "PYENV_ROOT" => Some(folder.path().join("pyenv").display().to_string()),
            _ => None,
        };
        let find = |wanted: &str| python(wanted, &place).map(|python| python.version);
        assert_eq!(find("3.12"), Some([3, 12, 4]));
        assert_eq!(find("3.13.2"), Some([3, 14, 0]));
        assert_eq!(find("3.x"), Some([3, 14, 0]));
        assert_eq!(find("3.15"), None);
    }
}
