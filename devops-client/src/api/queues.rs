//! Agent queues. (Document: taskAgent.)

use serde::{Deserialize, Serialize};

use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::route::Route;
use crate::id::QueueId;
use crate::page::Pages;

/// An agent queue: a pool, as a project sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl Queues {
    fn route(&self) -> Route {
        self.project.route().path("_apis/distributedtask/queues")
    }

    /// All queues.
    pub fn list(&self) -> Pages<Queue> {
        Pages::new(self.route().get())
    }

    /// A queue by name, such as `Azure Pipelines`, if it is there.
    pub async fn find(&self, name: &str) -> Result<Option<Queue>> {
        Pages::<Queue>::new(self.route().query("queueName", name).get())
            .find(|queue| queue.name.eq_ignore_ascii_case(name))
            .await
    }
}
