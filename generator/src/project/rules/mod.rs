//! What services demand beyond their schemas: one table, a source per row.
//!
//! A schema or a type definition accepts all of what stands here; the service then refuses it, or does something else.
//! A row is judged where it can be seen first: on one value of the spec, wherever such a value stands, on the spec as a
//! whole, or on what is rendered. What is refused is refused at its place, with the way out.

mod names;
mod ranges;
mod refusal;
mod regions;
mod sizes;
mod spelling;
#[cfg(test)]
mod tests;
mod zones;

use serde_json::Value;

use crate::spec::SpecFile;
use crate::spec::located::path::Path;

pub use ranges::{ClusterRanges, cluster_ranges};
pub use refusal::Refusal;
pub use sizes::{Retirement, offered_by_managed_endpoints, retirement};
pub use spelling::looks_like_a_moment;
pub use zones::windows_zone;

/// Where a row is judged.
#[derive(Clone, Copy)]
pub enum Judge {
    /// On each text that stands at one of these places; `[]` is every entry of a list.
    Value(&'static [&'static str], fn(&str) -> Result<(), Refusal>),
    /// On the spec as a whole: places and refusals.
    Spec(fn(&SpecFile) -> Vec<(Path, Refusal)>),
    /// On what is derived or rendered: the test of that name holds it.
    Rendered(&'static str),
}

/// A demand of a service.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name, for tests and for `templates/README.md`.
    pub name: &'static str,
    /// What is demanded.
    pub demand: &'static str,
    /// The document that says so.
    pub source: &'static str,
    /// Where it is judged.
    pub judge: Judge,
}

const fn rule(name: &'static str, demand: &'static str, source: &'static str, judge: Judge) -> Rule {
    Rule { name, demand, source, judge }
}

/// Places of sizes of virtual machines.
const SIZES: &[&str] = &["training.compute.sku", "batch.compute.sku", "scoring.node.sku"];

/// Every demand.
pub const TABLE: &[Rule] = &[
    rule(
        "organization",
        "an organization of Azure DevOps Services is named, not addressed; a server of one's own has another API",
        "Microsoft Learn, \"Azure DevOps Services REST API reference\" (addresses), \"API and TFS version mapping\"",
        Judge::Value(&["devops.organization"], names::organization),
    ),
    rule(
        "environment-resource",
        "in a job, a full stop separates an environment from a resource of it",
        "Microsoft Learn, YAML schema, \"jobs.deployment.environment\": environment-name.resource-name",
        Judge::Value(&["environments[].devopsEnvironment"], names::devops_environment),
    ),
    rule(
        "cloud",
        "Azure Government and Azure in China have other addresses of registries, storage, vaults and sign-in",
        "Microsoft Learn, \"Compare Azure Government and global Azure\"; \"Azure China developer guide\"",
        Judge::Value(&["azure.location", "environments[].azure.location"], regions::public_cloud),
    ),
    rule(
        "cloud-of-data",
        "data of another cloud cannot be read with an identity of this one",
        "Microsoft Learn, \"Compare Azure Government and global Azure\"; \"Azure China developer guide\"",
        Judge::Value(&["data.path"], regions::public_address),
    ),
    rule(
        "retired-size",
        "a retired size of virtual machines cannot be made any more",
        "Microsoft Learn, \"Retired Azure VM size series\" (June 2026)",
        Judge::Value(SIZES, sizes::available),
    ),
    rule(
        "time-zone",
        "business hours take names of Windows time zones, exactly",
        "Microsoft Learn, \"Define approvals and checks\"; \"Default Time Zones\"",
        Judge::Value(&["environments[].checks.businessHours.timeZone"], zones::known),
    ),
    rule(
        "blob-prefix",
        "a prefix of blob names has no `..` and no empty segment: Event Grid compares text, datastores walk folders",
        "Microsoft Learn, \"Naming and referencing containers, blobs, and metadata\"; \"Filter events for Event Grid\"",
        Judge::Value(&["training.onNewData.prefix"], names::prefix),
    ),
    rule(
        "moments",
        "the agent takes a variable that looks like a date and time for one, and hands it on in its own language",
        "microsoft/azure-pipelines-agent#4530; actions/runner#675 (quoted values too, inputs too)",
        Judge::Spec(spelling::moments),
    ),
    rule(
        "data-format",
        "training reads CSV, TSV and Parquet files, or a folder of them",
        "model/README.md, \"Data\"",
        Judge::Value(&["data.path"], names::data_format),
    ),
    rule(
        "reserved-ranges",
        "some ranges are taken inside Azure, AKS or the container runtime of Azure ML's nodes",
        "Microsoft Learn, \"Azure Virtual Network FAQ\"; \"Configure Azure CNI networking in AKS\"; \"Secure an Azure \
         Machine Learning training environment with virtual networks\"",
        Judge::Spec(ranges::reserved),
    ),
    rule(
        "firewall",
        "a route to a firewall leads to a private address, outside of the networks whose traffic it takes",
        "Microsoft Learn, \"Virtual network traffic routing\": user-defined routes, virtual appliance",
        Judge::Spec(ranges::firewall),
    ),
    rule(
        "cluster-ranges",
        "pod and service ranges of a cluster overlap neither each other nor a network that it reaches",
        "Microsoft Learn, \"Configure Azure CNI Overlay networking in AKS\", IP address planning",
        Judge::Rendered("clusters_keep_apart_from_every_network"),
    ),
    rule(
        "addresses",
        "each node has an address of its subnet, of which Azure keeps five; those that replace others while they are renewed too",
        "Microsoft Learn, \"Configure Azure CNI Overlay networking in AKS\", IP address planning; \"Azure Virtual Network FAQ\"; \
         \"Secure an Azure Machine Learning training environment with virtual networks\"",
        Judge::Rendered("a_subnet_has_addresses_for_all_nodes_that_may_come"),
    ),
    rule(
        "node-resource-group",
        "the group of a cluster's nodes has at most 80 characters, with CNI overlay 63",
        "Azure/terraform-azurerm-kubernetes#33; Azure/bicep-registry-modules#5109",
        Judge::Rendered("node_groups_of_the_longest_names_fit"),
    ),
];

/// What the table refuses of `spec`, at its places.
pub fn judge(spec: &SpecFile) -> Vec<(Path, Refusal)> {
    let document = serde_json::to_value(spec).unwrap_or_default();
    let mut found = Vec::new();
    for rule in TABLE {
        match rule.judge {
            Judge::Value(places, judge) => {
                for place in places {
                    each_text(&document, place, &mut |path, text| {
                        found.extend(judge(text).err().map(|refusal| (path, refusal)));
                    });
                }
            }
            Judge::Spec(judge) => found.extend(judge(spec)),
            Judge::Rendered(_) => {}
        }
    }
    found
}

/// Calls `act` with every text at `place` and its path.
fn each_text(document: &Value, place: &str, act: &mut dyn FnMut(Path, &str)) {
    fn walk(value: &Value, steps: &[&str], path: Path, act: &mut dyn FnMut(Path, &str)) {
        match steps.split_first() {
            None => {
                if let Some(text) = value.as_str() {
                    act(path, text);
                }
            }
            Some((key, rest)) => match key.strip_suffix("[]") {
                Some(key) => {
                    for (index, entry) in value[key].as_array().into_iter().flatten().enumerate() {
                        walk(entry, rest, path.key(key).index(index), act);
                    }
                }
                None => walk(&value[*key], rest, path.key(key), act),
            },
        }
    }
    let steps: Vec<&str> = place.split('.').collect();
    walk(document, &steps, Path::root(), act);
}
