//! Starting and stopping.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::accounts::Account;
use super::connection::{Door, Reset};
use super::faults::Fault;
use super::journal::Entry;
use super::shared::{Inner, Shared, VaultSource};
use super::throttle::{Spent, Throttle};
use super::view::View;
use super::{control, http, page};
use crate::core::Organization;
use crate::core::organization::{Advance, Settings, Unauthorized, VaultSecrets};
use crate::executor::{Execution, Executor};
use crate::state::runs::Scripted;

/// What keeps an emulator from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address, or port 0 for any free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The state is none.
    #[error("the state is not one that this emulator saved: {0}")]
    State(#[from] serde_json::Error),
}

/// How an emulator shall be.
#[derive(Debug)]
pub struct Emulator {
    listen: SocketAddr,
    organization: Organization,
    accounts: Vec<Account>,
    projects: Vec<String>,
    faults: Vec<Fault>,
    throttle: Option<Throttle>,
    sign_in_page: bool,
    vaults: Option<VaultSource>,
    execution: Option<Execution>,
}

impl Emulator {
    /// An organization called `emulator` on any free port of loopback, which takes every credential.
    pub fn builder() -> Emulator {
        Emulator {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            organization: Organization::new("emulator"),
            accounts: Vec::new(),
            projects: Vec::new(),
            faults: Vec::new(),
            throttle: None,
            sign_in_page: false,
            vaults: None,
            execution: None,
        }
    }

    /// Another name for the organization. Call it first: it starts from an empty one.
    pub fn organization(mut self, name: &str) -> Emulator {
        self.organization = Organization::new(name);
        self
    }

    /// Another address.
    pub fn listen(mut self, address: SocketAddr) -> Emulator {
        self.listen = address;
        self
    }

    /// A state that was saved before. Errors if it is none.
    pub fn load(mut self, state: Value) -> Result<Emulator, StartError> {
        self.organization = Organization::load(state)?;
        Ok(self)
    }

    /// A project to begin with, unless the state has it.
    pub fn seed_project(mut self, name: &str) -> Emulator {
        self.projects.push(name.to_owned());
        self
    }

    /// A pool of the organization's own agents, which every project may use, unless the state has it.
    pub fn pool(mut self, name: &str) -> Emulator {
        crate::areas::queues::add_pool(&mut self.organization, name);
        self
    }

    /// A token of the administrator's, as `Bearer` or as the password of `Basic`. Once one is named, no other credential
    /// is taken.
    pub fn token(mut self, token: &str) -> Emulator {
        let administrator = self.organization.add_identity("Administrator", "admin@example.com", false);
        self.accounts.push(Account::new(token, administrator));
        self
    }

    /// A person with a token of their own.
    pub fn user(mut self, display_name: &str, mail: &str, token: &str) -> Emulator {
        let identity = self.organization.add_identity(display_name, mail, false);
        self.accounts.push(Account::new(token, identity));
        self
    }

    /// A secret's name and attributes (`enabled`, `exp` in epoch seconds) in a vault behind the endpoint proxy.
    pub fn vault_secret(mut self, vault: &str, name: &str, attributes: Value) -> Emulator {
        self.organization.add_vault_secret(vault, name, attributes);
        self
    }

    /// The vaults behind the endpoint proxy are looked up there, each time, instead of in the organization's state.
    pub fn vaults_from(
        mut self,
        source: impl Fn() -> BTreeMap<String, VaultSecrets> + Send + Sync + 'static,
    ) -> Emulator {
        self.vaults = Some(VaultSource(Arc::new(source)));
        self
    }

    /// A fault from the start.
    pub fn fault(mut self, fault: Fault) -> Emulator {
        self.faults.push(fault);
        self
    }

    /// A limit on requests.
    pub fn throttle(mut self, limit: Throttle) -> Emulator {
        self.throttle = Some(limit);
        self
    }

    /// Bad credentials get the HTML sign-in page (203) instead of a 401.
    pub fn sign_in_page(mut self) -> Emulator {
        self.sign_in_page = true;
        self
    }

    /// How runs move on.
    pub fn advance(mut self, advance: Advance) -> Emulator {
        self.organization.settings.advance = advance;
        self
    }

    /// What an unauthorised variable group or service connection does to a run.
    pub fn unauthorized(mut self, what: Unauthorized) -> Emulator {
        self.organization.settings.unauthorized = what;
        self
    }

    /// Other behaviour.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Emulator {
        change(&mut self.organization.settings);
        self
    }

    /// What a step shall come to.
    pub fn step(mut self, scripted: Scripted) -> Emulator {
        self.organization.scripted.push(scripted);
        self
    }

    /// Runs are really carried out, on this machine.
    pub fn execute(mut self, execution: Execution) -> Emulator {
        self.execution = Some(execution);
        self
    }

    /// Listens. Errors if the address is taken.
    pub async fn start(mut self) -> Result<Running, StartError> {
        for name in &self.projects {
            if self.organization.find_project(name).is_none() {
                self.organization.add_project(name, Timestamp::now());
            }
        }
        let address = self.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let anybody = self.organization.add_identity("Administrator", "admin@example.com", false);
        let name = self.organization.name.clone();
        // what a job signs in with; other with each start, and in no state
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        self.organization.settings.executed = self.execution.is_some();
        if self.execution.is_some() && !self.accounts.is_empty() {
            let service =
                self.organization.add_identity(crate::areas::access::BUILD_SERVICE, "build@example.com", false);
            self.accounts.push(Account::new(token.as_str(), service));
        }
        let shared = Arc::new(Shared::new(Inner {
            organization: self.organization,
            vaults: self.vaults,
            before: None,
            accounts: self.accounts,
            anybody,
            sign_in_page: self.sign_in_page,
            throttle: self.throttle,
            spent: Spent::default(),
            faults: self.faults,
            journal: VecDeque::new(),
            count: 0,
        }));
        let root = format!("http://{address}/{name}");
        let executor = self.execution.map(|execution| Executor::start(Arc::clone(&shared), execution, root, token));
        let router = Router::new()
            .merge(control::router())
            .merge(page::router())
            .fallback(http::answer)
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<Reset>();
        let task = tokio::spawn(async move {
            let serve = IntoFuture::into_future(axum::serve(Door(listener), service));
            tokio::select! {
                _ = serve => {}
                _ = stopped => {}
            }
        });
        Ok(Running { address, name, shared, stop: Some(stop), task, executor })
    }
}

/// An emulator that listens. It stops when it is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    name: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    executor: Option<Executor>,
}

impl Running {
    /// The organization's URL, `http://127.0.0.1:port/name`.
    pub fn url(&self) -> String {
        format!("http://{}/{}", self.address, self.name)
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The organization's name.
    pub fn organization(&self) -> &str {
        &self.name
    }

    /// A copy of the organization's state.
    pub fn state(&self) -> Organization {
        self.shared.lock().organization.clone()
    }

    /// Looks at the state, or changes it, under the lock.
    pub fn with_state<T>(&self, see: impl FnOnce(&mut Organization) -> T) -> T {
        see(&mut self.shared.lock().organization)
    }

    /// The requests so far, the oldest first.
    pub fn requests(&self) -> Vec<Entry> {
        self.shared.lock().journal.iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.lock().journal.clear();
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// The faults, each with the calls that it has seen.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.lock().faults.clone()
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Sets the limit, or takes it away; what was spent is forgotten.
    pub fn set_throttle(&self, limit: Option<Throttle>) {
        let mut inner = self.shared.lock();
        inner.throttle = limit;
        inner.spent = Spent::default();
    }

    /// Adds views to the page, once; later ones are not taken.
    pub fn show(&self, views: Vec<Arc<dyn View>>) {
        self.shared.show(views);
    }

    /// Stops listening and gives back the state.
    pub async fn stop(mut self) -> Organization {
        // runs end while there is still somebody to ask
        if let Some(executor) = self.executor.take() {
            _ = tokio::task::spawn_blocking(move || drop(executor)).await;
        }
        if let Some(stop) = self.stop.take() {
            // the task may have ended by itself
            _ = stop.send(());
        }
        _ = (&mut self.task).await;
        self.state()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
