//! The page of the organization, for people: pipelines, runs, their stages and logs, what waits for whom. Made here as HTML,
//! nothing is fetched from elsewhere, nothing is changed by looking; approvals are given as the API takes them.

mod artifact;
mod environments;
mod frame;
mod guard;
mod other;
mod pipelines;
mod run;
mod runs;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use frame::{ROOT, missing, shown};

use super::shared::Shared;

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
