//! Who calls, and what they may do. (Documents: location, security.)
//!
//! ```no_run
//! # use devops_client::{Client, Result};
//! # async fn example(client: Client) -> Result<()> {
//! let caller = client.security().connection_data().await?.authenticated_user;
//! println!("{}", caller.map(|user| user.display_name().to_owned()).unwrap_or_default());
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::identities::Identity;
use crate::client::Client;
use crate::error::Result;

/// Who the service takes the caller for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConnectionData {
    /// The caller; anonymous callers have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated_user: Option<Identity>,
    /// Id of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// The namespace of pipelines. (Document: security namespaces.)
pub const BUILD: &str = "33344d9c-fc72-4d6f-aba5-fa317101a7e9";
/// The bit of [`BUILD`] that lets somebody start a pipeline.
pub const QUEUE_BUILDS: u32 = 128;

/// What one identity may do with one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    descriptor: String,
    #[serde(default)]
    allow: u32,
    #[serde(default)]
    deny: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    aces_dictionary: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
struct Lists {
    #[serde(default)]
    value: Vec<List>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewEntries<'a> {
    token: &'a str,
    /// What the identity may already stays.
    merge: bool,
    access_control_entries: [Entry; 1],
}

/// A question: whether the caller has these permissions there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The namespace that says what the bits mean.
    pub security_namespace_id: String,
    /// The thing, in the namespace's own form.
    pub token: String,
    /// The bits: all of them are asked for.
    pub permissions: u32,
    /// The answer; absent in a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    #[serde(default)]
    always_allow_administrators: bool,
    evaluations: Vec<Evaluation>,
}

/// The caller's identity and permissions.
#[derive(Debug, Clone)]
pub struct Security {
    pub(crate) client: Client,
}

impl Client {
    /// Who calls, and what they may do.
    pub fn security(&self) -> Security {
        Security { client: self.clone() }
    }
}

impl Security {
    /// Who the service takes the caller for.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn connection_data(&self) -> Result<ConnectionData> {
        self.client.org().path("_apis/connectionData").preview().get()?.json().await
    }

    /// The bits that an identity is allowed with a thing, as far as its own list says; `namespace` says what they mean,
    /// `token` is the thing in its form, `descriptor` the identity in the form of the security service.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn allowed(&self, namespace: &str, token: &str, descriptor: &str) -> Result<u32> {
        let route = self.client.org().path("_apis/accesscontrollists").segment(namespace);
        let found: Lists = route.query("token", token).query("descriptors", descriptor).get()?.json().await?;
        let entries = found.value.iter().flat_map(|list| list.aces_dictionary.values());
        Ok(entries
            .filter(|entry| entry.descriptor == descriptor)
            .fold(0, |bits, entry| bits | (entry.allow & !entry.deny)))
    }

    /// Allows an identity these bits with a thing, beside what it may already.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn allow(&self, namespace: &str, token: &str, descriptor: &str, bits: u32) -> Result<()> {
        let entry = Entry { descriptor: descriptor.to_owned(), allow: bits, deny: 0 };
        let body = NewEntries { token, merge: true, access_control_entries: [entry] };
        let route = self.client.org().path("_apis/accesscontrolentries").segment(namespace);
        route.post(&body)?.repeatable().unit().await
    }

    /// Takes these bits away from what the list of a thing says of an identity.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn forget(&self, namespace: &str, token: &str, descriptor: &str, bits: u32) -> Result<()> {
        let route = self.client.org().path("_apis/permissions").segment(namespace).segment(bits);
        route.query("token", token).query("descriptor", descriptor).delete()?.repeatable().unit().await
    }

    /// Answers to `questions`, in their order.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn evaluate(&self, questions: Vec<Evaluation>) -> Result<Vec<Evaluation>> {
        let batch = Batch { always_allow_administrators: true, evaluations: questions };
        let route = self.client.org().path("_apis/security/permissionevaluationbatch");
        let answered: Batch = route.post(&batch)?.json().await?;
        Ok(answered.evaluations)
    }
}
