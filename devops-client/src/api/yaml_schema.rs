//! The schema of Azure Pipelines YAML. (Document: taskAgent.)

use serde_json::Value;

use crate::client::Client;
use crate::error::Result;

/// The schema, as this organization has it: with its tasks and their inputs.
#[derive(Debug, Clone)]
pub struct YamlSchema {
    pub(crate) client: Client,
}

impl YamlSchema {
    /// A JSON schema. `validate_task_names` restricts task names to those that are installed.
    pub async fn get(&self, validate_task_names: bool) -> Result<Value> {
        let route = self.client.org().path("_apis/distributedtask/yamlschema");
        route.query("validateTaskNames", validate_task_names).get()?.json().await
    }
}
