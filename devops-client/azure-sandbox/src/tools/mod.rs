//! The stand-ins as programs: what puts them on a `PATH`, and what they do when they are called.

mod homes;
pub(crate) mod rust;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;

pub use crate::program::FOLDER;
pub use homes::{environment, seeds};

use crate::program::Program;
use crate::store::Store;
use crate::{az, containers, docker, images, kubernetes, ml, processes};

/// The variable that names a file in which stand-ins note what they have carried out: a line for each call, with tabs between
/// `sandbox`, its exit code and its words. It counts where stand-ins are installed, as steps do not see it.
pub const CALLS: &str = "MLOPS_GEN_CALLS";

/// The programs that have stand-ins.
const NAMES: [&str; 4] = ["az", "docker", "kubectl", "kubelogin"];

/// Puts the stand-ins into a folder of the sandbox, and gives back which. `program` are the words that start
/// [`main`] with the rest of its arguments.
///
/// # Errors
/// If the folder cannot be written to.
pub fn install(folder: &Path, program: &[String]) -> Result<PathBuf, String> {
    let bin = folder.join("bin");
    let wrong = |error: std::io::Error| format!("cannot write to {}: {error}", bin.display());
    fs::create_dir_all(&bin).map_err(wrong)?;
    fs::write(folder.join("program.json"), json!(program).to_string()).map_err(wrong)?;
    let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    let words: Vec<String> = program.iter().map(quoted).collect();
    let whole = std::path::absolute(folder).map_err(wrong)?;
    let path = std::env::var("PATH").unwrap_or_default();
    let has_rustup = path.split(':').map(Path::new).any(|place| *place != bin && place.join("rustup").is_file());
    let rust: &[&str] = if has_rustup { &["rustup", "cargo"] } else { &[] };
    for name in NAMES.iter().chain(rust) {
        let own = quoted(&whole.display().to_string());
        let noted = std::env::var(CALLS).map(|file| format!("{CALLS}={} ", quoted(&file))).unwrap_or_default();
        let text = format!("#!/bin/sh\n{noted}{FOLDER}={own} exec {} {name} \"$@\"\n", words.join(" "));
        let path = bin.join(name);
        fs::write(&path, text).map_err(wrong)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(wrong)?;
    }
    std::path::absolute(bin).map_err(|error| error.to_string())
}

/// Starts, in processes of their own, what the images of a project begin with and what no code
/// decides: the Dockerfiles below its `docker`. Gives back how many there are.
///
/// # Errors
/// If the sandbox has no program yet, or a process cannot be started.
pub fn ahead(folder: &Path, project: &Path) -> Result<usize, String> {
    let store = Store::open(folder)?;
    let program = Program::of(&store)?;
    let mut started = 0;
    for entry in fs::read_dir(project.join("docker")).into_iter().flatten().flatten() {
        let file = Path::new("docker").join(entry.file_name()).join("Dockerfile");
        if !project.join(&file).is_file() {
            continue;
        }
        // as important as everything else: a build that needs it waits for it
        let mut command = program.command(&["ahead"]);
        command.arg(project).arg(&file).envs(environment(folder)?).process_group(0).current_dir(project);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("cannot make {} ahead: {error}", file.display()))?;
        processes::note(&store, child.id())?;
        started += 1;
    }
    Ok(started)
}

/// What a stand-in has to say: exit code, standard output, standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The exit code.
    pub code: u8,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub error: String,
}

/// Carries a stand-in out: its name and its arguments. `folder` is the sandbox, `here` where the caller stands.
pub fn main(folder: &Path, here: &Path, words: &[String]) -> Said {
    let Some(file) = std::env::var_os(CALLS) else { return carry_out(folder, here, words) };
    // it goes on until it is ended, and says nothing then
    let stays = words.iter().any(|word| word == "port-forward");
    if stays {
        note(Path::new(&file), 0, words);
    }
    let said = carry_out(folder, here, words);
    if !stays {
        note(Path::new(&file), said.code, words);
    }
    said
}

/// Notes a call; whoever wanted to know misses it if the file cannot be written.
fn note(file: &Path, code: u8, words: &[String]) {
    let plain = |word: &String| word.replace(['\t', '\n', '\r'], " ");
    let words: Vec<String> = words.iter().map(plain).collect();
    if let Ok(mut file) = fs::File::options().create(true).append(true).open(file) {
        let _ = file.write_all(format!("sandbox\t{code}\t{}\n", words.join("\t")).as_bytes());
    }
}

fn carry_out(folder: &Path, here: &Path, words: &[String]) -> Said {
    let failed = |code: u8, error: String| Said { code, out: String::new(), error: format!("{error}\n") };
    let Some((name, arguments)) = words.split_first() else {
        return failed(2, "which program is it to be?".to_owned());
    };
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(message) => return failed(1, message),
    };
    let said = |out: String| Said { code: 0, out, error: String::new() };
    match (name.as_str(), arguments) {
        ("az", arguments) => match az::run(&store, here, arguments) {
            Ok(out) => said(out),
            Err(failure) => failed(failure.code, failure.to_string()),
        },
        // the sandbox's cluster knows its callers: there is nothing to convert
        ("kubelogin", [first, ..]) if first == "convert-kubeconfig" => said(String::new()),
        ("docker", arguments) => match docker::run(&store, here, arguments) {
            Ok(out) => said(out),
            Err(message) => failed(1, message),
        },
        ("kubectl", arguments) => {
            let kubeconfig = std::env::var_os("KUBECONFIG").map(PathBuf::from);
            match kubernetes::run(&store, here, kubeconfig.as_deref(), arguments) {
                Ok(out) => said(out),
                Err(message) => failed(1, message),
            }
        }
        ("rollout", [cluster, namespace, name]) => match kubernetes::roll_out(&store, cluster, namespace, name) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        ("service", [cluster, namespace, name]) => match kubernetes::serve_service(&store, cluster, namespace, name) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        ("online", [workspace, endpoint]) => match ml::serve_endpoint(&store, workspace, endpoint) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        ("container", [name]) => match containers::run(&store, name) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        ("inside", [socket, port]) => {
            let port = port.parse().map_err(|_| format!("{port} is no port"));
            match port.and_then(|port| containers::inside(Path::new(socket), port)) {
                Ok(()) => said(String::new()),
                Err(message) => failed(1, message),
            }
        }
        ("rustup", arguments) => match rust::rustup(folder, arguments) {
            Ok(out) => said(out),
            Err(message) => failed(1, message),
        },
        ("cargo", arguments) => match rust::cargo(folder, arguments) {
            Ok(out) => said(out),
            Err(message) => failed(1, message),
        },
        ("ahead", [context, file]) => match images::ahead(&store, Path::new(context), file, &mut |_| {}) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        ("ml-job", [workspace, job]) => match ml::run(&store, workspace, job) {
            Ok(()) => said(String::new()),
            Err(message) => failed(1, message),
        },
        (name, _) => failed(2, format!("the sandbox's {name} does not know this: {}", arguments.join(" "))),
    }
}
