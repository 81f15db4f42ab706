//! From a request to its operation, and from what happened in it to the runs that this starts.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::areas;
use crate::core::route::{Kind, Params, Route, matches};
use crate::core::{Body, Call, Method, Organization, Request, Response, ServiceError, locations, version};
use crate::pipelines::{progress, triggers};

/// What came of a request.
pub struct Handled {
    /// The answer.
    pub response: Response,
    /// The template of the route that answered; empty if none did.
    pub template: &'static str,
    /// Whether the organization is different now.
    pub effect: bool,
}

/// The route of a request and the values of its parameters, if the emulator serves it.
pub fn find(request: &Request) -> Option<(&'static Route, Params)> {
    let path = request.path.get(1..)?;
    let method = if request.method == Method::Head { Method::Get } else { request.method };
    areas::tables()
        .iter()
        .flat_map(|table| table.iter())
        .filter(|route| route.method == method)
        .filter_map(|route| matches(route.template, path).map(|(params, literals)| (route, params, literals)))
        .max_by_key(|(_, _, literals)| *literals)
        .map(|(route, params, _)| (route, params))
}

/// Answers a request: pure but for the organization that it is given. Authentication has been done before.
pub fn handle(organization: &mut Organization, request: &Request, now: Timestamp, caller: Uuid) -> Handled {
    if !request.path.first().is_some_and(|name| name.eq_ignore_ascii_case(&organization.name)) {
        return unrouted(not_served(request));
    }
    if request.method == Method::Options {
        return unrouted(options(request));
    }
    let Some((route, params)) = find(request) else {
        return unrouted(not_served(request));
    };
    let stated = match route.location.map(|location| version::check(request, location)).transpose() {
        Ok(stated) => stated,
        Err(error) => return Handled { response: error.into_response(), template: route.template, effect: false },
    };
    progress::by_time(organization, now);
    let mut call = Call { organization, request, params, now, caller, events: Vec::new() };
    let outcome = (route.handler)(&mut call);
    for event in std::mem::take(&mut call.events) {
        triggers::on(&mut call, &event);
    }
    let mut response = outcome.unwrap_or_else(ServiceError::into_response);
    if let (Some(version), Body::Json(_)) = (stated, &response.body) {
        let media_type = format!("application/json; charset=utf-8; api-version={version}");
        response.headers.push(("Content-Type", media_type));
    }
    let effect = response.effect.unwrap_or(route.kind == Kind::Write && response.status < 300);
    Handled { response, template: route.template, effect }
}

fn unrouted(response: Response) -> Handled {
    Handled { response, template: "", effect: false }
}

/// `OPTIONS {org}/_apis` and `OPTIONS {org}/_apis/{area}`: the table that clients negotiate with.
fn options(request: &Request) -> Response {
    let area = request.path.get(2).map(String::as_str);
    let rows: Vec<Value> = locations::ALL
        .iter()
        .filter(|location| area.is_none_or(|area| location.area.eq_ignore_ascii_case(area)))
        .map(|location| location.to_json())
        .collect();
    Response::ok(json!({ "count": rows.len(), "value": rows }))
}

/// The plain-text 404 for a path that no controller serves.
fn not_served(request: &Request) -> Response {
    let mut response = Response::text(
        "text/plain; charset=utf-8",
        format!("The controller for path '{}' was not found or does not implement IController.", request.path_text()),
    );
    response.status = 404;
    response
}
