//! What runs for itself, without a pipeline: Logic Apps, undelivered events, scoring servers, nodes and training jobs; and
//! what people do with this tool once things stand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Calls;
use crate::artifacts::infra::given::Site;
use crate::project::environment::Target;
use crate::project::variables::{GroupContent, VaultOwner};
use crate::verify::document::{Document, documents, entries, items, text};
use crate::verify::permissions::model::{Because, Identity, Scope};
use crate::verify::permissions::template::Made;

/// Setting of the scoring server that names the container of its log.
const LOG: &str = "SCORE_LOG_CONTAINER_URL";

pub(super) fn read(calls: &mut Calls<'_>) {
    for template in calls.deployed {
        for made in template.made.iter().filter(|made| !made.existing) {
            let at = |call: &str| because(&template.file, call);
            match made.kind.as_str() {
                "Microsoft.Logic/workflows" => workflow(calls, made, &template.file),
                "Microsoft.EventGrid/systemTopics/eventSubscriptions" => dead_letters(calls, made, &template.file),
                "Microsoft.ContainerInstance/containerGroups" => container_group(calls, made, &template.file),
                "Microsoft.MachineLearningServices/workspaces/computes" => jobs(calls, made, at("jobs")),
                _ => {}
            }
        }
    }
    let (files, _) = documents(calls.tree, |path| path.starts_with("kubernetes/") || path.starts_with("ml/endpoints/"));
    let sites = calls.sites.clone();
    for site in &sites {
        let own = |file: &&Document<'_>| file.path.as_str().split('/').any(|part| part == site.name);
        for file in files.iter().filter(own) {
            server(calls, site, file);
        }
    }
    people(calls);
}

fn because(file: &str, call: &str) -> Because {
    Because { file: file.to_owned(), line: None, step: String::new(), call: call.to_owned(), source: String::new() }
}

fn identities(body: &Value) -> Vec<Identity> {
    let keys = body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    keys.into_iter().flatten().map(|(id, _)| Identity::Assigned(id.clone())).collect()
}

/// HTTP actions of a Logic App that sign in with an identity.
fn workflow(calls: &mut Calls<'_>, made: &Made, file: &str) {
    let values = made.body.pointer("/properties/parameters").cloned().unwrap_or_default();
    let mut requests = Vec::new();
    collect(&made.body["properties"]["definition"]["actions"], &mut requests);
    for (name, inputs) in requests {
        let method = inputs["method"].as_str().unwrap_or("GET");
        let mut address = inputs["uri"].as_str().unwrap_or_default().to_owned();
        for (parameter, value) in values.as_object().into_iter().flatten() {
            let value = value["value"].as_str().unwrap_or_default();
            for form in [format!("@{{parameters('{parameter}')}}"), format!("@parameters('{parameter}')")] {
                address = address.replace(&form, value);
            }
        }
        let because = because(file, &format!("{} {name}: {method}", super::ids::name(&made.id)));
        // Without a name it signs in as the Logic App itself.
        let whose = match inputs.pointer("/authentication/identity") {
            Some(_) => identities(&made.body),
            None => vec![Identity::Own(made.id.clone())],
        };
        for identity in whose {
            if address.contains("/_apis/") {
                let scope = Scope::pipelines();
                calls.call(&identity, &format!("http {method} devops"), scope.id(), because.clone());
            } else if let Some(container) = calls.container(&address) {
                calls.call(&identity, &format!("http {method} blob"), &container, because.clone());
            } else {
                calls.say(file, None, format!("what `{method} {address}` in {name} needs of Azure is not known"));
            }
        }
    }
}

/// Requests with an identity, at any depth.
fn collect<'v>(actions: &'v Value, found: &mut Vec<(&'v str, &'v Value)>) {
    for (name, action) in actions.as_object().into_iter().flatten() {
        if action["type"] == "Http"
            && action.pointer("/inputs/authentication/type").is_some_and(|kind| kind == "ManagedServiceIdentity")
        {
            found.push((name.as_str(), &action["inputs"]));
        }
        collect(&action["actions"], found);
        collect(&action["else"]["actions"], found);
    }
}

/// Events that could not be delivered are written as the topic's identity.
fn dead_letters(calls: &mut Calls<'_>, made: &Made, file: &str) {
    let destination = &made.body["properties"]["deadLetterWithResourceIdentity"];
    let Some(identity) = destination.pointer("/identity/userAssignedIdentity").and_then(Value::as_str) else { return };
    let properties = &destination["deadLetterDestination"]["properties"];
    let (Some(account), Some(container)) =
        (properties["resourceId"].as_str(), properties["blobContainerName"].as_str())
    else {
        return;
    };
    let scope = format!("{account}/blobServices/default/containers/{container}");
    calls.call(&Identity::Assigned(identity.to_owned()), "http PUT blob", &scope, because(file, "undelivered events"));
}

fn container_group(calls: &mut Calls<'_>, made: &Made, file: &str) {
    let properties = &made.body["properties"];
    for credential in properties["imageRegistryCredentials"].as_array().into_iter().flatten() {
        let (server, identity) = (credential["server"].as_str(), credential["identity"].as_str());
        if let (Some(registry), Some(identity)) = (server.and_then(|server| calls.registry(server)), identity) {
            let who = Identity::Assigned(identity.to_owned());
            calls.call(&who, "server image", &registry, because(file, "pulls the scoring image"));
        }
    }
    let containers = properties["containers"].as_array().into_iter().flatten();
    let settings =
        containers.flat_map(|one| one["properties"]["environmentVariables"].as_array().into_iter().flatten());
    let logs = settings.filter(|setting| setting["name"] == LOG).filter_map(|setting| setting["value"].as_str());
    for container in logs.filter_map(|address| calls.container(address)).collect::<Vec<_>>() {
        for identity in identities(&made.body) {
            calls.call(&identity, "server log", &container, because(file, "writes the scoring log"));
        }
    }
}

/// Jobs on a cluster of the workspace: what they read and write, their image, and the models that they register.
fn jobs(calls: &mut Calls<'_>, made: &Made, because: Because) {
    if made.body.pointer("/properties/computeType").is_none_or(|kind| kind != "AmlCompute") {
        return;
    }
    let Some(workspace) = super::made::outer(&made.id) else { return };
    let body =
        calls.made().find(|one| one.id == workspace && !one.existing).map(|one| one.body.clone()).unwrap_or_default();
    let of = |key: &str| body["properties"][key].as_str().map(str::to_owned);
    let (registry, storage) = (of("containerRegistry"), of("storageAccount"));
    let registers = calls.tree.iter().any(|(path, _)| path.as_str() == "ml/components/register.yml");
    let (stores, _) = documents(calls.tree, |path| path.starts_with("ml/datastores/"));
    let stores = stores.iter().filter_map(|store| {
        let address = format!(
            "https://{}.blob./{}",
            text(&store.root, &["account_name"])?,
            text(&store.root, &["container_name"])?
        );
        calls.container(&address)
    });
    let mut stores: Vec<String> = stores.collect();
    // What a job is given by its address, and not through a datastore.
    let (files, _) = documents(calls.tree, |path| path.starts_with("ml/jobs/"));
    let inputs = files.iter().filter_map(|file| entries(&file.root).iter().find(|entry| entry.key == "inputs"));
    let inputs = inputs.flat_map(|inputs| entries(&inputs.node));
    stores.extend(inputs.filter_map(|input| text(&input.node, &["path"])).filter_map(|path| calls.container(path)));
    stores.sort();
    stores.dedup();
    for identity in identities(&made.body) {
        let at =
            |call: &str| Because { call: format!("jobs on {}: {call}", super::ids::name(&made.id)), ..because.clone() };
        if let Some(registry) = &registry {
            calls.call(&identity, "server image", registry, at("pull the image of their environment"));
        }
        if let Some(storage) = &storage {
            calls.call(&identity, "job outputs", storage, at("read code, write outputs and logs"));
        }
        if registers {
            calls.call(&identity, "job mlflow", workspace, at("register a model"));
        }
        for store in &stores {
            calls.call(&identity, "job data", store, at("read a datastore"));
        }
    }
}

/// A scoring server that a manifest or an endpoint describes.
fn server(calls: &mut Calls<'_>, site: &Site<'_>, file: &Document<'_>) {
    let Some(environment) = site.environment else { return };
    let place = calls.place(site.place.resource_group.as_str());
    let own = |name: &str| {
        Identity::Assigned(format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", place.id()))
    };
    let scoring = own(environment.identity.as_str());
    let path = file.path.as_str();
    let mut images: BTreeSet<String> = BTreeSet::new();
    let mut logs: Vec<String> = Vec::new();
    let containers = items(&file.root, &["spec", "template", "spec", "containers"]);
    images.extend(containers.iter().filter_map(|one| text(one, &["image"])).map(str::to_owned));
    images.extend(text(&file.root, &["environment", "image"]).map(str::to_owned));
    for setting in containers.iter().flat_map(|one| items(one, &["env"])) {
        if text(setting, &["name"]) == Some(LOG) {
            logs.extend(text(setting, &["value"]).map(str::to_owned));
        }
    }
    logs.extend(text(&file.root, &["environment_variables", LOG]).map(str::to_owned));
    // Nodes pull for themselves, everything else as the server's identity.
    let puller = match &environment.target {
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => {
            own(&crate::artifacts::infra::kubelet(cluster))
        }
        Target::ContainerInstances { .. } | Target::ManagedEndpoint { .. } => scoring.clone(),
    };
    for registry in images.iter().filter_map(|image| calls.registry(image)).collect::<Vec<_>>() {
        calls.call(&puller, "server image", &registry, because(path, "pulls the scoring image"));
    }
    for container in logs.iter().filter_map(|address| calls.container(address)).collect::<Vec<_>>() {
        calls.call(&scoring, "server log", &container, because(path, "writes the scoring log"));
    }
    let named = entries(&file.root).iter().find(|entry| entry.key == "identity");
    for one in named.map(|entry| items(&entry.node, &["user_assigned_identities"])).unwrap_or_default() {
        let workspace =
            calls.find("Microsoft.MachineLearningServices/workspaces", calls.project.platform.workspace.as_str(), None);
        let storage = workspace.and_then(|workspace| calls.storage(&workspace));
        if let (Some(id), Some(storage)) = (text(one, &["resource_id"]), storage) {
            let identity = Identity::Assigned(calls.own_id(id));
            calls.call(&identity, "endpoint assets", &storage, because(path, "mounts what the deployment names"));
        }
    }
}

/// Secrets that variable groups name are set by people, and read by whoever uses a group.
fn people(calls: &mut Calls<'_>) {
    let mut vaults: BTreeSet<String> = BTreeSet::new();
    for group in &calls.project.variable_groups {
        let GroupContent::KeyVault { vault, .. } = &group.content else { continue };
        let name = match vault {
            VaultOwner::Platform => &calls.project.platform.key_vault,
            VaultOwner::Environment(name) => match calls.project.environments.iter().find(|one| one.name == *name) {
                Some(environment) => &environment.key_vault,
                None => continue,
            },
        };
        vaults.extend(calls.find("Microsoft.KeyVault/vaults", name.as_str(), None));
    }
    for vault in vaults {
        for call in ["mlops-gen secrets list", "mlops-gen secrets set"] {
            calls.call(&Identity::Deployer, call, &vault, because("mlops.yaml", call));
        }
    }
}
