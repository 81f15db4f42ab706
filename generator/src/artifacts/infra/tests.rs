//! What must hold of the infrastructure, whatever the spec says.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::super::sample;
use super::artifacts;
use crate::bicep::{ast::Kind, compile_arm, parse};
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::environment::Target;
use crate::project::name::VariableName;
use crate::project::network::{Agents, Cidr, Network, PrivateNetwork};
use crate::project::scoring::Authentication;
use crate::project::text::Text;
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;

/// The engines with the built-in templates: parsing them takes longer than using them.
static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&Overrides::new()).unwrap_or_else(|errors| panic!("{errors:#?}")));

fn tree(project: &Project) -> RenderedTree {
    part(project, |_| true)
}

/// The files of which `wanted` is true.
fn part(project: &Project, wanted: fn(&str) -> bool) -> RenderedTree {
    let mut plan = artifacts(project);
    plan.retain(|artifact| wanted(artifact.path.as_str()));
    let mut tree = RENDERER.render(&plan).unwrap_or_else(|errors| panic!("{errors:#?}"));
    compile_arm(&plan, &mut tree).unwrap_or_else(|findings| panic!("{findings:#?}"));
    tree
}

fn private(mut project: Project) -> Project {
    let cidr = |text| Cidr::parse(text).unwrap();
    project.network = Network::Private(PrivateNetwork {
        address_space: cidr("10.0.0.0/16"),
        endpoints_subnet: cidr("10.0.0.0/24"),
        training_subnet: cidr("10.0.1.0/24"),
        scoring_subnet: cidr("10.0.2.0/23"),
        agents: Agents::Subnet(cidr("10.0.8.0/24")),
        hub: None,
    });
    project
}

fn all() -> Vec<Project> {
    vec![sample::project(), sample::full(), private(sample::project()), private(sample::full())]
}

fn text<'a>(tree: &'a RenderedTree, path: &str) -> &'a str {
    tree.get(path).and_then(|file| file.text()).unwrap_or_else(|| panic!("{path} is rendered"))
}

fn json(tree: &RenderedTree, path: &str) -> Value {
    serde_json::from_str(text(tree, path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every resource of a template, those of nested deployments too.
fn resources(template: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for resource in template["resources"].as_array().into_iter().flatten() {
        found.push(resource.clone());
        if let Some(inner) = resource.pointer("/properties/template") {
            found.extend(resources(inner));
        }
    }
    found
}

/// Every resource of one type, of all templates of the project.
fn of_type(tree: &RenderedTree, kind: &str) -> Vec<Value> {
    let templates =
        tree.iter().filter(|(p, _)| p.as_str().ends_with("main.json") || p.as_str().ends_with("scoring.json"));
    templates
        .flat_map(|(path, _)| resources(&json(tree, path.as_str())))
        .filter(|resource| resource["type"] == kind)
        .collect()
}

#[test]
fn a_module_that_nothing_uses_is_not_rendered() {
    for project in all() {
        let tree = tree(&project);
        let used: String =
            tree.iter().filter(|(p, _)| p.as_str().ends_with(".bicep")).filter_map(|(_, f)| f.text()).collect();
        for (path, _) in tree.iter().filter(|(path, _)| path.as_str().starts_with("infra/modules/")) {
            let name = path.file_name();
            assert!(used.contains(&format!("/{name}'")), "{path} is used by nothing");
        }
    }
}

#[test]
fn what_a_file_declares_it_uses() {
    for project in all() {
        for (path, file) in tree(&project).iter().filter(|(path, _)| path.as_str().ends_with(".bicep")) {
            let source = file.text().unwrap();
            for declaration in parse(source).unwrap().declarations {
                if matches!(declaration.kind, Kind::Parameter { .. } | Kind::Variable(_)) {
                    let name = &declaration.name;
                    let words = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    assert!(words.filter(|word| word == name).count() > 1, "{path}: `{name}` is never used");
                }
            }
        }
    }
}

#[test]
fn no_line_is_longer_than_120_characters() {
    for project in all() {
        for (path, file) in tree(&project).iter().filter(|(path, _)| path.as_str().contains(".bicep")) {
            for (index, line) in file.text().unwrap().lines().enumerate() {
                assert!(line.chars().count() <= 120, "{path}:{}", index + 1);
                assert_eq!(line, line.trim_end(), "{path}:{}", index + 1);
            }
        }
    }
}

#[test]
fn loops_and_choices_of_several_lines_are_laid_out_as_the_compiler_lays_them_out() {
    for project in all() {
        for (path, file) in tree(&project).iter().filter(|(path, _)| path.as_str().contains(".bicep")) {
            for (index, line) in file.text().unwrap().lines().enumerate() {
                let at = index + 1;
                let looped = line.contains("[for ") && line.ends_with(['{', '[', '(']);
                assert!(!looped, "{path}:{at}: a loop of several lines starts on its own line");
                let arm = [": [", ": {", "? [", "? {"].iter().any(|end| line.ends_with(end));
                assert!(
                    !(arm && line.contains(" ? ")),
                    "{path}:{at}: a choice of several lines has a line for each arm"
                );
            }
        }
    }
}

#[test]
fn a_second_deployment_wipes_no_vault_and_recreates_nothing() {
    for project in all() {
        let tree = tree(&project);
        for (path, file) in tree.iter() {
            for word in ["accessPolicies", "createMode", "\"mode\": \"Complete\""] {
                assert!(!file.text().unwrap().contains(word), "{path} holds {word}");
            }
        }
        for vault in of_type(&tree, "Microsoft.KeyVault/vaults") {
            assert_eq!(vault["properties"]["enableRbacAuthorization"], true);
            assert_eq!(vault["properties"]["enablePurgeProtection"], true);
        }
        for role in of_type(&tree, "Microsoft.Authorization/roleAssignments") {
            assert!(role["name"].as_str().unwrap().starts_with("[guid("), "the same name each time: {role}");
            assert!(role["scope"].is_string(), "on a resource, not on the whole group: {role}");
        }
    }
}

#[test]
fn storage_and_registry_know_no_keys_passwords_or_strangers() {
    for project in all() {
        let tree = tree(&project);
        let private = project.network != Network::Public;
        let access = if private { "Disabled" } else { "Enabled" };
        for account in of_type(&tree, "Microsoft.Storage/storageAccounts") {
            let properties = &account["properties"];
            assert_eq!(properties["allowBlobPublicAccess"], false);
            assert_eq!(properties["allowSharedKeyAccess"], false);
            assert_eq!(properties["minimumTlsVersion"], "TLS1_2");
            assert_eq!(properties["publicNetworkAccess"], access);
        }
        for registry in of_type(&tree, "Microsoft.ContainerRegistry/registries") {
            assert_eq!(registry["properties"]["adminUserEnabled"], false);
            assert_eq!(registry["properties"]["publicNetworkAccess"], access);
            assert_eq!(registry["sku"]["name"], if private { "Premium" } else { "Standard" });
        }
        for cluster in of_type(&tree, "Microsoft.ContainerService/managedClusters") {
            let local = &cluster["properties"]["disableLocalAccounts"];
            assert!(*local == true || *local == "[not(parameters('localAccounts'))]", "{local}");
            assert_eq!(cluster["properties"]["securityProfile"]["workloadIdentity"]["enabled"], true);
        }
    }
}

#[test]
fn the_scoring_key_goes_from_the_vault_to_the_container_by_reference() {
    let mut project = sample::project();
    project.scoring.authentication = Authentication::Key;
    let template = json(&tree(&project), "infra/environments/qa/scoring.json");
    let group = &template["resources"][0];
    assert_eq!(group["properties"]["parameters"]["scoringKey"]["reference"]["secretName"], "scoring-key");
    assert_eq!(group["properties"]["template"]["parameters"]["scoringKey"]["type"], "securestring");
    assert!(template["parameters"].get("scoringKey").is_none(), "no pipeline passes it");

    project.scoring.authentication = Authentication::None;
    assert!(!text(&tree(&project), "infra/environments/qa/scoring.json").contains("scoringKey"));
}

#[test]
fn names_of_what_is_made_come_from_parameters_and_not_from_outputs() {
    // Rule `what-if-short-circuiting` of the Bicep linter: a module whose names come from outputs is not predicted.
    for project in all() {
        for (path, file) in tree(&project).iter().filter(|(path, _)| path.as_str().ends_with("main.bicep")) {
            for line in file.text().unwrap().lines().map(str::trim).filter(|line| line.contains(".outputs.")) {
                let name = line.split(':').next().unwrap_or_default();
                let named = ["Name", "PrincipalId", "principalId"].iter().any(|end| name.ends_with(end));
                assert!(line.starts_with("output ") || !named, "{path}: {line}");
            }
        }
        for role in of_type(&tree(&project), "Microsoft.Authorization/roleAssignments") {
            let name = role["name"].as_str().unwrap();
            assert!(!name.contains("reference("), "{name}");
            let principal = |name: &str| name.ends_with("PrincipalId") && name != "deployerPrincipalId";
            let parameters = name.split("parameters('").skip(1).filter_map(|rest| rest.split('\'').next());
            assert!(!parameters.into_iter().any(principal), "{name}");
        }
    }
}

#[test]
fn an_environment_makes_nothing_of_the_platform_but_the_compute_that_is_attached() {
    for project in all() {
        let tree = tree(&project);
        for environment in &project.environments {
            let template = json(&tree, &format!("infra/environments/{}/main.json", environment.name));
            let elsewhere: Vec<Value> = template["resources"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|resource| resource.get("resourceGroup").is_some())
                .flat_map(|module| resources(&module["properties"]["template"]))
                .collect();
            for resource in elsewhere {
                assert_eq!(resource["type"], "Microsoft.MachineLearningServices/workspaces/computes", "{resource}");
            }
        }
    }
}

#[test]
fn what_azure_ml_asks_of_an_identity_of_its_own_is_given() {
    const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    for project in all() {
        let source = text(&tree(&project), "infra/modules/workspace-roles.bicep").to_owned();
        assert!(source.contains(&format!("var contributor = '{CONTRIBUTOR}'")));
        assert!(source.contains("name: guid(workspace.id, workspaceIdentity.id, contributor)"), "{source}");
    }
}

#[test]
fn node_groups_of_the_longest_names_fit() {
    let tree = tree(&sample::full());
    for cluster in of_type(&tree, "Microsoft.ContainerService/managedClusters") {
        let group = cluster["properties"]["nodeResourceGroup"].as_str().unwrap();
        assert_eq!(
            group,
            "[format('MC_{0}_{1}', take(parameters('name'), 30), uniqueString(resourceGroup().id, parameters('name')))]"
        );
        assert!("MC__".len() + 30 + 13 <= 63);
    }
}

#[test]
fn monitoring_of_clusters_has_a_rule_that_says_what_to_collect() {
    for project in all() {
        let tree = tree(&project);
        let clusters = of_type(&tree, "Microsoft.ContainerService/managedClusters").len();
        assert_eq!(of_type(&tree, "Microsoft.Insights/dataCollectionRules").len(), clusters);
        let associations = of_type(&tree, "Microsoft.Insights/dataCollectionRuleAssociations");
        assert_eq!(associations.len(), clusters);
        assert!(associations.iter().all(|one| one["scope"].as_str().unwrap().contains("managedClusters")));
    }
}

#[test]
fn endpoints_of_azure_ml_on_kubernetes_find_a_cluster_that_takes_them() {
    for project in all() {
        let tree = tree(&project);
        for extension in of_type(&tree, "Microsoft.KubernetesConfiguration/extensions") {
            let settings = &extension["properties"]["configurationSettings"];
            assert_eq!(settings["inferenceRouterHA"], "[if(parameters('highAvailability'), 'True', 'False')]");
        }
        for environment in &project.environments {
            let source = text(&tree, &format!("infra/environments/{}/main.bicep", environment.name));
            let endpoint = matches!(environment.target, Target::KubernetesEndpoint { .. });
            assert_eq!(source.contains("localAccounts: true"), endpoint, "{}", environment.name);
            let router = tree.get(&format!("infra/environments/{}/router.bicep", environment.name));
            let router = router.and_then(|file| file.text()).unwrap_or_default();
            assert_eq!(router.contains("highAvailability: minNodes >= 3"), endpoint, "{}", environment.name);
        }
    }
}

#[test]
fn a_container_group_has_no_security_context_which_is_for_confidential_ones() {
    for project in all() {
        for group in of_type(&tree(&project), "Microsoft.ContainerInstance/containerGroups") {
            assert!(!group.to_string().contains("securityContext"), "{group}");
        }
    }
}

#[test]
fn an_id_that_the_spec_keeps_in_a_variable_comes_from_the_environment() {
    let mut project = sample::full();
    project.platform.place.subscription = Id::Variable(VariableName::parse("AZURE_SUBSCRIPTION_ID").unwrap());
    let tree = tree(&project);
    let parameters = text(&tree, "infra/environments/production/main.bicepparam");
    assert!(parameters.contains("param platformSubscriptionId = readEnvironmentVariable('AZURE_SUBSCRIPTION_ID', '')"));
}

#[test]
fn a_tag_is_named_as_bicep_takes_it() {
    let names = [
        ("null", "'null'"),
        ("true", "'true'"),
        ("false", "'false'"),
        ("if", "if"),
        ("resource", "resource"),
        ("Null", "Null"),
        ("cost centre", "'cost centre'"),
        ("a-b", "'a-b'"),
        ("1st", "'1st'"),
    ];
    let mut project = sample::project();
    project.tags = names.iter().map(|(name, _)| (Text::parse(name).unwrap(), Text::parse("value").unwrap())).collect();
    let tree = tree(&project);
    for path in ["infra/platform/main.bicepparam", "infra/environments/qa/scoring.bicep"] {
        let source = text(&tree, path);
        for (name, written) in names {
            assert!(source.contains(&format!("\n  {written}: 'value'\n")), "{path}: {name}");
        }
        parse(source).unwrap();
    }
    let tags = json(&tree, "infra/platform/main.parameters.json")["parameters"]["tags"]["value"].clone();
    assert!(names.iter().all(|(name, _)| tags[name] == "value"), "{tags}");
}

#[test]
fn what_is_switched_off_leaves_nothing_behind() {
    let tree = tree(&sample::project());
    for (path, file) in tree.iter() {
        for word in ["retrainPipelineId", "budget", "actionGroup", "privateEndpoint", "privatelink", "batchCluster"] {
            assert!(!file.text().unwrap().contains(word), "{path} holds {word}");
        }
    }
    for module in ["alerts", "budget", "network", "private-endpoint", "container-read", "network-roles"] {
        assert!(tree.get(&format!("infra/modules/{module}.bicep")).is_none(), "{module}");
    }
}

#[test]
fn training_scales_to_nothing_and_scoring_on_gpus_leaves_the_system_pool_alone() {
    let project = sample::full();
    let tree = tree(&project);
    let clusters = json(&tree, "infra/platform/main.parameters.json");
    assert_eq!(clusters["parameters"]["trainingCluster"]["value"]["minNodes"], project.training.compute.min_nodes);
    assert_eq!(clusters["parameters"]["batchCluster"]["value"]["name"], "batch-nodes");
    let pools =
        of_type(&tree, "Microsoft.ContainerService/managedClusters")[0]["properties"]["agentPoolProfiles"].clone();
    let named: Vec<&str> = pools.as_array().unwrap().iter().filter_map(|pool| pool["name"].as_str()).collect();
    assert_eq!(named, ["system", "scoring"]);
    assert_eq!(pools[1]["nodeTaints"][0], "sku=gpu:NoSchedule");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn free_text_comes_back_byte_for_byte_from_bicep_and_json(description in "\\PC{0,60}", tag in "\\PC{1,40}") {
        let (Ok(description), Ok(tag)) = (Text::parse(&description), Text::parse(&tag)) else { return Ok(()) };
        let mut project = sample::project();
        project.description = description.clone();
        project.tags = [(Text::parse("team").unwrap(), tag.clone())].into();
        let tree = part(&project, |path| {
            path.contains("/scoring.") || path.contains("infra/modules/") || path.contains("platform/main.")
        });
        let parameters = json(&tree, "infra/platform/main.parameters.json");
        prop_assert_eq!(&parameters["parameters"]["summary"]["value"], description.as_str());
        prop_assert_eq!(&parameters["parameters"]["tags"]["value"]["team"], tag.as_str());
        let scoring = json(&tree, "infra/environments/qa/scoring.json");
        let found = scoring["parameters"]["tags"]["defaultValue"]["team"].as_str().unwrap_or_default().to_owned();
        // In a template a text in brackets would be an expression: Azure takes the second bracket away again.
        let written = found.strip_prefix("[[").map_or_else(|| found.clone(), |rest| format!("[{rest}"));
        let doubled = tag.as_str().starts_with("[[") && !tag.as_str().ends_with(']');
        prop_assert_eq!(if doubled { found } else { written }, tag.as_str());
    }
}
