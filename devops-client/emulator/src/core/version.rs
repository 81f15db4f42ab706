//! The api-version of a request: in the query or in the Accept header, checked against the location's range.

use super::error::ServiceError;
use super::locations::Location;
use super::request::{Method, Request};

/// Checks the request's api-version; gives back what the answer's Content-Type should state.
///
/// Errors: 400 when a write names no version, when the version is above what is served, and when a version under preview
/// is asked for without `-preview`.
pub fn check(request: &Request, location: &Location) -> Result<String, ServiceError> {
    let Some(stated) = stated(request) else {
        if matches!(request.method, Method::Get | Method::Head | Method::Options) {
            return Ok(location.released.to_owned());
        }
        return Err(ServiceError::new(
            400,
            "Microsoft.VisualStudio.Services.WebApi",
            "VssVersionNotSpecifiedException",
            format!(
                "No api-version was supplied for the \"{}\" request. The version must be supplied either as part of the Accept \
                 header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\").",
                request.method.name()
            ),
        ));
    };
    let (number, preview) = match stated.split_once("-preview") {
        Some((number, _)) => (number, true),
        None => (stated.as_str(), false),
    };
    let (Some(asked), Some(min), Some(max), Some(released)) =
        (parse(number), parse(location.min), parse(location.max), parse(location.released))
    else {
        return Err(ServiceError::new(
            400,
            "Microsoft.VisualStudio.Services.WebApi",
            "VssInvalidApiVersionException",
            format!(
                "The api-version \"{stated}\" is not of the form {{major}}.{{minor}}[-preview[.{{resource version}}]]."
            ),
        ));
    };
    if asked > max || asked < min {
        return Err(ServiceError::new(
            400,
            "Microsoft.VisualStudio.Services.WebApi",
            "VssVersionOutOfRangeException",
            format!(
                "The requested REST API version of {number} is out of range for this server. The latest REST API version this \
                 server supports is {}.",
                location.max
            ),
        ));
    }
    if asked > released && !preview {
        return Err(ServiceError::new(
            400,
            "Microsoft.VisualStudio.Services.WebApi",
            "VssInvalidPreviewVersionException",
            format!(
                "The requested version \"{number}\" of the resource is under preview. The -preview flag must be supplied in the \
                 api-version for such requests. For example: \"{number}-preview\""
            ),
        ));
    }
    Ok(stated)
}

/// The version that a request states: `api-version` in the query, else in the Accept header.
pub fn stated(request: &Request) -> Option<String> {
    if let Some(version) = request.query("api-version").filter(|version| !version.is_empty()) {
        return Some(version.to_owned());
    }
    let accept = request.header("accept")?;
    accept
        .split([';', ','])
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("api-version"))
        .map(|(_, version)| version.trim().trim_matches('"').to_owned())
}

fn parse(number: &str) -> Option<(u32, u32)> {
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::locations::{CHECKS, GIT_REFS};

    fn key(method: Method, query: &str, accept: &str, location: &Location) -> Result<String, String> {
        let mut request = Request::new(method, "http://h", &format!("/o/x?{query}"));
        if !accept.is_empty() {
            request.headers.insert("accept".to_owned(), accept.to_owned());
        }
        check(&request, location).map_err(|error| error.type_key)
    }

    #[test]
    fn versions_are_read_from_query_and_from_accept_and_held_against_the_range() {
        assert_eq!(key(Method::Post, "api-version=7.1", "", &GIT_REFS), Ok("7.1".into()));
        assert_eq!(
            key(Method::Post, "", "application/json;api-version=7.1-preview.2", &GIT_REFS),
            Ok("7.1-preview.2".into())
        );
        assert_eq!(key(Method::Get, "", "", &GIT_REFS), Ok("7.1".into()));
        assert_eq!(key(Method::Post, "", "", &GIT_REFS), Err("VssVersionNotSpecifiedException".into()));
        assert_eq!(key(Method::Get, "api-version=9.0", "", &GIT_REFS), Err("VssVersionOutOfRangeException".into()));
        assert_eq!(key(Method::Get, "api-version=7.1", "", &CHECKS), Err("VssInvalidPreviewVersionException".into()));
        assert_eq!(key(Method::Get, "api-version=7.1-preview.1", "", &CHECKS), Ok("7.1-preview.1".into()));
        assert_eq!(key(Method::Get, "api-version=seven", "", &GIT_REFS), Err("VssInvalidApiVersionException".into()));
    }
}
