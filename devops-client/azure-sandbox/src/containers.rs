//! Containers as processes: an image's folder as their root, a network of their own, and a real port of this machine in front
//! of the one that they listen on.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid, kill_process_group};
use serde_json::{Value, json};

use crate::images::{Image, Network};
use crate::processes;
use crate::program::Program;
use crate::store::{Store, at, slot};

/// How a container is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// The folder of its image.
    pub image: PathBuf,
    pub environment: Vec<(String, String)>,
    /// The port that it listens on.
    pub port: u16,
    /// Files that it sees: the folder inside, and a folder of this machine.
    pub files: Vec<(String, PathBuf)>,
    /// Arguments behind the image's entry point.
    pub arguments: Vec<String>,
}

/// Starts a container of that name again, as it was; gives back its port on this machine.
pub(crate) fn again(store: &Store, name: &str) -> Result<u16, String> {
    store.change(|state| {
        slot(state, &["containers"]).as_object_mut().map(|all| all.remove(name));
        Ok::<(), String>(())
    })?;
    launch(store, name)
}

/// Starts a container of that name; gives back its port on this machine.
pub(crate) fn start(store: &Store, name: &str, wanted: &Wanted) -> Result<u16, String> {
    let folder = folder(store, name);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let shown = |path: &PathBuf| path.display().to_string();
    let files: Vec<(&str, String)> = wanted.files.iter().map(|(to, from)| (to.as_str(), shown(from))).collect();
    let body = json!({
        "image": shown(&wanted.image),
        "environment": wanted.environment,
        "port": wanted.port,
        "files": files,
        "arguments": wanted.arguments,
    });
    // it holds the values of secrets: for nobody else's eyes
    let path = folder.join("wanted.json");
    let wrong = |error: io::Error| format!("cannot start container {name}: {error}");
    fs::write(&path, body.to_string()).map_err(wrong)?;
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(wrong)?;
    launch(store, name)
}

/// Starts what the folder of a container says.
fn launch(store: &Store, name: &str) -> Result<u16, String> {
    let folder = folder(store, name);
    let wrong = |error: io::Error| format!("cannot start container {name}: {error}");
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).map_err(wrong)?;
    let mut command = Program::of(store)?.command(&["container", name]);
    command.env_remove("VSTS_PROCESS_LOOKUP_ID").process_group(0).current_dir(&folder).stdin(Stdio::null());
    let child = command.stdout(log.try_clone().map_err(wrong)?).stderr(log).spawn().map_err(wrong)?;
    let id = child.id();
    processes::note(store, id)?;
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = store.read(|state| at(state, &["containers", name]).cloned())?;
        if let Some(port) = found.as_ref().and_then(|body| body["host_port"].as_u64()) {
            return u16::try_from(port).map_err(|error| error.to_string());
        }
        if Instant::now() > until || found.is_some_and(|body| body["ended"] == true) {
            return Err(format!("container {name} did not start: {}", self::log(store, name)));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Ends a container and forgets it.
pub(crate) fn remove(store: &Store, name: &str) -> Result<(), String> {
    let id = store.read(|state| at(state, &["containers", name, "process"]).and_then(Value::as_u64))?;
    if let Some(id) = id.and_then(|id| u32::try_from(id).ok()) {
        processes::end(store, id);
    }
    store.change(|state| {
        slot(state, &["containers"]).as_object_mut().map(|all| all.remove(name));
        Ok::<(), String>(())
    })?;
    match fs::remove_dir_all(folder(store, name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove container {name}: {error}"))
        }
        _ => Ok(()),
    }
}

/// The container's folder.
fn folder(store: &Store, name: &str) -> PathBuf {
    store.folder().join("containers").join(name)
}

/// What it has said.
pub(crate) fn log(store: &Store, name: &str) -> String {
    fs::read_to_string(folder(store, name).join("log")).unwrap_or_default()
}

/// What a container is: its process, its port, whether it has ended.
pub(crate) fn find(store: &Store, name: &str) -> Result<Option<Value>, String> {
    store.read(|state| at(state, &["containers", name]).cloned())
}

/// Carries a container out: the process that [`start`] starts. It goes as long as the container does.
pub(crate) fn run(store: &Store, name: &str) -> Result<(), String> {
    let own = folder(store, name);
    let path = own.join("wanted.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let wanted: Value =
        serde_json::from_str(&text).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let image = Image::open(store, Path::new(wanted["image"].as_str().unwrap_or_default()))?;
    let pairs = |value: &Value| -> Vec<(String, String)> {
        let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
        value.as_array().into_iter().flatten().filter_map(pair).collect()
    };
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut words = texts(&image.facts["entrypoint"]);
    let given = texts(&wanted["arguments"]);
    words.extend(if given.is_empty() { texts(&image.facts["command"]) } else { given });
    if words.is_empty() {
        return Err("the image says nothing to start".to_owned());
    }
    let port = wanted["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(80);
    // a short path: the names of sockets have a hundred letters at most
    let socket = processes::socket(std::process::id());
    let program = Program::of(store)?;
    let sandbox = store.folder().parent().unwrap_or(store.folder());
    let network = Network { socket: &socket, port, program: program.words(), sandbox };
    let files = pairs(&wanted["files"]).into_iter().map(|(to, from)| (to, PathBuf::from(from))).collect::<Vec<_>>();
    let place = image.facts["folder"].as_str().unwrap_or("/").to_owned();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command =
        image.contained(&words, Path::new(&place), &pairs(&wanted["environment"]), &files, &network, store)?;
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|error| format!("cannot start: {error}"))?;
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("cannot listen: {error}"))?;
    let host_port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let to = socket.clone();
    thread::spawn(move || forward(&listener, &to));
    let process = std::process::id();
    store.change(|state| {
        *slot(state, &["containers", name]) =
            json!({ "host_port": host_port, "port": port, "process": process, "ended": false, "image": wanted["image"] });
        Ok::<(), String>(())
    })?;
    let code = ended(&mut child);
    let _ = fs::remove_file(&socket);
    store.change(|state| {
        let place = slot(state, &["containers", name]);
        if !place.is_null() {
            place["ended"] = json!(true);
            place["code"] = json!(code);
        }
        Ok::<(), String>(())
    })?;
    // what brought connections into the container goes with it, and so does this process: the group is theirs alone
    kill_process_group(getpid(), Signal::KILL).map_err(|error| format!("cannot end the container's group: {error}"))
}

fn ended(child: &mut Child) -> i32 {
    child.wait().ok().and_then(|status| status.code()).unwrap_or(-1)
}

/// Brings each connection to the container.
fn forward(listener: &TcpListener, socket: &Path) {
    for stream in listener.incoming().flatten() {
        let socket = socket.to_owned();
        thread::spawn(move || {
            if let Ok(inner) = UnixStream::connect(socket) {
                let _ = both(stream, inner);
            }
        });
    }
}

/// Inside of the container's network: brings each connection of the socket to the port.
pub(crate) fn inside(socket: &Path, port: u16) -> Result<(), String> {
    let _ = fs::remove_file(socket);
    let listener =
        UnixListener::bind(socket).map_err(|error| format!("cannot listen on {}: {error}", socket.display()))?;
    for stream in listener.incoming().flatten() {
        thread::spawn(move || {
            if let Ok(inner) = TcpStream::connect(("127.0.0.1", port)) {
                let _ = both(inner, stream);
            }
        });
    }
    Ok(())
}

/// Copies both ways until both have ended.
pub(crate) fn both(tcp: TcpStream, unix: UnixStream) -> io::Result<()> {
    let _ = tcp.set_nodelay(true);
    let (tcp_in, unix_out) = (tcp.try_clone()?, unix.try_clone()?);
    let other = thread::spawn(move || {
        let _ = copy(tcp_in, &unix_out);
        let _ = unix_out.shutdown(Shutdown::Write);
    });
    let _ = copy(unix, &tcp);
    let _ = tcp.shutdown(Shutdown::Write);
    let _ = other.join();
    Ok(())
}

fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to.write_all(&buffer[..count])?,
        }
    }
}
