//! Agent queues. (Document: taskAgent.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! # async fn example(project: Project) -> Result<()> {
//! let queue = project.queues().find("Azure Pipelines").await?;
//! let pool = project.client().pools().find("Default").await?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::client::{Client, Project};
use crate::error::Result;
use crate::extra::Extra;
use crate::http::route::Route;
use crate::id::{PoolId, QueueId};
use crate::page::Pages;

/// An agent queue: a pool, as a project sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Queue {
    /// Its id.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// Everything else, such as `pool`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Agent queues of a project.
#[derive(Debug, Clone)]
pub struct Queues {
    pub(crate) project: Project,
}

impl Project {
    /// Agent queues.
    pub fn queues(&self) -> Queues {
        Queues { project: self.clone() }
    }
}

impl Queues {
    fn route(&self) -> Route {
        self.project.route().path("_apis/distributedtask/queues")
    }

    /// All queues.
    pub fn list(&self) -> Pages<Queue> {
        Pages::new(self.route().get())
    }

    /// A queue by name, such as `Azure Pipelines`, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str) -> Result<Option<Queue>> {
        Pages::<Queue>::new(self.route().query("queueName", name).get())
            .find(|queue| queue.name.eq_ignore_ascii_case(name))
            .await
    }
}

/// An agent pool of the organization. Projects use it through a queue of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// Its name.
    pub name: String,
    /// Whether every new project gets a queue for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_provision: Option<bool>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Whether it may take jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `online` or `offline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it has found by itself.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub system_capabilities: BTreeMap<String, String>,
    /// What people say that it has.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub user_capabilities: BTreeMap<String, String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Agent {
    /// Whether jobs can be given to it now.
    pub fn is_ready(&self) -> bool {
        self.enabled != Some(false) && self.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("online"))
    }

    /// Whether it has a capability of that name.
    pub fn has(&self, capability: &str) -> bool {
        let all = self.system_capabilities.keys().chain(self.user_capabilities.keys());
        all.into_iter().any(|own| own.eq_ignore_ascii_case(capability))
    }
}

/// Agent pools of an organization.
#[derive(Debug, Clone)]
pub struct Pools {
    pub(crate) client: Client,
}

impl Client {
    /// Agent pools, which projects use through queues.
    pub fn pools(&self) -> Pools {
        Pools { client: self.clone() }
    }
}

impl Pools {
    /// The agents of a pool, with their capabilities.
    pub fn agents(&self, pool: PoolId) -> Pages<Agent> {
        let route = self.client.org().path("_apis/distributedtask/pools").segment(pool).segment("agents");
        Pages::new(route.query("includeCapabilities", true).get())
    }

    /// A pool by name, if it is there and may be seen.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str) -> Result<Option<Pool>> {
        let route = self.client.org().path("_apis/distributedtask/pools");
        Pages::<Pool>::new(route.query("poolName", name).get()).find(|pool| pool.name.eq_ignore_ascii_case(name)).await
    }
}
