//! The page of the organization, for people: pipelines, runs, their stages and logs, what waits for whom. Made here as HTML,
//! nothing is fetched from elsewhere, and nothing is changed by looking.

mod html;
mod run;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use html::{Html, page};

use super::shared::Shared;
use crate::core::Organization;
use crate::core::json::time_text;
use crate::state::runs::Build;

/// The routes.
pub fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_emulator/page", get(overview))
        .route("/_emulator/page/runs/{id}", get(run_page))
        .route("/_emulator/page/runs/{id}/logs/{log}", get(log_page))
}

fn shown(title: &str, body: Html) -> Response {
    // nothing of it is a script, and nothing of others may be in it
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, page(title, body)).into_response()
}

fn missing(what: &str) -> Response {
    let mut body = Html::default();
    body.tag("h1", |body| body.text("Not here"));
    body.tag("p", |body| body.text(&format!("There is no {what}.")));
    body.link("/_emulator/page", "All runs");
    (StatusCode::NOT_FOUND, shown("Not here", body)).into_response()
}

async fn overview(State(shared): State<Arc<Shared>>) -> Response {
    let inner = shared.lock();
    let organization = &inner.organization;
    let mut body = Html::default();
    body.tag("h1", |body| body.text(&organization.name));
    waiting(organization, &mut body);
    body.tag("h2", |body| body.text("Runs"));
    let rows = organization.builds.values().rev().take(200);
    body.table(&["Run", "Pipeline", "State", "Why", "Branch", "Queued"], rows.map(|build| row(organization, build)));
    body.tag("h2", |body| body.text("Pipelines"));
    let rows = organization.definitions.values().map(|definition| {
        let runs = organization.builds.values().filter(|build| build.definition == definition.id).count();
        vec![Html::of(definition.name()), Html::of(&definition.yaml_path()), Html::of(&runs.to_string())]
    });
    body.table(&["Pipeline", "File", "Runs"], rows);
    body.tag("h2", |body| body.text("Environments"));
    let rows = organization.environments.values().map(|environment| {
        let last = environment.deployments.last();
        let told = last.map_or_else(
            || "nothing deployed yet".to_owned(),
            |last| {
                format!(
                    "run {}: {}",
                    last["owner"]["name"].as_str().unwrap_or_default(),
                    last["result"].as_str().unwrap_or_default()
                )
            },
        );
        vec![Html::of(&environment.name), Html::of(&told)]
    });
    body.table(&["Environment", "Last deployment"], rows);
    shown(&organization.name, body)
}

/// What waits for people.
fn waiting(organization: &Organization, body: &mut Html) {
    let open: Vec<_> = organization.approvals.values().filter(|approval| approval.status == "pending").collect();
    if open.is_empty() {
        return;
    }
    body.tag("h2", |body| body.text("Waits for an answer"));
    let rows = open.into_iter().map(|approval| {
        let mut run = Html::default();
        run.link(&format!("/_emulator/page/runs/{}", approval.build), &format!("run {}", approval.build));
        let command = format!("mlops-gen approve {}", approval.build);
        vec![run, Html::of(&approval.stage), Html::of(&approval.instructions), Html::code(&command)]
    });
    body.table(&["Run", "Stage", "Instructions", "Answer with"], rows);
}

fn row(organization: &Organization, build: &Build) -> Vec<Html> {
    let mut link = Html::default();
    link.link(&format!("/_emulator/page/runs/{}", build.id), &build.number);
    let name = organization.definitions.get(&build.definition).map_or("", |definition| definition.name());
    vec![
        link,
        Html::of(name),
        run::state(build),
        Html::of(&build.reason),
        Html::of(build.branch.trim_start_matches("refs/heads/")),
        Html::of(&time_text(build.queued)),
    ]
}

async fn run_page(State(shared): State<Arc<Shared>>, Path(id): Path<i64>) -> Response {
    let inner = shared.lock();
    match inner.organization.builds.get(&id) {
        Some(build) => shown(&format!("Run {}", build.number), run::view(&inner.organization, build)),
        None => missing("such run"),
    }
}

async fn log_page(State(shared): State<Arc<Shared>>, Path((id, number)): Path<(i64, i64)>) -> Response {
    let inner = shared.lock();
    let build = inner.organization.builds.get(&id);
    match build.and_then(|build| Some((build, build.logs.iter().find(|log| log.id == number)?))) {
        Some((build, log)) => shown(&format!("Log of run {}", build.number), run::log(build, log)),
        None => missing("such log"),
    }
}
