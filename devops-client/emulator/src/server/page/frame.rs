//! What every page has around it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use report_pages::{Html, POLICY, Page, Tab};

use crate::server::shared::Shared;

/// Where the page is.
pub(super) const ROOT: &str = "/_emulator/page";

/// A page among the views; `here` is the address of the one that it belongs to.
pub(super) fn shown(shared: &Shared, here: &str, title: &str, body: Html) -> Response {
    let owner = shared.lock().organization.name.clone();
    let own = [("", "Runs"), ("/pipelines", "Pipelines"), ("/environments", "Environments")];
    let own = own.into_iter().map(|(to, name)| (to.to_owned(), name.to_owned()));
    let more = shared.views().iter().map(|view| (format!("/more/{}", view.address()), view.name().to_owned()));
    let tab = |(to, name): (String, String)| Tab { is_here: to == here, to: format!("{ROOT}{to}"), name };
    let tabs = own.chain(more).map(tab).collect();
    let title = format!("{title} · {owner}");
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        // a form of the page says where it comes from, and nobody else hears it
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Page { title, owner, tabs, body }.html()).into_response()
}

pub(super) fn said(shared: &Shared, status: StatusCode, title: &str, why: &str) -> Response {
    let mut body = Html::default();
    body.heading(1, title);
    body.paragraph(why);
    body.tag("p", |html| html.link(ROOT, "All runs"));
    (status, shown(shared, "none", title, body)).into_response()
}

pub(super) fn missing(shared: &Shared, what: &str) -> Response {
    said(shared, StatusCode::NOT_FOUND, "Not here", &format!("There is no {what}."))
}
