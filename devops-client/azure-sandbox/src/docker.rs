//! A stand-in for the `docker` command, as wide as rendered scripts are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access;
use crate::containers::{self, Wanted};
use crate::images::{self, Image, keep_context};
use crate::store::{Store, at, slot};

/// Carries out `docker ARGUMENTS`; gives back what goes to standard output.
pub(crate) fn run(store: &Store, here: &Path, arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", rest @ ..] => build(store, here, rest),
        ["image", "inspect", name, "--format", format] => inspect(store, name, format),
        ["run", rest @ ..] => start(store, rest),
        ["port", name, port] => address(store, name, port),
        ["logs", rest @ ..] => {
            let (_, names) = options(rest, &["tail"], &[])?;
            Ok(containers::log(store, names.first().ok_or("which container?")?))
        }
        ["rm", rest @ ..] => {
            let (_, names) = options(rest, &[], &["force"])?;
            names.iter().try_for_each(|name| containers::remove(store, name))?;
            Ok(String::new())
        }
        ["save", name, "--output", file] => {
            let image = image(store, name)?;
            let to = here.join(file);
            fs::write(&to, image.facts.to_string())
                .map_err(|error| format!("cannot write {}: {error}", to.display()))?;
            Ok(String::new())
        }
        ["push", name] => push(store, name),
        ["pull", "--quiet", name] => {
            store.change(|state| {
                *slot(state, &["images", "pulled", name]) = json!(true);
                Ok::<(), String>(())
            })?;
            Ok(format!("{name}\n"))
        }
        _ => Err(format!("the sandbox's docker does not know this: {}", arguments.join(" "))),
    }
}

type Options<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Options with and without values, and what follows them.
fn options<'a>(words: &[&'a str], valued: &[&str], flags: &[&str]) -> Result<(Options<'a>, Vec<&'a str>), String> {
    let mut found = Options::new();
    let mut at = 0;
    while let Some(name) = words.get(at).and_then(|word| word.strip_prefix("--")) {
        at += 1;
        if flags.contains(&name) {
            found.entry(name).or_default();
        } else if valued.contains(&name) {
            found.entry(name).or_default().push(words.get(at).ok_or_else(|| format!("--{name} needs a value"))?);
            at += 1;
        } else {
            return Err(format!("the sandbox's docker does not know --{name}"));
        }
    }
    Ok((found, words[at..].to_vec()))
}

fn build(store: &Store, here: &Path, words: &[&str]) -> Result<String, String> {
    let (found, rest) = options(words, &["file", "tag", "build-arg", "label"], &["pull"])?;
    let [context] = rest.as_slice() else { return Err("docker build needs one folder".to_owned()) };
    let tag = found.get("tag").and_then(|tags| tags.first()).ok_or("docker build needs --tag here")?;
    let pair = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    let arguments: Vec<(String, String)> = found.get("build-arg").into_iter().flatten().map(pair).collect();
    let context = here.join(context);
    // one that is named is looked for from here, and without a name it is in the context
    let named = found.get("file").and_then(|files| files.first());
    let from = named.map_or_else(|| context.join("Dockerfile"), |file| here.join(file));
    let file = named.map_or("Dockerfile", |file| *file);
    // what is not left out, and the Dockerfile beside it
    let work = store.folder().join("contexts").join(format!("build-{}", std::process::id()));
    let _ = fs::remove_dir_all(&work);
    keep_context(&context, &work, &[".dockerignore"])?;
    let own = work.join(file);
    fs::create_dir_all(own.parent().unwrap_or(&work)).map_err(|error| error.to_string())?;
    fs::copy(&from, &own).map_err(|error| format!("cannot read {}: {error}", from.display()))?;
    let mut said = String::new();
    let built = images::build(store, &work, file, &arguments, &mut |line| {
        said.push_str(line);
        said.push('\n');
    });
    let _ = fs::remove_dir_all(&work);
    let image = built.map_err(|message| format!("{said}{message}"))?;
    let digest = image.facts["digest"].as_str().unwrap_or_default().to_owned();
    store.change(|state| {
        *slot(state, &["images", "tags", tag]) = json!(digest);
        Ok::<(), String>(())
    })?;
    Ok(said)
}

/// The folder of an image by its tag or by its digest.
pub(crate) fn folder(store: &Store, name: &str) -> Result<PathBuf, String> {
    let known = store.read(|state| at(state, &["images", "tags", name]).and_then(Value::as_str).map(str::to_owned))?;
    let pushed = |digest: &str| {
        let repository = name.split('@').next().unwrap_or_default();
        store.read(|state| {
            at(state, &["images", "pushed", repository, digest]).and_then(Value::as_str).map(str::to_owned)
        })
    };
    let digest = match (known, name.split_once("@sha256:")) {
        (Some(digest), _) => Some(digest),
        (None, Some((_, digest))) => pushed(digest)?,
        (None, None) => None,
    };
    let digest = digest.ok_or_else(|| format!("there is no image {name}: it was neither built nor pushed here"))?;
    Ok(store.folder().join("images").join(digest))
}

fn image(store: &Store, name: &str) -> Result<Image, String> {
    Image::open(store, &folder(store, name)?)
}

fn inspect(store: &Store, name: &str, format: &str) -> Result<String, String> {
    let image = image(store, name)?;
    if format == "{{range .RepoDigests}}{{println .}}{{end}}" {
        let repository = name.rsplit_once(':').map_or(name, |(repository, _)| repository);
        let all =
            store.read(|state| at(state, &["images", "pushed", repository]).and_then(Value::as_object).cloned())?;
        let own = image.facts["digest"].as_str().unwrap_or_default();
        let of_this = all.unwrap_or_default().into_iter().filter(|(_, folder)| folder == own);
        return Ok(of_this.map(|(digest, _)| format!("{repository}@sha256:{digest}\n")).collect());
    }
    let text = |key: &str| image.facts[key].as_str().unwrap_or_default().to_owned();
    let filled = format
        .replace("{{.Id}}", &format!("sha256:{}", text("digest")))
        .replace("{{.Size}}", &image.size().to_string())
        .replace("{{.Config.User}}", &text("user"));
    match filled.contains("{{") {
        true => Err(format!("the sandbox's docker does not know the format {format}")),
        false => Ok(filled + "\n"),
    }
}

fn start(store: &Store, words: &[&str]) -> Result<String, String> {
    let valued = ["tmpfs", "cap-drop", "env", "publish", "volume", "name"];
    let (found, rest) = options(words, &valued, &["detach", "rm", "read-only"])?;
    let (name, arguments) = rest.split_first().ok_or("docker run needs an image")?;
    let pulled = store.read(|state| at(state, &["images", "pulled", name]).is_some())?;
    if pulled && name.contains("trivy") {
        return scan(&found);
    }
    if !found.contains_key("detach") {
        return Err(format!("the sandbox's docker runs containers detached, or the scanner: not {name}"));
    }
    let image = image(store, name)?;
    let port = match found.get("publish").and_then(|ports| ports.first()) {
        Some(published) => {
            let port = published.rsplit(':').next().unwrap_or_default();
            port.parse().map_err(|_| format!("--publish {published}: the port is a number"))?
        }
        None => 80,
    };
    let variable = |pair: &&str| match pair.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => ((*pair).to_owned(), std::env::var(pair).unwrap_or_default()),
    };
    let environment = found.get("env").into_iter().flatten().map(variable).collect();
    let mut digest = Sha256::new();
    digest.update(format!("{name} {} {:?}", std::process::id(), std::time::SystemTime::now()));
    let id: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let folder = store.folder().join("images").join(image.facts["digest"].as_str().unwrap_or_default());
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    containers::start(store, &id, &Wanted { image: folder, environment, port, files: Vec::new(), arguments })?;
    Ok(format!("{id}\n"))
}

/// The scanner is an image of others, which cannot be had without a network: its report is empty, and says so.
fn scan(found: &Options<'_>) -> Result<String, String> {
    let volumes: Vec<&str> = found.get("volume").cloned().unwrap_or_default();
    let reports = volumes.iter().find_map(|volume| volume.strip_suffix(":/reports"));
    let path = Path::new(reports.ok_or("the scanner needs a volume for /reports")?).join("scan.json");
    let report = json!({ "SchemaVersion": 2, "ArtifactName": "sandbox: nothing was scanned", "Results": [] });
    fs::write(&path, report.to_string()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok("##[warning]the sandbox has no scanner: nothing was scanned, and the report is empty\n".to_owned())
}

fn address(store: &Store, name: &str, port: &str) -> Result<String, String> {
    let found = containers::find(store, name)?.ok_or_else(|| format!("there is no container {name}"))?;
    if format!("{}/tcp", found["port"]) != port {
        return Err(format!("container {name} does not publish {port}"));
    }
    Ok(format!("127.0.0.1:{}\n", found["host_port"]))
}

fn push(store: &Store, name: &str) -> Result<String, String> {
    let (repository, tag) = name.rsplit_once(':').ok_or_else(|| format!("{name} has no tag"))?;
    access::push(store, name)?;
    let image = image(store, name)?;
    let own = image.facts["digest"].as_str().unwrap_or_default().to_owned();
    let digest: String =
        Sha256::digest(format!("manifest of {own}")).iter().map(|byte| format!("{byte:02x}")).collect();
    store.change(|state| {
        *slot(state, &["images", "pushed", repository, &digest]) = json!(own);
        Ok::<(), String>(())
    })?;
    Ok(format!("{tag}: digest: sha256:{digest} size: 1\n"))
}
