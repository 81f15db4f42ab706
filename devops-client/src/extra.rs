//! What is kept although it is not understood, and string maps that may hold secrets.

// Invariant: a full replace loses nothing (test: a_full_replace_loses_nothing).

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// Fields that the service sent and this crate has no name for. They are sent back by a full-replace PUT.
pub type Extra = serde_json::Map<String, serde_json::Value>;

/// The keys of connection parameters, webhook inputs and the like whose values may be shown, in lower case. Everything
/// else is treated as a secret.
const PUBLIC_KEYS: &[&str] = &[
    "acceptuntrustedcerts",
    "accesstokentype",
    "authorizationtype",
    "azuresubscriptionid",
    "azuresubscriptionname",
    "clusteradmin",
    "clusterid",
    "creationmode",
    "environment",
    "namespace",
    "registryid",
    "registrytype",
    "scopelevel",
    "subscriptionid",
    "subscriptionname",
    "apitype",
    "authenticationtype",
    "azureenvironment",
    "azuretenantid",
    "branch",
    "buildstatus",
    "definitionname",
    "loginserver",
    "pipelineid",
    "projectid",
    "repository",
    "resourcedetailstosend",
    "messagestosend",
    "detailedmessagestosend",
    "role",
    "runresultid",
    "runstateid",
    "scope",
    "serviceaccountname",
    "serviceprincipalid",
    "tenantid",
    "webhookname",
    "workloadidentityfederationissuer",
    "workloadidentityfederationissuertype",
    "workloadidentityfederationsubject",
];

/// A map of strings in which some values are secrets (authorization parameters of a service connection, inputs of a
/// service hook). `Debug`, and `Serialize` outside this crate, show the values of well-known public keys only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, Option<String>>);

impl Parameters {
    /// No parameter at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key. Keys are compared without regard to case: the service writes `tenantid` and `tenantId`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).and_then(|(_, value)| value.as_deref())
    }

    /// Sets the value of a key, in place of any that differs from it in case only.
    pub fn set(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        self.0.retain(|k, _| !k.eq_ignore_ascii_case(key));
        self.0.insert(key.to_owned(), Some(value.into()));
        self
    }

    /// Removes a key; returns whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|k, _| !k.eq_ignore_ascii_case(key));
        self.0.len() != before
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether every value that `wanted` has and that may be shown is here as well. Secrets are left out of the
    /// comparison, as the service does not send them back.
    pub(crate) fn covers(&self, wanted: &Parameters) -> bool {
        wanted.0.iter().filter(|(key, _)| is_public(key)).all(|(key, value)| self.get(key) == value.as_deref())
    }
}

impl Parameters {
    /// Whether there is a value that the service does not send back, as far as its key tells; `shown` are keys that it
    /// does send back here. What the service has masked itself is none.
    pub(crate) fn hides(&self, shown: &[&str]) -> bool {
        let hidden = |value: &String| value.bytes().any(|byte| byte != b'*');
        self.0
            .iter()
            .any(|(key, value)| !is_public(key) && !shown.contains(&key.as_str()) && value.as_ref().is_some_and(hidden))
    }
}

fn is_public(key: &str) -> bool {
    PUBLIC_KEYS.contains(&key.to_ascii_lowercase().as_str())
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), Some(v.into()))).collect())
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .0
            .iter()
            .map(|(k, v)| (k, if is_public(k) { v.as_deref() } else { v.as_ref().map(|_| crate::secret::MASK) }));
        f.debug_map().entries(shown).finish()
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// A value that is written through the secret scope.
        struct Hidden<'a>(&'a str);
        impl Serialize for Hidden<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::secret::serialize_str(self.0, serializer)
            }
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            match value {
                Some(value) if !is_public(key) => map.serialize_entry(key, &Hidden(value))?,
                value => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<BTreeMap<String, Option<String>>>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// Reads `null` as the type's default. The service sends `null` nearly anywhere.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[test]
    fn parameters_show_public_keys_only() {
        let parameters: Parameters =
            [("tenantid", "contoso"), ("servicePrincipalKey", planted::TOKEN)].into_iter().collect();
        let shown = format!("{parameters:?} {}", serde_json::to_string(&parameters).unwrap());
        assert!(shown.contains("contoso") && !shown.contains(planted::MARK), "{shown}");
        assert_eq!(parameters.get("ServicePrincipalKey"), Some(planted::TOKEN));
        let (wire, secrets) = crate::secret::for_wire(&parameters).unwrap();
        assert!(String::from_utf8(wire).unwrap().contains(planted::TOKEN));
        assert_eq!(secrets.len(), 1);
        assert!(parameters.hides(&[]) && !parameters.hides(&["servicePrincipalKey"]));
        let masked: Parameters = [("servicePrincipalKey", "********"), ("password", "")].into_iter().collect();
        assert!(!masked.hides(&[]), "what the service has masked is not replaced");
    }
}
