//! What Azure takes once: a row for each property, with the document that says so.

/// A property that Azure takes once.
pub(super) struct Row {
    /// Parameter of the deployment that holds it; `*Network` stands for every one that ends so.
    pub(super) parameter: &'static str,
    /// The part of it, where the parameter is an object.
    pub(super) part: Option<&'static str>,
    /// What bears the property, by the parameters and parts that name it: under another name it is another thing, which is
    /// made. `.name` is a part of the parameter itself.
    pub(super) bearer: &'static [&'static str],
    /// Whether having none is a value too: a cluster without a network of the project is a public one.
    pub(super) or_none: bool,
    /// What it is, after "the".
    pub(super) what: &'static str,
    /// What the service demands.
    pub(super) demand: &'static str,
    /// The document that says so.
    pub(super) source: &'static str,
    /// Key of the spec to be put back.
    pub(super) key: &'static str,
    /// What to do instead.
    pub(super) way: &'static str,
}

/// Everything that is taken once.
pub(super) static ROWS: [Row; 19] = [
    NODE_SIZE,
    Row { parameter: "podRange", what: "range of pods", ..RANGE },
    Row { parameter: "serviceRange", what: "range of services", ..RANGE },
    Row { parameter: "dnsServiceAddress", what: "address of the cluster's DNS", ..RANGE },
    PRIVATE_CLUSTER,
    Row { parameter: "zonesSubscriptionId", what: "subscription of the API server's zone", ..API_ZONE },
    Row { parameter: "zonesResourceGroup", what: "resource group of the API server's zone", ..API_ZONE },
    NODES,
    Row { part: Some("priority"), what: "priority of training nodes", ..NODES },
    NODES_NETWORK,
    BATCH,
    Row { part: Some("priority"), what: "priority of batch nodes", ..BATCH },
    Row { bearer: BATCH.bearer, what: "network of batch nodes", way: BATCH.way, ..NODES_NETWORK },
    Row { parameter: "storageName", what: "storage account", key: "azure.names.storage", ..WORKSPACE },
    Row { parameter: "keyVaultName", what: "key vault", key: "azure.names.keyVault", ..WORKSPACE },
    Row { part: Some("endpoints"), what: "subnet of private endpoints", ..SUBNET },
    Row { part: Some("work"), what: "subnet of training or scoring", ..SUBNET },
    Row { part: Some("agents"), what: "subnet of agents", ..SUBNET },
    DELEGATION,
];

const NODE_SIZE: Row = Row {
    parameter: "nodeSize",
    part: None,
    bearer: &["clusterName"],
    or_none: false,
    what: "size of the cluster's nodes",
    demand: "a node pool keeps the size of its machines",
    source: "Microsoft Learn, \"Resize node pools in Azure Kubernetes Service\"",
    key: "scoring.node.sku",
    way: "give the cluster another name (`names.cluster`), release to the new one, and delete the old one",
};
const RANGE: Row = Row {
    demand: "a cluster keeps its network profile",
    source: "Microsoft Learn, \"Configure Azure CNI Overlay networking in AKS\"",
    key: "network.private.addressSpace",
    ..NODE_SIZE
};
/// Only a cluster with API Server VNet Integration, which is none of ours, can become private later.
const PRIVATE_CLUSTER: Row = Row {
    parameter: "networkName",
    or_none: true,
    what: "network of the cluster",
    demand: "a cluster is private or public for its life, and its nodes stay in their subnet",
    source: "Microsoft Learn, \"Create a private Azure Kubernetes Service (AKS) cluster\": prerequisites",
    key: "network",
    ..NODE_SIZE
};
const API_ZONE: Row = Row {
    demand: "a private cluster keeps the zone of its API server",
    source: "Microsoft Learn, \"Create a private Azure Kubernetes Service (AKS) cluster\": update from a private DNS zone",
    key: "network.private.hub.zones",
    ..NODE_SIZE
};
const NODES: Row = Row {
    parameter: "trainingCluster",
    part: Some("vmSize"),
    bearer: &["workspaceName", "trainingCluster.name"],
    what: "size of training nodes",
    demand: "a compute cluster of Azure ML keeps size, priority and network of its nodes",
    source: "Microsoft Learn, \"Create an Azure Machine Learning compute cluster\"",
    key: "training.compute",
    way: "give the compute another name (`training.compute.name`), and delete the old one",
    ..NODE_SIZE
};
const NODES_NETWORK: Row = Row {
    parameter: "platformNetwork",
    part: Some("name"),
    or_none: true,
    what: "network of training nodes",
    key: "network",
    ..NODES
};
const BATCH: Row = Row {
    parameter: "batchCluster",
    bearer: &["workspaceName", "batchCluster.name"],
    what: "size of batch nodes",
    key: "batch.compute",
    way: "give the compute another name (`batch.compute.name`), and delete the old one",
    ..NODES
};
/// Vaults and accounts of environments belong to no workspace, and their deployments name none.
const WORKSPACE: Row = Row {
    bearer: &["workspaceName"],
    demand: "a workspace keeps the storage account and the vault that it was made with",
    source: "Microsoft Learn, \"Manage Azure Machine Learning workspaces\": associated resources",
    way: "give the workspace another name (`azure.names.workspace`), and move models and data to it",
    ..NODE_SIZE
};
const SUBNET: Row = Row {
    parameter: "*Network",
    bearer: &[".name", ".subscription", ".group"],
    demand: "a subnet with something in it keeps its range",
    source: "Microsoft Learn, \"Add, change, or delete a virtual network subnet\"",
    key: "network.private",
    way: "give that place another resource group (`resourceGroup`), in which its network is made anew",
    ..NODE_SIZE
};
/// `SubnetDelegationsCannotChangeWhenSubnetUsedByResource`.
const DELEGATION: Row = Row {
    part: Some("delegation"),
    what: "service that the subnet of scoring is handed to",
    demand: "a subnet is handed to another service only when nothing is in it",
    key: "target",
    ..SUBNET
};
