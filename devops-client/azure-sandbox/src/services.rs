//! The services beside the stand-ins, where a sandbox has them: Azure Resource Manager and Key Vault.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Ask, Way, ask};
use crate::store::Store;

/// Looks that an operation is given until it is done.
const LOOKS: usize = 100;

/// Where the services are, and how to sign in.
pub struct Services {
    /// Address of Azure Resource Manager: `http://127.0.0.1:PORT`.
    pub arm: String,
    /// Address that stands for every vault.
    pub vaults: String,
    /// The token that both take.
    pub token: String,
    /// The tenant.
    pub tenant: String,
    /// The subscriptions; new groups come into the first.
    pub subscriptions: Vec<String>,
}

fn place(folder: &Path) -> PathBuf {
    folder.join("services.json")
}

impl Services {
    /// Tells the stand-ins of a sandbox's folder; the file is for nobody else's eyes.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn announce(&self, folder: &Path) -> Result<(), String> {
        let path = place(folder);
        let wrong = |error: io::Error| format!("cannot write {}: {error}", path.display());
        let body = json!({
            "arm": self.arm, "vaults": self.vaults, "token": self.token, "tenant": self.tenant,
            "subscriptions": self.subscriptions,
        });
        fs::create_dir_all(folder).map_err(wrong)?;
        let _ = fs::remove_file(&path);
        let mut options = fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        io::Write::write_all(&mut options.open(&path).map_err(wrong)?, body.to_string().as_bytes()).map_err(wrong)
    }

    /// They are gone: stand-ins go by what the sandbox's own folder holds.
    pub fn forget(folder: &Path) {
        let _ = fs::remove_file(place(folder));
    }

    /// Those of a sandbox, if it has any.
    pub(crate) fn of(store: &Store) -> Result<Option<Self>, String> {
        let path = place(store.folder().parent().unwrap_or(store.folder()));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let body: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let all = body["subscriptions"].as_array().into_iter().flatten();
        Ok(Some(Self {
            arm: text("arm"),
            vaults: text("vaults"),
            token: text("token"),
            tenant: text("tenant"),
            subscriptions: all.filter_map(Value::as_str).map(str::to_owned).collect(),
        }))
    }

    /// Asks Azure Resource Manager.
    pub(crate) fn arm(&self, method: &str, path: &str, version: &str, body: &Value) -> Result<(u16, Value), String> {
        self.call(&self.arm, method, &format!("{path}?api-version={version}"), body)
    }

    /// Asks a vault.
    pub(crate) fn vault(&self, method: &str, vault: &str, path: &str, body: &Value) -> Result<(u16, Value), String> {
        self.call(
            &self.vaults,
            method,
            &format!("/{vault}/{path}{}api-version=7.4", if path.contains('?') { '&' } else { '?' }),
            body,
        )
    }

    fn call(&self, base: &str, method: &str, path: &str, body: &Value) -> Result<(u16, Value), String> {
        let (host, port) = base.trim_start_matches("http://").trim_end_matches('/').split_once(':').unwrap_or_default();
        let port = port.parse().map_err(|_| format!("{base} is no address of a service"))?;
        let authorization = format!("Bearer {}", self.token);
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let answer = ask(&Ask {
            method,
            address: (host, port),
            path,
            headers: &headers,
            body: text.as_bytes(),
            way: &Way::Clear,
            timeout: Duration::from_secs(30),
        })
        .map_err(|error| format!("the sandbox's services do not answer at {base}: {error}"))?;
        let body = match answer.header("location").filter(|_| answer.status == 202) {
            Some(location) => json!({ "location": location }),
            None => serde_json::from_slice(&answer.body).unwrap_or_default(),
        };
        Ok((answer.status, body))
    }

    /// The answer of a long-running operation, by the address of its 202.
    pub(crate) fn until(&self, location: &str) -> Result<Value, String> {
        let path = location.strip_prefix(&self.arm).ok_or_else(|| format!("`{location}` is not of this sandbox"))?;
        for _ in 0..LOOKS {
            match self.call(&self.arm, "GET", path, &Value::Null)? {
                (202, _) => std::thread::sleep(Duration::from_millis(100)),
                (200..=299, body) => return Ok(body),
                (_, body) => return Err(message(&body)),
            }
        }
        Err(format!("the operation {location} does not come to an end"))
    }
}

/// The JSON at an address of this machine that asks for no token.
///
/// # Errors
/// If nobody answers there, or no JSON.
pub fn look(base: &str, path: &str) -> Result<Value, String> {
    let services = Services {
        arm: String::new(),
        vaults: String::new(),
        token: String::new(),
        tenant: String::new(),
        subscriptions: Vec::new(),
    };
    match services.call(base, "GET", path, &Value::Null)? {
        (200, body) if !body.is_null() => Ok(body),
        (status, _) => Err(format!("{base}{path} answered {status}")),
    }
}

/// What an answer that is no good says.
pub(crate) fn message(body: &Value) -> String {
    let part = |key: &str| body["error"][key].as_str().unwrap_or_default();
    format!("({}) {}", part("code"), part("message"))
}
