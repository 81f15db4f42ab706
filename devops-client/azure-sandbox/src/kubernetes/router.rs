//! What the extension of Azure ML brings into a cluster as far as scripts look at it: the Service of its router, with an
//! address. Nothing listens there. (Documents: "Deploy Azure Machine Learning extension on AKS or Arc Kubernetes cluster";
//! "Azure Machine Learning inference router".)

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::store::Store;

/// Where the extension's own objects are.
const NAMESPACE: &str = "azureml";

/// The router's Service.
const NAME: &str = "azureml-fe";

/// An address of a network that only documents speak of (RFC 5737), and one of a network of one's own.
const ADDRESSES: [&str; 2] = ["203.0.113.10", "10.255.255.10"];

/// Brings the routers that resources of a deployment ask for into their clusters.
pub(crate) fn install(store: &Store, resources: &[Value]) -> Result<(), String> {
    for resource in resources {
        let text = |key: &str| resource[key].as_str().unwrap_or_default();
        let properties = &resource["properties"];
        let settings = &properties["configurationSettings"];
        let is_router = text("type").eq_ignore_ascii_case("Microsoft.KubernetesConfiguration/extensions")
            && properties["extensionType"]
                .as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.AzureML.Kubernetes"))
            && settings["enableInference"] == "True";
        let Some(name) = cluster(text("id")).filter(|_| is_router) else { continue };
        let cluster = Cluster { store, name };
        let internal = settings["internalLoadBalancerProvider"] == "azure";
        let kind = settings["inferenceRouterServiceType"].as_str().unwrap_or("NodePort");
        let address = (kind == "LoadBalancer").then(|| json!([{ "ip": ADDRESSES[usize::from(internal)] }]));
        let before = cluster.get("service", NAMESPACE, NAME)?.unwrap_or_default();
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            // what people have noted on it stays
            "metadata": { "name": NAME, "namespace": NAMESPACE, "annotations": before["metadata"]["annotations"] },
            "spec": { "type": kind, "ports": [{ "name": "https", "port": 443 }] },
            "status": { "loadBalancer": { "ingress": address } },
        });
        cluster.put("service", NAMESPACE, NAME, service)?;
    }
    Ok(())
}

/// Whether a Service is one of the extension: no pods of the sandbox are behind it.
pub(super) fn is_own(namespace: &str) -> bool {
    namespace == NAMESPACE
}

/// The cluster that a resource is an extension of: group and name, with a slash between.
fn cluster(id: &str) -> Option<String> {
    let parts: Vec<&str> = id.split('/').collect();
    let at =
        |name: &str| parts.iter().position(|part| part.eq_ignore_ascii_case(name)).and_then(|at| parts.get(at + 1));
    Some(format!("{}/{}", at("resourceGroups")?, at("managedClusters")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_has_an_address_and_keeps_what_is_noted_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let extension = |inference: &str, internal: Value| {
            json!({
                "type": "Microsoft.KubernetesConfiguration/extensions",
                "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/aks/providers/\
                       Microsoft.KubernetesConfiguration/extensions/azureml",
                "properties": {
                    "extensionType": "Microsoft.AzureML.Kubernetes",
                    "configurationSettings": {
                        "enableInference": inference, "inferenceRouterServiceType": "LoadBalancer",
                        "internalLoadBalancerProvider": internal,
                    },
                },
            })
        };
        let cluster = Cluster { store: &store, name: "g/aks".to_owned() };
        let router = || cluster.get("service", NAMESPACE, NAME).unwrap();
        install(&store, &[extension("False", Value::Null), json!({ "type": "other" })]).unwrap();
        assert_eq!(router(), None);
        install(&store, &[extension("True", Value::Null)]).unwrap();
        let address = |service: Option<Value>| service.unwrap()["status"]["loadBalancer"]["ingress"][0]["ip"].clone();
        assert_eq!(address(router()), ADDRESSES[0]);
        cluster
            .change("service", NAMESPACE, NAME, |service| service["metadata"]["annotations"]["a"] = json!("b"))
            .unwrap();
        install(&store, &[extension("True", json!("azure"))]).unwrap();
        assert_eq!(router().unwrap()["metadata"]["annotations"], json!({ "a": "b" }));
        assert_eq!(address(router()), ADDRESSES[1]);
    }
}
