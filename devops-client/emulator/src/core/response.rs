//! A response as a value.

use serde_json::{Value, json};

/// What a response carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Value),
    /// Text with its media type.
    Text(&'static str, String),
    /// Bytes with their media type.
    Bytes(&'static str, Vec<u8>),
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
    /// Whether the organization is different because of this request; `None` leaves the answer to the route's kind.
    pub effect: Option<bool>,
}

impl Response {
    /// 200 with a JSON body.
    pub fn ok(body: Value) -> Response {
        Response { status: 200, headers: Vec::new(), body: Body::Json(body), effect: None }
    }

    /// 201 with a JSON body.
    pub fn created(body: Value) -> Response {
        Response { status: 201, ..Response::ok(body) }
    }

    /// 204.
    pub fn no_content() -> Response {
        Response { status: 204, headers: Vec::new(), body: Body::Empty, effect: None }
    }

    /// 200 with a list as it goes over the wire: `{count, value}`.
    pub fn list(items: Vec<Value>) -> Response {
        Response::ok(json!({ "count": items.len(), "value": items }))
    }

    /// 200 with text.
    pub fn text(media_type: &'static str, text: String) -> Response {
        Response { status: 200, headers: Vec::new(), body: Body::Text(media_type, text), effect: None }
    }

    /// 200 with bytes.
    pub fn bytes(media_type: &'static str, bytes: Vec<u8>) -> Response {
        Response { status: 200, headers: Vec::new(), body: Body::Bytes(media_type, bytes), effect: None }
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, saying that nothing changed (or that something did) whatever the route's kind is.
    pub fn with_effect(mut self, effect: bool) -> Response {
        self.effect = Some(effect);
        self
    }
}
