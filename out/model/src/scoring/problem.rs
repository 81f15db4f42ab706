//! What a client is told when a request cannot be answered: problem details for HTTP APIs (RFC 9457).

use std::borrow::Cow;
use std::fmt::Write as _;

use hyper::StatusCode;

/// Every reason for which a request is refused. [`ProblemCode::as_str`] is the machine-readable name that clients match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// The body is not JSON (by serde_json's verdict).
    MalformedJson,
    /// The body is not CSV.
    MalformedCsv,
    /// The connection ended before the body did.
    IncompleteBody,
    /// A head that HTTP itself refuses.
    MalformedHead,
    /// No key or token, or one that is not accepted.
    Unauthenticated,
    /// The token is valid but lacks the required role.
    Forbidden,
    /// No such route.
    NotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The client took too long to send its request.
    SlowRequest,
    /// The body is longer than the limit.
    BodyTooLarge,
    /// More rows than the limit.
    TooManyRows,
    /// Neither JSON nor CSV.
    UnsupportedMediaType,
    /// A character set other than UTF-8.
    UnsupportedCharset,
    /// A content coding such as gzip.
    UnsupportedEncoding,
    /// A transfer coding other than chunked.
    UnsupportedTransferCoding,
    /// JSON, but not an object with rows under `data`.
    WrongShape,
    /// A member of the body's object that the contract does not know.
    UnknownMember,
    /// A column that the model does not have.
    UnknownColumn,
    /// A feature of the model that the request lacks.
    MissingColumn,
    /// A column that is named twice.
    DuplicateColumn,
    /// A row with too few or too many cells.
    WrongWidth,
    /// A cell that is not a number.
    WrongType,
    /// A cell without a value, of a feature that needs one.
    MissingValue,
    /// A level of a category that the model does not know.
    UnknownLevel,
    /// A cell that is NaN or infinite.
    NotFinite,
    /// A request without rows.
    EmptyInput,
    /// The inputs are finite but the prediction is not.
    PredictionOverflow,
    /// A fault of the server.
    Internal,
    /// Too many large requests at the same time.
    Busy,
    /// The issuer's signing keys cannot be had, so that no token can be judged.
    KeysUnavailable,
}

impl ProblemCode {
    /// All codes, in the order of the documentation.
    pub const ALL: [Self; 30] = [
        Self::MalformedJson,
        Self::MalformedCsv,
        Self::IncompleteBody,
        Self::MalformedHead,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SlowRequest,
        Self::BodyTooLarge,
        Self::TooManyRows,
        Self::UnsupportedMediaType,
        Self::UnsupportedCharset,
        Self::UnsupportedEncoding,
        Self::UnsupportedTransferCoding,
        Self::WrongShape,
        Self::UnknownMember,
        Self::UnknownColumn,
        Self::MissingColumn,
        Self::DuplicateColumn,
        Self::WrongWidth,
        Self::WrongType,
        Self::MissingValue,
        Self::UnknownLevel,
        Self::NotFinite,
        Self::EmptyInput,
        Self::PredictionOverflow,
        Self::Internal,
        Self::Busy,
        Self::KeysUnavailable,
    ];

    /// Name, status and title of the code.
    fn facts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::MalformedJson => ("malformed-json", 400, "the body is not valid JSON"),
            Self::MalformedCsv => ("malformed-csv", 400, "the body is not valid CSV"),
            Self::IncompleteBody => ("incomplete-body", 400, "the body ended early"),
            Self::MalformedHead => ("malformed-head", 400, "the head is not HTTP/1.1"),
            Self::Unauthenticated => ("unauthenticated", 401, "a valid key or token is needed"),
            Self::Forbidden => ("forbidden", 403, "the token lacks the required role"),
            Self::NotFound => ("not-found", 404, "no such route"),
            Self::MethodNotAllowed => ("method-not-allowed", 405, "the route does not know this method"),
            Self::SlowRequest => ("slow-request", 408, "the request took too long to arrive"),
            Self::BodyTooLarge => ("body-too-large", 413, "the body is longer than the limit"),
            Self::TooManyRows => ("too-many-rows", 413, "the request has more rows than the limit"),
            Self::UnsupportedMediaType => ("unsupported-media-type", 415, "the body is neither JSON nor CSV"),
            Self::UnsupportedCharset => ("unsupported-charset", 415, "the body is not in UTF-8"),
            Self::UnsupportedEncoding => ("unsupported-encoding", 415, "content codings are not supported"),
            Self::UnsupportedTransferCoding => {
                ("unsupported-transfer-coding", 501, "transfer codings other than chunked are not supported")
            }
            Self::WrongShape => ("wrong-shape", 422, "the body is not an object with rows under \"data\""),
            Self::UnknownMember => ("unknown-member", 422, "the body has a member that the contract does not know"),
            Self::UnknownColumn => ("unknown-column", 422, "the model has no such column"),
            Self::MissingColumn => ("missing-column", 422, "a feature of the model is missing"),
            Self::DuplicateColumn => ("duplicate-column", 422, "a column is named twice"),
            Self::WrongWidth => ("wrong-width", 422, "a row has the wrong number of cells"),
            Self::WrongType => ("wrong-type", 422, "a cell is of another kind than its column"),
            Self::MissingValue => ("missing-value", 422, "a value is missing"),
            Self::UnknownLevel => ("unknown-level", 422, "a category has no such level"),
            Self::NotFinite => ("not-finite", 422, "a cell is not a finite number"),
            Self::EmptyInput => ("empty-input", 422, "the request has no rows"),
            Self::PredictionOverflow => {
                ("prediction-overflow", 422, "the inputs are too large for a finite prediction")
            }
            Self::Internal => ("internal", 500, "the server failed"),
            Self::Busy => ("busy", 503, "the server is busy with large requests"),
            Self::KeysUnavailable => ("keys-unavailable", 503, "the issuer's signing keys cannot be had"),
        }
    }

    /// The machine-readable name, for example `wrong-width`.
    pub fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The HTTP status of the answer (RFC 9110).
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.facts().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A short sentence that is the same for every occurrence.
    pub fn title(self) -> &'static str {
        self.facts().2
    }
}

/// One occurrence of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of problem.
    pub code: ProblemCode,
    /// What exactly was wrong in this request, and what was expected.
    pub detail: Cow<'static, str>,
    /// Index of the row, from 0, where one row is at fault.
    pub row: Option<usize>,
    /// Name of the column, where one column is at fault.
    pub column: Option<String>,
}

impl Problem {
    /// A problem that concerns the request as a whole.
    pub fn new(code: ProblemCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), row: None, column: None }
    }

    /// The same problem, located at a row (from 0).
    #[must_use]
    pub fn at_row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// The same problem, located at a column.
    #[must_use]
    pub fn at_column(mut self, column: &str) -> Self {
        self.column = Some(shorten(column));
        self
    }

    /// The document of RFC 9457 as JSON text; its media type is `application/problem+json`.
    pub fn to_json(&self, request_id: &str) -> String {
        let mut text = String::with_capacity(256);
        let _ = write!(
            text,
            "{{\"type\":\"/problems#{code}\",\"title\":{title},\"status\":{status},\"detail\":{detail},\"code\":\"{code}\",\"request_id\":{id}",
            code = self.code.as_str(),
            title = json_text(self.code.title()),
            status = self.code.status().as_u16(),
            detail = json_text(&self.detail),
            id = json_text(request_id),
        );
        if let Some(row) = self.row {
            let _ = write!(text, ",\"row\":{row}");
        }
        if let Some(column) = &self.column {
            let _ = write!(text, ",\"column\":{}", json_text(column));
        }
        text.push('}');
        text
    }
}

/// A client's text as it may be repeated in an answer or a log: at most 64 characters.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(64) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// `text` as a JSON string with its quotes.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_an_error_status() {
        let mut names: Vec<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ProblemCode::ALL.len());
        assert!(ProblemCode::ALL.iter().all(|code| code.status().as_u16() >= 400));
    }

    #[test]
    fn the_document_is_json_even_when_the_client_sent_quotes_and_controls() {
        let problem = Problem::new(ProblemCode::UnknownColumn, "no column \"a\"\n").at_row(3).at_column("\"\u{7}\\");
        let value: serde_json::Value = serde_json::from_str(&problem.to_json("id\"1")).unwrap();
        assert_eq!(value["type"], "/problems#unknown-column");
        assert_eq!(value["status"], 422);
        assert_eq!(value["row"], 3);
        assert_eq!(value["column"], "\"\u{7}\\");
        assert_eq!(value["request_id"], "id\"1");
    }

    #[test]
    fn long_client_text_is_shortened_at_a_character() {
        assert_eq!(shorten(&"ü".repeat(64)), "ü".repeat(64));
        assert_eq!(shorten(&"ü".repeat(65)), format!("{}…", "ü".repeat(64)));
    }
}
