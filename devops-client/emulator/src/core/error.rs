//! The service's errors: status, typeKey and message as the service answers, each with its one constructor.

use serde_json::{Value, json};

use super::response::{Body, Response};

/// One error of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceError {
    /// The HTTP status, which differs between areas for the same kind of error.
    pub status: u16,
    /// What clients match on.
    pub type_key: String,
    /// The .NET namespace of the exception.
    pub namespace: &'static str,
    /// The text for people.
    pub message: String,
    /// `customProperties`, for queue validation.
    pub custom: Option<Box<Value>>,
}

impl ServiceError {
    /// An error from its parts.
    pub fn new(status: u16, namespace: &'static str, type_key: &str, message: impl Into<String>) -> ServiceError {
        ServiceError { status, type_key: type_key.to_owned(), namespace, message: message.into(), custom: None }
    }

    /// The error's body, the shape that all areas share.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "$id": "1",
            "innerException": null,
            "message": self.message,
            "typeName": format!("{}.{}, {}", self.namespace, self.type_key, self.namespace),
            "typeKey": self.type_key,
            "errorCode": 0,
            "eventId": 3000,
        });
        if let Some(custom) = &self.custom {
            body["customProperties"] = (**custom).clone();
        }
        body
    }

    /// The error as a response.
    pub fn into_response(self) -> Response {
        let header = self.message.replace(['\r', '\n'], " ");
        Response { status: self.status, headers: Vec::new(), body: Body::Json(self.to_json()), effect: Some(false) }
            .with_header(
                "X-TFS-ServiceError",
                url::form_urlencoded::byte_serialize(header.as_bytes()).collect::<String>(),
            )
    }

    /// 400 for a value that the service refuses.
    pub fn invalid(message: impl Into<String>) -> ServiceError {
        ServiceError::new(
            400,
            "Microsoft.TeamFoundation.SourceControl.WebServer",
            "InvalidArgumentValueException",
            message,
        )
    }

    /// 400 for a missing value.
    pub fn missing(parameter: &str) -> ServiceError {
        ServiceError::new(
            400,
            "System",
            "ArgumentNullException",
            format!("Value cannot be null.\r\nParameter name: {parameter}"),
        )
    }

    /// 404 for a project, by name or id.
    pub fn project_not_found(name: &str) -> ServiceError {
        ServiceError::new(
            404,
            "Microsoft.TeamFoundation.Core.WebApi",
            "ProjectDoesNotExistWithNameException",
            format!(
                "TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and that \
                 the project exists on the specified Azure DevOps Server."
            ),
        )
    }

    /// 404 for a repository.
    pub fn repository_not_found(name: &str) -> ServiceError {
        ServiceError::new(
            404,
            "Microsoft.TeamFoundation.Git.Server",
            "GitRepositoryNotFoundException",
            format!(
                "TF401019: The Git repository with name or identifier {name} does not exist or you do not have permissions for \
                 the operation you are attempting."
            ),
        )
    }

    /// 409 for a ref that has moved since it was read.
    pub fn stale_reference(name: &str) -> ServiceError {
        ServiceError::new(
            409,
            "Microsoft.TeamFoundation.Git.Server",
            "GitReferenceStaleException",
            format!(
                "TF401028: The reference '{name}' has already been updated by another client, so you cannot update it. Please try \
                 again."
            ),
        )
    }

    /// 403 for a push to a branch that only takes pull requests.
    pub fn push_refused_by_policy() -> ServiceError {
        ServiceError::new(
            403,
            "Microsoft.TeamFoundation.Git.Server",
            "GitRefUpdateRejectedByPolicyException",
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
        )
    }

    /// 400 for YAML that cannot be a pipeline; the message has `file (Line: l, Col: c): text`.
    pub fn pipeline_validation(message: impl Into<String>) -> ServiceError {
        ServiceError::new(400, "Microsoft.Azure.Pipelines.WebApi", "PipelineValidationException", message)
    }

    /// 400 for a run that cannot be queued, with the reasons in `customProperties.ValidationResults`.
    pub fn queue_validation(reasons: &[String]) -> ServiceError {
        let results: Vec<Value> = reasons.iter().map(|text| json!({ "result": "error", "message": text })).collect();
        let mut error = ServiceError::new(
            400,
            "Microsoft.TeamFoundation.Build.WebApi",
            "BuildRequestValidationFailedException",
            format!(
                "Could not queue the build because there were validation errors or warnings.\r\n{}",
                reasons.join("\r\n")
            ),
        );
        error.custom = Some(Box::new(json!({ "ValidationResults": results })));
        error
    }

    /// 404 for a thing with an id, in an area that says so with its own exception.
    pub fn not_found(namespace: &'static str, type_key: &str, message: impl Into<String>) -> ServiceError {
        ServiceError::new(404, namespace, type_key, message)
    }

    /// 403 with the permission that is missing.
    pub fn forbidden(message: impl Into<String>) -> ServiceError {
        ServiceError::new(403, "Microsoft.TeamFoundation.DistributedTask.WebApi", "AccessDeniedException", message)
    }
}
