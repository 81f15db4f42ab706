//! Settings of the scoring server, as environment variables (model/SCORING.md), for every place that runs the image.

use serde::Serialize;

use crate::project::Project;
use crate::project::azure::Id;
use crate::project::environment::Environment;
use crate::project::scoring::{Authentication, Origin};

/// One environment variable: a value, or a key of the Kubernetes secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Name of the variable.
    pub name: &'static str,
    /// Its value, if it is known when the project is rendered.
    pub value: Option<String>,
    /// Key of the secret that holds it otherwise.
    pub secret_key: Option<&'static str>,
    /// Whether the server starts without it.
    pub optional: bool,
}

/// File that Kubernetes mounts the scoring key as.
pub const KEY_FILE: &str = "/etc/scoring/scoring-key";

/// File that holds the server's certificate and its key.
pub const TLS_FILE: &str = "/etc/tls/tls.pem";

/// What makes the server speak TLS, where it is to.
pub fn tls(environment: &Environment) -> Vec<Setting> {
    let names = ["SCORE_TLS_CERT_FILE", "SCORE_TLS_KEY_FILE"];
    environment.certificate.iter().flat_map(|_| names.map(|name| value(name, TLS_FILE))).collect()
}

/// Settings behind an Azure ML endpoint, which checks the callers itself.
pub fn behind_endpoint(project: &Project, environment: &Environment) -> Vec<Setting> {
    let mut settings = vec![workers(project)];
    settings.extend(cors(project));
    settings.extend(logging(project, environment));
    settings
}

/// Settings of a pod.
pub fn pod(project: &Project, environment: &Environment) -> Vec<Setting> {
    let mut settings = vec![workers(project)];
    // Kubernetes takes a pod out of the service and stops it at the same time: it serves on until all have noticed.
    settings.push(value("SCORE_DRAIN", "5"));
    settings.extend(tls(environment));
    match project.scoring.authentication {
        Authentication::Key => settings.push(value("SCORE_KEY_FILE", KEY_FILE)),
        Authentication::Entra => settings.extend(entra(project, environment)),
        Authentication::None => {}
    }
    settings.extend(cors(project));
    settings.extend(logging(project, environment));
    settings.push(from_secret("AZURE_CLIENT_ID", "client-id", true));
    settings.push(from_secret("APPLICATIONINSIGHTS_CONNECTION_STRING", "connection-string", true));
    settings
}

/// What a caller's Entra token must be for.
pub fn audience(project: &Project, environment: &Environment) -> String {
    format!("api://{}-{}", project.name, environment.name)
}

fn entra(project: &Project, environment: &Environment) -> [Setting; 2] {
    let issuer = match &environment.place.tenant {
        Id::Guid(tenant) => {
            value("SCORE_ENTRA_ISSUER", format!("https://login.microsoftonline.com/{}/v2.0", tenant.as_str()))
        }
        Id::Variable(_) => from_secret("SCORE_ENTRA_ISSUER", "entra-issuer", false),
    };
    [issuer, value("SCORE_ENTRA_AUDIENCE", audience(project, environment))]
}

fn logging(project: &Project, environment: &Environment) -> Vec<Setting> {
    let Some(logging) = &project.scoring.logging else { return Vec::new() };
    let container = format!("https://{}.blob.core.windows.net/{}", environment.storage, environment.logs_container);
    let mut settings =
        vec![value("SCORE_LOG_CONTAINER_URL", container), value("SCORE_LOG_SAMPLE", logging.sample.to_string())];
    if !logging.omit.is_empty() {
        let columns: Vec<&str> = logging.omit.iter().map(|alias| alias.as_str()).collect();
        settings.push(value("SCORE_LOG_OMIT", columns.join(",")));
    }
    settings
}

/// Origins whose pages may call.
fn cors(project: &Project) -> Option<Setting> {
    let origins: Vec<&str> = project.scoring.cors.iter().map(Origin::as_str).collect();
    (!origins.is_empty()).then(|| value("SCORE_CORS_ORIGINS", origins.join(",")))
}

/// As many threads as there are whole CPUs: a container sees all CPUs of its node, not its share.
fn workers(project: &Project) -> Setting {
    value("SCORE_WORKERS", project.scoring.cpu.ceil().max(1.0).to_string())
}

fn value(name: &'static str, value: impl Into<String>) -> Setting {
    Setting { name, value: Some(value.into()), secret_key: None, optional: false }
}

fn from_secret(name: &'static str, key: &'static str, optional: bool) -> Setting {
    Setting { name, value: None, secret_key: Some(key), optional }
}
