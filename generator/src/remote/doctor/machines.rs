//! Sizes of virtual machines that the project asks for, where it asks for them: known there, not about to end, and within
//! the quota.
//!
//! | service | its list of sizes | its quota |
//! |---|---|---|
//! | Azure ML (training, batch scoring, managed endpoints) | `Microsoft.MachineLearningServices/locations/vmSizes` | `…/usages`: a family, or all low-priority nodes |
//! | AKS (nodes of clusters) | `Microsoft.Compute/skus` of the region | `Microsoft.Compute/locations/usages`: a family, and `cores` |

use super::Finding;
use crate::project::Project;
use crate::project::environment::Target;
use crate::project::rules::{offered_by_managed_endpoints, retirement};
use crate::project::training::{Compute, Priority, Sku};

const CHECK: &str = "quota";

/// Who runs the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// A compute cluster of Azure ML.
    Cluster,
    /// A managed online endpoint of Azure ML.
    Endpoint,
    /// A cluster of AKS.
    Kubernetes,
}

/// Machines that the project asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need<'a> {
    /// What they are for: `training`, `the nodes of qa`.
    pub purpose: String,
    /// Who runs them.
    pub service: Service,
    /// The size.
    pub sku: &'a Sku,
    /// Key of the spec that says the size.
    pub key: &'static str,
    /// Machines at the most.
    pub most: u32,
    /// Key of the spec that says how many.
    pub count_key: &'static str,
    /// Whether Azure may take them back.
    pub low_priority: bool,
}

/// What the project asks for at the platform's place, or at the place of an environment.
pub fn needs<'a>(project: &'a Project, environment: Option<&str>) -> Vec<Need<'a>> {
    let Some(name) = environment else { return of_platform(project) };
    let environment = project.environments.iter().find(|one| one.name.as_str() == name);
    let cluster = environment.and_then(|environment| match &environment.target {
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => Some(cluster),
        Target::ContainerInstances { .. } | Target::ManagedEndpoint { .. } => None,
    });
    let nodes = |cluster: &crate::project::environment::Cluster| Need {
        purpose: format!("the nodes of {name}"),
        service: Service::Kubernetes,
        sku: &project.scoring.node.sku,
        key: "scoring.node.sku",
        most: cluster.max_nodes.max(1),
        count_key: "environments[].cluster.maxNodes",
        low_priority: false,
    };
    cluster.map(nodes).into_iter().collect()
}

/// Clusters of the workspace, and the endpoints that it manages, whatever environment they are of.
fn of_platform(project: &Project) -> Vec<Need<'_>> {
    let training = &project.training.compute;
    let mut needs = vec![of_cluster(training, "training", "training.compute.sku", "training.compute.maxNodes")];
    if let Some(batch) = &project.batch {
        needs.push(of_cluster(&batch.compute, "batch scoring", "batch.compute.sku", "batch.compute.maxNodes"));
    }
    let managed = project.environments.iter().filter(|one| matches!(one.target, Target::ManagedEndpoint { .. }));
    needs.extend(managed.map(|environment| Need {
        purpose: format!("the endpoint of {}", environment.name),
        service: Service::Endpoint,
        sku: &project.scoring.node.managed,
        key: "scoring.node.sku",
        most: project.scoring.replicas.max.max(1),
        count_key: "scoring.replicas.max",
        low_priority: false,
    }));
    needs
}

fn of_cluster<'a>(compute: &'a Compute, purpose: &str, key: &'static str, count_key: &'static str) -> Need<'a> {
    Need {
        purpose: purpose.to_owned(),
        service: Service::Cluster,
        sku: &compute.sku,
        key,
        most: compute.max_nodes,
        count_key,
        low_priority: compute.priority == Priority::LowPriority,
    }
}

/// A size of virtual machines, as a service lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Family: `standardDSv2Family`.
    pub family: String,
    /// Virtual CPUs of a node.
    pub cpus: u64,
    /// Whether it can be had at low priority.
    pub low_priority: bool,
    /// Why this subscription may not use it, if it may not.
    pub restricted: Option<String>,
}

/// Use of a family, or of all low-priority nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// `standardDSv2Family`, `LowPriorityCores`.
    pub name: String,
    /// In use.
    pub used: i64,
    /// The quota; negative for none.
    pub limit: i64,
}

/// What is known about machines without asking anybody: series that end, sizes that a service does not offer.
pub fn foreseen(need: &Need<'_>) -> Vec<Finding> {
    let sku = need.sku.as_str();
    let ends = retirement(sku).map(|end| {
        Finding::note(
            CHECK,
            format!("{sku} ({}) is of the {} series, which Azure retires on {}", need.purpose, end.series, end.date),
            format!(
                "set `{}` to a newer size in time, as in {}; new subscriptions may not get the old one",
                need.key, end.instead
            ),
        )
    });
    let unknown = need.service == Service::Endpoint && !offered_by_managed_endpoints(sku);
    let unknown = unknown.then(|| {
        Finding::note(
            CHECK,
            format!("managed online endpoints are not known to offer {sku} ({})", need.purpose),
            format!("look into Azure ML's \"Managed online endpoints SKU list\", or set another `{}`", need.key),
        )
    });
    ends.into_iter().chain(unknown).collect()
}

/// Whether all machines of `need` fit into the quota of `location`. `size` is `None` where the region lacks it.
pub fn check(need: &Need<'_>, location: &str, size: Option<&Size>, usages: &[Usage]) -> Finding {
    let (sku, service) = (need.sku.as_str(), if need.service == Service::Kubernetes { "Azure" } else { "Azure ML" });
    let Some(size) = size else {
        return Finding::blocks(
            CHECK,
            format!("{service} has no size {sku} in {location} ({})", need.purpose),
            format!("set another `{}`, or another region", need.key),
        );
    };
    if let Some(why) = &size.restricted {
        return Finding::blocks(
            CHECK,
            format!("this subscription may not use {sku} in {location} ({}): {why}", need.purpose),
            format!("set another `{}` or another region, or ask Azure support for the size", need.key),
        );
    }
    if need.low_priority && !size.low_priority {
        return Finding::blocks(
            CHECK,
            format!("{sku} cannot be had at low priority ({})", need.purpose),
            format!("set `{}.priority: dedicated`, or another size", need.key.trim_end_matches(".sku")),
        );
    }
    let is_low = |usage: &Usage| usage.name.to_lowercase().replace([' ', '-'], "").contains("lowpriority");
    let fits = |usage: &&Usage| match need.low_priority {
        true => is_low(usage),
        false => usage.name.eq_ignore_ascii_case(&size.family),
    };
    let kind = if need.low_priority { "low-priority nodes".to_owned() } else { size.family.clone() };
    let place =
        if need.service == Service::Kubernetes { "Azure portal, Quotas, Compute" } else { "Azure ML studio, Quota" };
    let Some(usage) = usages.iter().find(fits) else {
        let says = format!("{service} tells no quota for {kind} in {location} ({})", need.purpose);
        return Finding::note(CHECK, says, format!("see {place}"));
    };
    let needed = i64::try_from(size.cpus.saturating_mul(u64::from(need.most))).unwrap_or(i64::MAX);
    let free = if usage.limit < 0 { i64::MAX } else { usage.limit.saturating_sub(usage.used) };
    let figures = format!(
        "{}: {} nodes of {sku} need {needed} virtual CPUs; of {kind} in {location}, {} of {} are in use",
        need.purpose, need.most, usage.used, usage.limit
    );
    let remedy = format!(
        "ask for more ({place}, {kind}), or lower `{}`, or choose another size, priority or region",
        need.count_key
    );
    if needed <= free {
        Finding::good(CHECK, figures)
    } else if free < i64::try_from(size.cpus).unwrap_or(i64::MAX) {
        Finding::blocks(CHECK, format!("{figures}: not even one node fits"), remedy)
    } else {
        Finding::note(CHECK, format!("{figures}: not all of them fit now"), remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    fn need(sku: &Sku, service: Service, low_priority: bool) -> Need<'_> {
        let purpose = "training".to_owned();
        Need { purpose, service, sku, key: "training.compute.sku", most: 4, count_key: "k", low_priority }
    }

    fn size(low_priority: bool) -> Size {
        Size { family: "standardDSv2Family".to_owned(), cpus: 4, low_priority, restricted: None }
    }

    #[test]
    fn the_quota_is_that_of_the_family_or_of_low_priority() {
        let sku = Sku::parse("Standard_D4ds_v5").unwrap();
        let usages = |family: i64, low: i64| {
            let usage = |name: &str, used| Usage { name: name.to_owned(), used, limit: 100 };
            vec![usage("standarddsv2family", family), usage("LowPriorityCores", low)]
        };
        let level = |low: bool, usages: &[Usage]| {
            check(&need(&sku, Service::Cluster, low), "westeurope", Some(&size(true)), usages).level
        };
        assert_eq!(level(false, &usages(84, 100)), Level::Good);
        assert_eq!(level(false, &usages(85, 0)), Level::Note);
        assert_eq!(level(false, &usages(97, 0)), Level::Blocks);
        assert_eq!(level(true, &usages(100, 84)), Level::Good);
        assert_eq!(level(true, &usages(0, 100)), Level::Blocks);
        assert_eq!(level(true, &[]), Level::Note);
        let cluster = |low| need(&sku, Service::Cluster, low);
        assert_eq!(check(&cluster(false), "l", None, &[]).level, Level::Blocks);
        assert_eq!(check(&cluster(true), "l", Some(&size(false)), &usages(0, 0)).level, Level::Blocks);
        let restricted = Size { restricted: Some("NotAvailableForSubscription".to_owned()), ..size(true) };
        assert_eq!(check(&cluster(false), "l", Some(&restricted), &usages(0, 0)).level, Level::Blocks);
    }

    #[test]
    fn what_ends_and_what_an_endpoint_does_not_offer_is_foreseen() {
        let says = |sku: &str, service| -> Vec<String> {
            let sku = Sku::parse(sku).unwrap();
            foreseen(&need(&sku, service, false)).into_iter().map(|finding| finding.says).collect()
        };
        assert_eq!(says("Standard_D4ds_v5", Service::Kubernetes), Vec::<String>::new());
        assert!(
            says("Standard_DS3_v2", Service::Cluster)[0].contains("Dv2 and Dsv2 series, which Azure retires on 2028")
        );
        assert!(says("Standard_D4ds_v5", Service::Endpoint)[0].contains("not known to offer Standard_D4ds_v5"));
        assert_eq!(says("Standard_D2as_v4", Service::Endpoint), Vec::<String>::new());
    }
}
