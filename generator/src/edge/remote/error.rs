//! What can go wrong between a plan and the services.

use std::fmt;

use crate::remote::resource::Key;

/// A read or a write of one resource that failed: which resource, what was tried, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub struct RemoteError {
    /// Which resource; none where it is about the organization or the subscription as a whole.
    pub key: Option<Key>,
    /// What was tried, as a verb: `create`, `read`.
    pub operation: &'static str,
    /// Why it failed; never a secret.
    pub why: String,
    /// What to do about it, as a sentence without full stop.
    pub next: String,
    /// The service that cannot be reached or does not know the caller, where that is why: all that is asked of it fails
    /// alike.
    pub service: Option<&'static str>,
}

/// Azure DevOps, as errors name it.
pub const DEVOPS: &str = "Azure DevOps";

/// Azure, as errors name it.
pub const AZURE: &str = "Azure";

impl RemoteError {
    /// An error about one resource.
    pub fn new(operation: &'static str, key: &Key, why: impl ToString, next: impl Into<String>) -> Self {
        Self { key: Some(key.clone()), operation, why: why.to_string(), next: next.into(), service: None }
    }

    /// A call to Azure DevOps about one resource that failed; what to do is what the client advises.
    pub fn call(operation: &'static str, key: &Key) -> impl Fn(devops_client::Error) -> Self + Clone + use<> {
        let key = key.clone();
        move |error| Self {
            service: error.is_about_the_service().then_some(DEVOPS),
            ..Self::new(operation, &key, &error, error.next_step())
        }
    }

    /// A list that Azure DevOps did not give.
    pub fn listing(what: &str, error: &devops_client::Error) -> Self {
        let service = error.is_about_the_service().then_some(DEVOPS);
        Self { key: None, operation: "list", why: format!("{what}: {error}"), next: error.next_step(), service }
    }

    /// Of several errors those that tell something: a service that cannot be reached is said once, and without a network one
    /// of them stands for all, and for a sign-in that had nobody to ask.
    pub fn distinct(errors: Vec<Self>) -> Vec<Self> {
        let mut told: Vec<&'static str> = Vec::new();
        let mut kept: Vec<Self> = Vec::new();
        let lost = |error: &Self| error.why.contains("no connection: ");
        let offline = errors.iter().filter(|error| lost(error)).count() > 0;
        for error in errors {
            match error.service {
                Some(service) if told.contains(&service) => {}
                Some(_) if offline && !lost(&error) && error.why.starts_with("SignIn: ") => {}
                Some(_) if lost(&error) && kept.iter().any(lost) => {}
                Some(service) => {
                    told.push(service);
                    kept.push(error);
                }
                None => kept.push(error),
            }
        }
        kept
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "cannot {} {key}: {}", self.operation, self.why),
            None => write!(f, "cannot {}: {}", self.operation, self.why),
        }
    }
}
