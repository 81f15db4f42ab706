//! What workflows meet in a sandbox: its storage, its Azure DevOps, and nobody else.

use std::collections::BTreeMap;
use std::time::Duration;

use azure_templates::workflow::{Answer, Host, Identity, Request, Unanswered};
use jiff::{SignedDuration, Timestamp};

use super::clock::Clock;
use crate::client::{self, Way};
use crate::services::Services;
use crate::storage::{self, Ask, Who};
use crate::store::Store;

/// Where the sandbox's Azure DevOps is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevOps {
    /// `http://127.0.0.1:PORT`, without the organization.
    pub origin: String,
    /// The token that it takes.
    pub token: String,
}

/// The network of a run of a workflow.
pub(super) struct Network<'a> {
    pub store: &'a Store,
    pub services: &'a Services,
    pub devops: &'a DevOps,
    pub clock: &'a Clock,
    /// How long hosts take to answer, by name.
    pub slow: &'a BTreeMap<String, SignedDuration>,
}

impl Host for Network<'_> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait(&mut self, time: SignedDuration) {
        self.clock.wait(time);
    }

    fn send(&mut self, request: &Request) -> Result<Answer, Unanswered> {
        let rest = request.uri.strip_prefix("https://").ok_or_else(|| failed("a workflow asks https:// addresses"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let answer = if let Some(account) = host.strip_suffix(".blob.core.windows.net") {
            self.storage(account, path, request)
        } else if host == "dev.azure.com" {
            self.devops(path, request)
        } else {
            Err(failed(format!("the sandbox's workflows cannot reach {host}")))
        };
        // what was done is done, whether its answer comes in time or not
        match self.slow.get(host) {
            Some(time) if *time > request.timeout => {
                self.clock.wait(request.timeout);
                Err(Unanswered::TimedOut)
            }
            Some(time) => {
                self.clock.wait(*time);
                answer
            }
            None => answer,
        }
    }
}

fn failed(why: impl Into<String>) -> Unanswered {
    Unanswered::Failed(why.into())
}

impl Network<'_> {
    /// The principal that a request is signed in as: the identity is there, and its token is for whom it is sent to.
    fn principal(&self, identity: Option<&Identity>, audience: &str) -> Result<Option<String>, Unanswered> {
        let Some(identity) = identity else { return Ok(None) };
        if identity.audience.trim_end_matches('/') != audience {
            return Ok(None);
        }
        let id = identity.resource.as_deref().ok_or_else(|| failed("a workflow's own identity is not known here"))?;
        let found = self.services.get(id).map_err(failed)?;
        let found = found.ok_or_else(|| failed(format!("the managed identity {id} was not found")))?;
        Ok(found["properties"]["principalId"].as_str().map(str::to_owned))
    }

    fn storage(&self, account: &str, path: &str, request: &Request) -> Result<Answer, Unanswered> {
        let Some(principal) = self.principal(request.identity.as_ref(), "https://storage.azure.com")? else {
            let headers = vec![("x-ms-error-code".to_owned(), "NoAuthenticationInformation".to_owned())];
            return Ok(Answer { status: 401, headers, body: String::new() });
        };
        let path = crate::http::decoded(path, false);
        let ask = Ask {
            method: &request.method,
            account,
            path: &path,
            headers: &request.headers,
            body: request.body.as_bytes(),
        };
        let told = storage::answer(self.store, &ask, Who::Principal(&principal), self.clock.now()).map_err(failed)?;
        let body = String::from_utf8_lossy(&told.body).into_owned();
        Ok(Answer { status: told.status, headers: told.headers, body })
    }

    fn devops(&self, path: &str, request: &Request) -> Result<Answer, Unanswered> {
        // Azure DevOps, as an audience: the same id in every tenant
        let principal = self.principal(request.identity.as_ref(), "499b84ac-1321-427f-aa17-267ca6975798")?;
        let Some(principal) = principal else { return Ok(Answer { status: 401, ..Answer::default() }) };
        let organization = path.split('/').next().unwrap_or_default();
        let users = format!("{organization}/_apis/graph/serviceprincipals?api-version=7.1-preview.1");
        let asked = Request { method: "GET".to_owned(), headers: Vec::new(), body: String::new(), ..request.clone() };
        let users = self.ask(&users, &asked)?;
        let known: serde_json::Value = serde_json::from_str(&users.body).unwrap_or_default();
        let is_user = |user: &serde_json::Value| {
            user["originId"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&principal))
        };
        if users.status == 200 && !known["value"].as_array().into_iter().flatten().any(is_user) {
            let message = format!("TF400813: The user '{principal}' is not authorized to access this resource.");
            return Ok(Answer { status: 401, headers: Vec::new(), body: message });
        }
        if users.status != 200 {
            return Ok(users);
        }
        self.ask(path, request)
    }

    /// Asks Azure DevOps.
    fn ask(&self, path: &str, request: &Request) -> Result<Answer, Unanswered> {
        let address = self.devops.origin.trim_start_matches("http://").split_once(':');
        let address = address.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let address = address.ok_or_else(|| failed(format!("{} is no address", self.devops.origin)))?;
        let authorization = format!("Bearer {}", self.devops.token);
        let own = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<(&str, &str)> = own.chain([("authorization", authorization.as_str())]).collect();
        let timeout = Duration::try_from(request.timeout).unwrap_or_default();
        let asked = client::ask(&client::Ask {
            method: &request.method,
            address,
            path: &format!("/{path}"),
            headers: &headers,
            body: request.body.as_bytes(),
            way: &Way::Clear,
            timeout,
        });
        let answer = asked.map_err(|error| match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => Unanswered::TimedOut,
            _ => failed(format!("Azure DevOps does not answer: {error}")),
        })?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Answer { status: answer.status, headers: answer.headers(), body })
    }
}
