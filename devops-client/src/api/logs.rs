//! Logs of a run. (Document: build; one log is plain text, whatever the document says.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! for log in project.builds().logs(run).all().await? {
//!     print!("{}", project.builds().log(run, log.id).await?);
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::builds::Builds;
use crate::error::Result;
use crate::extra::Extra;
use crate::id::{LogId, RunId};
use crate::page::Pages;

/// A log, without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BuildLog {
    /// Its id.
    pub id: LogId,
    /// Lines so far.
    #[serde(default)]
    pub line_count: u64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Builds {
    /// The logs of a run, without their texts.
    pub fn logs(&self, id: RunId) -> Pages<BuildLog> {
        Pages::new(self.route().segment(id).path("logs").get())
    }

    /// A log's whole text.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn log(&self, id: RunId, log: LogId) -> Result<String> {
        self.route().segment(id).path("logs").segment(log).get()?.text().await
    }

    /// Some lines of a log, as the service counts them.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn log_range(&self, id: RunId, log: LogId, start: u64, end: Option<u64>) -> Result<String> {
        let route = self.route().segment(id).path("logs").segment(log);
        route.query("startLine", start).query_opt("endLine", end).get()?.text().await
    }
}
