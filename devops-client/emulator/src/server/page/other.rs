//! Views of what the organization does not know, by whoever started it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use report_pages::Html;

use super::frame::{ROOT, missing, said, shown};
use super::guard;
use crate::server::shared::Shared;
use crate::server::view::Asked;

pub(super) async fn see(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(view): Path<String>) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    answer(shared, &view, None).await
}

pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(view): Path<String>,
    RawForm(form): RawForm,
) -> Response {
    if let Some(refused) = guard::refused_answer(&shared, &headers) {
        return refused;
    }
    answer(shared, &view, Some(fields(&form))).await
}

/// The fields of a form; of several with one name the last counts.
pub(super) fn fields(form: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(form).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn answer(shared: Arc<Shared>, path: &str, sent: Option<BTreeMap<String, String>>) -> Response {
    let mut parts = path.split('/').map(str::to_owned);
    let address = parts.next().unwrap_or_default();
    let Some(view) = shared.views().iter().find(|view| view.address() == address).cloned() else {
        return missing(&shared, "such view");
    };
    let here = format!("/more/{address}");
    let asked = Asked { here: format!("{ROOT}{here}"), below: parts.collect(), sent };
    let name = view.name().to_owned();
    match tokio::task::spawn_blocking(move || view.show(&asked)).await {
        Ok(Ok(body)) => shown(&shared, &here, &name, body),
        Ok(Err(why)) => {
            let mut body = Html::default();
            body.heading(1, &name);
            body.with("p", &[("class", "note bad")], |html| html.text(&why));
            (StatusCode::BAD_GATEWAY, shown(&shared, &here, &name, body)).into_response()
        }
        Err(_) => said(&shared, StatusCode::INTERNAL_SERVER_ERROR, &name, "The view could not be made."),
    }
}
