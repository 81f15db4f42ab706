//! The page of the organization, for people: pipelines, runs, their stages and logs, what waits for whom. Made here as HTML,
//! nothing is fetched from elsewhere, nothing is changed by looking; approvals are given as the API takes them.

mod artifact;
mod environments;
mod guard;
mod other;
mod pipelines;
mod run;
mod runs;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
pub use other::{Asked, View};
use report_pages::{Html, POLICY, Page, Tab};

use super::shared::Shared;

/// Where the page is.
const ROOT: &str = "/_emulator/page";

/// The routes.
pub fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(ROOT, get(runs_page))
        .route("/_emulator/page/runs/{id}", get(run_page))
        .route("/_emulator/page/runs/{id}/logs/{log}", get(log_page))
        .route("/_emulator/page/runs/{id}/artifacts/{artifact}", get(artifact::list))
        .route("/_emulator/page/runs/{id}/artifacts/{artifact}/{*file}", get(artifact::file))
        .route("/_emulator/page/pipelines", get(pipelines_page))
        .route("/_emulator/page/pipelines/{id}", get(pipeline_page))
        .route("/_emulator/page/environments", get(environments_page))
        .route("/_emulator/page/approvals/{id}", post(environments::answer))
        .route("/_emulator/page/more/{*view}", get(other::see).post(other::ask))
}

/// A page among the views; `here` is the address of the one that it belongs to.
fn shown(shared: &Shared, here: &str, title: &str, body: Html) -> Response {
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

fn said(shared: &Shared, status: StatusCode, title: &str, why: &str) -> Response {
    let mut body = Html::default();
    body.heading(1, title);
    body.paragraph(why);
    body.tag("p", |html| html.link(ROOT, "All runs"));
    (status, shown(shared, "none", title, body)).into_response()
}

fn missing(shared: &Shared, what: &str) -> Response {
    said(shared, StatusCode::NOT_FOUND, "Not here", &format!("There is no {what}."))
}

async fn runs_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let body = runs::view(&shared.lock().organization);
    shown(&shared, "", "Runs", body)
}

async fn run_page(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let found = {
        let inner = shared.lock();
        let build = inner.organization.builds.get(&id);
        build.map(|build| (format!("Run {}", build.number), run::view(&inner.organization, build)))
    };
    match found {
        Some((title, body)) => shown(&shared, "", &title, body),
        None => missing(&shared, "such run"),
    }
}

async fn log_page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((id, number)): Path<(i64, i64)>,
) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let found = {
        let inner = shared.lock();
        let build = inner.organization.builds.get(&id);
        let found = build.and_then(|build| Some((build, build.logs.iter().find(|log| log.id == number)?)));
        found.map(|(build, log)| (format!("Log of run {}", build.number), run::log(build, log)))
    };
    match found {
        Some((title, body)) => shown(&shared, "", &title, body),
        None => missing(&shared, "such log"),
    }
}

async fn pipelines_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let body = pipelines::all(&shared.lock().organization);
    shown(&shared, "/pipelines", "Pipelines", body)
}

async fn pipeline_page(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let found = {
        let inner = shared.lock();
        let definition = inner.organization.definitions.get(&id);
        definition.map(|definition| (definition.name().to_owned(), pipelines::one(&inner.organization, definition)))
    };
    match found {
        Some((title, body)) => shown(&shared, "/pipelines", &title, body),
        None => missing(&shared, "such pipeline"),
    }
}

async fn environments_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let body = environments::view(&shared.lock().organization);
    shown(&shared, "/environments", "Environments", body)
}
