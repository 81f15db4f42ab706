use std::sync::LazyLock;

use crate::artifacts::infra;
use crate::artifacts::sample;
use crate::bicep::compile_arm;
use crate::compose::compose;
use crate::project::Project;
use crate::project::monitoring::{Alerts, Budget, MailAddress};
use crate::project::network::{Agents, Cidr, Network, PrivateNetwork};
use crate::project::text::Text;
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;

/// The engines with the built-in templates: parsing them takes longer than using them.
static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&Overrides::new()).unwrap_or_else(|errors| panic!("{errors:#?}")));

/// The infrastructure of the sample project, compiled.
fn tree(project: &Project) -> RenderedTree {
    let plan = infra::artifacts(project);
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

/// Asserts that the tree with one piece replaced is refused at a file, with a message.
fn refused(path: &str, old: &str, new: &str, at: &str, message: &str) {
    let project = sample::full();
    let tree = tree(&project);
    assert_eq!(super::verify(&tree, &project), [], "the sample itself is right");
    let findings = super::verify(&sample::broken(&tree, path, old, new), &project);
    assert!(
        findings.iter().any(|f| f.path.as_str() == at && f.message.contains(message) && f.line.is_some()),
        "{message}: {findings:#?}"
    );
}

fn watched(mut project: Project) -> Project {
    project.monitoring.mail = vec![MailAddress::parse("team@example.com").unwrap()];
    project.monitoring.alerts = Some(Alerts { failed_percent: 2.5, latency_ms: 300 });
    let start = Text::parse("2026-01-01").unwrap();
    project.monitoring.budget = Some(Budget { amount: 500, thresholds: vec![80, 100], start });
    project
}

#[test]
fn every_target_network_and_feature_yields_files_without_a_finding() {
    for project in
        [sample::project(), watched(sample::full()), private(watched(sample::project())), private(sample::full())]
    {
        let tree = tree(&project);
        assert_eq!(super::verify(&tree, &project), []);
        assert_eq!(crate::verify::arm::verify(&tree, &project), []);
    }
}

#[test]
fn a_file_that_is_no_bicep_is_refused() {
    refused(
        "infra/modules/identity.bicep",
        "param name string",
        "param name strin",
        "infra/modules/identity.bicep",
        "`strin` is no type",
    );
}

#[test]
fn a_symbol_that_is_not_declared_is_refused() {
    let path = "infra/modules/workspace.bicep";
    refused(path, "keyVault: keyVaultId", "keyVault: vaultId", path, "`vaultId` is not declared");
}

#[test]
fn a_missing_module_is_refused() {
    let path = "infra/platform/main.bicep";
    refused(path, "'../modules/registry.bicep'", "'../modules/registries.bicep'", path, "does not exist");
}

#[test]
fn a_parameter_that_a_module_needs_is_missed() {
    let path = "infra/platform/main.bicep";
    refused(path, "    registryId: registry.outputs.id\n", "", path, "needs the parameter(s) registryId");
}

#[test]
fn an_output_that_a_module_does_not_have_is_refused() {
    let path = "infra/environments/production/main.bicep";
    refused(path, "keyVault.outputs.name", "keyVault.outputs.nam", path, "has no output `nam`");
}

#[test]
fn a_retired_or_invented_api_version_is_refused() {
    let path = "infra/modules/storage.bicep";
    refused(path, "storageAccounts@2025-08-01", "storageAccounts@2019-06-01", path, "is retired or about to be");
    refused(path, "storageAccounts@2025-08-01", "storageAccounts@2027-01-01", path, "has no API version 2027-01-01");
}

#[test]
fn a_parameter_file_must_name_what_the_template_declares() {
    let path = "infra/environments/production/main.bicepparam";
    refused(path, "param storageName", "param storageNames", path, "declares no parameter `storageNames`");
    refused(path, "param storageName", "param storageNames", path, "needs parameter `storageName`");
    refused(path, "using './main.bicep'", "using './mian.bicep'", path, "`./mian.bicep` does not exist");
}

#[test]
fn a_template_of_the_team_passes_the_same_proof() {
    let broken = "param location string\nparam tags object\nparam name string\nparam sku string\nparam containers array\n\
                  param expiringContainers array = []\nparam retentionDays int\noutput id string = nowhere\noutput name string = name\n";
    let overrides = Overrides::from([("infra/modules/storage.bicep".to_owned(), broken.to_owned())]);
    let renderer = Renderer::new(&overrides).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let problems = compose(&sample::project(), &renderer).expect_err("the module is refused");
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        shown.iter().any(|line| line.starts_with("infra/modules/storage.bicep:8") && line.contains("`nowhere` is not declared")),
        "{shown:#?}"
    );
}

#[test]
fn a_template_of_the_team_flows_into_bicep_and_json() {
    let project = sample::project();
    let plan = infra::artifacts(&project);
    // What the built-in template printed, with a line more, as a template of the team.
    let printed = tree(&project).get("infra/modules/registry.bicep").unwrap().text().unwrap().to_owned();
    let own =
        printed.replace("anonymousPullEnabled: false", "anonymousPullEnabled: false\n    zoneRedundancy: 'Enabled'");
    let renderer = Renderer::new(&Overrides::from([("infra/modules/registry.bicep".to_owned(), own)])).unwrap();
    let mut tree = renderer.render(&plan).unwrap();
    compile_arm(&plan, &mut tree).unwrap();
    for path in ["infra/modules/registry.bicep", "infra/platform/main.json"] {
        assert!(tree.get(path).unwrap().text().unwrap().contains("zoneRedundancy"), "{path}");
    }
}

#[test]
fn an_override_of_an_api_version_must_be_of_a_known_type_and_version() {
    let mut project = sample::project();
    for (kind, version, message) in [
        ("Microsoft.Storage/accounts", "2025-08-01", "is not in this tool's table"),
        ("Microsoft.KeyVault/vaults", "2016-10-01", "is retired or about to be"),
    ] {
        project.pins.api_versions = [(kind.to_owned(), version.to_owned())].into();
        let findings = super::verify(&RenderedTree::default(), &project);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].path.as_str(), "mlops.yaml");
        assert!(findings[0].message.contains(message), "{findings:#?}");
    }
}
