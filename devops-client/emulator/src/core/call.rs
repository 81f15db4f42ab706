//! What an operation gets to see: the organization, the request, the time and the caller.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Organization, Request, ServiceError, route::Params};
use crate::core::json::time_text;
use crate::state::projects::Project;
use crate::state::repositories::{PullRequest, Push};

/// One call of an operation.
pub struct Call<'a> {
    /// The organization, to read and to change.
    pub organization: &'a mut Organization,
    /// The request.
    pub request: &'a Request,
    /// The values of the route's parameters.
    pub params: Params,
    /// The time of the request.
    pub now: Timestamp,
    /// Who asks.
    pub caller: Uuid,
    /// What happened that may start runs; the dispatch sees to it when the operation is over.
    pub events: Vec<Event>,
}

/// What may start runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A ref of a repository was moved.
    Pushed {
        /// The repository.
        repository: Uuid,
        /// How it was moved.
        push: Push,
    },
    /// A pull request was made.
    PullRequest {
        /// The repository.
        repository: Uuid,
        /// The pull request.
        pull_request: Box<PullRequest>,
    },
}

impl Call<'_> {
    /// A route parameter's value.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name)
    }

    /// A route parameter that is a whole number; 400 if it is none.
    pub fn number(&self, name: &str) -> Result<i64, ServiceError> {
        self.param(name).parse().map_err(|_| {
            ServiceError::invalid(format!("The value '{}' is not valid for parameter {name}.", self.param(name)))
        })
    }

    /// The project of the route, found by id or by name.
    pub fn project(&self) -> Result<&Project, ServiceError> {
        let key = self.param("project");
        self.organization.find_project(key).ok_or_else(|| ServiceError::project_not_found(key))
    }

    /// The id of the route's project.
    pub fn project_id(&self) -> Result<Uuid, ServiceError> {
        Ok(self.project()?.id)
    }

    /// The request's body as JSON; 400 if it is none.
    pub fn body(&self) -> Result<Value, ServiceError> {
        if let Some(media_type) = self.request.header("content-type") {
            let essence = media_type.split(';').next().unwrap_or_default().trim();
            if !matches!(essence, "application/json" | "application/json-patch+json" | "text/json") {
                return Err(ServiceError::new(
                    400,
                    "Microsoft.VisualStudio.Services.WebApi",
                    "VssRequestContentTypeNotSupportedException",
                    format!(
                        "The request indicated a Content-Type of \"{essence}\" for method type \"{}\" which is not supported. \
                         Valid content types for this method are: application/json, application/json-patch+json.",
                        self.request.method.name()
                    ),
                ));
            }
        }
        let body = self.request.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.request.body);
        serde_json::from_slice(body).map_err(|_| ServiceError::missing("body"))
    }

    /// `http://host:port/organization`.
    pub fn root(&self) -> String {
        format!("{}/{}", self.request.origin, self.organization.name)
    }

    /// A URL below the organization, from a path that needs no escaping.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.root())
    }

    /// A URL below a project.
    pub fn project_url(&self, project: Uuid, path: &str) -> String {
        format!("{}/{project}/{path}", self.root())
    }

    /// The time as the service writes it.
    pub fn time(&self) -> String {
        time_text(self.now)
    }

    /// A reference to the caller.
    pub fn caller_ref(&self) -> Value {
        self.identity_ref(self.caller)
    }

    /// A reference to a person or group, as it stands in `createdBy` and the like.
    pub fn identity_ref(&self, id: Uuid) -> Value {
        match self.organization.identity(id) {
            Some(identity) => identity.reference(&self.root()),
            None => json!({ "id": id, "displayName": "", "uniqueName": "" }),
        }
    }
}
