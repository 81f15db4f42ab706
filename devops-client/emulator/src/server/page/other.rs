//! Views of what the organization does not know, by whoever started it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use report_pages::Html;

use super::{guard, missing, said, shown};
use crate::server::shared::Shared;

/// A view that stands beside the organization's own.
pub trait View: Send + Sync {
    /// Its address below the others: letters and hyphens.
    fn address(&self) -> &str;

    /// Its name.
    fn name(&self) -> &str;

    /// What it shows, from a heading of level 1 on. May take a while; it is called where that keeps nobody waiting.
    ///
    /// # Errors
    /// Why nothing can be shown.
    fn show(&self, asked: &Asked) -> Result<Html, String>;
}

/// What is asked of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The address of the view itself, for links and forms.
    pub here: String,
    /// What follows that.
    pub below: Vec<String>,
    /// The fields of a form that was sent; none for who only looks.
    pub sent: Option<BTreeMap<String, String>>,
}

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
    let asked = Asked { here: format!("{}{here}", super::ROOT), below: parts.collect(), sent };
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
