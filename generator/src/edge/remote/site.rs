//! One project and the services that it is planned against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devops_client::IdentityId;

use crate::edge::azure::Azure;
use crate::project::Project;
use crate::remote::content::Content;
use crate::remote::observed::{Observed, State};
use crate::remote::resource::Key;
use crate::tree::RenderedTree;

/// What every read and write of a resource is given.
pub struct Site {
    /// What the spec says.
    pub project: Project,
    /// The organization.
    pub client: devops_client::Client,
    /// The project in it.
    pub devops: devops_client::Project,
    /// The files that a push is made of; empty where nothing is pushed.
    pub content: Content,
    azure: Option<AzureSite>,
    known: Mutex<State>,
    fresh: Mutex<BTreeSet<Key>>,
    people: Mutex<BTreeMap<String, IdentityId>>,
}

impl Site {
    /// The place where `project` lives, of which nothing is known yet.
    pub fn new(project: Project, client: devops_client::Client) -> Self {
        let devops = client.project(project.devops.project.as_str());
        Self {
            project,
            client,
            devops,
            content: Content::default(),
            azure: None,
            known: Mutex::default(),
            fresh: Mutex::default(),
            people: Mutex::default(),
        }
    }

    /// The same place, with the files that a push is made of.
    #[must_use]
    pub fn with_content(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// The same with a way to Azure.
    #[must_use]
    pub fn with_azure(self, azure: AzureSite) -> Self {
        Self { azure: Some(azure), ..self }
    }

    /// The way to Azure, unless Azure is left alone.
    pub fn azure(&self) -> Option<&AzureSite> {
        self.azure.as_ref()
    }

    /// What is known of a resource: observed, or made since.
    pub fn known(&self, key: &Key) -> Option<Observed> {
        self.state().get(key).cloned()
    }

    /// A fact of a resource, as far as it is known.
    pub fn fact(&self, of: &Key, fact: &str) -> Option<String> {
        self.state().get(of)?.fact(fact)
    }

    /// Notes a resource that was observed or made.
    pub fn note(&self, key: Key, found: Observed) {
        self.state().insert(key, found);
    }

    /// Notes that a resource is gone.
    pub fn forget(&self, key: &Key) {
        self.state().remove(key);
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Notes everything that was observed at once, in place of what was known.
    pub fn observed(&self, state: State) {
        *self.state() = state;
    }

    /// Whoever the organization knows by this name, if that was looked up before.
    pub fn person(&self, name: &str) -> Option<IdentityId> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Notes who is known by a name.
    pub fn note_person(&self, name: &str, id: IdentityId) {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), id);
    }

    /// Notes that the service has just made a resource at our request, and did not have it before.
    pub fn note_fresh(&self, key: &Key) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
    }

    /// Whether the resource cannot be there yet and need not be looked for: what it hangs on was made by this very command,
    /// and this is the first time that this is asked, so that nobody has begun to make it.
    pub fn is_first(&self, key: &Key, on: &Key) -> bool {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.contains(on) && fresh.insert(key.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The Azure side of a site.
#[derive(Clone, Debug)]
pub struct AzureSite {
    /// The way there.
    pub azure: Azure,
    /// The rendered files, for the templates of `infra/`.
    pub tree: Arc<RenderedTree>,
    /// Values that the spec leaves to variables of the environment.
    pub values: Arc<BTreeMap<String, String>>,
}
