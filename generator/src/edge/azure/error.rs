//! What Azure answers when it refuses, with the next step for the person.

use std::fmt;

use serde_json::Value;

use super::token::one_line;

/// A call of Azure that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmError {
    /// Status of the answer; 0 where none came.
    pub status: u16,
    /// Azure's code (`AuthorizationFailed`), or our own where no answer came.
    pub code: String,
    /// Azure's message in one line, with those of its details.
    pub message: String,
    /// Method and path of the call; never a query, never a body.
    pub call: String,
}

impl ArmError {
    /// An error without an answer.
    pub fn local(code: &str, message: impl Into<String>, call: impl Into<String>) -> Self {
        Self { status: 0, code: code.to_owned(), message: message.into(), call: call.into() }
    }

    /// The error of an answer: `{"error": {"code", "message", "details": […]}}`, or what `Azure-AsyncOperation` says.
    pub fn of(status: u16, body: &Value, call: &str) -> Self {
        let error = body.get("error").unwrap_or(body);
        let code = error["code"].as_str().unwrap_or("UnknownError").to_owned();
        let mut parts = Vec::new();
        messages(error, &mut parts, 0);
        if parts.is_empty() {
            parts.push(format!("the answer has status {status} and says nothing more"));
        }
        Self { status, code, message: one_line(&parts.join("; ")), call: call.to_owned() }
    }

    /// Whether the code is this one.
    pub fn is(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
    }

    /// Whether Azure cannot be reached at all, or does not know the caller: every other call fails alike.
    pub fn is_about_the_service(&self) -> bool {
        self.is("NoConnection") || self.is("SignIn") || self.status == 401
    }

    /// What to do about it, as a sentence without full stop.
    pub fn next_step(&self) -> String {
        let text = match self.code.as_str() {
            "AuthorizationFailed" | "LinkedAuthorizationFailed" | "Forbidden" => {
                "ask an owner of the scope in the message for the role that its action needs; `mlops-gen doctor` lists what is missing"
            }
            "SignIn" | "AuthenticationFailed" | "InvalidAuthenticationToken" | "ExpiredAuthenticationToken" => {
                "sign in again with `az login`, to the tenant of the subscription"
            }
            "SubscriptionNotFound" | "InvalidSubscriptionId" | "InvalidAuthenticationTokenTenant" => {
                "check the subscription's id and that you are signed in to its tenant (`az account list`)"
            }
            "MissingSubscriptionRegistration" => {
                "register the resource provider; `mlops-gen doctor` prints the command for each"
            }
            "InvalidResourceGroupLocation" => {
                "the group stands elsewhere: set `azure.location` to where it is, or name another `resourceGroup`"
            }
            "QuotaExceeded" | "OperationNotAllowed" | "SkuNotAvailable" => {
                "ask for quota in the region, or change the size or the region in the spec; `mlops-gen doctor` shows both"
            }
            "ConflictError" | "VaultAlreadyExists" | "AccountNameInvalid" | "StorageAccountAlreadyTaken" => {
                "recover or purge the deleted one of that name, or set another `azure.suffix`; `mlops-gen doctor` tells which"
            }
            "PrincipalNotFound" => "Entra has not spread the new identity yet: run the command again in some minutes",
            "DeploymentActive" => "another deployment of that name runs: run the command again when it is done",
            "ScopeLocked" => "a lock forbids it: have it removed, or leave the group out with `--keep data`",
            "RequestDisallowedByPolicy" => {
                "a policy of the subscription forbids it: the message names it; ask its owner"
            }
            "NoConnection" => "check the network, the proxy and the address",
            "NoAnswer" | "Timeout" => "check the connection and run the command again; what is done stays done",
            _ if self.status == 429 => "Azure is throttling: run the command again in some minutes",
            _ if self.status >= 500 => "Azure failed: run the command again; what is done stays done",
            _ => "the message says what Azure expects; `mlops-gen doctor` checks the usual causes",
        };
        text.to_owned()
    }
}

/// The messages of an error and of everything below it, the deepest last: that is where the cause is.
fn messages(error: &Value, parts: &mut Vec<String>, depth: usize) {
    let text = error["message"].as_str().unwrap_or_default();
    // some providers put a whole JSON answer into the message
    let inner = text.find('{').and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok());
    match inner.as_ref().map(|value| value.get("error").unwrap_or(value)).filter(|value| value["message"].is_string()) {
        Some(inner) if depth < 5 => messages(inner, parts, depth + 1),
        _ if !text.is_empty() && !parts.iter().any(|part| part == text) => parts.push(text.to_owned()),
        _ => {}
    }
    for detail in error["details"].as_array().into_iter().flatten().filter(|_| depth < 5) {
        messages(detail, parts, depth + 1);
    }
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.code, self.message, self.call)
    }
}

impl std::error::Error for ArmError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_cause_is_found_however_deep_it_lies() {
        let body = json!({ "error": { "code": "DeploymentFailed", "message": "At least one operation failed.", "details": [
            { "code": "Conflict", "message": "{\r\n \"error\": { \"code\": \"ConflictError\", \"message\": \"A vault with the same name\\nexists.\" } }" },
        ] } });
        let error = ArmError::of(409, &body, "PUT /subscriptions/s");
        assert_eq!(
            error.to_string(),
            "DeploymentFailed: At least one operation failed.; A vault with the same name exists. (PUT /subscriptions/s)"
        );
    }

    #[test]
    fn an_answer_that_says_nothing_still_makes_an_error_with_a_next_step() {
        for status in [400, 429, 503] {
            let error = ArmError::of(status, &Value::Null, "GET /");
            assert!(error.message.contains(&status.to_string()) && !error.next_step().is_empty());
        }
        assert!(
            ArmError::of(403, &json!({ "error": { "code": "AuthorizationFailed" } }), "").next_step().contains("role")
        );
    }
}
