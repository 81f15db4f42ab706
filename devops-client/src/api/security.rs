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
