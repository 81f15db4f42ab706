//! Calls of Azure Resource Manager.
//!
//! Every call may be made twice: a PUT or DELETE says the whole state, and the POSTs that are used here (validate,
//! what-if, name checks, registrations) ask or say the same again. So every outcome that is not an answer is repeated.
//!
//! | outcome | what happens |
//! |---|---|
//! | no connection, connection lost, time out, a success that is no JSON | again, up to `attempts` |
//! | 408, 429, 500, 502, 503, 504 | again, after `Retry-After` (seconds or a date) where it is given |
//! | 409 with a code that says "busy" | again |
//! | 201 or 202 with `Azure-AsyncOperation` or `Location` | asked until the operation is done |
//! | anything else above 399 | an error |
//!
//! Shapes: Microsoft Learn, "Track asynchronous Azure operations" and "Azure Resource Manager error responses".

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use devops_client::{HttpTransport, SILENT, Stage, Transport as _, WireRequest, WireResponse, first_contact};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::error::ArmError;
use super::path::ArmPath;
use super::poll::Pace;
use super::token::{Caller, Tokens, caller};
use crate::edge::PAUSES;
use crate::edge::connect::ConnectError;

/// Longest time for one call, connecting included.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Codes of 409 that mean "not now".
const BUSY: &[&str] = &["AnotherOperationInProgress", "RetryableError", "ConcurrentUpdateError", "RequestConflict"];
/// Most pages of a list; more means that the pages go round in a circle.
const PAGES: usize = 1000;

/// Azure Resource Manager.
#[derive(Clone, Debug)]
pub struct Arm {
    transport: HttpTransport,
    base: Url,
    tokens: Tokens,
    pace: Pace,
    /// Whether it has answered anything yet.
    reached: Arc<AtomicBool>,
}

/// A wait that is at least so long is told of.
const LONG: Duration = Duration::from_secs(2);

/// The address of Azure Resource Manager in the public cloud.
pub fn public() -> Url {
    Url::parse("https://management.azure.com/").expect("an address of ours parses")
}

/// The answer to one call.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Arm {
    /// Resource Manager at `base`, as whoever `tokens` belong to.
    ///
    /// # Errors
    /// The system's certificates cannot be loaded.
    pub fn new(base: Url, tokens: Tokens) -> Result<Self, ConnectError> {
        let failed = |error| ConnectError::new(error, "check the system's certificates");
        let pace = if base.scheme() == "http" { Pace::local() } else { Pace::default() };
        Ok(Self {
            transport: HttpTransport::new(TIMEOUT).map_err(failed)?,
            base,
            tokens,
            pace,
            reached: Arc::default(),
        })
    }

    /// The same at another pace.
    #[must_use]
    pub fn at_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// The pace of repeated calls.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Who the caller is, as far as the token says so; `None` without one.
    pub async fn caller(&self) -> Option<Caller> {
        caller(&self.tokens.arm().await.ok()?)
    }

    /// Reads a resource; `None` if it, or what it lies in, is not there.
    ///
    /// # Errors
    /// Any other refusal, or no answer.
    pub async fn get(&self, path: &ArmPath, version: &str) -> Result<Option<Value>, ArmError> {
        match self.call(Method::GET, path, &[("api-version", version)], None).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if error.status == 404 && !error.is("SubscriptionNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All resources of a collection, page by page; empty if what it lies in is not there.
    ///
    /// # Errors
    /// Any other refusal, or no answer.
    pub async fn list(&self, path: &ArmPath, version: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, ArmError> {
        let mut queries = vec![("api-version", version)];
        queries.extend_from_slice(query);
        let call = format!("GET {path}");
        let mut url = self.address(path, &queries, &call)?;
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let answer = match self.send(Method::GET, &url, None, &call).await {
                Ok(answer) => answer,
                Err(error) if error.status == 404 && !error.is("SubscriptionNotFound") => return Ok(found),
                Err(error) => return Err(error),
            };
            let Value::Object(mut page) = answer.body else { return Ok(found) };
            if let Some(Value::Array(items)) = page.remove("value") {
                found.extend(items);
            }
            match page.get("nextLink").and_then(Value::as_str).filter(|link| !link.is_empty()) {
                Some(link) => url = self.own(link, &call)?,
                None => return Ok(found),
            }
        }
        Err(ArmError::local("EndlessPages", format!("the list has more than {PAGES} pages"), call))
    }

    /// Makes or replaces a resource and waits until it stands; gives back how it stands then.
    ///
    /// # Errors
    /// A refusal, an operation that failed, or no answer.
    pub async fn put(&self, path: &ArmPath, version: &str, body: &Value) -> Result<Value, ArmError> {
        self.write(Method::PUT, path, version, body).await
    }

    /// Changes what `body` names of a resource, and waits as [`Arm::put`] does.
    ///
    /// # Errors
    /// As [`Arm::put`].
    pub async fn patch(&self, path: &ArmPath, version: &str, body: &Value) -> Result<Value, ArmError> {
        self.write(Method::PATCH, path, version, body).await
    }

    /// Calls an action and waits for its result.
    ///
    /// # Errors
    /// As [`Arm::put`].
    pub async fn post(&self, path: &ArmPath, version: &str, body: &Value) -> Result<Value, ArmError> {
        let answer = self.call(Method::POST, path, &[("api-version", version)], Some(body)).await?;
        let (call, now) = (format!("POST {path}"), answer.body.clone());
        Ok(self.finish(answer, &call).await?.unwrap_or(now))
    }

    /// Removes a resource and waits until it is gone; what is gone already is gone.
    ///
    /// # Errors
    /// As [`Arm::put`].
    pub async fn delete(&self, path: &ArmPath, version: &str) -> Result<(), ArmError> {
        match self.call(Method::DELETE, path, &[("api-version", version)], None).await {
            Ok(answer) => self.finish(answer, &format!("DELETE {path}")).await.map(drop),
            Err(error) if error.status == 404 && !error.is("SubscriptionNotFound") => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, method: Method, path: &ArmPath, version: &str, body: &Value) -> Result<Value, ArmError> {
        let call = format!("{method} {path}");
        let answer = self.call(method, path, &[("api-version", version)], Some(body)).await?;
        let mut now = answer.body.clone();
        if self.finish(answer, &call).await?.is_some() || unfinished(&now) {
            now = self.settled(path, version, &call).await?;
        }
        match now["properties"]["provisioningState"].as_str() {
            Some("Failed" | "Canceled") => {
                let error = now["properties"].get("error").cloned().unwrap_or_default();
                Err(ArmError::of(200, &error, &call))
            }
            _ => Ok(now),
        }
    }

    /// Reads a resource until nothing is going on with it any more.
    ///
    /// # Errors
    /// It vanished, or what is going on takes longer than is waited.
    pub async fn settled(&self, path: &ArmPath, version: &str, call: &str) -> Result<Value, ArmError> {
        let start = Instant::now();
        let mut pauses = 1;
        loop {
            let gone = || ArmError::local("Gone", "the resource vanished while it was made", call);
            let now = self.get(path, version).await?.ok_or_else(gone)?;
            if !unfinished(&now) {
                return Ok(now);
            }
            pauses += 1;
            self.wait(start, pauses, None, call).await?;
        }
    }

    /// Waits for the operation that an answer began; its last body, or `None` if it began none.
    async fn finish(&self, answer: Answer, call: &str) -> Result<Option<Value>, ArmError> {
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (operation, location) = (header("azure-asyncoperation"), header("location"));
        if !matches!(answer.status.as_u16(), 200..=202) {
            return Ok(None);
        }
        match (operation, location) {
            (Some(url), _) => self.operation(&self.own(&url, call)?, &answer.headers, call).await.map(Some),
            (None, Some(url)) if answer.status == StatusCode::ACCEPTED => {
                self.location(&self.own(&url, call)?, &answer.headers, call).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn operation(&self, url: &Url, first: &HeaderMap, call: &str) -> Result<Value, ArmError> {
        let (start, mut pauses, mut asked) = (Instant::now(), 1, retry_after(first));
        loop {
            pauses += 1;
            self.wait(start, pauses, asked, call).await?;
            let answer = self.send(Method::GET, url, None, call).await?;
            match answer.body["status"].as_str().unwrap_or("Succeeded") {
                "Succeeded" => return Ok(answer.body),
                "Failed" | "Canceled" => return Err(ArmError::of(answer.status.as_u16(), &answer.body, call)),
                _ => asked = retry_after(&answer.headers),
            }
        }
    }

    async fn location(&self, url: &Url, first: &HeaderMap, call: &str) -> Result<Value, ArmError> {
        let (start, mut pauses, mut asked) = (Instant::now(), 1, retry_after(first));
        loop {
            pauses += 1;
            self.wait(start, pauses, asked, call).await?;
            let answer = self.send(Method::GET, url, None, call).await?;
            if answer.status != StatusCode::ACCEPTED {
                return Ok(answer.body);
            }
            asked = retry_after(&answer.headers);
        }
    }

    async fn wait(&self, start: Instant, pauses: u32, asked: Option<Duration>, call: &str) -> Result<(), ArmError> {
        if start.elapsed() > self.pace.patience {
            let minutes = self.pace.patience.as_secs() / 60;
            return Err(ArmError::local("Timeout", format!("it is not done after {minutes} minutes"), call));
        }
        let retry = &self.pace.retry;
        tokio::time::sleep(retry.pause(pauses - 1, asked).unwrap_or(retry.max_retry_after)).await;
        Ok(())
    }

    async fn call(
        &self,
        method: Method,
        path: &ArmPath,
        queries: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, ArmError> {
        let call = format!("{method} {path}");
        let url = self.address(path, queries, &call)?;
        self.send(method, &url, body, &call).await
    }

    fn address(&self, path: &ArmPath, queries: &[(&str, &str)], call: &str) -> Result<Url, ArmError> {
        let odd = || ArmError::local("InvalidName", "a name in the path is empty or has a slash", call);
        path.url(&self.base, queries).ok_or_else(odd)
    }

    /// An address that Azure gave, if the token may go there: the same scheme, host and port.
    fn own(&self, link: &str, call: &str) -> Result<Url, ArmError> {
        let strange =
            || ArmError::local("ForeignLink", "the answer points to another host; nothing is sent there", call);
        let url = self.base.join(link).map_err(|_| strange())?;
        if url.origin() == self.base.origin() { Ok(url) } else { Err(strange()) }
    }

    async fn send(&self, method: Method, url: &Url, body: Option<&Value>, call: &str) -> Result<Answer, ArmError> {
        let (mut tried, begun) = (0, Instant::now());
        loop {
            tried += 1;
            let once = self.once(&method, url, body, call);
            let outcome = if self.reached.load(Ordering::Relaxed) {
                once.await?
            } else {
                let server = self.base.host_str().unwrap_or_default();
                let silent = || Ok(Err(ArmError::local("NoConnection", format!("no connection: {SILENT}"), call)));
                first_contact(server, once, self.transport.is_alive(url)).await.unwrap_or_else(silent)?
            };
            self.reached.fetch_or(outcome.is_ok(), Ordering::Relaxed);
            let (again, asked) = match &outcome {
                Ok(answer) => (repeats(answer), retry_after(&answer.headers)),
                Err(_) => (true, None),
            };
            let retry = &self.pace.retry;
            let pause = if again && tried < retry.max_attempts { retry.pause(tried, asked) } else { None };
            let offline = |pause: &Duration| {
                !self.reached.load(Ordering::Relaxed) && begun.elapsed() + *pause > retry.first_contact
            };
            let pause = pause.filter(|pause| !offline(pause));
            match (pause, outcome) {
                (Some(pause), outcome) => {
                    let why = outcome.map_or_else(|error| error.code, |answer| answer.status.to_string());
                    tracing::debug!(call, tried, why, pause_ms = pause.as_millis(), "again");
                    if asked.is_some() && pause >= LONG {
                        let seconds = pause.as_secs_f64().ceil();
                        tracing::warn!(target: PAUSES, "waiting: Azure limits the rate of requests; going on in {seconds} s");
                    }
                    tokio::time::sleep(pause).await;
                }
                (None, Ok(answer)) if answer.status.is_success() => return Ok(answer),
                (None, Ok(answer)) => return Err(ArmError::of(answer.status.as_u16(), &answer.body, call)),
                (None, Err(error)) => return Err(error),
            }
        }
    }

    /// One try: the inner error may be repeated, the outer one not.
    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        call: &str,
    ) -> Result<Result<Answer, ArmError>, ArmError> {
        let token = self.tokens.arm().await.map_err(|why| ArmError::local("SignIn", why, call))?;
        let odd = |_| ArmError::local("SignIn", "the token has characters that no header holds", call);
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(odd)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = WireRequest { method: method.clone(), url: url.clone(), headers, body: body.into() };
        Ok(match self.transport.send(request).await {
            Ok(WireResponse { status, headers, body }) => {
                let json = if body.trim_ascii().is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
                match json {
                    Ok(body) => Ok(Answer { status, headers, body }),
                    // Taken for nothing, a page of a proxy would look like an empty list.
                    Err(_) if status.is_success() => {
                        let why = format!("the answer with status {} is no JSON", status.as_u16());
                        Err(ArmError::local("NoAnswer", why, call))
                    }
                    Err(_) => Ok(Answer { status, headers, body: Value::Null }),
                }
            }
            Err(error) if error.stage == Stage::Connect => {
                Err(ArmError::local("NoConnection", error.to_string(), call))
            }
            Err(error) => {
                // Something answers there, even if not to the end.
                self.reached.store(true, Ordering::Relaxed);
                Err(ArmError::local("NoAnswer", error.to_string(), call))
            }
        })
    }
}

/// Whether something is still going on with a resource.
pub fn unfinished(resource: &Value) -> bool {
    let state = resource["properties"]["provisioningState"].as_str();
    state.is_some_and(|state| !matches!(state, "Succeeded" | "Failed" | "Canceled"))
}

fn repeats(answer: &Answer) -> bool {
    let code = answer.body["error"]["code"].as_str().unwrap_or_default();
    match answer.status.as_u16() {
        408 | 429 | 500 | 502 | 503 | 504 => true,
        409 => BUSY.contains(&code),
        _ => false,
    }
}

/// What an answer asks to wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    devops_client::retry_after(headers, SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_another_host_is_refused() {
        let arm = Arm::new(public(), Tokens::fixed(devops_client::Secret::new("t"))).unwrap();
        for link in ["https://example.com/operations/1", "http://management.azure.com/operations/1", "//evil.example/x"]
        {
            assert_eq!(arm.own(link, "PUT /x").unwrap_err().code, "ForeignLink", "{link}");
        }
        for link in ["https://management.azure.com/operations/1?a=b", "/operations/1"] {
            assert_eq!(arm.own(link, "PUT /x").unwrap().path(), "/operations/1");
        }
    }
}
