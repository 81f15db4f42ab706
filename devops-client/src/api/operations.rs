//! Operations that take their time. (Document: operations.)
//!
//! ```no_run
//! # use devops_client::{Client, Result};
//! use devops_client::{WaitOptions, api::projects::NewProject};
//!
//! # async fn example(client: Client) -> Result<()> {
//! let started = client.projects().create(&NewProject::new("mlops")).await?;
//! client.operations().wait(&started, &WaitOptions::default()).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Result;
use crate::extra::Extra;
use crate::id::OperationId;
use crate::open_enum::open_enum;
use crate::wait::{Look, WaitOptions, until};

open_enum! {
    /// Where an operation is.
    OperationStatus {
        /// Not known yet.
        NotSet = "notSet",
        /// Waiting.
        Queued = "queued",
        /// Going.
        InProgress = "inProgress",
        /// Done.
        Succeeded = "succeeded",
        /// Failed.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

/// An operation that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OperationReference {
    /// Its id; absent when it is over already.
    #[serde(default)]
    pub id: Option<OperationId>,
    /// Where it is.
    pub status: OperationStatus,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl OperationReference {
    /// What stands for an operation that is over and whose id is not known.
    pub(crate) fn finished() -> Self {
        Self { id: None, status: OperationStatus::Succeeded, extra: Extra::new() }
    }
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Where it is.
    pub status: OperationStatus,
    /// What came of it.
    #[serde(default)]
    pub result_message: Option<String>,
    /// What came of it, at length.
    #[serde(default)]
    pub detailed_message: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Operations of an organization.
#[derive(Debug, Clone)]
pub struct Operations {
    pub(crate) client: Client,
}

impl Client {
    /// Long-running operations.
    pub fn operations(&self) -> Operations {
        Operations { client: self.clone() }
    }
}

impl Operations {
    /// One operation.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get(&self, id: OperationId) -> Result<Operation> {
        self.client.org().path("_apis/operations").segment(id).get()?.json().await
    }

    /// Waits until an operation has succeeded. Fails when it failed or was cancelled, and when the time is over.
    ///
    /// # Errors
    /// Kind `Failed` if it failed or was cancelled, `TimedOut` when the time is over; otherwise what any call fails
    /// with.
    pub async fn wait(&self, started: &OperationReference, options: &WaitOptions) -> Result<()> {
        let Some(id) = started.id else { return Ok(()) };
        until(self.client.pipeline(), options, "the operation", || async {
            let operation = self.get(id).await?;
            Ok(match operation.status {
                OperationStatus::Succeeded => Look::Ready(()),
                OperationStatus::Failed | OperationStatus::Cancelled => Look::Failed(
                    operation
                        .detailed_message
                        .or(operation.result_message)
                        .unwrap_or_else(|| operation.status.to_string()),
                ),
                status => Look::Pending(status.to_string()),
            })
        })
        .await
    }
}
