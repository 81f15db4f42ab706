//! A local double of Azure Key Vault's secrets: set, get, list, versions, update, soft delete, recover, purge.
//!
//! A vault is named by the host (`{vault}.vault.azure.net`) or, for callers that were pointed at loopback, by the first
//! segment of the path. Without credentials the answer is the challenge that names tenant and resource.

mod access;
mod secrets;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::core::secret::Secret;
use crate::core::{Body, Request, Response};
use crate::server::StartError;
use crate::server::double::Double;

pub use access::{deed, forbidden};

/// One version of a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The value.
    pub value: Secret,
    /// The media type, if it was given.
    pub content_type: Option<String>,
    /// Tags.
    pub tags: Value,
    /// Whether it can be read.
    pub enabled: bool,
    /// When it expires, in epoch seconds.
    pub expires: Option<i64>,
    /// From when on it is valid, in epoch seconds.
    pub not_before: Option<i64>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// One vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Vault {
    /// Secrets by name, each with its versions, the newest last.
    pub secrets: BTreeMap<String, Vec<Version>>,
    /// Deleted secrets that can be recovered, with the time of their deletion.
    pub deleted: BTreeMap<String, (Vec<Version>, Timestamp)>,
}

/// Vaults by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyVaults {
    /// The vaults.
    pub vaults: BTreeMap<String, Vault>,
    /// The tenant that the challenge names.
    pub tenant: String,
    /// Accepted bearer tokens; empty takes every one. They are not part of a saved state.
    #[serde(skip)]
    pub tokens: Vec<String>,
    count: u64,
}

impl KeyVaults {
    /// No vaults, in a tenant.
    pub fn new(tenant: &str) -> KeyVaults {
        KeyVaults { tenant: tenant.to_owned(), ..KeyVaults::default() }
    }

    /// Adds an empty vault.
    pub fn vault(mut self, name: &str) -> KeyVaults {
        self.vaults.entry(name.to_lowercase()).or_default();
        self
    }

    /// Sets a secret, making its vault if needed.
    pub fn secret(mut self, vault: &str, name: &str, value: &str) -> KeyVaults {
        let version = self.version(json!({}), Secret::new(value), Timestamp::now());
        self.vaults.entry(vault.to_lowercase()).or_default().secrets.entry(name.to_owned()).or_default().push(version);
        self
    }

    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<KeyVaults>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }

    fn version(&mut self, body: Value, value: Secret, now: Timestamp) -> Version {
        self.count += 1;
        let attribute = |name: &str| body["attributes"].get(name);
        Version {
            id: crate::core::ids::named(&format!("secret version {}", self.count)).simple().to_string(),
            value,
            content_type: body["contentType"].as_str().map(str::to_owned),
            tags: body.get("tags").cloned().unwrap_or_default(),
            enabled: attribute("enabled").and_then(Value::as_bool).unwrap_or(true),
            expires: attribute("exp").and_then(Value::as_i64),
            not_before: attribute("nbf").and_then(Value::as_i64),
            created: now,
            updated: now,
        }
    }
}

/// An error as Key Vault writes it.
fn error(status: u16, code: &str, inner: Option<&str>, message: &str) -> Response {
    let mut body = json!({ "error": { "code": code, "message": message } });
    if let Some(inner) = inner {
        body["error"]["innererror"] = json!({ "code": inner });
    }
    Response { status, ..Response::ok(body) }.with_effect(false)
}

/// Answers a request.
pub fn serve(vaults: &mut KeyVaults, request: &Request, now: Timestamp) -> Response {
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    if !token.is_some_and(|token| vaults.tokens.is_empty() || vaults.tokens.iter().any(|known| known == token)) {
        let challenge = format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
            vaults.tenant
        );
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        return error(401, "Unauthorized", None, message).with_header("WWW-Authenticate", challenge);
    }
    answer(vaults, request, now)
}

/// The vault that a request is for, and the path within it.
pub fn place(request: &Request) -> Option<(String, &[String])> {
    let host = request.origin.trim_start_matches("http://").split(':').next().unwrap_or_default();
    let by_host = host.strip_suffix(".vault.azure.net").map(str::to_lowercase);
    match by_host {
        Some(name) => Some((name, &request.path[..])),
        None => request.path.split_first().map(|(name, rest)| (name.to_lowercase(), rest)),
    }
}

/// Answers a request of somebody who is signed in and may do it.
pub fn answer(vaults: &mut KeyVaults, request: &Request, now: Timestamp) -> Response {
    let Some((name, path)) = place(request) else {
        return error(404, "NotFound", None, "The path names no vault.");
    };
    if !vaults.vaults.contains_key(&name) {
        return error(404, "VaultNotFound", None, &format!("The vault {name} does not exist."));
    }
    if request.query("api-version").is_none() {
        return error(400, "BadParameter", None, "AKV10054: The api-version query parameter is missing.");
    }
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let response = secrets::answer(vaults, &name, &parts, request, now);
    match response.body {
        Body::Json(_) => response.with_header("x-ms-keyvault-region", "westeurope"),
        _ => response,
    }
}
