//! What vaults hold, and how they say that something is wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::core::Response;
use crate::core::secret::Secret;

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

    pub(super) fn version(&mut self, body: Value, value: Secret, now: Timestamp) -> Version {
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
pub(super) fn error(status: u16, code: &str, inner: Option<&str>, message: &str) -> Response {
    let mut body = json!({ "error": { "code": code, "message": message } });
    if let Some(inner) = inner {
        body["error"]["innererror"] = json!({ "code": inner });
    }
    Response { status, ..Response::ok(body) }.with_effect(false)
}
