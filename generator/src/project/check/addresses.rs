//! Whether the subnets of a private network have addresses for all that may come.
//!
//! A node has one address of its subnet, and pods have theirs inside the cluster (Microsoft Learn, "Configure Azure CNI
//! Overlay networking in AKS", IP address planning). While nodes are renewed a tenth of them, at least one, comes beside
//! them (`maxSurge`: "Upgrade options for AKS clusters"); the API server and a load balancer have one each. A compute
//! cluster of Azure ML that finds fewer addresses than nodes stops growing ("Secure an Azure Machine Learning training
//! environment with virtual networks").

use super::issues::Issues;
use crate::project::network::{Cidr, PrivateNetwork};
use crate::spec::located::path::Path;
use crate::spec::{SpecFile, TargetSpec};

/// Nodes that run what a cluster with GPUs runs itself.
const SYSTEM_NODES: i64 = 2;
/// Addresses of the API server and of a load balancer.
const FRONTS: i64 = 2;

/// Refuses more nodes than a subnet has addresses for.
pub(super) fn check(spec: &SpecFile, network: &PrivateNetwork, issues: &mut Issues) {
    let environments = spec.environments.iter().flatten();
    let count = spec.environments.as_ref().map_or(0, Vec::len);
    for (index, environment) in environments.enumerate() {
        let cluster = matches!(environment.target, Some(TargetSpec::Kubernetes | TargetSpec::KubernetesEndpoint));
        let Some((_, subnet)) = network.environment(index, count).filter(|_| cluster) else { continue };
        let at = Path::root().key("environments").index(index).keys(&["cluster", "maxNodes"]);
        let own = environment.cluster.unwrap_or_default().max_nodes;
        let system = if spec.scoring.node.gpu { SYSTEM_NODES } else { 0 };
        let need = |nodes: i64| nodes + surge(nodes) + system + i64::from(system > 0) + FRONTS;
        if need(own) > room(subnet) {
            let most = (1..own).rev().find(|nodes| need(*nodes) <= room(subnet)).unwrap_or(0);
            let message = format!(
                "{own} nodes need {} addresses while they are renewed, and {subnet} has {}",
                need(own),
                room(subnet)
            );
            let help = format!("{most} nodes fit, or choose a larger `network.private.scoringSubnet`");
            issues.add(&at, message).about(Path::root().keys(&["network", "private", "scoringSubnet"])).help(help);
        }
    }
    let training = spec.training.compute.max_nodes;
    let batch = spec.batch.as_ref().and_then(|batch| batch.compute.as_ref()).map_or(0, |compute| compute.max_nodes);
    // Images are built on a node of their own where training has GPUs.
    let need = training + batch + 1;
    let subnet = network.training_subnet;
    if need > room(subnet) {
        let message = format!(
            "training, batch scoring and image builds may need {need} nodes, and {subnet} has {} addresses",
            room(subnet)
        );
        issues
            .add(&Path::root().keys(&["training", "compute", "maxNodes"]), message)
            .about(Path::root().keys(&["network", "private", "trainingSubnet"]))
            .help("allow fewer nodes, or choose a larger `network.private.trainingSubnet`");
    }
}

fn room(subnet: Cidr) -> i64 {
    i64::from(subnet.usable())
}

/// Nodes that come beside the others while these are renewed.
fn surge(nodes: i64) -> i64 {
    (nodes + 9) / 10
}
