//! Keeps calls in a file, one JSON object per line, to be held against the service's documents.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use devops_client::{HttpTransport, Transport, TransportError, WireRequest, WireResponse};
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// A transport that keeps what goes over it.
pub struct Recorder {
    inner: HttpTransport,
    file: Option<Arc<Mutex<std::fs::File>>>,
}

impl Recorder {
    /// Adds to the file that `DEVOPS_RECORD` names; keeps nothing when it is not set.
    pub fn from_environment(inner: HttpTransport) -> Self {
        let file = std::env::var_os("DEVOPS_RECORD").map(|path| {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
            Arc::new(Mutex::new(file))
        });
        Self { inner, file }
    }
}

impl Transport for Recorder {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let Some(file) = self.file.clone() else { return self.inner.send(request) };
        let sent = self.inner.send(request.clone());
        Box::pin(async move {
            let response = sent.await?;
            let content_type = response.headers.get("content-type").and_then(|value| value.to_str().ok());
            let line = json!({
                "method": request.method.as_str(),
                "url": request.url.as_str(),
                "request": body(&request.body),
                "status": response.status.as_u16(),
                "contentType": content_type,
                "response": body(&response.body),
            });
            writeln!(file.lock().unwrap(), "{line}").unwrap();
            Ok(response)
        })
    }
}

fn body(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes)))
}
