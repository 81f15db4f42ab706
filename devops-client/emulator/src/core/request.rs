//! A request as a value.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The methods that the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    /// Reads the name as it stands in a request line.
    pub fn parse(name: &str) -> Option<Method> {
        Some(match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => return None,
        })
    }

    /// The name as it stands in a request line.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }
}

/// One request, decoded: path segments and query pairs are percent-decoded, header names are lower case.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Scheme and authority that the caller used, e.g. `http://127.0.0.1:4000`: URLs in answers start with it.
    pub origin: String,
    /// Path segments, the organization's name first.
    pub path: Vec<String>,
    /// Query pairs in their order.
    pub query: Vec<(String, String)>,
    /// Headers; of repeated ones the last.
    pub headers: BTreeMap<String, String>,
    /// The body, at most a few hundred MiB (bounded at the edge).
    pub body: Vec<u8>,
}

impl Request {
    /// A request from its path and query as they stand in a URL; without headers and body.
    pub fn new(method: Method, origin: &str, path_and_query: &str) -> Request {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Request {
            method,
            origin: origin.to_owned(),
            path: path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: BTreeMap::new(),
            body: Vec::new(),
        }
    }

    /// The first query value of that name; names are matched without regard to case, as the service does.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A query value that is a whole number; anything else counts as absent.
    pub fn query_number(&self, name: &str) -> Option<i64> {
        self.query(name)?.trim().parse().ok()
    }

    /// A query value that is `true` in any case.
    pub fn query_flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The path from the organization on, with a leading slash and without the query.
    pub fn path_text(&self) -> String {
        format!("/{}", self.path.join("/"))
    }
}

/// Decodes `%41`; what is not a valid escape stays as it is, and bytes that are no UTF-8 become U+FFFD.
pub fn percent_decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
