//! The roles that `mlops-gen apply` gives before the first deployment: what the rendered pipelines do, on the groups where
//! they do it, and what identities of scoring need on the platform.
//!
//! | role | scope | what for |
//! |---|---|---|
//! | Contributor | own group | deployments, `az container`, `az ml`, images, clusters |
//! | Role Based Access Control Administrator, for the roles that the templates give and no other | own group, where they give any | the role assignments in the templates |
//! | Key Vault Secrets Officer | own group | `ensure-scoring-key.sh`; `fetch-certificate.sh`; variable groups that read the vault |
//! | Storage Blob Data Contributor | platform | `publish-training.sh` uploads data, `report-retrain.sh` downloads outputs |
//! | Azure Kubernetes Service RBAC Cluster Admin | group of an environment whose cluster pipelines deploy to | `prepare-namespace.sh` and what follows |
//! | Azure Kubernetes Service RBAC Writer | group of an environment whose cluster the workspace uses | `deploy-router.sh`, `find-router.sh`: the router's address |
//! | Managed Identity Operator | scoring identity of a managed endpoint, for the platform's connection | endpoints are made in its workspace |
//! | AzureML Compute Operator, Azure Deployment Stack Owner | platform, for an environment whose cluster the workspace uses | `kubernetes-compute.bicep`: the first attaches, the second may deploy a template and reads and writes no resource |
//! | Reader | platform, for the environment whose scoring log training reads, or whose cluster the workspace uses | `container-read.bicep` names the training identity, `workspace-cluster-roles.bicep` the workspace's |
//! | AcrPull | platform, for scoring servers and nodes | the image |
//! | Network Contributor | group of each environment of a private network, for the platform's connection | it makes and peers the networks |
//! | Private DNS Zone Contributor | platform, for environments of a private network and their control planes | names of private endpoints and API servers |
//! | Storage Blob Data Reader | platform, for scoring behind a managed endpoint | it mounts assets |
//!
//! No connection of an environment manages or grants anything on the platform: whoever takes over qa must not get at what
//! production pulls.
//!
//! Scopes are groups, not the resources in them: the resources do not exist yet.

use super::common::keeps_secrets;
use super::environment::{cluster, control_plane, kubelet, makes_certificate, reads_logs};
use super::networks::own_zones;
use crate::project::Project;
use crate::project::azure::Place;
use crate::project::environment::{Environment, Target};
use crate::project::name::DevOpsName;
use crate::project::network::Network;
use crate::project::scoring::Authentication;
use crate::project::variables::PipelineKind;

/// A built-in role of Azure: Microsoft Learn, "Azure built-in roles".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: &'static str,
    /// Its id, the same in every tenant.
    pub id: &'static str,
}

/// Manages resources, grants nothing.
pub const CONTRIBUTOR: Role = Role { name: "Contributor", id: "b24988ac-6180-42a0-ab88-20f7382dd24c" };
/// Grants roles; here limited by a condition.
pub const ACCESS_ADMINISTRATOR: Role =
    Role { name: "Role Based Access Control Administrator", id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168" };
/// Reads and writes secrets.
pub const SECRETS_OFFICER: Role =
    Role { name: "Key Vault Secrets Officer", id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7" };
/// Reads and writes blobs.
pub const BLOB_CONTRIBUTOR: Role =
    Role { name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" };
/// Does everything inside clusters.
pub const CLUSTER_ADMIN: Role =
    Role { name: "Azure Kubernetes Service RBAC Cluster Admin", id: "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b" };
/// Reads and writes workloads and services inside clusters.
pub const CLUSTER_WRITER: Role =
    Role { name: "Azure Kubernetes Service RBAC Writer", id: "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb" };
/// Hands out identities.
pub const IDENTITY_OPERATOR: Role =
    Role { name: "Managed Identity Operator", id: "f1a07417-d97a-45cb-824c-7a7467783830" };
/// Attaches clusters to workspaces.
pub const COMPUTE_OPERATOR: Role =
    Role { name: "AzureML Compute Operator", id: "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815" };
/// Deploys templates: of the built-in roles that may, the one that may nothing else to a resource.
pub const STACK_OWNER: Role = Role { name: "Azure Deployment Stack Owner", id: "adb29209-aa1d-457b-a786-c913953d2891" };
/// Reads everything but data and secrets.
pub const READER: Role = Role { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" };
/// Pulls images.
pub const ACR_PULL: Role = Role { name: "AcrPull", id: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };
/// Reads blobs.
pub const BLOB_READER: Role = Role { name: "Storage Blob Data Reader", id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1" };
/// Makes and peers networks.
pub const NETWORK_CONTRIBUTOR: Role = Role { name: "Network Contributor", id: "4d97b98b-1d4f-4787-a291-c67834d212e7" };
/// Registers names in private zones.
pub const ZONE_CONTRIBUTOR: Role =
    Role { name: "Private DNS Zone Contributor", id: "b12aa53e-6015-4669-85d0-8515ebb3ae7f" };

/// All roles that identities may get before the first deployment.
pub const ROLES: [Role; 14] = [
    CONTRIBUTOR,
    ACCESS_ADMINISTRATOR,
    SECRETS_OFFICER,
    BLOB_CONTRIBUTOR,
    CLUSTER_ADMIN,
    CLUSTER_WRITER,
    IDENTITY_OPERATOR,
    COMPUTE_OPERATOR,
    STACK_OWNER,
    READER,
    ACR_PULL,
    BLOB_READER,
    NETWORK_CONTRIBUTOR,
    ZONE_CONTRIBUTOR,
];

/// The platform or an environment, as a place with a service connection.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// `platform`, or the environment's name.
    pub name: &'a str,
    /// Where it is.
    pub place: &'a Place,
    /// The service connection that works there.
    pub connection: &'a DevOpsName,
    /// The environment; `None` for the platform.
    pub environment: Option<&'a Environment>,
}

impl Site<'_> {
    /// Folder of its template: `infra/platform`.
    pub fn folder(&self) -> String {
        match self.environment {
            None => "infra/platform".to_owned(),
            Some(_) => format!("infra/environments/{}", self.name),
        }
    }
}

/// All sites: the platform first, then environments in order of promotion.
pub fn sites(project: &Project) -> Vec<Site<'_>> {
    let platform = &project.platform;
    let platform =
        Site { name: "platform", place: &platform.place, connection: &platform.service_connection, environment: None };
    let environments = project.environments.iter().map(|environment| Site {
        name: environment.name.as_str(),
        place: &environment.place,
        connection: &environment.service_connection,
        environment: Some(environment),
    });
    std::iter::once(platform).chain(environments).collect()
}

/// Whether two names are of the same connection: Azure DevOps does not tell them apart by case.
pub fn same(a: &DevOpsName, b: &DevOpsName) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}

/// An identity of an environment's scoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// Whether it pulls images.
    pub pulls: bool,
    /// Whether it is a cluster's control plane.
    pub control_plane: bool,
}

/// The identities of an environment's scoring: the server's, and those of nodes and control plane where it has a cluster.
pub fn workloads(environment: &Environment) -> Vec<Workload> {
    let one = |name: String, pulls| Workload { name, pulls, control_plane: false };
    let cluster = match &environment.target {
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => Some(cluster),
        Target::ContainerInstances { .. } | Target::ManagedEndpoint { .. } => None,
    };
    let mut all = vec![one(environment.identity.to_string(), cluster.is_none())];
    if let Some(cluster) = cluster {
        all.push(one(kubelet(cluster), true));
        all.push(Workload { control_plane: true, ..one(control_plane(cluster), false) });
    }
    all
}

/// Who gets a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The identity behind a service connection.
    Connection(String),
    /// An identity of scoring, by its name.
    Workload(String),
}

/// Where a role is given; sites by their index in [`sites`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The resource group of a site.
    Group(usize),
    /// A user-assigned identity in it, by name.
    Identity(usize, String),
}

/// A role that `apply` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// To whom.
    pub holder: Holder,
    /// Which.
    pub role: Role,
    /// Where.
    pub at: At,
    /// Whether a condition limits it to the roles that the templates of the holder's sites give.
    pub limited: bool,
}

/// Everything that `apply` gives, each once.
pub fn given(project: &Project) -> Vec<Given> {
    let sites = sites(project);
    let mut all: Vec<Given> = Vec::new();
    let mut add = |holder: Holder, role: Role, at: At| {
        let group = |at: &At| match at {
            At::Group(site) => Some((&sites[*site].place.subscription, &sites[*site].place.resource_group)),
            At::Identity(..) => None,
        };
        let same_place = |old: &Given| old.at == at || group(&old.at).is_some_and(|old| Some(old) == group(&at));
        let alike = |old: &Given| old.holder == holder && old.role == role && same_place(old);
        if !all.iter().any(alike) {
            all.push(Given { holder, role, at, limited: role == ACCESS_ADMINISTRATOR });
        }
    };
    for (index, site) in sites.iter().enumerate() {
        let holder = || Holder::Connection(home(&sites, site).connection.as_str().to_owned());
        for (role, at) in of_connection(project, index, site) {
            add(holder(), role, At::Group(at));
        }
    }
    let platform = sites[0].connection;
    for (index, site) in sites.iter().enumerate() {
        let Some(environment) = site.environment else { continue };
        let by_platform = || Holder::Connection(platform.as_str().to_owned());
        if project.network != Network::Public && !same(site.connection, platform) {
            add(by_platform(), NETWORK_CONTRIBUTOR, At::Group(index));
        }
        for workload in workloads(environment) {
            let holder = || Holder::Workload(workload.name.clone());
            if workload.control_plane && own_zones(project) {
                add(holder(), ZONE_CONTRIBUTOR, At::Group(0));
            }
            if workload.pulls {
                add(holder(), ACR_PULL, At::Group(0));
            }
            if matches!(environment.target, Target::ManagedEndpoint { .. }) {
                add(holder(), BLOB_READER, At::Group(0));
                if !same(site.connection, platform) {
                    add(by_platform(), IDENTITY_OPERATOR, At::Identity(index, workload.name.clone()));
                }
            }
        }
    }
    // Who manages a group needs none of the lesser roles in it: one connection may serve several places.
    let group = |at: &At| match at {
        At::Group(site) | At::Identity(site, _) => {
            (&sites[*site].place.subscription, &sites[*site].place.resource_group)
        }
    };
    let manages: Vec<Given> = all.iter().filter(|one| one.role == CONTRIBUTOR).cloned().collect();
    all.retain(|one| {
        let managed = || manages.iter().any(|other| other.holder == one.holder && group(&other.at) == group(&one.at));
        !LESSER.contains(&one.role) || !managed()
    });
    all
}

/// Roles that Contributor on the same group comprises.
const LESSER: [Role; 6] =
    [IDENTITY_OPERATOR, COMPUTE_OPERATOR, STACK_OWNER, READER, NETWORK_CONTRIBUTOR, ZONE_CONTRIBUTOR];

/// The roles of a site's connection, with the index of the site on whose group each is.
fn of_connection(project: &Project, index: usize, site: &Site<'_>) -> Vec<(Role, usize)> {
    const PLATFORM: usize = 0;
    let mut roles = vec![(CONTRIBUTOR, index)];
    if site.environment.is_none_or(|environment| gives_roles(project, environment)) {
        roles.push((ACCESS_ADMINISTRATOR, index));
    }
    if uses_vault(project, site.environment) {
        roles.push((SECRETS_OFFICER, index));
    }
    let Some(environment) = site.environment else {
        roles.push((BLOB_CONTRIBUTOR, index));
        return roles;
    };
    // What an endpoint of Azure ML runs in a cluster, the workspace puts there.
    if matches!(environment.target, Target::Kubernetes(_)) {
        roles.push((CLUSTER_ADMIN, index));
    }
    if matches!(environment.target, Target::KubernetesEndpoint { .. }) {
        roles.push((COMPUTE_OPERATOR, PLATFORM));
        // The address of its router is a service of the cluster.
        roles.push((CLUSTER_WRITER, index));
        // Whoever keeps zones may deploy there anyway.
        if !own_zones(project) {
            roles.push((STACK_OWNER, PLATFORM));
        }
    }
    if own_zones(project) {
        roles.push((ZONE_CONTRIBUTOR, PLATFORM));
    }
    // Templates that name an identity of the platform ask for its principal.
    if reads_logs(project, environment) || matches!(environment.target, Target::KubernetesEndpoint { .. }) {
        roles.push((READER, PLATFORM));
    }
    roles
}

/// Whether the template of an environment gives anybody a role: who writes or reads the scoring log, who keeps secrets or
/// has a certificate made, and the identities of a cluster.
fn gives_roles(project: &Project, environment: &Environment) -> bool {
    let logs = project.scoring.logging.is_some() || reads_logs(project, environment);
    let vault = keeps_secrets(project, Some(environment)) || makes_certificate(environment);
    logs || vault || cluster(environment).is_some()
}

/// Whether pipelines read or write secrets of the vault of an environment, or of the platform.
fn uses_vault(project: &Project, environment: Option<&Environment>) -> bool {
    let serves = |one: &Environment| matches!(one.target, Target::ContainerInstances { .. } | Target::Kubernetes(_));
    let key = project.scoring.authentication == Authentication::Key && environment.is_some_and(serves);
    // Where servers present a certificate, `prepare-namespace.sh` and `fetch-certificate.sh` read it there.
    let certificate = environment.is_some_and(|one| one.certificate.is_some());
    key || certificate || keeps_secrets(project, environment)
}

/// The pipeline that a job of another one starts, with the token of its run: the retraining that drift asks for. The build
/// service of the project needs the permission Queue builds on it.
pub fn started_by_jobs(project: &Project) -> Option<PipelineKind> {
    project.monitoring.drift.as_ref().filter(|drift| drift.retrain).map(|_| PipelineKind::Retrain)
}

/// The first site of a connection: there its identity lives.
pub fn home<'a, 'b>(sites: &'b [Site<'a>], site: &'b Site<'a>) -> &'b Site<'a> {
    sites.iter().find(|home| same(home.connection, site.connection)).unwrap_or(site)
}
