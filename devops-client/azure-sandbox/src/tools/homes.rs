//! The environment of steps: folders of the sandbox's own where tools keep things, so that nothing of this machine changes.

use std::fs;
use std::path::{Path, PathBuf};

use super::rust::link;
use crate::program::FOLDER;

/// What steps find of this machine as it is.
const PASSED: [&str; 20] = [
    "PATH",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_INDEX_URL",
    "PYENV_VERSION",
];

/// The environment that steps of a sandbox start from. Homes of tools are in its folder and kept from run to run; toolchains
/// that the machine has are lent there, and its settings of registries are copied.
///
/// # Errors
/// If the folder cannot be written to.
pub fn environment(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let wrong = |error: std::io::Error| format!("cannot make {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(wrong)?;
    let whole = folder.canonicalize().map_err(wrong)?;
    let folder = whole.join("homes");
    let of_machine = |name: &str, below: &str| {
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
        std::env::var(name).map_or_else(|_| Path::new(&home).join(below), PathBuf::from)
    };
    let (home, cargo, rustup, pip) =
        (folder.join("home"), folder.join("cargo"), folder.join("rustup"), folder.join("pip"));
    let temporary = whole.join("tmp");
    for own in [&home, &cargo, &rustup, &pip, &temporary] {
        fs::create_dir_all(own).map_err(|error| format!("cannot make {}: {error}", own.display()))?;
    }
    link(&of_machine("RUSTUP_HOME", ".rustup"), &rustup)?;
    copy(&of_machine("CARGO_HOME", ".cargo").join("config.toml"), &cargo.join("config.toml"))?;
    let mut all: Vec<(String, String)> =
        PASSED.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
    let shown = |path: &Path| path.display().to_string();
    let pyenv = of_machine("PYENV_ROOT", ".pyenv");
    if pyenv.is_dir() {
        all.push(("PYENV_ROOT".to_owned(), shown(&pyenv)));
    }
    let pip_settings = [of_machine("XDG_CONFIG_HOME", ".config").join("pip/pip.conf"), of_machine("", ".pip/pip.conf")];
    if !all.iter().any(|(name, _)| name == "PIP_CONFIG_FILE")
        && let Some(settings) = pip_settings.iter().find(|path| path.is_file())
    {
        all.push(("PIP_CONFIG_FILE".to_owned(), shown(settings)));
    }
    for (name, path) in [("HOME", home.clone()), ("CARGO_HOME", cargo), ("RUSTUP_HOME", rustup), ("PIP_CACHE_DIR", pip)]
    {
        all.push((name.to_owned(), shown(&path)));
    }
    // what is cut off leaves nothing behind on the machine
    all.push(("TMPDIR".to_owned(), shown(&temporary)));
    // modules are compiled when they are first imported: half of an installation's time is for those that never are
    all.push(("PIP_NO_COMPILE".to_owned(), "1".to_owned()));
    all.push(("XDG_CACHE_HOME".to_owned(), shown(&home.join(".cache"))));
    // here nobody is disturbed by a question
    all.push(("POLL_SECONDS".to_owned(), "1".to_owned()));
    // by this whatever a run leaves behind is found and ended
    all.push((FOLDER.to_owned(), shown(&whole)));
    Ok(all)
}

/// What caches of pipelines begin with where they are missed, by the last name of their path: what images have downloaded.
pub fn seeds(folder: &Path) -> Vec<(String, PathBuf)> {
    vec![(".pip".to_owned(), folder.join("homes/pip"))]
}

/// A file of the machine, if it is there and was not copied before.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if !from.is_file() || to.exists() {
        return Ok(());
    }
    fs::copy(from, to).map(drop).map_err(|error| format!("cannot copy {}: {error}", from.display()))
}
