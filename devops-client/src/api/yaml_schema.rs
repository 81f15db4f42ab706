//! The schema of Azure Pipelines YAML. (Document: taskAgent.)
//!
//! ```no_run
//! # use devops_client::{Client, Result};
//! # async fn example(client: Client) -> Result<()> {
//! let schema = client.yaml_schema().get(false).await?;
//! assert!(schema.is_object());
//! # Ok(())
//! # }
//! ```

use serde_json::Value;

use crate::client::Client;
use crate::error::Result;

/// The schema, as this organization has it: with its tasks and their inputs.
#[derive(Debug, Clone)]
pub struct YamlSchema {
    pub(crate) client: Client,
}

impl Client {
    /// The schema of Azure Pipelines YAML, as this organization has it.
    pub fn yaml_schema(&self) -> YamlSchema {
        YamlSchema { client: self.clone() }
    }
}

impl YamlSchema {
    /// A JSON schema. `validate_task_names` restricts task names to those that are installed.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn get(&self, validate_task_names: bool) -> Result<Value> {
        let route = self.client.org().path("_apis/distributedtask/yamlschema");
        route.query("validateTaskNames", validate_task_names).get()?.json().await
    }
}
