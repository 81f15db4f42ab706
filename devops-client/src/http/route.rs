//! Addresses, put together segment by segment, so that no name can change the path.

use std::fmt::Display;

use http::Method;
use url::Url;

use super::call::Call;
use super::pipeline::Pipeline;
use crate::error::{Error, Result};
use crate::id::ProjectRef;

/// An address in the making.
#[derive(Clone)]
pub(crate) struct Route {
    pipeline: Pipeline,
    url: Result<Url, String>,
    version: &'static str,
}

impl Route {
    pub(crate) fn new(pipeline: Pipeline, base: Url) -> Self {
        Self { pipeline, url: Ok(base), version: "7.1" }
    }

    /// Appends the fixed segments of a path such as `_apis/git/repositories`.
    pub(crate) fn path(mut self, segments: &'static str) -> Self {
        for segment in segments.split('/') {
            self = self.segment(segment);
        }
        self
    }

    /// Appends a project.
    pub(crate) fn project(self, project: &ProjectRef) -> Self {
        self.segment(project.as_str())
    }

    /// Appends one segment, percent-encoded. Empty ones and dots would change the path, so they are refused.
    pub(crate) fn segment(mut self, segment: impl Display) -> Self {
        let segment = segment.to_string();
        let Ok(url) = &mut self.url else { return self };
        if !matches!(segment.trim(), "" | "." | "..")
            && let Ok(mut path) = url.path_segments_mut()
        {
            path.pop_if_empty().push(&segment);
        } else {
            self.url = Err(segment);
        }
        self
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, key: &str, value: impl Display) -> Self {
        if let Ok(url) = &mut self.url {
            url.query_pairs_mut().append_pair(key, &value.to_string());
        }
        self
    }

    /// Adds a query parameter if there is a value.
    pub(crate) fn query_opt(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.query(key, value),
            None => self,
        }
    }

    /// Asks for `7.1-preview.1`, for areas that have no stable version.
    pub(crate) fn preview(mut self) -> Self {
        self.version = "7.1-preview.1";
        self
    }

    /// The call to this address.
    pub(crate) fn call(self, method: Method) -> Result<Call> {
        let version = self.version;
        let this = self.query("api-version", version);
        match this.url {
            Ok(url) => Ok(Call::new(this.pipeline, method, url)),
            Err(segment) => {
                Err(Error::argument("name or id", &segment, "a text that is not empty and not made of dots"))
            }
        }
    }

    pub(crate) fn get(self) -> Result<Call> {
        self.call(Method::GET)
    }

    pub(crate) fn delete(self) -> Result<Call> {
        self.call(Method::DELETE)
    }

    pub(crate) fn post(self, body: &impl serde::Serialize) -> Result<Call> {
        self.call(Method::POST)?.body(body)
    }

    pub(crate) fn put(self, body: &impl serde::Serialize) -> Result<Call> {
        self.call(Method::PUT)?.body(body)
    }

    pub(crate) fn patch(self, body: &impl serde::Serialize) -> Result<Call> {
        self.call(Method::PATCH)?.body(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::credential::Credential;
    use crate::planted;

    fn route() -> Route {
        let client = Client::builder("org").credential(Credential::pat(planted::PAT)).build().unwrap();
        client.org()
    }

    #[test]
    fn a_name_stays_one_segment_whatever_it_holds() {
        for name in ["a/b", "../up", "a?b=c", "a#b", "ä %2F", "a;b", "c:\\d"] {
            let call = route().segment(name).path("_apis/x").get().unwrap();
            let path: Vec<_> = call.url().path_segments().unwrap().collect();
            assert_eq!(path.len(), 4, "{name}: {path:?}");
            assert_eq!(call.url().query(), Some("api-version=7.1"), "{name}");
        }
    }

    #[test]
    fn a_name_that_would_vanish_from_the_path_is_refused() {
        for name in ["", ".", "..", " "] {
            assert!(route().segment(name).get().is_err(), "{name:?}");
        }
    }
}
