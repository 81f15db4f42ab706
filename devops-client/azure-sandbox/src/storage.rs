//! A stand-in for blobs: put, look, get and delete one by the rules of the REST API, conditions and roles included. A blob
//! that is written raises an event. (Documents: Blob service REST API; "Azure Blob Storage as an Event Grid source".)

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::access;
use crate::events::raise;
use crate::services::Services;
use crate::spool;
use crate::store::Store;

/// Whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who<'a> {
    /// Whoever owns the account.
    Owner,
    /// A principal that may do what role assignments allow.
    Principal(&'a str),
}

/// A request for a blob.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub method: &'a str,
    pub account: &'a str,
    /// `container/name`, decoded, with its query.
    pub path: &'a str,
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// What the service says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Answers a request. Without services every account is there, and everybody may do everything.
///
/// # Errors
/// If the sandbox's folder cannot be read or written.
pub(crate) fn answer(store: &Store, ask: &Ask<'_>, who: Who<'_>, now: Timestamp) -> Result<Told, String> {
    let (path, query) =
        ask.path.trim_start_matches('/').split_once('?').unwrap_or((ask.path.trim_start_matches('/'), ""));
    if let Some(odd) = query.split('&').find(|pair| !pair.is_empty()) {
        return Ok(refused(400, "InvalidQueryParameterValue", &format!("The sandbox's storage does not know {odd}.")));
    }
    let Some((container, name)) = path.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return Ok(refused(400, "InvalidUri", "The sandbox's storage answers for blobs: container/name."));
    };
    let verb = match ask.method {
        "GET" | "HEAD" => "read",
        "PUT" => "write",
        "DELETE" => "delete",
        other => return Ok(refused(405, "UnsupportedHttpVerb", &format!("The resource doesn't support {other}."))),
    };
    let services = Services::of(store)?;
    let account = match &services {
        None => None,
        Some(services) => match services.resource_named("Microsoft.Storage/storageAccounts", ask.account)? {
            Some(id) => Some((services, id)),
            None => return Ok(refused(404, "ResourceNotFound", "The specified account does not exist.")),
        },
    };
    if let Some((services, id)) = &account {
        let scope = format!("{id}/blobServices/default/containers/{container}");
        if services.get(&scope)?.is_none() {
            return Ok(refused(404, "ContainerNotFound", "The specified container does not exist."));
        }
        let action = format!("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{verb}");
        if let Who::Principal(principal) = who
            && !services.allows(principal, &action, true, &scope)?
        {
            let message = "This request is not authorized to perform this operation using this permission.";
            return Ok(refused(403, "AuthorizationPermissionMismatch", message));
        }
    }
    let folder = place(store, ask.account, container)?;
    let _lock = spool::lock(&folder)?;
    let file = folder.join(hex(name));
    let there = looked_at(&file);
    match (ask.header("if-none-match"), ask.header("if-match"), &there) {
        (Some("*"), _, Some(_)) if ask.method == "PUT" => {
            return Ok(refused(409, "BlobAlreadyExists", "The specified blob already exists."));
        }
        (_, Some(wanted), Some(found)) if wanted != "*" && found["etag"] != wanted => {
            return Ok(refused(
                412,
                "ConditionNotMet",
                "The condition specified using HTTP conditional header(s) is not met.",
            ));
        }
        (_, Some(_), None) if ask.method == "PUT" => {
            return Ok(refused(
                412,
                "ConditionNotMet",
                "The condition specified using HTTP conditional header(s) is not met.",
            ));
        }
        _ => {}
    }
    match (ask.method, there) {
        ("PUT", _) => {
            if ask.header("x-ms-blob-type") != Some("BlockBlob") {
                return Ok(refused(
                    400,
                    "MissingRequiredHeader",
                    "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type.",
                ));
            }
            let facts = facts(ask, now);
            spool::write(&file.with_extension("data"), ask.body)?;
            spool::write(&file.with_extension("json"), facts.to_string().as_bytes())?;
            if let Some((_, id)) = &account {
                raise::blob_created(store, id, ask.account, container, name, &facts, now)?;
            }
            Ok(Told { status: 201, headers: headers(&facts), body: Vec::new() })
        }
        (_, None) => Ok(refused(404, "BlobNotFound", "The specified blob does not exist.")),
        ("DELETE", Some(_)) => {
            for ending in ["json", "data"] {
                let path = file.with_extension(ending);
                fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
            }
            Ok(Told { status: 202, ..Told::default() })
        }
        (method, Some(facts)) => {
            let path = file.with_extension("data");
            let body = if method == "HEAD" { Ok(Vec::new()) } else { fs::read(&path) };
            let body = body.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            Ok(Told { status: 200, headers: headers(&facts), body })
        }
    }
}

/// Puts a file into a container, as whoever owns the account.
///
/// # Errors
/// What the service says, or that the sandbox's folder cannot be written to.
pub fn upload(folder: &Path, account: &str, container: &str, name: &str, content: &[u8]) -> Result<(), String> {
    let store = Store::open(folder)?;
    let headers = [("x-ms-blob-type".to_owned(), "BlockBlob".to_owned())];
    let path = format!("{container}/{name}");
    let ask = Ask { method: "PUT", account, path: &path, headers: &headers, body: content };
    let told = answer(&store, &ask, Who::Owner, Timestamp::now())?;
    if told.status == 201 { Ok(()) } else { Err(String::from_utf8_lossy(&told.body).into_owned()) }
}

/// What a container holds, or why that is not told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Listed {
    /// Its blobs by name, as `az` shows them.
    Blobs(Vec<Value>),
    /// Account or container are not there.
    Missing(String),
    /// Whoever is signed in may not read them.
    Refused(String),
}

/// The blobs of a container whose names begin with a prefix, for whoever is signed in.
///
/// # Errors
/// If the sandbox's folder cannot be read.
pub(crate) fn list(store: &Store, account: &str, container: &str, prefix: &str) -> Result<Listed, String> {
    let no_container =
        || Listed::Missing("The specified container does not exist.\nErrorCode:ContainerNotFound".to_owned());
    match Services::of(store)? {
        None if !store.folder().join("blobs").join(account).join(container).is_dir() => return Ok(no_container()),
        None => {}
        Some(services) => {
            let Some(id) = services.resource_named("Microsoft.Storage/storageAccounts", account)? else {
                return Ok(Listed::Missing(format!("Storage account '{account}' not found.")));
            };
            let scope = format!("{id}/blobServices/default/containers/{container}");
            // as the service does it: who may not read hears nothing of what there is
            if let Err(message) = access::read_blobs(store, &scope)? {
                return Ok(Listed::Refused(message));
            }
            if services.get(&scope)?.is_none() {
                return Ok(no_container());
            }
        }
    }
    let mut all: Vec<Value> = Vec::new();
    for entry in fs::read_dir(place(store, account, container)?).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|end| end == "json") {
            all.extend(looked_at(&entry.path()).filter(|facts| text(&facts["name"]).starts_with(prefix)));
        }
    }
    all.sort_by_key(|facts| text(&facts["name"]));
    let shown = |facts: Value| {
        let at = text(&facts["modified"]).parse::<Timestamp>().unwrap_or_default();
        json!({
            "name": facts["name"], "container": container, "metadata": facts["metadata"], "deleted": null,
            "properties": {
                "blobType": "BlockBlob", "contentLength": facts["length"], "etag": facts["etag"],
                "lastModified": at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
                "contentSettings": { "contentType": facts["type"] },
            },
        })
    };
    Ok(Listed::Blobs(all.into_iter().map(shown).collect()))
}

/// The blobs of a container: names, and what is in them.
///
/// # Errors
/// If the sandbox's folder cannot be read.
pub fn blobs(folder: &Path, account: &str, container: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let store = Store::open(folder)?;
    let mut all = Vec::new();
    for entry in fs::read_dir(place(&store, account, container)?).into_iter().flatten().flatten() {
        let Some(facts) = entry.path().extension().is_some_and(|end| end == "json").then(|| looked_at(&entry.path()))
        else {
            continue;
        };
        let name = facts.unwrap_or_default()["name"].as_str().unwrap_or_default().to_owned();
        all.push((name, fs::read(entry.path().with_extension("data")).unwrap_or_default()));
    }
    all.sort();
    Ok(all)
}

fn place(store: &Store, account: &str, container: &str) -> Result<PathBuf, String> {
    let odd = |part: &str| !part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'$');
    if odd(account) || odd(container) {
        return Err(format!("{account}/{container} is no container"));
    }
    let folder = store.folder().join("blobs").join(account).join(container);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    Ok(folder)
}

fn hex(name: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn looked_at(file: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(file.with_extension("json")).ok()?).ok()
}

/// What is kept of a blob beside its content.
fn facts(ask: &Ask<'_>, now: Timestamp) -> Value {
    let metadata: Map<String, Value> = ask
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_lowercase().strip_prefix("x-ms-meta-")?.to_owned(), json!(value))))
        .collect();
    let (_, name) = ask.path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let etag = format!("\"0x8D{:X}\"", now.as_nanosecond());
    let kind = ask.header("x-ms-blob-content-type").or_else(|| ask.header("content-type"));
    json!({
        "name": name, "etag": etag, "modified": now.to_string(), "length": ask.body.len(), "metadata": metadata,
        "type": kind.unwrap_or("application/octet-stream"),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn headers(facts: &Value) -> Vec<(String, String)> {
    let at = text(&facts["modified"]).parse::<Timestamp>().unwrap_or_default();
    let mut all = vec![
        ("ETag".to_owned(), text(&facts["etag"])),
        ("Last-Modified".to_owned(), at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("Content-Type".to_owned(), text(&facts["type"])),
        ("x-ms-blob-type".to_owned(), "BlockBlob".to_owned()),
        ("x-ms-version".to_owned(), "2023-11-03".to_owned()),
    ];
    let metadata = facts["metadata"].as_object().into_iter().flatten();
    all.extend(metadata.map(|(name, value)| (format!("x-ms-meta-{name}"), text(value))));
    all
}

/// An error as the service writes it.
fn refused(status: u16, code: &str, message: &str) -> Told {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let headers = vec![
        ("x-ms-error-code".to_owned(), code.to_owned()),
        ("Content-Type".to_owned(), "application/xml".to_owned()),
    ];
    Told { status, headers, body: body.into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_decide_and_metadata_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut tag = String::new();
        for (method, name, headers, status, code) in [
            ("PUT", "c/a b", vec![("x-ms-blob-type", "PageBlob")], 400, "MissingRequiredHeader"),
            (
                "PUT",
                "c/a b",
                vec![("x-ms-blob-type", "BlockBlob"), ("If-None-Match", "*"), ("x-ms-meta-State", "x")],
                201,
                "",
            ),
            ("PUT", "c/a b", vec![("x-ms-blob-type", "BlockBlob"), ("If-None-Match", "*")], 409, "BlobAlreadyExists"),
            ("HEAD", "c/a b", vec![], 200, ""),
            ("GET", "c/other", vec![], 404, "BlobNotFound"),
            ("DELETE", "c/a b", vec![("If-Match", "\"0x1\"")], 412, "ConditionNotMet"),
            ("DELETE", "c/a b", vec![("If-Match", "TAG")], 202, ""),
            ("DELETE", "c/a b", vec![], 404, "BlobNotFound"),
            ("GET", "c/a?comp=tags", vec![], 400, "InvalidQueryParameterValue"),
            ("POST", "c/a", vec![], 405, "UnsupportedHttpVerb"),
        ] {
            let headers: Vec<(String, String)> = headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), if value == "TAG" { tag.clone() } else { value.to_owned() }))
                .collect();
            let ask = Ask { method, account: "acc", path: name, headers: &headers, body: b"text" };
            let told = answer(&store, &ask, Who::Principal("p"), Timestamp::now()).unwrap();
            let header = |name: &str| {
                told.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
            };
            assert_eq!((told.status, header("x-ms-error-code").as_str()), (status, code), "{method} {name}");
            if method == "HEAD" {
                tag = header("ETag");
                assert_eq!(header("x-ms-meta-state"), "x");
            }
        }
    }
}
