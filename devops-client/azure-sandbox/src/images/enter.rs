//! Programs with a folder as their root: in a namespace of their own, the machine's programs and libraries beneath.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::FOLDER;
use crate::tools::rust;

/// A network of a program's own, with a way in.
#[derive(Debug)]
pub(crate) struct Network<'a> {
    /// The socket that brings connections.
    pub socket: &'a Path,
    /// The port that the program listens on.
    pub port: u16,
    /// The words that start the stand-ins.
    pub program: &'a [String],
    /// The sandbox that they belong to.
    pub sandbox: &'a Path,
}

/// The files that a program sees as its root.
#[derive(Clone, Copy)]
pub(super) enum Root<'a> {
    /// A folder, which it changes.
    Folder(&'a Path),
    /// Layers, the lowest first, which stay as they are. What it writes goes to the first folder of the two, the second is
    /// the kernel's; without them it is gone with the program.
    Layers { lower: &'a [PathBuf], upper: Option<(&'a Path, &'a Path)> },
}

/// Where a program runs.
#[derive(Clone, Copy)]
pub(super) struct Inside<'a> {
    pub root: Root<'a>,
    /// The sandbox's folder, which it sees at its own place.
    pub store: &'a Path,
    /// Its working directory, inside.
    pub folder: &'a Path,
    pub environment: &'a [(String, String)],
    /// A folder that is `target` of the working directory, kept from build to build.
    pub target: Option<&'a Path>,
    /// Folders that it sees at other places: those inside, and those of the machine.
    pub files: &'a [(String, PathBuf)],
    pub network: Option<&'a Network<'a>>,
}

/// Mounts what the root does not have itself, then starts the program there. Arguments: root, folder of layers, names of layers
/// or nothing, folder for what is written or nothing, folder of the kernel beside it, working directory, folder for
/// `target` or nothing, what brings connections or nothing, number of folders to see, those folders, number of folders at other
/// places, those in pairs, the program.
const SCRIPT: &str = r#"
set -eu
root=$1 layers=$2 lower=$3 upper=$4 work=$5 here=$6 target=$7 way=$8 count=$9
shift 9
if [ -n "$layers" ]; then
  mkdir -p "$root"
  # names alone, because the kernel takes no more than a page of them
  cd "$layers"
  mount -t tmpfs tmpfs "$root"
  mkdir "$root/all" "$root/none"
  if [ -z "$upper" ]; then
    upper=$root/upper work=$root/work
  fi
  mkdir -p "$upper" "$work"
  mount -t overlay overlay -o "userxattr,lowerdir=${lower:-$root/none},upperdir=$upper,workdir=$work" "$root/all"
  root=$root/all
  cd /
fi
if [ -n "$way" ]; then
  ip link set lo up
  sh -c "$way" &
fi
empty() { [ ! -e "$1" ] || [ -z "$(ls -A "$1" 2>/dev/null)" ]; }
show() {
  if [ -L "$1" ]; then
    [ -e "$root$1" ] || [ -L "$root$1" ] || cp -P "$1" "$root$1"
  elif [ -d "$1" ] && empty "$root$1"; then
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
  fi
}
for folder in /bin /sbin /lib /lib32 /lib64 /libx32 /nix; do show "$folder"; done
# settings one by one, so that a folder can be put among them without touching the machine's own
if empty "$root/etc"; then
  mkdir -p "$root/etc"
  mount -t tmpfs tmpfs "$root/etc"
  for name in alternatives ca-certificates ca-certificates.conf group host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d \
    localtime mime.types nsswitch.conf passwd pki protocols python3 resolv.conf services ssl timezone; do
    entry=/etc/$name
    if [ -L "$entry" ]; then
      cp -P "$entry" "$root$entry"
    elif [ -d "$entry" ]; then
      mkdir "$root$entry" && mount --rbind "$entry" "$root$entry"
    elif [ -r "$entry" ]; then
      : >"$root$entry" && mount --bind "$entry" "$root$entry"
    fi
  done
fi
for folder in /usr/*; do
  case $folder in /usr/local) ;; *) show "$folder" ;; esac
done
mkdir -p "$root/usr/local" "$root/dev" "$root/proc" "$root/tmp"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
while [ "$count" -gt 0 ]; do
  if [ -d "$1" ] && [ ! -e "$root$1/." -o -z "$(ls -A "$root$1" 2>/dev/null)" ]; then
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
  fi
  shift
  count=$((count - 1))
done
# the working directory may be in one of those
mkdir -p "$root$here"
count=$1
shift
while [ "$count" -gt 0 ]; do
  mkdir -p "$root$1"
  mount --bind "$2" "$root$1"
  shift 2
  count=$((count - 1))
done
if [ -n "$target" ]; then
  mkdir -p "$target" "$root$here/target"
  mount --bind "$target" "$root$here/target"
fi
exec chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$here" "$@"
"#;

/// The search path of an image that has none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables of the machine that say how to reach registries.
const FROM_OUTSIDE: [&str; 13] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_INDEX_URL",
    "CARGO_HTTP_CAINFO",
];

/// The folder of the Python that a base image such as `python:3.12.4-slim` stands for.
fn python_of(from: &str) -> Option<PathBuf> {
    let version = from.rsplit('/').next()?.strip_prefix("python:")?.split('-').next()?;
    let found = pipeline_runner::python(version, &|name| std::env::var(name).ok())?;
    found.program.parent().map(Path::to_owned)
}

impl<'a> Inside<'a> {
    /// At the top of a root; `store` is the sandbox's folder.
    pub fn new(root: Root<'a>, store: &'a Path) -> Self {
        Self { root, store, folder: Path::new("/"), environment: &[], target: None, files: &[], network: None }
    }

    /// The arguments that say what the root is.
    fn place(&self) -> [std::ffi::OsString; 5] {
        match self.root {
            Root::Folder(folder) => [folder.into(), "".into(), "".into(), "".into(), "".into()],
            Root::Layers { lower, upper } => {
                let names = lower.iter().rev().filter_map(|layer| layer.file_name()?.to_str());
                let lower = names.collect::<Vec<_>>().join(":");
                let (upper, work) = upper.map_or_else(Default::default, |(one, two)| (one.into(), two.into()));
                [self.store.join("root").into(), self.store.join("layers").into(), lower.into(), upper, work]
            }
        }
    }

    /// A command inside; `from` is the base image, which says which toolchain is meant.
    pub fn command(&self, words: &[&str], from: &str) -> Result<Command, String> {
        // stand-ins are for steps: inside there are the machine's own programs
        let stand_ins = self.store.parent().unwrap_or(self.store).join("bin");
        let outer = std::env::var("PATH").unwrap_or_default();
        let outer: Vec<&str> = outer.split(':').filter(|path| Path::new(path) != stand_ins).collect();
        let outer = outer.join(":");
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
        let rustup = std::env::var("RUSTUP_HOME").unwrap_or_else(|_| format!("{home}/.rustup"));
        let store = self.store;
        let mut seen: Vec<PathBuf> = vec![store.to_owned()];
        // tools that are not where the system keeps its own
        let strange =
            outer.split(':').filter(|path| !path.is_empty() && !path.starts_with("/usr/") && !path.starts_with("/bin"));
        seen.extend(
            strange
                .filter_map(|path| Path::new(path).parent().map(Path::to_path_buf))
                .filter(|path| path.parent().is_some()),
        );
        seen.push(PathBuf::from(&rustup));
        let python = python_of(from);
        // the folder above `bin`: the program finds its library there
        seen.extend(
            python.as_ref().and_then(|folder| folder.parent()).filter(|p| !p.starts_with("/usr")).map(Path::to_owned),
        );
        // the same cache as that of steps: what one has downloaded the other need not
        let pip = store.parent().unwrap_or(store).join("homes/pip");
        seen.push(pip.clone());
        let tag = from.rsplit('/').next().and_then(|name| name.strip_prefix("rust:"));
        let version = tag.and_then(|tag| tag.split('-').next());
        let toolchain = version.map(|version| rust::named(Path::new(&rustup), version));
        // a link leads to where the machine has it
        let linked = toolchain.as_ref().map(|name| Path::new(&rustup).join("toolchains").join(name));
        seen.extend(linked.and_then(|link| link.canonicalize().ok()));
        seen.retain(|path| path.is_dir());
        let here = self.folder.display().to_string();
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--propagation", "private"]);
        let way = self.network.map(Network::way).unwrap_or_default();
        if self.network.is_some() {
            command.arg("--net");
        }
        command.args(["--", "/bin/sh", "-c", SCRIPT, "sh"]);
        command.args(self.place()).arg(&here).arg(self.target.unwrap_or(Path::new(""))).arg(way);
        command.arg(seen.len().to_string()).args(&seen).arg(self.files.len().to_string());
        for (inside, outside) in self.files {
            command.arg(inside).arg(outside);
        }
        command.args(words);
        command.env_clear().env("HOME", &home).env("LANG", "C.UTF-8");
        command.env("RUSTUP_HOME", &rustup).env("CARGO_HOME", store.join("cargo"));
        if let Some(name) = toolchain {
            command.env("RUSTUP_TOOLCHAIN", name);
            // one that is not there is said, and not brought into somebody's home
            command.env("RUSTUP_AUTO_INSTALL", "0");
        }
        for name in FROM_OUTSIDE {
            command.envs(std::env::var(name).ok().map(|value| (name, value)));
        }
        command.env("PIP_CACHE_DIR", &pip);
        // by this it is found and ended, whatever becomes of who started it
        command.env(FOLDER, store.parent().unwrap_or(store));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let own = self.environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value);
        let python = python.map(|folder| format!("{}:", folder.display())).unwrap_or_default();
        command.env(
            "PATH",
            match own {
                Some(own) => format!("{own}:{python}{outer}"),
                None => format!("{python}{PATH}:{outer}"),
            },
        );
        Ok(command)
    }
}

impl Network<'_> {
    /// The command that brings connections to the port, for a shell.
    fn way(&self) -> String {
        let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
        let words: Vec<String> = self.program.iter().map(quoted).collect();
        let sandbox = quoted(&self.sandbox.display().to_string());
        format!("{FOLDER}={sandbox} exec {} inside '{}' {}", words.join(" "), self.socket.display(), self.port)
    }
}
