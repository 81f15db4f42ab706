//! What HTTP itself asks of a server beside routes and bodies: heads that must be refused, what a client accepts, other
//! origins, and the paths of the Open Inference Protocol.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, HeaderValue, ORIGIN, TRANSFER_ENCODING, VARY,
};
use hyper::{HeaderMap, Version};

use super::problem::{Problem, ProblemCode};

/// Refuses a head that HTTP/1.1 has refused: without a `host` or with several (RFC 9112 section 3.2), or with a transfer
/// coding that is not `chunked` alone (section 6.1).
///
/// # Errors
/// `malformed-head` or `unsupported-transfer-coding`.
pub fn check_head(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 || (hosts == 0 && version == Version::HTTP_11) {
        let detail = format!("expected one host header, found {hosts}");
        return Err(Problem::new(ProblemCode::MalformedHead, detail));
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        let detail = "the body may be chunked and nothing else: send it without compression";
        return Err(Problem::new(ProblemCode::UnsupportedTransferCoding, detail));
    }
    Ok(())
}

/// Whether a client would rather have CSV than JSON (RFC 9110 section 12.5.1): by weight, and of equal ones what it names
/// before what it merely takes. A client that takes neither gets JSON.
pub fn wants_csv(accept: Option<&[u8]>) -> bool {
    let Some(accept) = accept.and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return false };
    let (csv, csv_named) = weight(accept, "text", "csv");
    let (json, json_named) = weight(accept, "application", "json");
    csv > 0 && (csv > json || (csv == json && csv_named > json_named))
}

/// The weight of a media type in thousandths, and how exactly it is named: 2 itself, 1 its kind, 0 by `*/*`.
fn weight(accept: &str, kind: &str, subtype: &str) -> (u32, u32) {
    let mut best = (0, None);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((a, b)) = parts.next().and_then(|media| media.split_once('/')) else { continue };
        let named = match (a, b) {
            ("*", "*") => 0,
            (a, "*") if a.eq_ignore_ascii_case(kind) => 1,
            (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => 2,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(1.0, |text| text.trim().parse().unwrap_or(0.0f64)).clamp(0.0, 1.0);
        // The most exact name counts, whatever the others weigh.
        if best.1.is_none_or(|before| named >= before) {
            best = ((quality * 1000.0) as u32, Some(named));
        }
    }
    (best.0, best.1.unwrap_or(0))
}

/// Whether a path is one for predictions in the Open Inference Protocol 2: `/v2/models/NAME[/versions/V]/infer`. There
/// is one model, whatever it is called.
pub fn is_infer(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/v2/models/").and_then(|rest| rest.strip_suffix("/infer")) else {
        return false;
    };
    let mut parts = rest.split('/');
    let name = parts.next().is_some_and(|name| !name.is_empty());
    name && match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => true,
        (Some("versions"), Some(version), None) => !version.is_empty(),
        _ => false,
    }
}

/// The pages of other origins that may call (the Fetch standard's CORS protocol).
#[derive(Debug, Clone, Default)]
pub struct Origins {
    any: bool,
    list: Vec<String>,
}

impl Origins {
    /// These origins; `*` is any.
    pub fn new(list: &[String]) -> Self {
        Self { any: list.iter().any(|origin| origin == "*"), list: list.to_vec() }
    }

    /// Whether there are some at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The value that allows the origin of these headers, if it is one that may call.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.list.is_empty() {
            return None;
        }
        let origin = headers.get(ORIGIN)?;
        if self.any {
            return Some(HeaderValue::from_static("*"));
        }
        self.list.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

/// Tells a browser that a page may read the answer.
pub fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, x-model-version"));
    headers.insert(VARY, HeaderValue::from_static("origin"));
}

/// Tells a browser what a page may send.
pub fn preflight(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    let named = HeaderValue::from_static("authorization, content-type, x-request-id, traceparent");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, named);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_accepts_is_weighed() {
        for (accept, csv) in [
            ("text/csv", true),
            ("Text/CSV; q=0.3", true),
            ("text/csv, */*", true),
            ("text/*", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/csv", false),
            ("text/csv;q=0.5, application/json", false),
            ("text/csv;q=0.9, application/json;q=0.8", true),
            ("text/csv;q=0, */*", false),
            ("text/csv;q=x", false),
            ("text/html", false),
            ("text/csvx", false),
            ("", false),
        ] {
            assert_eq!(wants_csv(Some(accept.as_bytes())), csv, "{accept}");
        }
        assert!(!wants_csv(None));
    }

    #[test]
    fn paths_of_the_open_inference_protocol_are_known() {
        for path in ["/v2/models/m/infer", "/v2/models/m/versions/3/infer"] {
            assert!(is_infer(path), "{path}");
        }
        for path in [
            "/v2/models/infer",
            "/v2/models//infer",
            "/v2/models/m/n/infer",
            "/v2/models/m/versions//infer",
            "/v2/models/m/ready",
        ] {
            assert!(!is_infer(path), "{path}");
        }
    }
}
