//! One call: what is sent, and how the answer is read.

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::pipeline::Pipeline;
use super::report::Report;
use super::report::body::without_bom;
use super::retry::{Outcome, Replay, is_sign_in};
use super::transport::{WireRequest, WireResponse};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::secret::Secret;

/// A call that can be made, and made again.
#[derive(Clone)]
pub(crate) struct Call {
    pipeline: Pipeline,
    request: WireRequest,
    secrets: Vec<Secret>,
    replay: Replay,
    /// Whether it only reads, whatever its method.
    harmless: bool,
    /// Whether it writes what cannot be read back.
    blind: bool,
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) response: WireResponse,
    pub(crate) report: Report,
}

impl Call {
    pub(crate) fn new(pipeline: Pipeline, method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Without this the service answers bad credentials with a redirect to a page.
        headers.insert(HeaderName::from_static("x-tfs-fedauthredirect"), HeaderValue::from_static("Suppress"));
        let replay = Replay::of(&method);
        Self {
            pipeline,
            request: WireRequest { method, url, headers, body: Bytes::new() },
            secrets: Vec::new(),
            replay,
            harmless: false,
            blind: false,
        }
    }

    /// Sets the JSON body.
    pub(crate) fn body(mut self, body: &impl Serialize) -> Result<Self> {
        let (bytes, secrets) = crate::secret::for_wire(body)
            .map_err(|error| Error::argument("request body", &error.to_string(), "a value that JSON can hold"))?;
        self.request.body = bytes.into();
        self.request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.secrets = secrets;
        Ok(self)
    }

    /// Declares that making this call twice is as good as once, whatever its method.
    pub(crate) fn repeatable(mut self) -> Self {
        self.replay = Replay::Safe;
        self
    }

    /// Declares that this call only reads, whatever its method.
    pub(crate) fn harmless(mut self) -> Self {
        self.harmless = true;
        self.repeatable()
    }

    /// Declares that this call is not to be repeated blindly although its method allows it: it carries a revision, or
    /// makes one.
    pub(crate) fn guarded(mut self) -> Self {
        self.replay = Replay::IfUnsent;
        self
    }

    /// Declares whether this call replaces a secret. What is there may then look as it should and still hold the old
    /// one, so that looking does not settle the doubt about a lost answer.
    pub(crate) fn blind(mut self, replaces_secret: bool) -> Self {
        self.blind = replaces_secret;
        self
    }

    /// Asks for plain text.
    fn plain(mut self) -> Self {
        self.request.headers.insert(ACCEPT, HeaderValue::from_static("text/plain"));
        self
    }

    #[cfg(test)]
    pub(crate) fn url(&self) -> &Url {
        &self.request.url
    }

    /// The same call with one more query parameter.
    pub(crate) fn with_query(&self, key: &str, value: &str) -> Self {
        let mut call = self.clone();
        call.request.url.query_pairs_mut().append_pair(key, value);
        call
    }

    /// Makes the call and reads the body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T> {
        self.read(|answer| answer.decode()).await
    }

    /// Makes the call; `null`, an empty body and 404 mean `None`. (A missing variable group is `200` with `null`.)
    pub(crate) async fn optional<T: DeserializeOwned>(self) -> Result<Option<T>> {
        match self.read(|answer| if answer.is_blank() { Ok(None) } else { answer.decode::<Option<T>>() }).await {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(None),
            other => other,
        }
    }

    /// Makes the call and reads the answer; a JSON body that breaks off is asked for again where that is safe.
    pub(crate) async fn read<T>(self, read: impl Fn(&Answer) -> Result<T>) -> Result<T> {
        let pipeline = self.pipeline.clone();
        let mut attempt = 1;
        loop {
            match read(&self.clone().answer().await?) {
                Err(error)
                    if error.is_cut() && self.replay == Replay::Safe && attempt < pipeline.options().max_attempts =>
                {
                    pipeline.sleep(pipeline.options().backoff(attempt)).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Makes the call; a body is ignored.
    pub(crate) async fn unit(self) -> Result<()> {
        self.answer().await.map(drop)
    }

    /// Deletes. That the thing is gone already after a repetition means that an earlier try has removed it; when the
    /// answer stays away, `find` tells whether the thing is still there.
    pub(crate) async fn gone<T, F>(self, find: impl Fn() -> F + Send + Sync) -> Result<()>
    where
        F: Future<Output = Result<Option<T>>> + Send,
    {
        let pipeline = self.pipeline.clone();
        let error = match self.answer().await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let missing = matches!(error.kind(), ErrorKind::NotFound);
        if missing && error.context().is_some_and(|context| context.repeated) {
            return Ok(());
        }
        if missing || error.effect() == Effect::None {
            return Err(error);
        }
        let removed = || async { Ok(find().await?.is_none().then_some(())) };
        match settle(&pipeline, &removed).await {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(error.without_effect()),
            Err(reading) => Err(error.or_unsettled(reading)),
        }
    }

    /// Makes the call and reads the body as text.
    pub(crate) async fn text(self) -> Result<String> {
        let answer = self.plain().answer().await?;
        Ok(String::from_utf8_lossy(without_bom(&answer.response.body)).into_owned())
    }

    /// Makes the call, and turns everything but success into an error.
    pub(crate) async fn answer(self) -> Result<Answer> {
        let Outcome { last, attempts, effect, repeated_blindly } = self.pipeline.send(&self.request, self.replay).await;
        let mut redact = self.secrets;
        redact.retain(|secret| !secret.expose().is_empty());
        let report = Report {
            pipeline: self.pipeline,
            method: self.request.method,
            path: self.request.url.path().to_owned(),
            attempts,
            repeated: repeated_blindly,
            effect: if self.harmless { Effect::None } else { effect },
            redact,
        };
        match last {
            Ok(response) if response.status.is_success() && !is_sign_in(response.status, &response.headers) => {
                Ok(Answer { response, report })
            }
            Ok(response) => Err(report.refused(&response)),
            Err(failure) => Err(report.failed(failure)),
        }
    }

    /// Makes a call that must have its effect once, and settles the doubt when an answer is lost.
    ///
    /// `find` reads the service and returns what the call would have returned, if its effect is there. After a lost
    /// answer it is asked a few times, as the effect may come late. If the effect is not there, the call is made again
    /// where `unique` says that the service itself refuses a second one (a unique name, a compare-and-swap);
    /// elsewhere the error says that nothing was done.
    pub(crate) async fn once<T, F>(self, unique: Unique, find: impl Fn() -> F + Send + Sync) -> Result<T>
    where
        T: DeserializeOwned,
        F: Future<Output = Result<Option<T>>> + Send,
    {
        self.once_with(unique, |answer| answer.decode(), find).await
    }

    /// [`Call::once`] with a reader of the answer.
    pub(crate) async fn once_with<T, F>(
        self,
        unique: Unique,
        read: impl Fn(&Answer) -> Result<T> + Send,
        find: impl Fn() -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<Option<T>>> + Send,
    {
        let pipeline = self.pipeline.clone();
        let attempts = pipeline.options().max_attempts;
        let mut doubt: Option<Error> = None;
        for attempt in 1.. {
            let error = match self.clone().answer().await.and_then(|answer| read(&answer)) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            // Refused as a duplicate after a doubtful try: it may be our own work that is in the way.
            let refused_as_second =
                doubt.is_some() && matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::Conflict);
            if error.effect() == Effect::None && doubt.is_none() || self.blind {
                return Err(error);
            }
            if error.effect() != Effect::None || refused_as_second {
                tracing::debug!("the answer was lost; looking whether the call had its effect");
                match settle(&pipeline, &find).await {
                    Ok(Some(value)) => return Ok(value),
                    Ok(None) if refused_as_second => return Err(error),
                    Ok(None) => {}
                    Err(reading) => return Err(error.or_unsettled(reading)),
                }
                if unique == Unique::No || attempt >= attempts || !error.is_passing() {
                    return Err(error.without_effect());
                }
                doubt = Some(error);
                pipeline.sleep(pipeline.options().backoff(attempt)).await;
            } else {
                // A later try was refused for another reason, and the doubt about the earlier one was settled.
                return Err(error);
            }
        }
        // The loop above only ends by returning: it is bounded by `attempts`.
        Err(doubt.unwrap_or_else(|| Error::argument("attempts", "0", "at least one")))
    }
}

/// Whether the service refuses to do the same thing a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unique {
    /// A unique name or a compare-and-swap: a second call is harmless.
    Yes,
    /// Two calls make two things.
    No,
}

/// Looks for the effect of a call whose answer was lost, three times with growing pauses.
pub(crate) async fn settle<T, F>(pipeline: &Pipeline, find: &(impl Fn() -> F + Send + Sync)) -> Result<Option<T>>
where
    F: Future<Output = Result<Option<T>>> + Send,
{
    for attempt in 1..=3 {
        if let Some(value) = find().await? {
            return Ok(Some(value));
        }
        if attempt < 3 {
            pipeline.sleep(pipeline.options().base.saturating_mul(attempt)).await;
        }
    }
    Ok(None)
}

impl Answer {
    /// Whether there is nothing in the body.
    pub(crate) fn is_blank(&self) -> bool {
        let body = without_bom(&self.response.body).trim_ascii();
        body.is_empty() || body == b"null"
    }

    /// The body as JSON; the error names the JSON path at which it is not what was expected.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let body = without_bom(&self.response.body);
        if body.trim_ascii_start().starts_with(b"<") {
            return Err(self.report.sign_in(&self.response));
        }
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| self.report.undecodable(&self.response, &error.path().to_string(), error.inner()))?;
        reader.end().map_err(|error| self.report.undecodable(&self.response, ".", &error))?;
        Ok(value)
    }

    /// The token of the next page, if there is one.
    pub(crate) fn continuation(&self) -> Option<String> {
        let token = self.response.headers.get("x-ms-continuationtoken")?.to_str().ok()?;
        (!token.is_empty()).then(|| token.to_owned())
    }
}
