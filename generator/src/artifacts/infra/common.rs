//! What the views of several files share.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::api_versions::ApiVersions;
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::environment::{Cluster, Environment};
use crate::project::network::{Network, PrivateNetwork};
use crate::project::text::Text;
use crate::project::variables::{GroupContent, VaultOwner};

/// A tag of a resource.
#[derive(Debug, Serialize)]
pub(super) struct Tag<'a> {
    /// Its name: a symbol where it is one, so that nothing is quoted without need.
    pub name: serde_json::Value,
    /// Its value.
    pub value: &'a str,
}

/// The tool's own tags and the project's; `environment` is `platform` for the platform.
pub(super) fn tags<'a>(project: &'a Project, environment: &'a str) -> Vec<Tag<'a>> {
    let own = [("project", project.name.as_str()), ("environment", environment), ("managed-by", "mlops-gen")];
    let team = project.tags.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // Azure does not tell upper from lower case in names of tags.
    let team = team.filter(|(name, _)| !own.iter().any(|(o, _)| o.eq_ignore_ascii_case(name)));
    own.into_iter().chain(team).map(|(name, value)| Tag { name: key(name), value }).collect()
}

/// The name of a property. Keywords of Bicep may stand bare there, its literals may not (BCP022).
fn key(name: &str) -> serde_json::Value {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let literal = ["null", "true", "false"].contains(&name);
    if first && !literal && name.chars().all(|c| c.is_ascii_alphanumeric()) {
        serde_json::to_value(Fragment::new(name)).unwrap_or_default()
    } else {
        name.into()
    }
}

/// View of a module that depends on nothing but API versions and networking.
#[derive(Debug, Serialize)]
pub(super) struct ModuleView {
    /// API versions by key.
    pub api: ApiVersions,
    /// Whether public access is off.
    pub private: bool,
    /// Whether events start pipelines.
    pub events: bool,
    /// Whether callers of the scoring server show a key.
    pub key: bool,
    /// Whether the scoring server speaks TLS, and the scheme of its address.
    pub tls: bool,
    pub scheme: &'static str,
    /// Whether a vault makes and signs a certificate.
    pub certificate: bool,
    /// Whether somebody hears of what fails.
    pub alerts: bool,
    /// Whether somebody hears of drift.
    pub drift: bool,
    /// Whether scoring runs on GPU nodes.
    pub gpu: bool,
    /// Whether a cluster runs endpoints of Azure ML.
    pub kubernetes_endpoint: bool,
    /// Whether agents have a subnet in the platform's network.
    pub agents_subnet: bool,
    /// Whether everything outbound passes a firewall.
    pub firewall: bool,
    /// Whether scoring servers keep a log.
    pub logs: bool,
    /// Whether people keep secrets in the platform's vault.
    pub secrets: bool,
}

/// A monthly budget.
#[derive(Debug, Serialize)]
pub(super) struct BudgetView<'a> {
    /// In the billing currency.
    pub amount: u32,
    /// First day of the first month.
    pub start: &'a str,
    /// In percent.
    pub thresholds: &'a [u32],
}

/// Whether a variable group reads the vault of an environment, or of the platform: people keep its secrets there.
pub(super) fn keeps_secrets(project: &Project, environment: Option<&Environment>) -> bool {
    project.variable_groups.iter().any(|group| match &group.content {
        GroupContent::KeyVault { vault: VaultOwner::Platform, .. } => environment.is_none(),
        GroupContent::KeyVault { vault: VaultOwner::Environment(name), .. } => {
            environment.is_some_and(|environment| environment.name == *name)
        }
        GroupContent::Plain(_) | GroupContent::Named(_) => false,
    })
}

/// Name of the identity that the workspace acts with: `<workspace>-identity`.
pub fn workspace_identity(project: &Project) -> String {
    format!("{}-identity", project.platform.workspace)
}

/// The budget of a place, if the project has one; `start` is the place's own.
pub(super) fn budget<'a>(project: &'a Project, start: Option<&'a Text>) -> Option<BudgetView<'a>> {
    let budget = project.monitoring.budget.as_ref()?;
    let start = start.unwrap_or(&budget.start).as_str();
    Some(BudgetView { amount: budget.amount, start, thresholds: &budget.thresholds })
}

/// The private network of the project, if it has one.
pub(super) fn network(project: &Project) -> Option<&PrivateNetwork> {
    match &project.network {
        Network::Private(network) => Some(network),
        Network::Public => None,
    }
}

/// A private endpoint of `main.bicep`.
#[derive(Debug, Serialize)]
pub(super) struct EndpointView {
    /// Symbol of the module.
    pub symbol: Fragment,
    /// Name of the nested deployment.
    pub name: &'static str,
    /// What the endpoint's name ends in.
    pub suffix: Fragment,
    /// Expression of the service's id.
    pub target: Fragment,
    /// Which endpoint of the service.
    pub group: &'static str,
    /// Expressions of the DNS zones' names.
    pub zones: Vec<Fragment>,
}

/// An endpoint: symbol, name of the deployment, end of its own name, target, group and zones.
pub(super) fn endpoint(
    symbol: &'static str,
    name: &'static str,
    suffix: &'static str,
    target: &'static str,
    group: &'static str,
    zones: &[&'static str],
) -> EndpointView {
    EndpointView {
        symbol: Fragment::new(symbol),
        name,
        suffix: Fragment::new(suffix),
        target: Fragment::new(target),
        group,
        zones: zones.iter().map(|zone| Fragment::new(*zone)).collect(),
    }
}

/// Least number of scoring nodes: the pool that the cluster itself runs on cannot be empty; a pool of GPU nodes can.
pub(super) fn min_nodes(project: &Project, cluster: &Cluster) -> u32 {
    if project.scoring.node.gpu { cluster.min_nodes } else { cluster.min_nodes.max(1) }
}

/// A subscription as an expression of a parameter file.
pub(super) fn subscription(subscription: &Id) -> Fragment {
    id(subscription)
}

/// An id as an expression of a parameter file: itself, or the variable of the environment that holds it.
pub(super) fn id(id: &Id) -> Fragment {
    Fragment::new(match id {
        Id::Guid(guid) => format!("'{}'", guid.as_str()),
        Id::Variable(name) => format!("readEnvironmentVariable('{name}', '')"),
    })
}
