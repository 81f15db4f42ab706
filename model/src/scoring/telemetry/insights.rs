//! Application Insights: the ingestion endpoint's `track` request with `RequestData` items.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::item::{Item, Origin};

/// Where items go: a connection string's instrumentation key and ingestion endpoint. The key is not shown.
#[derive(Clone)]
pub struct Connection {
    key: String,
    address: Url,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

/// Why a connection string is not accepted. The text does not repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// No instrumentation key.
    #[error("the Application Insights connection string has no InstrumentationKey; copy it whole from the resource")]
    NoKey,
    /// The endpoint is not a URL.
    #[error("the IngestionEndpoint of the Application Insights connection string is not an http or https URL")]
    Endpoint,
}

impl Connection {
    /// Reads `InstrumentationKey=…;IngestionEndpoint=https://…/;…`. Without an endpoint it is the global one.
    ///
    /// # Errors
    /// No key, or an endpoint that is not a URL.
    pub fn parse(text: &str) -> Result<Self, ConnectionError> {
        let member = |name: &str| {
            text.split(';')
                .filter_map(|pair| pair.split_once('='))
                .find(|(found, _)| found.trim().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let key = member("InstrumentationKey").filter(|key| !key.is_empty()).ok_or(ConnectionError::NoKey)?;
        let endpoint =
            member("IngestionEndpoint").unwrap_or_else(|| "https://dc.services.visualstudio.com/".to_owned());
        let mut address: Url = endpoint.parse().map_err(|_| ConnectionError::Endpoint)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(ConnectionError::Endpoint);
        }
        address.path_segments_mut().map_err(|()| ConnectionError::Endpoint)?.pop_if_empty().extend(["v2.1", "track"]);
        Ok(Self { key, address })
    }

    /// The address that batches are posted to.
    pub fn address(&self) -> Url {
        self.address.clone()
    }

    /// A batch as a JSON array of envelopes.
    pub fn body(&self, items: &[&Item], origin: &Origin) -> String {
        Value::from_iter(items.iter().map(|item| self.envelope(item, origin))).to_string()
    }

    fn envelope(&self, item: &Item, origin: &Origin) -> Value {
        let trace = String::from_utf8_lossy(&item.trace.trace_id_hex()).into_owned();
        let name = format!("POST {}", item.path);
        let mut tags = json!({
            "ai.operation.id": trace,
            "ai.operation.name": name,
            "ai.cloud.role": origin.service,
            "ai.cloud.roleInstance": origin.instance,
            "ai.internal.sdkVersion": concat!("rust:score-", env!("CARGO_PKG_VERSION")),
        });
        if let Some(parent) = item.trace.parent {
            tags["ai.operation.parentId"] = format!("{parent:016x}").into();
        }
        let mut properties = json!({"request_id": item.request_id.as_str()});
        if let Some(problem) = item.problem {
            properties["problem"] = problem.into();
        }
        json!({
            "name": "Microsoft.ApplicationInsights.Request",
            "time": item.start.text(),
            "iKey": self.key,
            "sampleRate": origin.share * 100.0,
            "tags": tags,
            "data": {"baseType": "RequestData", "baseData": {
                "ver": 2,
                "id": format!("{:016x}", item.trace.span_id),
                "name": name,
                "url": &*item.path,
                "duration": duration(item.duration),
                "responseCode": item.status.to_string(),
                "success": item.status < 400,
                "properties": properties,
                "measurements": {"rows": item.rows}
            }}
        })
    }
}

/// `d.hh:mm:ss.ffffff`, as the RequestData schema writes durations.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{days}.{hours:02}:{minutes:02}:{:02}.{:06}", seconds % 60, duration.subsec_micros())
}

/// Items of a batch that the service did not accept, from its answer.
pub fn refused(answer: &[u8]) -> u64 {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return 0 };
    let count = |name: &str| answer[name].as_u64();
    match (count("itemsReceived"), count("itemsAccepted")) {
        (Some(received), Some(accepted)) => received.saturating_sub(accepted),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_read() {
        let text =
            "InstrumentationKey=k-1;IngestionEndpoint=https://we.in.applicationinsights.azure.com/;LiveEndpoint=x";
        let connection = Connection::parse(text).unwrap();
        assert_eq!(connection.address().as_str(), "https://we.in.applicationinsights.azure.com/v2.1/track");
        assert!(!format!("{connection:?}").contains("k-1"));
        assert_eq!(Connection::parse("IngestionEndpoint=https://a/").unwrap_err(), ConnectionError::NoKey);
        let bad = Connection::parse("InstrumentationKey=k;IngestionEndpoint=nowhere");
        assert_eq!(bad.unwrap_err(), ConnectionError::Endpoint);
    }

    #[test]
    fn durations_have_the_schemas_form() {
        assert_eq!(duration(Duration::from_micros(1_234)), "0.00:00:00.001234");
        assert_eq!(duration(Duration::from_secs(90_061)), "1.01:01:01.000000");
    }

    #[test]
    fn partly_accepted_batches_are_noticed() {
        assert_eq!(refused(br#"{"itemsReceived":5,"itemsAccepted":3,"errors":[]}"#), 2);
        assert_eq!(refused(b""), 0);
    }
}
