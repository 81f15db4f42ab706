//! `infra/environments/<environment>/router.bicep`: what makes a Kubernetes endpoint of Azure ML reachable. It is a
//! deployment of its own, because the extension takes its certificate when it is installed, and the vault that makes the
//! certificate comes with the environment (Microsoft Learn, "Configure a secure online endpoint with TLS/SSL"; the
//! settings are those of Azure's own template, Azure/AML-Kubernetes, files/deployextension.json).

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::api_versions::ApiVersions;
use super::common::{Tag, min_nodes, subscription, tags};
use crate::project::Project;
use crate::project::environment::{Environment, Target};

/// View of `infra/environment/router.bicep`.
#[derive(Debug, Serialize)]
struct RouterView<'a> {
    api: ApiVersions,
    title: Fragment,
    /// Secret with certificate and key; none in clear text.
    certificate: Option<&'a str>,
    compute_deployment_name: String,
}

/// View of `infra/environment/router.bicepparam`.
#[derive(Debug, Serialize)]
struct RouterParametersView<'a> {
    title: Fragment,
    tags: Vec<Tag<'a>>,
    cluster: &'a str,
    min_nodes: u32,
    namespace: &'a str,
    /// Host name of the certificate, if there is one.
    host: Option<&'a str>,
    key_vault: &'a str,
    /// The id, or the expression that reads it from the environment.
    platform_subscription: Fragment,
    platform_resource_group: &'a str,
    workspace: &'a str,
    compute: &'a str,
    workspace_location: &'a str,
}

/// Whether the environment has a router that proves itself with a certificate.
pub(super) fn shows_certificate(environment: &Environment) -> bool {
    matches!(environment.target, Target::KubernetesEndpoint { .. }) && environment.certificate.is_some()
}

/// The files of an environment's router, in its folder; none where nothing is routed.
pub(super) fn artifacts(project: &Project, environment: &Environment, folder: &str) -> Vec<Artifact> {
    let Target::KubernetesEndpoint { compute, cluster, .. } = &environment.target else { return Vec::new() };
    let platform = &project.platform;
    let certificate = environment.certificate.as_ref();
    let title = || Fragment::new(format!("environment {}", environment.name));
    let router = RouterView {
        api: ApiVersions::of(project),
        title: title(),
        certificate: certificate.map(|certificate| certificate.name.as_str()),
        // Deployments into the platform's resource group: other environments and projects have theirs there too.
        compute_deployment_name: format!("{}-{}-compute", project.name, environment.name),
    };
    let parameters = RouterParametersView {
        title: title(),
        tags: tags(project, environment.name.as_str()),
        cluster: cluster.name.as_str(),
        min_nodes: min_nodes(project, cluster),
        namespace: cluster.namespace.as_str(),
        host: certificate.map(|certificate| certificate.host.as_str()),
        key_vault: environment.key_vault.as_str(),
        platform_subscription: subscription(&platform.place.subscription),
        platform_resource_group: platform.place.resource_group.as_str(),
        workspace: platform.workspace.as_str(),
        compute: compute.as_str(),
        workspace_location: platform.place.location.as_str(),
    };
    let file = |name: &str| format!("{folder}/{name}");
    let (bicep, values) = (file("router.bicep"), file("router.bicepparam"));
    vec![
        Artifact::template(&bicep, Language::Bicep, "infra/environment/router.bicep", router),
        Artifact::template(&values, Language::Bicep, "infra/environment/router.bicepparam", parameters),
        Artifact::arm(&file("router.json"), &bicep),
        Artifact::arm(&file("router.parameters.json"), &values),
    ]
}

#[cfg(test)]
mod tests {
    use azure_templates::arm::{Setting, evaluate};
    use serde_json::{Value, json};

    use super::super::super::sample;
    use crate::render::{Overrides, Renderer};

    /// What the extension of a rendered router is made with, where the vault has `pem`.
    fn extension(spec: &str, pem: &str) -> Value {
        let project = sample::load(spec);
        let renderer = Renderer::new(&Overrides::new()).unwrap();
        let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let file = tree.get("infra/environments/production/router.json").unwrap();
        let router: Value = serde_json::from_slice(&file.bytes).unwrap();
        let resources: Vec<&Value> = match &router["resources"] {
            Value::Array(list) => list.iter().collect(),
            map => map.as_object().unwrap().values().collect(),
        };
        let module = resources.iter().find(|one| one["name"] == "machine-learning-extension").unwrap();
        let template = &module["properties"]["template"];
        let mut given = json!({
            "location": {"value": "westeurope"},
            "clusterName": {"value": "nodes"},
            "highAvailability": {"value": false},
        });
        if template["parameters"].get("certificate").is_some() {
            // The key goes from the vault to the extension, and through no file.
            let reference = &module["properties"]["parameters"]["certificate"]["reference"];
            assert!(reference["keyVault"]["id"].as_str().unwrap().contains("Microsoft.KeyVault/vaults"), "{reference}");
            assert_eq!(template["parameters"]["certificate"]["type"], "securestring");
            given["certificate"] = json!({"value": pem});
            given["hostName"] = json!({"value": "score.example.com"});
        }
        let setting = Setting {
            subscription: "22222222-2222-2222-2222-222222222222".to_owned(),
            tenant: "11111111-1111-1111-1111-111111111111".to_owned(),
            resource_group: Some("group".to_owned()),
            location: Some("westeurope".to_owned()),
            deployment: "router".to_owned(),
        };
        let made = evaluate(template, given.as_object().unwrap(), &setting).unwrap();
        let kind = "Microsoft.KubernetesConfiguration/extensions";
        made.resources.into_iter().find(|one| one["type"] == kind).unwrap()["properties"].clone()
    }

    fn spec(more: &str) -> String {
        format!(
            "version: 1\nproject: {{name: plain}}\nazure: {{location: westeurope}}\n\
             devops: {{organization: contoso, project: plain}}\nmodel: {{runtime: rust}}\n\
             data: {{path: data/plain.csv, target: y, columns: [a, b, y]}}\n\
             environments: [{{name: production, target: kubernetes-endpoint}}]\n{more}"
        )
    }

    fn decoded(settings: &Value, key: &str) -> String {
        use base64::Engine;
        let text = settings[key].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
    }

    #[test]
    fn a_router_takes_chain_and_key_apart_in_whatever_order_a_vault_keeps_them() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let leaf = "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n";
        let root = "-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n";
        for pem in [format!("{key}{leaf}{root}"), format!("{leaf}{root}{key}"), format!("{leaf}{key}{root}")] {
            let made = extension(&spec(""), &pem);
            let secrets = &made["configurationProtectedSettings"];
            assert_eq!(decoded(secrets, "scoringFe.sslCert"), format!("{leaf}{root}"));
            assert_eq!(decoded(secrets, "scoringFe.sslKey").trim(), key.trim());
            let settings = &made["configurationSettings"];
            assert_eq!(settings["allowInsecureConnections"], "False");
            assert_eq!(settings["sslCname"], "score.example.com");
            assert!(!settings.to_string().contains("AAAA"), "{settings}");
        }
    }

    #[test]
    fn clear_text_is_what_the_spec_asks_for_and_nothing_else() {
        let made = extension(&spec("scoring: {transport: clear-text}\n"), "");
        assert_eq!(made["configurationSettings"]["allowInsecureConnections"], "True");
        assert!(made.get("configurationProtectedSettings").is_none(), "{made}");
    }
}
