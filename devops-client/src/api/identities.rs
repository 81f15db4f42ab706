//! Users and groups. (Document: identities.) They live on a host of their own.
//!
//! ```no_run
//! # use devops_client::{Client, Result};
//! # async fn example(client: Client) -> Result<()> {
//! let approver = client.identities().find("ada@contoso.com").await?;
//! let id = approver.map(|identity| identity.id);
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Result;
use crate::extra::Extra;
use crate::id::IdentityId;
use crate::open_enum::open_enum;
use crate::page::Pages;

open_enum! {
    /// What an identity is looked for by.
    SearchFilter {
        /// Name, display name or mail.
        General = "General",
        /// Mail.
        MailAddress = "MailAddress",
        /// Account name.
        AccountName = "AccountName",
        /// Display name.
        DisplayName = "DisplayName",
    }
}

/// A user or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Identity {
    /// Its id, as approvers are named by.
    pub id: IdentityId,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_display_name: Option<String>,
    /// Another name shown, if one was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_display_name: Option<String>,
    /// Whether it is a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_container: Option<bool>,
    /// Everything else, such as `properties` with the mail address.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Identity {
    /// The name shown.
    pub fn display_name(&self) -> &str {
        self.custom_display_name.as_deref().or(self.provider_display_name.as_deref()).unwrap_or_default()
    }

    /// The mail address or account, where known.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.extra.get("properties")?.get(name)?.get("$value")?.as_str()
    }
}

/// Users and groups of an organization.
#[derive(Debug, Clone)]
pub struct Identities {
    pub(crate) client: Client,
}

impl Client {
    /// Users and groups.
    pub fn identities(&self) -> Identities {
        Identities { client: self.clone() }
    }
}

impl Identities {
    /// Identities that a text fits.
    pub fn search(&self, filter: &SearchFilter, text: &str) -> Pages<Identity> {
        let route = self.client.identity_org().path("_apis/identities");
        Pages::new(
            route.query("searchFilter", filter).query("filterValue", text).query("queryMembership", "none").get(),
        )
    }

    /// The identity with this mail address, account or display name. `None` when there is none; an error when there
    /// are several, as approvers must not be guessed.
    ///
    /// # Errors
    /// Kind `Argument` if several have that name; otherwise what any call fails with.
    pub async fn find(&self, mail_or_name: &str) -> Result<Option<Identity>> {
        let mut found = self.search(&SearchFilter::General, mail_or_name).all().await?;
        let exact = |identity: &Identity| {
            identity.display_name().eq_ignore_ascii_case(mail_or_name)
                || ["Mail", "Account"]
                    .iter()
                    .any(|key| identity.property(key).is_some_and(|v| v.eq_ignore_ascii_case(mail_or_name)))
        };
        if found.len() > 1 && found.iter().any(exact) {
            found.retain(exact);
        }
        if found.len() > 1 {
            let names: Vec<_> =
                found.iter().map(|identity| format!("{} ({})", identity.display_name(), identity.id)).collect();
            return Err(crate::Error::argument(
                "identity",
                mail_or_name,
                &["a text that fits one of: ", &names.join(", ")].concat(),
            ));
        }
        Ok(found.pop())
    }

    /// Identities by id.
    pub fn by_ids(&self, ids: &[IdentityId]) -> Pages<Identity> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        Pages::new(self.client.identity_org().path("_apis/identities").query("identityIds", ids.join(",")).get())
    }
}
