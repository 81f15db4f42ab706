//! Whether a connection is ready and works, and calls that the service makes through it: a test, a vault's secrets.
//! (Document: serviceEndpoint; data sources after the Terraform provider azuredevops.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, ServiceEndpointId};
//! use devops_client::WaitOptions;
//!
//! # async fn example(project: Project, connection: ServiceEndpointId) -> Result<()> {
//! project.service_endpoints().wait_ready(connection, &WaitOptions::default()).await?;
//! project.service_endpoints().test(connection, &WaitOptions::default()).await?;
//! let names = project.service_endpoints().key_vault_secrets(connection, "contoso-vault").await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::service_endpoints::{ServiceEndpoint, ServiceEndpoints};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::extra::Extra;
use crate::id::ServiceEndpointId;
use crate::wait::{Look, WaitOptions, until};

/// What the service found when it called the other side of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProxyResult {
    /// The status of that call, in words (`ok`) or as a number.
    #[serde(default)]
    pub status_code: Value,
    /// What it returned; each item is often a JSON text of its own.
    #[serde(default)]
    pub result: Value,
    /// What went wrong.
    #[serde(default)]
    pub error_message: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ProxyResult {
    /// Whether the other side answered well.
    pub fn is_ok(&self) -> bool {
        let status = match &self.status_code {
            Value::String(text) => text.eq_ignore_ascii_case("ok") || text == "200",
            Value::Number(number) => number.as_u64() == Some(200),
            _ => false,
        };
        status && self.error_message.as_deref().unwrap_or_default().is_empty()
    }

    /// The items of the result, with JSON texts read.
    pub fn items(&self) -> Vec<Value> {
        let items = match &self.result {
            Value::Array(items) => items.clone(),
            Value::Null => Vec::new(),
            other => vec![other.clone()],
        };
        let read = |item: Value| match &item {
            Value::String(text) => serde_json::from_str(text).unwrap_or(item),
            _ => item,
        };
        items.into_iter().map(read).collect()
    }
}

impl ServiceEndpoints {
    /// Has the service call the other side of a connection: a data source by name, with parameters.
    ///
    /// # Errors
    /// What any call fails with; what the other side refuses is in the result.
    pub async fn proxy(
        &self,
        id: ServiceEndpointId,
        data_source: &str,
        parameters: &[(&str, &str)],
    ) -> Result<ProxyResult> {
        let parameters: serde_json::Map<_, _> =
            parameters.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let body = serde_json::json!({
            "dataSourceDetails": { "dataSourceName": data_source, "parameters": parameters },
            "resultTransformationDetails": {},
        });
        // It only reads, so that once more does no harm.
        self.project
            .route()
            .path("_apis/serviceendpoint/endpointproxy")
            .query("endpointId", id)
            .post(&body)?
            .harmless()
            .json()
            .await
    }

    /// Waits until a connection is ready. Fails when its making failed, and when the time is over.
    ///
    /// # Errors
    /// Kind `Failed` if its making failed, `TimedOut` when the time is over; otherwise what any call fails with.
    pub async fn wait_ready(&self, id: ServiceEndpointId, options: &WaitOptions) -> Result<ServiceEndpoint> {
        until(self.project.client.pipeline(), options, "the service connection", || async {
            let Some(endpoint) = self.get(id).await? else { return Ok(Look::Pending("not visible".into())) };
            if endpoint.state().is_some_and(|state| state.eq_ignore_ascii_case("failed")) {
                let status = endpoint.operation_status.as_ref();
                let why =
                    status.and_then(|s| s.get("statusMessage")).and_then(Value::as_str).unwrap_or("no reason given");
                return Ok(Look::Failed(why.to_owned()));
            }
            if endpoint.is_ready == Some(true) {
                return Ok(Look::Ready(endpoint));
            }
            Ok(Look::Pending(endpoint.state().unwrap_or("not ready").to_owned()))
        })
        .await
    }

    /// Whether the connection works, tried until it does or the time is over: a role assignment takes minutes to
    /// be known everywhere.
    ///
    /// # Errors
    /// Kind `TimedOut`, with what the other side last said, when the time is over; otherwise what any call fails with.
    pub async fn test(&self, id: ServiceEndpointId, options: &WaitOptions) -> Result<()> {
        until(self.project.client.pipeline(), options, "the test of the service connection", || async {
            let result = self.proxy(id, "TestConnection", &[]).await?;
            if result.is_ok() {
                return Ok(Look::Ready(()));
            }
            let why =
                result.error_message.filter(|text| !text.is_empty()).unwrap_or_else(|| result.status_code.to_string());
            Ok(Look::Pending(["failing: ", &why].concat()))
        })
        .await
    }

    /// The names of the secrets in a vault, as the connection sees them.
    ///
    /// # Errors
    /// Kind `Forbidden` with what the vault says if it does not let the connection list; otherwise what any call
    /// fails with.
    pub async fn key_vault_secrets(&self, id: ServiceEndpointId, vault: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut result = self.proxy(id, "AzureKeyVaultSecrets", &[("KeyVaultName", vault)]).await?;
        loop {
            if !result.is_ok() {
                let why = result.error_message.unwrap_or_else(|| result.status_code.to_string());
                let message = format!("the secrets of the vault {vault} cannot be listed: {why}");
                let missing =
                    "Key Vault Secrets User on the vault, for the identity of the service connection".to_owned();
                return Err(Error::without_call(ErrorKind::Forbidden { missing }, message, Effect::None));
            }
            let mut next = None;
            for item in result.items() {
                let items = match item.get("value") {
                    Some(Value::Array(items)) => items.clone(),
                    _ => vec![item.clone()],
                };
                names.extend(items.iter().filter_map(secret_name));
                next = next.or_else(|| item.get("nextLink").and_then(Value::as_str).and_then(skip_token));
            }
            match next {
                None => break,
                Some(token) => {
                    let parameters = [("KeyVaultName", vault), ("SkipToken", token.as_str())];
                    result = self.proxy(id, "AzureKeyVaultSecretsWithSkipToken", &parameters).await?;
                }
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// The last segment of `https://vault/secrets/name`, or a name as it stands.
fn secret_name(item: &Value) -> Option<String> {
    let text = match item {
        Value::String(name) => name,
        other => other.get("id").or_else(|| other.get("name")).or_else(|| other.get("value"))?.as_str()?,
    };
    text.trim_end_matches('/').rsplit('/').next().map(str::to_owned)
}

fn skip_token(link: &str) -> Option<String> {
    let url = url::Url::parse(link).ok()?;
    url.query_pairs().find(|(key, _)| key.eq_ignore_ascii_case("$skiptoken")).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_result_tells_success_in_each_of_its_forms() {
        let ok = |json: &str| serde_json::from_str::<ProxyResult>(json).unwrap().is_ok();
        assert!(ok(r#"{"statusCode":"ok","result":[]}"#));
        assert!(ok(r#"{"statusCode":200,"errorMessage":""}"#));
        assert!(!ok(r#"{"statusCode":"ok","errorMessage":"no"}"#));
        assert!(!ok(r#"{"statusCode":"forbidden"}"#));
        let items = serde_json::from_str::<ProxyResult>(r#"{"result":["{\"a\":1}","b"]}"#).unwrap().items();
        assert_eq!(items, [serde_json::json!({"a": 1}), Value::from("b")]);
    }
}
