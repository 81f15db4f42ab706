//! What the error of a call says: from its answer, or from what kept the answer away.

pub(crate) mod body;
mod permission;

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use self::body::ServiceError;
use super::auth::Failure;
use super::pipeline::Pipeline;
use super::retry::is_sign_in;
use super::trace::activity_id;
use super::transport::WireResponse;
use crate::credential::in_words;
use crate::error::{Context, Effect, Error, ErrorKind, Problem};
use crate::secret::Secret;

/// What is known of a call when its error is made.
pub(crate) struct Report {
    pub(crate) pipeline: Pipeline,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) attempts: u32,
    pub(crate) repeated: bool,
    pub(crate) effect: Effect,
    pub(crate) redact: Vec<Secret>,
}

impl Report {
    fn error(
        &self,
        kind: ErrorKind,
        message: &str,
        response: Option<&WireResponse>,
        type_key: Option<String>,
    ) -> Error {
        let context = Context {
            method: self.method.clone(),
            path: self.pipeline.redact(&self.path),
            status: response.map(|response| response.status),
            type_key,
            activity_id: response.and_then(|response| activity_id(&response.headers)).map(str::to_owned),
            attempts: self.attempts,
            repeated: self.repeated,
        };
        let effect = if self.method == Method::GET { Effect::None } else { self.effect };
        Error::of_call(self.clean_kind(kind), self.clean(message), context, effect)
    }

    /// `text` without the credential and without the secrets that were sent.
    fn clean(&self, text: &str) -> String {
        self.redact.iter().fold(self.pipeline.redact(text), |text, secret| secret.redact(&text))
    }

    fn clean_kind(&self, kind: ErrorKind) -> ErrorKind {
        match kind {
            ErrorKind::Invalid { problems } => ErrorKind::Invalid {
                problems: problems.into_iter().map(|p| Problem { message: self.clean(&p.message), ..p }).collect(),
            },
            ErrorKind::Forbidden { missing } => ErrorKind::Forbidden { missing: self.clean(&missing) },
            other => other,
        }
    }

    /// An answer that is not a success.
    pub(crate) fn refused(&self, response: &WireResponse) -> Error {
        if is_sign_in(response.status, &response.headers) {
            return self.sign_in(response);
        }
        let said = ServiceError::read(&response.body, response.status);
        let kind = said.kind(response.status, || permission::needed(&self.method, &self.path));
        let error = self.error(kind, &said.message, Some(response), said.type_key);
        if error.is_already_exists() { error.without_effect() } else { error }
    }

    /// An answer that asks to sign in.
    pub(crate) fn sign_in(&self, response: &WireResponse) -> Error {
        let header = response.headers.get("x-tfs-serviceerror").and_then(|value| value.to_str().ok());
        let message = match header {
            // the service percent-encodes it
            Some(text) => format!("the credential was not accepted: {}", percent_decode_str(text).decode_utf8_lossy()),
            None if response.status == StatusCode::UNAUTHORIZED => {
                let said = ServiceError::read(&response.body, response.status);
                format!("the credential was not accepted: {}", said.message)
            }
            None => "the credential was not accepted: the service answered with its sign-in page".to_owned(),
        };
        let type_key = ServiceError::read(&response.body, response.status).type_key;
        let effect = if self.repeated { self.effect } else { Effect::None };
        self.error(ErrorKind::SignIn, &message, Some(response), type_key).with_effect(effect)
    }

    /// No complete answer.
    pub(crate) fn failed(&self, failure: Failure) -> Error {
        match failure {
            Failure::Credential(message) => {
                let message = format!("no credential could be had: {}", in_words(&message));
                self.error(ErrorKind::SignIn, &message, None, None)
            }
            Failure::Transport(error) => {
                let kind = ErrorKind::Transport { stage: error.stage };
                self.error(kind, &error.to_string(), None, None)
            }
        }
    }

    /// A success whose body is not what was expected.
    pub(crate) fn undecodable(&self, response: &WireResponse, json_path: &str, error: &serde_json::Error) -> Error {
        let message = format!("the answer cannot be read at {json_path}: {}", kind_of_json_error(error));
        let kind = ErrorKind::Decode { json_path: json_path.to_owned() };
        self.error(kind, &message, Some(response), None).cut(error.is_eof())
    }
}

/// What is wrong with a body, without the values in it: serde's text may quote them.
fn kind_of_json_error(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "it breaks off",
        Category::Syntax => "it is no JSON",
        Category::Data => "it holds something else than expected",
        Category::Io => "it cannot be read",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
