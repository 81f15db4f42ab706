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

/// The variable that tasks set for tools which a service connection signs in: the client id of its identity.
pub const CLIENT: &str = "AZURESUBSCRIPTION_CLIENT_ID";

/// As whom a service is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever is signed in.
    SignedIn,
    /// A service, which has judged already.
    Service,
}

/// Who is signed in; nobody is whoever owns everything.
pub(crate) fn client() -> Option<String> {
    std::env::var(CLIENT).ok().filter(|client| !client.is_empty())
}

/// Version of requests to Azure Resource Manager.
const VERSION: &str = "2024-03-01";

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

    /// Asks Azure Resource Manager, as whoever is signed in.
    pub(crate) fn arm(&self, method: &str, path: &str, version: &str, body: &Value) -> Result<(u16, Value), String> {
        self.call(&self.arm, method, &format!("{path}?api-version={version}"), body, client().as_deref())
    }

    /// Asks Azure Resource Manager as a service does: it sees everything.
    fn arm_for_services(&self, method: &str, path: &str, version: &str, body: &Value) -> Result<(u16, Value), String> {
        self.call(&self.arm, method, &format!("{path}?api-version={version}"), body, None)
    }

    /// A resource by its id, if it is there.
    pub(crate) fn get(&self, id: &str) -> Result<Option<Value>, String> {
        match self.arm_for_services("GET", id, VERSION, &Value::Null)? {
            (200, body) => Ok(Some(body)),
            (404, _) => Ok(None),
            (_, body) => Err(message(&body)),
        }
    }

    /// What a list holds.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Value>, String> {
        match self.arm_for_services("GET", path, VERSION, &Value::Null)? {
            (200, body) => Ok(body["value"].as_array().cloned().unwrap_or_default()),
            (404, _) => Ok(Vec::new()),
            (_, body) => Err(message(&body)),
        }
    }

    /// The id of the resource of a type that has a name which nobody else has.
    pub(crate) fn resource_named(&self, kind: &str, name: &str) -> Result<Option<String>, String> {
        for subscription in &self.subscriptions {
            let all = self.list(&format!("/subscriptions/{subscription}/providers/{kind}"))?;
            let found =
                all.into_iter().find(|one| one["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)));
            if let Some(id) = found.as_ref().and_then(|one| one["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether role assignments let a principal do something somewhere: what a service asks before it does it.
    pub(crate) fn allows(&self, principal: &str, action: &str, data: bool, scope: &str) -> Result<bool, String> {
        let path = format!("{scope}/providers/Microsoft.Authorization/checkAccess");
        let body = json!({
            "Subject": { "Attributes": { "ObjectId": principal } },
            "Actions": [{ "Id": action, "IsDataAction": data }],
        });
        match self.arm_for_services("POST", &path, "2018-09-01-preview", &body)? {
            (200, answer) => Ok(answer[0]["AccessDecision"] == "Allowed"),
            (_, body) => Err(message(&body)),
        }
    }

    /// Asks a vault, as whoever is signed in or as a service.
    pub(crate) fn vault(
        &self,
        who: Who,
        method: &str,
        vault: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), String> {
        let path = format!("/{vault}/{path}{}api-version=7.4", if path.contains('?') { '&' } else { '?' });
        let client = client().filter(|_| who == Who::SignedIn);
        self.call(&self.vaults, method, &path, body, client.as_deref())
    }

    fn call(
        &self,
        base: &str,
        method: &str,
        path: &str,
        body: &Value,
        client: Option<&str>,
    ) -> Result<(u16, Value), String> {
        let (host, port) = base.trim_start_matches("http://").trim_end_matches('/').split_once(':').unwrap_or_default();
        let port = port.parse().map_err(|_| format!("{base} is no address of a service"))?;
        let signed_in = client.map(|client| format!("~{client}")).unwrap_or_default();
        let authorization = format!("Bearer {}{signed_in}", self.token);
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
            match self.call(&self.arm, "GET", path, &Value::Null, None)? {
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
    match services.call(base, "GET", path, &Value::Null, None)? {
        (200, body) if !body.is_null() => Ok(body),
        (status, _) => Err(format!("{base}{path} answered {status}")),
    }
}

/// What an answer that is no good says.
pub(crate) fn message(body: &Value) -> String {
    let part = |key: &str| body["error"][key].as_str().unwrap_or_default();
    let inner = body["error"]["innererror"]["code"].as_str().map(|code| format!("\nInner error: {code}"));
    format!("({}) {}{}", part("code"), part("message"), inner.unwrap_or_default())
}
