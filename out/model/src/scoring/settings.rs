//! The command line and environment of `score`, and what they come to. `SCORING.md` has the table.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use url::Url;

use super::access::AccessLog;
use super::auth::key::{KeyError, Keys};
use super::telemetry::insights::{Connection, ConnectionError};
use super::telemetry::otlp::{Endpoint, EndpointError};
use super::telemetry::{Exporter, Origin};
use super::tls::TlsFiles;

/// Serves predictions of a model over HTTP.
#[derive(Debug, Clone, Parser)]
#[command(name = "score", version)]
pub struct Arguments {
    /// The model file, or the folder that holds model.json
    #[arg(long, env = "SCORE_MODEL", value_name = "PATH", required_unless_present = "healthcheck")]
    pub model: Option<PathBuf>,
    /// Address and port; port 0 takes a free one
    #[arg(long, env = "SCORE_LISTEN", value_name = "ADDR", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// A further route for predictions beside /score
    #[arg(long, env = "SCORE_ROUTE", value_name = "PATH", default_value = "/score")]
    pub route: String,
    /// Serving threads [default: number of CPUs]
    #[arg(long, env = "SCORE_WORKERS", value_name = "N")]
    pub workers: Option<u16>,
    /// File of accepted keys, one per line; re-read when it changes
    #[arg(long, env = "SCORE_KEY_FILE", value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// File of the server's certificates (PEM), its own first: the server speaks TLS; re-read when it changes
    #[arg(long, env = "SCORE_TLS_CERT_FILE", value_name = "PATH")]
    pub tls_cert_file: Option<PathBuf>,
    /// File of the certificate's private key (PEM)
    #[arg(long, env = "SCORE_TLS_KEY_FILE", value_name = "PATH")]
    pub tls_key_file: Option<PathBuf>,
    /// Issuer of accepted Entra tokens
    #[arg(long, env = "SCORE_ENTRA_ISSUER", value_name = "URL")]
    pub entra_issuer: Option<String>,
    /// Accepted audiences of Entra tokens
    #[arg(long, env = "SCORE_ENTRA_AUDIENCE", value_name = "A,B", value_delimiter = ',')]
    pub entra_audience: Vec<String>,
    /// App role or scope that a token must carry
    #[arg(long, env = "SCORE_ENTRA_ROLE", value_name = "ROLE")]
    pub entra_role: Option<String>,
    /// Where the signing keys are [default: where the issuer's discovery document says]
    #[arg(long, env = "SCORE_ENTRA_JWKS_URL", value_name = "URL")]
    pub entra_jwks_url: Option<String>,
    /// Largest request body
    #[arg(long, env = "SCORE_MAX_BODY", value_name = "BYTES", default_value_t = 4 << 20)]
    pub max_body: usize,
    /// Most rows in a request
    #[arg(long, env = "SCORE_MAX_ROWS", value_name = "N", default_value_t = 10_000)]
    pub max_rows: usize,
    /// Open connections
    #[arg(long, env = "SCORE_MAX_CONNECTIONS", value_name = "N", default_value_t = 1_024)]
    pub max_connections: u32,
    /// Time to send a request head, and longest idle keep-alive
    #[arg(long, env = "SCORE_HEADER_TIMEOUT", value_name = "S", default_value = "10", value_parser = seconds)]
    pub header_timeout: Duration,
    /// Time to send a request body
    #[arg(long, env = "SCORE_BODY_TIMEOUT", value_name = "S", default_value = "20", value_parser = seconds)]
    pub body_timeout: Duration,
    /// Time a client may refuse to read its answer
    #[arg(long, env = "SCORE_WRITE_TIMEOUT", value_name = "S", default_value = "20", value_parser = seconds)]
    pub write_timeout: Duration,
    /// How often model and key file are looked at; 0 = only on SIGHUP
    #[arg(long, env = "SCORE_RELOAD_INTERVAL", value_name = "S", default_value = "2", value_parser = seconds)]
    pub reload_interval: Duration,
    /// Time after SIGTERM in which new connections are still served
    #[arg(long, env = "SCORE_DRAIN", value_name = "S", default_value = "1", value_parser = seconds)]
    pub drain: Duration,
    /// Longest wait for requests in flight and for the logs to be sent
    #[arg(long, env = "SCORE_GRACE", value_name = "S", default_value = "20", value_parser = seconds)]
    pub grace: Duration,
    /// Which requests get a line on standard output
    #[arg(long, env = "SCORE_ACCESS_LOG", value_name = "WHICH", value_enum, default_value = "all")]
    pub access_log: AccessLog,
    /// Blob container or file:///folder for inputs and predictions
    #[arg(long, env = "SCORE_LOG_CONTAINER_URL", value_name = "URL", hide_env_values = true)]
    pub log_container_url: Option<String>,
    /// First folder of the log blobs' names
    #[arg(long, env = "SCORE_LOG_PREFIX", value_name = "TEXT", default_value = "scoring")]
    pub log_prefix: String,
    /// Share of requests logged, 0 to 1
    #[arg(long, env = "SCORE_LOG_SAMPLE", value_name = "SHARE", default_value = "1", value_parser = share)]
    pub log_sample: f64,
    /// Feature columns left out of the logs
    #[arg(long, env = "SCORE_LOG_OMIT", value_name = "A,B", value_delimiter = ',')]
    pub log_omit: Vec<String>,
    /// Memory for records that are not yet stored
    #[arg(long, env = "SCORE_LOG_BUFFER", value_name = "BYTES", default_value_t = 4 << 20)]
    pub log_buffer: usize,
    /// Longest time a record waits before it is sent
    #[arg(long, env = "SCORE_LOG_FLUSH", value_name = "S", default_value = "5", value_parser = seconds)]
    pub log_flush: Duration,
    /// Share of requests in telemetry, 0 to 1
    #[arg(long, env = "SCORE_TELEMETRY_SAMPLE", value_name = "SHARE", default_value = "1", value_parser = share)]
    pub telemetry_sample: f64,
    /// Origins whose pages may call, or *
    #[arg(long, env = "SCORE_CORS_ORIGINS", value_name = "A,B", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Ask a running server whether it is ready: exit 0 healthy, 1 not
    #[arg(long, value_name = "URL", num_args = 0..=1)]
    pub healthcheck: Option<Option<String>>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| duration.as_secs() <= 86_400)
        .ok_or_else(|| "expected seconds from 0 to 86400".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1".to_owned())
}

/// Why the settings do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The route is not a plain path.
    #[error(
        "the route \"{0}\" is not usable: expected a path like /score of letters, digits and / . _ ~ -, not one of the server's own"
    )]
    Route(String),
    /// A limit of zero would refuse everything.
    #[error("{0} is 0, which would refuse every request; expected at least 1")]
    Zero(&'static str),
    /// A timeout of zero would refuse everything.
    #[error("{0} is 0 seconds, which would refuse every request; expected more")]
    NoTime(&'static str),
    /// A URL does not parse.
    #[error("{name} is not a URL: {problem}")]
    Url {
        /// The option.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// An issuer without audiences would accept tokens for any application.
    #[error("SCORE_ENTRA_ISSUER needs SCORE_ENTRA_AUDIENCE: name the audience that tokens for this server carry")]
    Audience,
    /// Audience, role or key address without an issuer would leave the door open.
    #[error("{0} is set without SCORE_ENTRA_ISSUER, so no token would be asked for; set the issuer too")]
    Issuer(&'static str),
    /// A certificate without its key, or a key without its certificate.
    #[error("SCORE_TLS_CERT_FILE and SCORE_TLS_KEY_FILE go together: set both, or none")]
    Tls,
    /// The key in `SCORE_KEY`.
    #[error("SCORE_KEY: {0}")]
    Key(KeyError),
    /// The connection string.
    #[error("APPLICATIONINSIGHTS_CONNECTION_STRING: {0}")]
    Insights(#[from] ConnectionError),
    /// The OTLP endpoint.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Otlp(#[from] EndpointError),
    /// No model.
    #[error("no model is named; set --model or SCORE_MODEL")]
    Model,
}

/// Tokens that are accepted.
#[derive(Debug, Clone)]
pub struct EntraSettings {
    /// The issuer, exactly as in the tokens.
    pub issuer: String,
    /// The issuer as a URL.
    pub issuer_url: Url,
    /// Accepted audiences.
    pub audiences: Vec<String>,
    /// Required role or scope.
    pub role: Option<String>,
    /// Address of the signing keys.
    pub jwks: Option<Url>,
}

/// Checked settings.
#[derive(Debug)]
pub struct Settings {
    /// The arguments as they were given; `model` is there.
    pub arguments: Arguments,
    /// Path of the model.
    pub model: PathBuf,
    /// Serving threads, at least 1.
    pub workers: usize,
    /// Files of the server's certificate, where it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Keys from the environment.
    pub keys: Option<Keys>,
    /// Accepted tokens.
    pub entra: Option<EntraSettings>,
    /// Where records go.
    pub log: Option<Url>,
    /// Where telemetry goes.
    pub exporters: Vec<Exporter>,
    /// Who telemetry comes from.
    pub origin: Origin,
}

impl Settings {
    /// Checks arguments together with those variables of `environment` that have no flag. Empty values count as not set.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(
        mut arguments: Arguments,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        for text in [
            &mut arguments.entra_issuer,
            &mut arguments.entra_role,
            &mut arguments.entra_jwks_url,
            &mut arguments.log_container_url,
        ] {
            text.take_if(|text| text.trim().is_empty());
        }
        for path in [&mut arguments.key_file, &mut arguments.tls_cert_file, &mut arguments.tls_key_file] {
            path.take_if(|path| path.as_os_str().is_empty());
        }
        let tls = tls(&arguments)?;
        for list in [&mut arguments.entra_audience, &mut arguments.log_omit, &mut arguments.cors_origins] {
            list.iter_mut().for_each(|name| *name = name.trim().to_owned());
            list.retain(|name| !name.is_empty());
        }
        check_route(&arguments.route)?;
        let limits = [
            ("--max-body", arguments.max_body),
            ("--max-rows", arguments.max_rows),
            ("--max-connections", arguments.max_connections as usize),
        ];
        if let Some((name, _)) = limits.into_iter().find(|(_, limit)| *limit == 0) {
            return Err(SettingsError::Zero(name));
        }
        let times = [
            ("--header-timeout", arguments.header_timeout),
            ("--body-timeout", arguments.body_timeout),
            ("--write-timeout", arguments.write_timeout),
        ];
        if let Some((name, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(SettingsError::NoTime(name));
        }
        let model = arguments.model.clone().filter(|path| !path.as_os_str().is_empty()).ok_or(SettingsError::Model)?;
        let workers = match arguments.workers {
            Some(0) => return Err(SettingsError::Zero("--workers")),
            Some(workers) => usize::from(workers),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let keys = variable("SCORE_KEY").map(|key| Keys::parse(&key)).transpose().map_err(SettingsError::Key)?;
        let log = match &arguments.log_container_url {
            Some(text) => Some(url("SCORE_LOG_CONTAINER_URL", text)?),
            None => None,
        };
        let mut exporters = Vec::new();
        if let Some(text) = variable("APPLICATIONINSIGHTS_CONNECTION_STRING") {
            exporters.push(Exporter::Insights(Connection::parse(&text)?));
        }
        let endpoint = Endpoint::new(
            variable("OTEL_EXPORTER_OTLP_ENDPOINT").as_deref(),
            variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").as_deref(),
            variable("OTEL_EXPORTER_OTLP_HEADERS").as_deref(),
        )?;
        exporters.extend(endpoint.map(Exporter::Otlp));
        let origin = Origin {
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "score".to_owned()),
            instance: variable("HOSTNAME").unwrap_or_else(|| std::process::id().to_string()),
            share: arguments.telemetry_sample,
        };
        let entra = entra(&arguments)?;
        Ok(Self { model, workers, tls, keys, entra, log, exporters, origin, arguments })
    }
}

/// The files of the certificate, where the arguments name them.
///
/// # Errors
/// One of them alone.
pub fn tls(arguments: &Arguments) -> Result<Option<TlsFiles>, SettingsError> {
    match (&arguments.tls_cert_file, &arguments.tls_key_file) {
        (Some(certificates), Some(key)) => Ok(Some(TlsFiles { certificates: certificates.clone(), key: key.clone() })),
        (None, None) => Ok(None),
        _ => Err(SettingsError::Tls),
    }
}

fn entra(arguments: &Arguments) -> Result<Option<EntraSettings>, SettingsError> {
    let Some(issuer) = arguments.entra_issuer.clone() else {
        let orphans = [
            ("SCORE_ENTRA_AUDIENCE", !arguments.entra_audience.is_empty()),
            ("SCORE_ENTRA_ROLE", arguments.entra_role.is_some()),
            ("SCORE_ENTRA_JWKS_URL", arguments.entra_jwks_url.is_some()),
        ];
        return match orphans.into_iter().find(|(_, set)| *set) {
            Some((name, _)) => Err(SettingsError::Issuer(name)),
            None => Ok(None),
        };
    };
    if arguments.entra_audience.is_empty() {
        return Err(SettingsError::Audience);
    }
    let issuer_url = url("SCORE_ENTRA_ISSUER", &issuer)?;
    let jwks = arguments.entra_jwks_url.as_deref().map(|text| url("SCORE_ENTRA_JWKS_URL", text)).transpose()?;
    let (audiences, role) = (arguments.entra_audience.clone(), arguments.entra_role.clone());
    Ok(Some(EntraSettings { issuer, issuer_url, audiences, role, jwks }))
}

fn url(name: &'static str, text: &str) -> Result<Url, SettingsError> {
    // The text is not repeated: it may hold a SAS.
    Url::parse(text).map_err(|problem| SettingsError::Url { name, problem: problem.to_string() })
}

fn check_route(route: &str) -> Result<(), SettingsError> {
    const OWN: [&str; 7] = ["/", "/livez", "/readyz", "/metrics", "/openapi.json", "/swagger.json", "/problems"];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._~-".contains(&byte);
    let usable = route.starts_with('/') && route.len() <= 200 && route.bytes().all(plain) && !OWN.contains(&route);
    if usable { Ok(()) } else { Err(SettingsError::Route(route.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(flags: &[&str], environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let flags = ["score", "--model", "m"].iter().chain(flags);
        let arguments = Arguments::try_parse_from(flags).unwrap();
        Settings::check(arguments, |name| {
            environment.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_are_an_open_server_without_logs() {
        let settings = check(&[], &[]).unwrap();
        assert_eq!(settings.arguments.listen.port(), 8080);
        assert!(settings.keys.is_none() && settings.entra.is_none() && settings.log.is_none());
        assert!(settings.exporters.is_empty() && settings.workers >= 1);
    }

    #[test]
    fn routes_of_the_server_itself_and_odd_ones_are_refused() {
        for route in ["", "score", "/metrics", "/", "/a b", "/a?b", "/%41", "/ü"] {
            assert!(matches!(check(&["--route", route], &[]), Err(SettingsError::Route(_))), "{route}");
        }
        assert!(check(&["--route", "/api/v1/predict"], &[]).is_ok());
    }

    #[test]
    fn an_entra_setting_without_its_partners_is_refused_instead_of_leaving_the_door_open() {
        let issuer = ["--entra-issuer", "https://login.microsoftonline.com/t/v2.0"];
        assert!(matches!(check(&issuer, &[]), Err(SettingsError::Audience)));
        assert!(matches!(check(&["--entra-audience", "a"], &[]), Err(SettingsError::Issuer(_))));
        assert!(matches!(check(&["--entra-role", "a"], &[]), Err(SettingsError::Issuer(_))));
        assert!(check(&[&issuer[..], &["--entra-audience", "a,b"]].concat(), &[]).unwrap().entra.is_some());
    }

    #[test]
    fn secrets_come_from_the_environment_and_are_checked() {
        assert!(matches!(check(&[], &[("SCORE_KEY", "short")]), Err(SettingsError::Key(_))));
        let settings = check(&[], &[("SCORE_KEY", "a-long-enough-key-1")]).unwrap();
        assert!(settings.keys.as_ref().unwrap().accept(b"a-long-enough-key-1"));
        assert!(!format!("{settings:?}").contains("long-enough"));
        let telemetry = [
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=k"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
        ];
        assert_eq!(check(&[], &telemetry).unwrap().exporters.len(), 2);
        assert!(check(&[], &[("APPLICATIONINSIGHTS_CONNECTION_STRING", "x")]).is_err());
        assert!(check(&[], &[("APPLICATIONINSIGHTS_CONNECTION_STRING", " ")]).unwrap().exporters.is_empty());
    }

    #[test]
    fn impossible_limits_and_shares_are_refused() {
        assert!(matches!(check(&["--max-rows", "0"], &[]), Err(SettingsError::Zero(_))));
        assert!(matches!(check(&["--body-timeout", "0"], &[]), Err(SettingsError::NoTime(_))));
        for flags in [["--log-sample", "1.5"], ["--log-sample", "NaN"], ["--drain", "-1"], ["--grace", "inf"]] {
            assert!(Arguments::try_parse_from(["score", "--model", "m"].iter().chain(&flags)).is_err(), "{flags:?}");
        }
    }
}
