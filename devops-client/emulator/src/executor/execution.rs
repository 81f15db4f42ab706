//! How runs are carried out, as it is given.

use std::fmt;
use std::sync::Arc;

use pipeline_runner::Settings;

/// How runs are carried out.
#[derive(Clone)]
pub struct Execution {
    /// Where, with how many agents, in which environment.
    pub settings: Settings,
    /// The value of a secret: vault and name.
    pub secret: SecretSource,
    /// What tools find in their environment when a service connection signs them in: its name.
    pub connection: ConnectionSource,
    /// Whether tools hear which identity a connection signs in, so that its role assignments decide what they may do.
    pub roles: bool,
}

/// The value of a secret by vault and name.
pub type SecretSource = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// The environment of a service connection by its name.
pub type ConnectionSource = Arc<dyn Fn(&str) -> Vec<(String, String)> + Send + Sync>;

impl fmt::Debug for Execution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Execution").field("settings", &self.settings.folder).finish_non_exhaustive()
    }
}

impl Execution {
    /// Runs with those settings, without secrets of vaults, with connections that bring their name.
    pub fn new(settings: Settings) -> Execution {
        Execution {
            settings,
            secret: Arc::new(|_, _| None),
            connection: Arc::new(|name| vec![("SERVICE_CONNECTION".to_owned(), name.to_owned())]),
            roles: false,
        }
    }
}
