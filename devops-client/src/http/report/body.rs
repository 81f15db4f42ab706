//! Error bodies as the service writes them, and what kind of failure they mean.

use http::StatusCode;
use serde_json::Value;

use crate::error::{ErrorKind, Problem};

/// An error body, in whichever of its forms.
pub(crate) struct ServiceError {
    pub(crate) message: String,
    pub(crate) type_key: Option<String>,
    results: Vec<Problem>,
}

/// `typeKey`s that mean "there is one already". The status differs by area: 409, 400 or 500.
const EXISTS: &[&str] = &[
    "DefinitionExistsException",
    "DuplicateServiceConnectionException",
    "EnvironmentExistsException",
    "GitPullRequestExistsException",
    "GitRepositoryNameAlreadyExistsException",
    "ProjectAlreadyExistsException",
    "VariableGroupExistsException",
];

/// `typeKey`s that mean "not there", whatever the status.
const MISSING: &[&str] = &["ProjectDoesNotExistException", "ProjectDoesNotExistWithNameException"];

impl ServiceError {
    /// Reads a body: the service's JSON (with or without a byte order mark), `{"value":{"Message"}}`, or plain text.
    pub(crate) fn read(body: &[u8], status: StatusCode) -> Self {
        let body = without_bom(body);
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            return Self { message: plain(body, status), type_key: None, results: Vec::new() };
        };
        let text = |value: &Value, key: &str| {
            let found = value.as_object()?.iter().find(|(k, _)| k.eq_ignore_ascii_case(key))?.1;
            found.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let message = text(&json, "message")
            .or_else(|| text(json.get("value")?, "message"))
            .or_else(|| text(json.get("error")?, "message"))
            .unwrap_or_else(|| plain(b"", status));
        let results = json
            .pointer("/customProperties/ValidationResults")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|result| text(result, "message"))
            .map(|message| located(&message))
            .collect();
        Self { message, type_key: text(&json, "typeKey"), results }
    }

    /// The kind of failure. `needed` names the permission that the call needs, for when the service does not say.
    pub(crate) fn kind(&self, status: StatusCode, needed: impl FnOnce() -> String) -> ErrorKind {
        let key = self.type_key.as_deref().unwrap_or_default();
        let exists = EXISTS.contains(&key)
            || (key.ends_with("ExistsException") && !key.contains("NotExist"))
            || (status == StatusCode::CONFLICT && key.is_empty() && self.message.contains("already exists"));
        if exists {
            return ErrorKind::AlreadyExists;
        }
        if MISSING.contains(&key) || key.ends_with("NotFoundException") || self.message.starts_with("VS800075") {
            return ErrorKind::NotFound;
        }
        match (key, status.as_u16()) {
            ("AccessCheckException", _) => ErrorKind::SignIn,
            ("GitReferenceStaleException", _) | (_, 409 | 412) => ErrorKind::Conflict,
            (_, 403) => ErrorKind::Forbidden { missing: self.missing_permission().unwrap_or_else(needed) },
            (_, 404 | 410) => ErrorKind::NotFound,
            (_, 429) => ErrorKind::Throttled,
            (_, 503) if self.message.starts_with("TF400733") => ErrorKind::Throttled,
            (_, 500..) => ErrorKind::Server,
            _ => ErrorKind::Invalid { problems: self.problems() },
        }
    }

    /// What is wrong, and where.
    fn problems(&self) -> Vec<Problem> {
        if !self.results.is_empty() {
            return self.results.clone();
        }
        self.message.lines().map(str::trim).filter(|line| !line.is_empty()).map(located).collect()
    }

    /// The permission that a message names: `You need the Git 'CreateBranch' permission`, `needs the following
    /// permission(s) on the resource X to perform this action: Use`, or a scope such as `vso.code_write`.
    fn missing_permission(&self) -> Option<String> {
        let message = &self.message;
        let scope = message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'));
        if let Some(scope) = scope.filter(|word| word.starts_with("vso.")).map(|word| word.trim_end_matches('.')).next()
        {
            return Some(format!("the token scope {scope}"));
        }
        if let Some((_, after)) = message.split_once("following permission")
            && let Some((_, names)) = after.split_once(": ")
        {
            return Some(format!("the permission {}", names.trim_end_matches('.').trim()));
        }
        let (before, _) = message.split_once("' permission")?;
        let (_, name) = before.rsplit_once('\'')?;
        Some(format!("the permission {name}"))
    }
}

/// Text of a body that is not JSON: its first line, or the status in words.
fn plain(body: &[u8], status: StatusCode) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('<'));
    match line {
        Some(line) => line.chars().take(400).collect(),
        None => format!("the service answered {status}"),
    }
}

/// Splits `/azure-pipelines.yml (Line: 3, Col: 5): Unexpected value` into place and words.
fn located(text: &str) -> Problem {
    let place = || {
        let (before, rest) = text.split_once("(Line: ")?;
        let (line, rest) = rest.split_once(", Col: ")?;
        let (column, message) = rest.split_once(')')?;
        let file = before.trim();
        Some(Problem {
            file: (!file.is_empty()).then(|| file.to_owned()),
            line: Some(line.trim().parse().ok()?),
            column: Some(column.trim().parse().ok()?),
            message: message.trim_start_matches(':').trim().to_owned(),
        })
    };
    place().unwrap_or_else(|| Problem { message: text.to_owned(), ..Problem::default() })
}

/// The service puts a byte order mark before some bodies.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ErrorKind {
        let status = StatusCode::from_u16(status).unwrap();
        ServiceError::read(body.as_bytes(), status).kind(status, || "the default".into())
    }

    fn keyed(status: u16, key: &str) -> ErrorKind {
        kind(status, &format!(r#"{{"message":"m","typeKey":"{key}"}}"#))
    }

    #[test]
    fn already_exists_is_recognised_by_type_key_in_each_area() {
        for (status, key) in [
            (409, "VariableGroupExistsException"),
            (409, "EnvironmentExistsException"),
            (409, "GitRepositoryNameAlreadyExistsException"),
            (409, "GitPullRequestExistsException"),
            (400, "DefinitionExistsException"),
            (400, "ProjectAlreadyExistsException"),
            (500, "DuplicateServiceConnectionException"),
        ] {
            assert_eq!(keyed(status, key), ErrorKind::AlreadyExists, "{key}");
        }
        assert_eq!(keyed(409, "GitReferenceStaleException"), ErrorKind::Conflict);
        assert_eq!(keyed(400, "ProjectDoesNotExistWithNameException"), ErrorKind::NotFound);
        assert_eq!(kind(400, r#"{"message":"VS800075: The project does not exist"}"#), ErrorKind::NotFound);
        assert_eq!(keyed(404, "VariableGroupNotFoundException"), ErrorKind::NotFound);
        assert_eq!(keyed(400, "AccessCheckException"), ErrorKind::SignIn);
    }

    #[test]
    fn every_form_of_error_body_gives_its_message() {
        let message = |body: &[u8]| ServiceError::read(body, StatusCode::NOT_FOUND).message;
        assert_eq!(message(b"\xef\xbb\xbf{\"message\":\"with a mark\"}"), "with a mark");
        assert_eq!(message(br#"{"value":{"Message":"nested"}}"#), "nested");
        assert_eq!(
            message(b"The controller for path '/x' was not found"),
            "The controller for path '/x' was not found"
        );
        assert_eq!(message(b""), "the service answered 404 Not Found");
    }

    #[test]
    fn the_missing_permission_is_named() {
        let missing = |text: &str| match kind(403, &serde_json::json!({ "message": text }).to_string()) {
            ErrorKind::Forbidden { missing } => missing,
            other => panic!("{other:?}"),
        };
        let git = "TF401027: You need the Git 'CreateBranch' permission to perform this action. Details: identity 'x'";
        assert_eq!(missing(git), "the permission CreateBranch");
        let group =
            "Access denied. Ada needs the following permission(s) on the resource kv to perform this action: Use";
        assert_eq!(missing(group), "the permission Use");
        assert_eq!(missing("The token lacks vso.code_write."), "the token scope vso.code_write");
        assert_eq!(missing("no"), "the default");
    }

    #[test]
    fn validation_messages_are_split_into_place_and_words() {
        let body = r#"{"message":"/a.yml (Line: 3, Col: 5): Unexpected value 'x'\n/b.yml (Line: 1, Col: 1): Bad","typeKey":"PipelineValidationException"}"#;
        let ErrorKind::Invalid { problems } = kind(400, body) else { panic!() };
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].file.as_deref(), Some("/a.yml"));
        assert_eq!((problems[0].line, problems[0].column), (Some(3), Some(5)));
        assert_eq!(problems[0].message, "Unexpected value 'x'");
        let queue = r#"{"message":"m","typeKey":"BuildRequestValidationFailedException","customProperties":{"ValidationResults":[{"result":"error","message":"no pool"}]}}"#;
        let ErrorKind::Invalid { problems } = kind(400, queue) else { panic!() };
        assert_eq!(problems[0].message, "no pool");
    }
}
