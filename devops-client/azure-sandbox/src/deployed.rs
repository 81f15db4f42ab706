//! Scoring services that run in a sandbox, and requests to them.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::client::{Ask, Way, ask};
use crate::store::Store;

/// What a service is for Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A container group.
    #[default]
    ContainerGroup,
    /// A Service of a cluster.
    Service,
    /// An online endpoint of Azure ML.
    OnlineEndpoint,
}

/// A service that was deployed in a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    /// What it is.
    pub kind: Kind,
    /// The resource group of its container group or cluster, or of its endpoint's workspace.
    pub group: String,
    /// Its name there.
    pub name: String,
    /// The image that it runs, by digest; of an endpoint that of the deployment with the largest share.
    pub image: String,
    /// Its port on this machine.
    pub port: u16,
    /// Deployments of an endpoint, each with its share of the traffic in percent.
    pub shares: Vec<(String, u64)>,
}

/// A batch endpoint: each request to it is a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its workspace.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its deployments, by name.
    pub deployments: Vec<String>,
    /// The one that requests go to; empty if there is none.
    pub chosen: String,
}

/// The services that a sandbox's folder says are there: container groups, Services of clusters, online endpoints.
///
/// # Errors
/// If the folder cannot be read.
pub fn deployed(folder: &Path) -> Result<Vec<Deployed>, String> {
    Store::open(folder)?.read(|state| {
        let each = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
        let mut all = Vec::new();
        for (group, containers) in each(&state["container-groups"]) {
            for (name, container) in each(&containers) {
                let Some(port) = port(&container["ipAddress"]["ports"][0]["port"]) else { continue };
                let image = container["containers"][0]["image"].as_str().unwrap_or_default().to_owned();
                let kind = Kind::ContainerGroup;
                all.push(Deployed { kind, group: group.clone(), name, image, port, shares: Vec::new() });
            }
        }
        for (cluster, kinds) in each(&state["clusters"]) {
            let group = cluster.split('/').next().unwrap_or_default().to_owned();
            for (namespace, services) in each(&kinds["service"]) {
                for (name, service) in each(&services) {
                    let Some(port) = port(&service["status"]["host_port"]) else { continue };
                    let workload = &kinds["deployment"][&namespace][&name];
                    let image = workload["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
                    all.push(Deployed {
                        kind: Kind::Service,
                        group: group.clone(),
                        name,
                        image: image.unwrap_or_default().to_owned(),
                        port,
                        shares: Vec::new(),
                    });
                }
            }
        }
        for (name, endpoint) in each(&state["ml"]).values().flat_map(|own| each(&own["online-endpoints"])) {
            let Some(port) = port(&endpoint["port"]) else { continue };
            let share = |name: &String| endpoint["traffic"][name].as_u64().unwrap_or(0);
            let shares: Vec<(String, u64)> =
                each(&endpoint["deployments"]).keys().map(|name| (name.clone(), share(name))).collect();
            let most = shares.iter().max_by_key(|(_, share)| *share).map_or("", |(name, _)| name.as_str());
            let image = endpoint["deployments"][most]["environment"]["image"].as_str().unwrap_or_default().to_owned();
            let group = endpoint["group"].as_str().unwrap_or_default().to_owned();
            all.push(Deployed { kind: Kind::OnlineEndpoint, group, name, image, port, shares });
        }
        all
    })
}

/// The key or token that an online endpoint wants; none of anything else, which has its key in a vault.
///
/// # Errors
/// If the folder cannot be read.
pub fn secret(folder: &Path, service: &Deployed) -> Result<Option<String>, String> {
    if service.kind != Kind::OnlineEndpoint {
        return Ok(None);
    }
    Store::open(folder)?.read(|state| {
        let workspaces = state["ml"].as_object().into_iter().flatten();
        let mut own = workspaces.map(|(_, own)| &own["online-endpoints"][&service.name]);
        let secrets =
            own.find(|endpoint| endpoint["group"] == service.group.as_str()).map(|found| &found["secrets"])?;
        secrets["primaryKey"].as_str().or(secrets["accessToken"].as_str()).map(str::to_owned)
    })
}

/// The batch endpoints that a sandbox's folder says are there.
///
/// # Errors
/// If the folder cannot be read.
pub fn batch(folder: &Path) -> Result<Vec<Batch>, String> {
    Store::open(folder)?.read(|state| {
        let each = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |workspace: &String, (name, endpoint): (String, Value)| Batch {
            workspace: workspace.clone(),
            name,
            description: text(&endpoint["description"]),
            deployments: each(&endpoint["deployments"]).keys().cloned().collect(),
            chosen: text(&endpoint["defaults"]["deployment_name"]),
        };
        let of = |(workspace, own): (&String, &Value)| {
            each(&own["batch-endpoints"]).into_iter().map(|found| one(workspace, found)).collect::<Vec<_>>()
        };
        each(&state["ml"]).iter().flat_map(of).collect()
    })
}

/// A part of a job of Azure ML that took time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTime {
    /// The job.
    pub job: String,
    /// Its step.
    pub step: String,
    /// `image` until its command began, `command` from then on.
    pub what: &'static str,
    /// When it began, in milliseconds of Unix time.
    pub began: i64,
    /// When it ended.
    pub ended: i64,
}

/// What the steps of the jobs in a sandbox's folder took, as far as they are over.
///
/// # Errors
/// If the folder cannot be read.
pub fn job_times(folder: &Path) -> Result<Vec<JobTime>, String> {
    Store::open(folder)?.read(|state| {
        let each = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let mut all = Vec::new();
        for (job, body) in each(&state["ml"]).values().flat_map(|workspace| each(&workspace["jobs"])) {
            for (step, times) in each(&body["times"]) {
                let at = |status: &str| times[status].as_i64();
                let end = at("Completed").or_else(|| at("Failed"));
                for (what, began, ended) in [("image", at("Preparing"), at("Running")), ("command", at("Running"), end)]
                {
                    if let (Some(began), Some(ended)) = (began, ended) {
                        all.push(JobTime { job: job.clone(), step: step.clone(), what, began, ended });
                    }
                }
            }
        }
        all
    })
}

/// Sends a JSON body to a route of a service; gives back status and answer. `pem` is the one certificate that is taken for
/// the server's; without it the service is asked in clear.
///
/// # Errors
/// If the service does not answer, or shows another certificate.
pub fn score(
    service: &Deployed,
    route: &str,
    key: Option<&str>,
    pem: Option<&str>,
    body: &str,
) -> Result<(u16, String), String> {
    let way = pem.map_or(Way::Clear, |pem| Way::Pinned(pem.to_owned()));
    let authorization = key.map(|key| format!("Bearer {key}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    let answer = ask(&Ask {
        method: "POST",
        address: ("127.0.0.1", service.port),
        path: route,
        headers: &headers,
        body: body.as_bytes(),
        way: &way,
        timeout: Duration::from_secs(30),
    });
    let answer =
        answer.map_err(|error| format!("{} does not answer on port {}: {error}", service.name, service.port))?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}
