//! What resources of each type are counted by. A type that does not stand here has no price that anybody knows.

use super::meter::Meter;
use super::resources::Found;
use super::{DAYS, HOURS};
use crate::project::Project;
use crate::project::environment::{Cluster, Environment, Target};
use crate::project::network::Network;
use crate::project::training::{Compute, Priority};

/// Whether something costs also where nobody uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// It costs as long as it is there.
    Fixed,
    /// It costs as much as it is used.
    ByUse,
}

/// One thing that is counted of a resource, for a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// What, in words: `2 nodes of Standard_D2ds_v5`.
    pub what: String,
    /// Whether it costs without use.
    pub nature: Nature,
    /// Whether it is nothing when nothing runs, because it is given back by itself.
    pub scales_to_zero: bool,
    /// How much, in `unit`.
    pub quantity: f64,
    /// Unit of the quantity.
    pub unit: &'static str,
    /// The meter.
    pub meter: Meter,
}

/// What is known about the price of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// These are counted.
    Counted(Vec<Counted>),
    /// It costs nothing of its own: why.
    Free(&'static str),
    /// Nobody can say: why.
    Unknown(&'static str),
}

/// The place of a resource.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The project.
    pub project: &'a Project,
    /// The environment; `None` for the platform.
    pub environment: Option<&'a Environment>,
}

/// Types that cost nothing of their own, and why.
const FREE: &[(&str, &str)] = &[
    ("Microsoft.Authorization/", "roles are free"),
    ("Microsoft.ManagedIdentity/", "identities are free"),
    ("Microsoft.Consumption/budgets", "budgets are free"),
    ("Microsoft.Insights/components", "its data is counted where it is kept: Log Analytics"),
    ("Microsoft.Insights/diagnosticSettings", "its data is counted where it is kept: Log Analytics"),
    ("Microsoft.Insights/dataCollectionRule", "its data is counted where it is kept: Log Analytics"),
    ("Microsoft.Insights/dataCollectionRules", "its data is counted where it is kept: Log Analytics"),
    ("Microsoft.Insights/dataCollectionRuleAssociations", "its data is counted where it is kept: Log Analytics"),
    ("Microsoft.Insights/actionGroups", "the first thousand mails of a month are free"),
    ("Microsoft.Storage/storageAccounts/", "it is counted with its account"),
    ("Microsoft.EventGrid/systemTopics/", "it is counted with its topic"),
    ("Microsoft.MachineLearningServices/workspaces/batchEndpoints", "its machines are counted with the cluster"),
    ("Microsoft.KubernetesConfiguration/", "it runs on the nodes, which are counted"),
    ("Microsoft.ContainerService/managedClusters/", "it is counted with its cluster"),
    ("Microsoft.Network/virtualNetworks/subnets", "address ranges are free"),
    ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", ""),
    ("Microsoft.Network/networkSecurityGroups", "rules are free"),
    ("Microsoft.Network/routeTables", "routes are free"),
    ("Microsoft.Network/privateEndpoints/", "it is counted with its endpoint"),
    ("Microsoft.Network/privateDnsZones/", "it is counted with its zone"),
];

/// What is known about the price of a resource.
pub fn known(found: &Found, at: At<'_>) -> Known {
    let kind = found.kind.as_str();
    if kind == "Microsoft.Network/virtualNetworks/virtualNetworkPeerings" {
        return Known::Unknown("it costs by the traffic that crosses it, which the spec does not say");
    }
    match counted(found, at) {
        Some(counted) => Known::Counted(times(counted, found.count)),
        None if kind == "Microsoft.Network/virtualNetworks" => Known::Free("address ranges are free"),
        None if kind == "Microsoft.MachineLearningServices/workspaces" => {
            Known::Free("Azure ML itself is free; machines, storage and registry are counted on their own")
        }
        None if kind.ends_with("workspaces/computes") => Known::Free("the cluster is counted in its environment"),
        None => {
            let free = FREE.iter().find(|(of, _)| kind == *of || (of.ends_with('/') && kind.starts_with(of)));
            match free {
                Some((_, why)) => Known::Free(why),
                None => Known::Unknown("no meter of this type is known"),
            }
        }
    }
}

/// What a release makes besides the templates: instances of a managed endpoint.
pub fn by_release(at: At<'_>) -> Option<Vec<Counted>> {
    let environment = at.environment?;
    let Target::ManagedEndpoint { .. } = environment.target else { return None };
    let instances = at.project.scoring.replicas.min.max(1);
    let size = at.project.scoring.node.managed.as_str();
    let region = at.project.platform.place.location.as_str();
    Some(vec![machines(region, size, false, instances, hours_up(at), is_passing(at), "instances")])
}

/// The region of a place, as the price list spells it.
pub fn region(at: At<'_>) -> &str {
    at.environment.map_or(&at.project.platform.place, |environment| &environment.place).location.as_str()
}

fn times(mut counted: Vec<Counted>, count: usize) -> Vec<Counted> {
    if count != 1 {
        for one in &mut counted {
            one.quantity *= count as f64;
            one.what = format!("{count} times {}", one.what);
        }
    }
    counted
}

fn counted(found: &Found, at: At<'_>) -> Option<Vec<Counted>> {
    let (region, usage) = (region(at), &at.project.usage);
    let fixed = |what: &str, quantity: f64, unit, meter| Counted {
        what: what.to_owned(),
        nature: Nature::Fixed,
        scales_to_zero: false,
        quantity,
        unit,
        meter,
    };
    let used = |what: &str, quantity: f64, unit, meter| Counted {
        nature: Nature::ByUse,
        ..fixed(what, quantity, unit, meter)
    };
    let runs = f64::from(usage.training_runs);
    Some(match found.kind.as_str() {
        "Microsoft.OperationalInsights/workspaces" => {
            let ingested = Meter::of(region, "Log Analytics", "Analytics Logs Data Ingestion");
            let mut all = vec![used("logs", usage.logs_gib, "GiB", ingested)];
            // The first 31 days are in the price of ingestion.
            let longer = (f64::from(at.project.monitoring.retention_days) - 31.0).max(0.0) / DAYS;
            if longer > 0.0 {
                let kept = Meter::of(region, "Log Analytics", "Analytics Logs Data Retention");
                all.push(used("logs that are kept longer than 31 days", usage.logs_gib * longer, "GiB a month", kept));
            }
            all
        }
        "Microsoft.Storage/storageAccounts" => vec![used(
            if at.environment.is_some() { "scoring logs" } else { "data and models" },
            stored(at),
            "GiB a month",
            Meter::Named {
                region: Some(region.to_owned()),
                service: "Storage",
                product: Some("General Block Blob v2"),
                meter: if at.environment.is_some() { "Hot LRS Data Stored" } else { "Hot GRS Data Stored" },
            },
        )],
        "Microsoft.KeyVault/vaults" => {
            // Servers and runs read a handful of secrets when they start.
            let reads = 100.0 + 50.0 * (runs + f64::from(usage.batch_runs));
            vec![used("reads of secrets", reads, "operations", Meter::of(region, "Key Vault", "Operations"))]
        }
        "Microsoft.ContainerRegistry/registries" => {
            let meter = match at.project.network {
                Network::Public => "Standard Registry Unit",
                Network::Private(_) => "Premium Registry Unit",
            };
            vec![fixed("registry", DAYS, "days", Meter::of(region, "Container Registry", meter))]
        }
        "Microsoft.MachineLearningServices/workspaces/computes" => compute(found, at)?,
        "Microsoft.Logic/workflows" => {
            // A run asks for a token, starts a pipeline and notes that it did: about ten actions.
            let meter = Meter::of(region, "Logic Apps", "Consumption Built-in Actions");
            vec![used("actions that start pipelines", 10.0 * runs, "actions", meter)]
        }
        "Microsoft.EventGrid/systemTopics" => {
            let meter = Meter::of(region, "Event Grid", "Standard Event Operations");
            vec![used("events", 2.0 * runs, "operations", meter)]
        }
        "Microsoft.Insights/metricAlerts" => {
            let meter = Meter::of(region, "Azure Monitor", "Alerts Metric Monitored");
            vec![fixed("rule on a metric", 1.0, "rules", meter)]
        }
        "Microsoft.Insights/scheduledQueryRules" => {
            let meter = Meter::of(region, "Azure Monitor", "Alerts System Log Monitored at 5 Minute Frequency");
            vec![fixed("rule on logs, every five minutes", 1.0, "rules", meter)]
        }
        "Microsoft.ContainerInstance/containerGroups" => {
            let (hours, scales_to_zero) = (hours_up(at), is_passing(at));
            let scoring = &at.project.scoring;
            let meter = |meter| Meter::of(region, "Container Instances", meter);
            [
                fixed("processors", scoring.cpu * hours, "vCPU hours", meter("Standard vCPU Duration")),
                fixed("memory", scoring.memory_gib * hours, "GiB hours", meter("Standard Memory Duration")),
            ]
            .map(|one| Counted {
                scales_to_zero,
                nature: if scales_to_zero { Nature::ByUse } else { one.nature },
                ..one
            })
            .into()
        }
        "Microsoft.ContainerService/managedClusters" => cluster(at)?,
        "Microsoft.Network/natGateways" => {
            vec![fixed("gateway", HOURS, "hours", Meter::everywhere("NAT Gateway", "Standard Gateway"))]
        }
        "Microsoft.Network/publicIPAddresses" => vec![fixed("address", HOURS, "hours", address(region))],
        "Microsoft.Network/privateEndpoints" => {
            let meter = Meter::everywhere("Virtual Network", "Standard Private Endpoint");
            vec![fixed("private endpoint", HOURS, "hours", meter)]
        }
        "Microsoft.Network/privateDnsZones" => {
            let meter = Meter::Named { region: None, service: "Azure DNS", product: None, meter: "Private Zone" };
            vec![fixed("zone", 1.0, "zones", meter)]
        }
        _ => return None,
    })
}

fn address(region: &str) -> Meter {
    Meter::of(region, "Virtual Network", "Standard IPv4 Static Public IP")
}

/// GiB that a place keeps. A scoring request with its answer is counted as one KiB.
fn stored(at: At<'_>) -> f64 {
    let usage = &at.project.usage;
    match (at.environment, &at.project.scoring.logging) {
        (None, _) => usage.data_gib,
        (Some(_), None) => 0.0,
        (Some(_), Some(logging)) => {
            let days = f64::from(at.project.monitoring.retention_days);
            f64::from(usage.requests_per_day) * logging.sample * days / f64::from(1 << 20)
        }
    }
}

/// Hours of a month in which an environment answers: all, or what releases leave standing.
fn hours_up(at: At<'_>) -> f64 {
    match at.environment.and_then(|environment| environment.time_to_live_hours) {
        Some(hours) => (f64::from(hours) * f64::from(at.project.usage.training_runs)).min(HOURS),
        None => HOURS,
    }
}

/// Whether an environment is taken down by itself.
fn is_passing(at: At<'_>) -> bool {
    at.environment.is_some_and(|environment| environment.time_to_live_hours.is_some())
}

fn machines(region: &str, size: &str, low_priority: bool, count: u32, hours: f64, by_use: bool, word: &str) -> Counted {
    Counted {
        what: format!("{count} {word} of {size}"),
        nature: if by_use { Nature::ByUse } else { Nature::Fixed },
        scales_to_zero: by_use,
        quantity: f64::from(count) * hours,
        unit: "hours",
        meter: Meter::Machine { region: region.to_owned(), size: size.to_owned(), low_priority },
    }
}

/// Nodes that a training takes at a time: instances of its job, or trials of a sweep.
fn at_a_time(project: &Project) -> u32 {
    let sweep = project.model.search.as_ref().filter(|search| search.sweep);
    sweep.map_or(project.training.instances, |search| search.trials().min(project.training.compute.max_nodes))
}

/// Nodes of a compute cluster: those that always run, and those that runs add.
fn compute(found: &Found, at: At<'_>) -> Option<Vec<Counted>> {
    let (project, usage) = (at.project, &at.project.usage);
    let (compute, nodes, hours): (&Compute, u32, f64) = match &project.batch {
        _ if found.module.contains("training") => {
            (&project.training.compute, at_a_time(project), f64::from(usage.training_runs) * usage.training_hours)
        }
        Some(batch) if found.module.contains("batch") => {
            (&batch.compute, batch.compute.max_nodes, f64::from(usage.batch_runs) * usage.batch_hours)
        }
        _ if found.module.contains("image-build") => {
            // Each training run may bring a new image, which takes a quarter of an hour to build.
            let size = "Standard_D4ds_v5";
            let hours = f64::from(usage.training_runs) * 0.25;
            return Some(vec![machines(region(at), size, false, 1, hours, true, "nodes that build images,")]);
        }
        _ => return None,
    };
    let (region, size, low) = (region(at), compute.sku.as_str(), compute.priority == Priority::LowPriority);
    let mut all = Vec::new();
    if compute.min_nodes > 0 {
        all.push(machines(region, size, low, compute.min_nodes, HOURS, false, "nodes that always run,"));
    }
    all.push(machines(region, size, low, nodes.saturating_sub(compute.min_nodes), hours, true, "nodes for runs,"));
    // Batch scoring may run on the cluster of training.
    if let Some(batch) = project.batch.as_ref().filter(|batch| batch.compute.name == compute.name)
        && found.module.contains("training")
    {
        let hours = f64::from(usage.batch_runs) * usage.batch_hours;
        all.push(machines(region, size, low, batch.compute.max_nodes, hours, true, "nodes for batch scoring,"));
    }
    Some(all)
}

/// A cluster: its availability promise, its nodes with their disks, and what it makes for itself.
fn cluster(at: At<'_>) -> Option<Vec<Counted>> {
    let region = region(at);
    let cluster: &Cluster = match &at.environment?.target {
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => cluster,
        _ => return None,
    };
    let fixed = |what: &str, quantity, unit, meter| Counted {
        what: what.to_owned(),
        nature: Nature::Fixed,
        scales_to_zero: false,
        quantity,
        unit,
        meter,
    };
    let scoring = &at.project.scoring;
    let nodes = cluster.min_nodes.max(1);
    let sla = Meter::of(region, "Azure Kubernetes Service", "Standard Uptime SLA");
    let mut all = vec![
        fixed("API server with an availability promise", HOURS, "hours", sla),
        machines(region, scoring.node.sku.as_str(), false, nodes, HOURS, false, "nodes"),
    ];
    let mut disks = nodes;
    if scoring.node.gpu {
        all.push(machines(region, "Standard_D2s_v5", false, 1, HOURS, false, "system nodes"));
        disks += 1;
    }
    let disk = Meter::Named {
        region: Some(region.to_owned()),
        service: "Storage",
        product: Some("Premium SSD Managed Disks"),
        meter: "P10 LRS Disk",
    };
    all.push(fixed("disks of the nodes, 128 GiB each", f64::from(disks), "disks", disk));
    if at.project.network == Network::Public {
        let balancer = Meter::everywhere("Load Balancer", "Standard Included LB Rules and Outbound Rules");
        all.push(fixed("load balancer that AKS makes", HOURS, "hours", balancer));
        all.push(fixed("outgoing address that AKS makes", HOURS, "hours", address(region)));
    }
    Some(all)
}
