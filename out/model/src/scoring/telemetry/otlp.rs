//! OpenTelemetry protocol over HTTP with JSON encoding: one server span per request (OTLP specification 1.x).

use serde_json::{Value, json};
use url::Url;

use super::item::{Item, Origin};

/// A collector's traces endpoint, and headers for it, which may be secret and are not shown.
#[derive(Clone)]
pub struct Endpoint {
    address: Url,
    headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Endpoint").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

/// Why an endpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the OTLP endpoint is not an http or https URL")]
pub struct EndpointError;

impl Endpoint {
    /// The endpoint of the environment's standard variables: `traces` (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) as it is, else `base`
    /// (`OTEL_EXPORTER_OTLP_ENDPOINT`) with `/v1/traces`; `headers` is `name=value,…`, percent-encoded. `None` without either address.
    ///
    /// # Errors
    /// The address is not a URL.
    pub fn new(base: Option<&str>, traces: Option<&str>, headers: Option<&str>) -> Result<Option<Self>, EndpointError> {
        let parse = |text: &str| {
            let url: Url = text.parse().map_err(|_| EndpointError)?;
            if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(EndpointError) }
        };
        let address = match (traces, base) {
            (Some(traces), _) => parse(traces)?,
            (None, Some(base)) => {
                let mut url = parse(base)?;
                url.path_segments_mut().map_err(|()| EndpointError)?.pop_if_empty().extend(["v1", "traces"]);
                url
            }
            (None, None) => return Ok(None),
        };
        let pairs = headers.unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
        let decode = |text: &str| {
            // The query parser decodes percent escapes; a plus must stay a plus.
            let text = text.trim().replace('+', "%2B");
            let mut pairs = url::form_urlencoded::parse(text.as_bytes());
            pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
        };
        let headers = pairs.map(|(name, value)| (decode(name), decode(&value.replace('=', "%3D")))).collect();
        Ok(Some(Self { address, headers }))
    }

    /// The address that batches are posted to.
    pub fn address(&self) -> Url {
        self.address.clone()
    }

    /// Adds the configured headers to a request.
    pub fn headers(&self, mut request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }
}

/// A batch as an `ExportTraceServiceRequest`.
pub fn body(items: &[&Item], origin: &Origin) -> String {
    let spans: Vec<Value> = items.iter().map(|item| span(item)).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", &origin.service),
            text("service.instance.id", &origin.instance),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ]},
        "scopeSpans": [{"scope": {"name": "score", "version": env!("CARGO_PKG_VERSION")}, "spans": spans}]
    }]})
    .to_string()
}

fn span(item: &Item) -> Value {
    let start = u128::from(item.start.0) * 1_000;
    let mut attributes = vec![
        text("http.request.method", "POST"),
        text("http.route", &item.path),
        text("url.path", &item.path),
        integer("http.response.status_code", i64::from(item.status)),
        text("request.id", item.request_id.as_str()),
        integer("score.rows", i64::try_from(item.rows).unwrap_or(i64::MAX)),
    ];
    if let Some(problem) = item.problem {
        attributes.push(text("error.type", problem));
    }
    let mut span = json!({
        "traceId": String::from_utf8_lossy(&item.trace.trace_id_hex()),
        "spanId": format!("{:016x}", item.trace.span_id),
        "name": format!("POST {}", item.path),
        // SPAN_KIND_SERVER
        "kind": 2,
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": (start + item.duration.as_nanos()).to_string(),
        "attributes": attributes,
        // STATUS_CODE_ERROR only for the server's own faults, as the HTTP conventions say
        "status": if item.status >= 500 { json!({"code": 2}) } else { json!({}) }
    });
    if let Some(parent) = item.trace.parent {
        span["parentSpanId"] = format!("{parent:016x}").into();
    }
    span
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// 64-bit integers are strings in the protocol's JSON.
fn integer(key: &str, value: i64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

/// Spans of a batch that the collector did not accept, from its answer.
pub fn refused(answer: &[u8]) -> u64 {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return 0 };
    match &answer["partialSuccess"]["rejectedSpans"] {
        Value::String(count) => count.parse().unwrap_or(0),
        count => count.as_u64().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_variables_name_the_endpoint() {
        let endpoint =
            |base, traces| Endpoint::new(base, traces, None).map(|found| found.map(|e| e.address().to_string()));
        assert_eq!(endpoint(None, None), Ok(None));
        assert_eq!(endpoint(Some("http://c:4318"), None), Ok(Some("http://c:4318/v1/traces".into())));
        assert_eq!(endpoint(Some("http://c/otlp/"), None), Ok(Some("http://c/otlp/v1/traces".into())));
        assert_eq!(endpoint(Some("http://c"), Some("http://t/x")), Ok(Some("http://t/x".into())));
        assert_eq!(endpoint(Some("c:4318"), None), Err(EndpointError));
    }

    #[test]
    fn headers_are_decoded_and_hidden() {
        let endpoint = Endpoint::new(Some("http://c"), None, Some("api-key=se%20cr+et==, b=2")).unwrap().unwrap();
        assert_eq!(endpoint.headers, [("api-key".into(), "se cr+et==".into()), ("b".into(), "2".into())]);
        assert!(!format!("{endpoint:?}").contains("cr+et"));
    }
}
