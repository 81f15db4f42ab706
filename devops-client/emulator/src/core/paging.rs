//! Pages by continuation token. The token names the last item that was given out, so that things made or deleted
//! between two pages neither repeat nor hide others; to the caller it is opaque.

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Call, Response};

/// Answers one page of items, which must be sorted by their key (ascending unless `descending`).
///
/// `default` is the page size without `$top`. The next page's token is in header `x-ms-continuationtoken`.
pub fn page<K: Ord + ToString + FromStr>(
    call: &Call<'_>,
    items: Vec<(K, Value)>,
    default: usize,
    descending: bool,
) -> Response {
    let top = call.request.query_number("$top").filter(|top| *top > 0).map_or(default, |top| top as usize);
    let after = call.request.query("continuationToken").and_then(decode::<K>);
    let mut rest = items.into_iter().filter(|(key, _)| match &after {
        None => true,
        Some(after) if descending => key < after,
        Some(after) => key > after,
    });
    let mut taken = Vec::new();
    let mut last = None;
    for (key, value) in rest.by_ref().take(top) {
        taken.push(value);
        last = Some(key);
    }
    let more = rest.next().is_some();
    let response = Response::list(taken);
    match last {
        Some(key) if more => response.with_header("x-ms-continuationtoken", encode(&key)),
        _ => response,
    }
}

fn encode<K: ToString>(key: &K) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("after:{}", key.to_string()))
}

fn decode<K: FromStr>(token: &str) -> Option<K> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix("after:")?.parse().ok()
}
