//! Service hook subscriptions. (Document: serviceHooks.)
//!
//! ```no_run
//! # use devops_client::{Client, ProjectId, Result};
//! use devops_client::api::service_hooks::NewSubscription;
//!
//! # async fn example(client: Client, project: ProjectId) -> Result<()> {
//! let hook = NewSubscription::web_hook("tfs", "build.complete", "https://contoso.com/hook");
//! client.service_hooks().create(&hook.publisher_input("projectId", project.to_string())).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Result;
use crate::extra::{Extra, Parameters};
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::SubscriptionId;
use crate::page::Pages;

/// A subscription to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscription {
    publisher_id: String,
    event_type: String,
    resource_version: String,
    consumer_id: String,
    consumer_action_id: String,
    publisher_inputs: Parameters,
    consumer_inputs: Parameters,
}

impl NewSubscription {
    /// An HTTP request to `url` upon an event such as `build.complete` of the publisher `tfs`.
    pub fn web_hook(publisher: &str, event: &str, url: &str) -> Self {
        Self::new(publisher, event, "webHooks", "httpRequest").consumer_input("url", url)
    }

    /// A subscription of any kind.
    pub fn new(publisher: &str, event: &str, consumer: &str, action: &str) -> Self {
        Self {
            publisher_id: publisher.to_owned(),
            event_type: event.to_owned(),
            resource_version: "1.0".to_owned(),
            consumer_id: consumer.to_owned(),
            consumer_action_id: action.to_owned(),
            publisher_inputs: Parameters::new(),
            consumer_inputs: Parameters::new(),
        }
    }

    /// With an input that says which events are meant, such as `projectId`.
    pub fn publisher_input(mut self, key: &str, value: impl Into<String>) -> Self {
        self.publisher_inputs.set(key, value);
        self
    }

    /// With an input that says what is to be done, such as `url`.
    pub fn consumer_input(mut self, key: &str, value: impl Into<String>) -> Self {
        self.consumer_inputs.set(key, value);
        self
    }

    /// Whether an existing subscription does the same. Secrets are not compared: the service masks them.
    pub fn is_in(&self, found: &Subscription) -> bool {
        found.publisher_id == self.publisher_id
            && found.event_type == self.event_type
            && found.consumer_id == self.consumer_id
            && found.consumer_action_id == self.consumer_action_id
            && found.publisher_inputs.covers(&self.publisher_inputs)
            && self.consumer_inputs.get("url").is_none_or(|url| found.consumer_inputs.get("url") == Some(url))
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Who tells.
    #[serde(default)]
    pub publisher_id: String,
    /// What of.
    #[serde(default)]
    pub event_type: String,
    /// Who is told.
    #[serde(default)]
    pub consumer_id: String,
    /// What is done.
    #[serde(default)]
    pub consumer_action_id: String,
    /// Which events are meant.
    #[serde(default)]
    pub publisher_inputs: Parameters,
    /// What is done, in detail.
    #[serde(default)]
    pub consumer_inputs: Parameters,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Subscriptions of an organization.
#[derive(Debug, Clone)]
pub struct ServiceHooks {
    pub(crate) client: Client,
}

impl Client {
    /// Service hook subscriptions.
    pub fn service_hooks(&self) -> ServiceHooks {
        ServiceHooks { client: self.clone() }
    }
}

impl ServiceHooks {
    fn route(&self) -> Route {
        self.client.org().path("_apis/hooks/subscriptions")
    }

    /// All subscriptions.
    pub fn list(&self) -> Pages<Subscription> {
        Pages::new(self.route().get())
    }

    /// A subscription, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: SubscriptionId) -> Result<Option<Subscription>> {
        self.route().segment(id).get()?.optional().await
    }

    /// Makes a subscription. The service allows equal ones side by side, so a lost answer is settled by reading only.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, subscription: &NewSubscription) -> Result<Subscription> {
        let made = || self.list().find(|found| subscription.is_in(found));
        self.route().post(subscription)?.once(Unique::No, made).await
    }

    /// Replaces a subscription. Read it, change it, and give it back. Masked inputs must be given anew.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn replace(&self, subscription: &Subscription) -> Result<Subscription> {
        let replaced = || async {
            let same = |found: &Subscription| {
                found.event_type == subscription.event_type
                    && found.publisher_inputs.covers(&subscription.publisher_inputs)
                    && found.consumer_inputs.get("url") == subscription.consumer_inputs.get("url")
            };
            Ok(self.get(subscription.id).await?.filter(same))
        };
        let secret = subscription.consumer_inputs.hides(&["url"]);
        self.route().segment(subscription.id).put(subscription)?.blind(secret).once(Unique::No, replaced).await
    }

    /// Deletes a subscription.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: SubscriptionId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.get(id)).await
    }
}
