//! Reads what `doctor` judges. What cannot be read is a finding too: nothing here fails.

mod azure;
mod devops;
mod examine;
mod flows;
mod machines;
pub mod probe;
mod said;

use devops_client::Client;
pub use examine::examine;

use super::azure::Azure;
use crate::project::Project;
use crate::remote::desired::azure::Target;
use crate::tree::RenderedTree;

/// What the checks look at.
pub struct Patient<'a> {
    /// What the spec says.
    pub project: &'a Project,
    /// The rendered files.
    pub tree: &'a RenderedTree,
    /// The organization.
    pub client: &'a Client,
    /// What kind of credential is used for it.
    pub credential: &'static str,
    /// Azure, with the places of the project; `None` if it is left alone.
    pub azure: Option<(&'a Azure, &'a [Target<'a>])>,
    /// The tenant that the project says, by subscription.
    pub tenants: &'a [(String, Option<String>)],
    /// How the services of a private network are tried; `None` where stand-ins take their place.
    pub probe: Option<&'a dyn probe::Probe>,
    /// Whether this machine is an agent of Azure Pipelines.
    pub on_agent: bool,
}
