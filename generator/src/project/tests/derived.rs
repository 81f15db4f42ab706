//! Names that are derived rather than given.

use super::*;
use crate::project::data::Cell;
use crate::project::variables::{GroupContent, VariableGroup};
use proptest::prelude::*;

#[test]
fn names_stay_the_same_and_depend_on_organization_project_and_name() {
    let suffix = |edits: &[(&str, &str)]| good(&small(edits)).platform.suffix;
    assert_eq!(suffix(&[]), suffix(&[]));
    assert_eq!(suffix(&[]), suffix(&[("contoso", "Contoso")]), "organizations do not differ by case");
    assert_ne!(suffix(&[]), suffix(&[("contoso", "fabrikam")]));
    assert_ne!(suffix(&[]), suffix(&[("project: ml", "project: ai")]));
    assert_ne!(suffix(&[]), suffix(&[("name: churn", "name: churn2")]));
    assert_eq!(suffix(&[("location: westeurope", "location: westeurope, suffix: x0x0x")]), "x0x0x");
}

#[test]
fn names_at_their_longest_keep_the_environment_apart() {
    let project = good(include_str!("../../../../tests/cases/pinned/mlops.yaml"));
    let vaults: Vec<&str> = project.environments.iter().map(|e| e.key_vault.as_str()).collect();
    let stores: Vec<&str> = project.environments.iter().map(|e| e.storage.as_str()).collect();
    assert!(vaults.iter().chain(&stores).all(|name| name.len() <= 24), "{vaults:?} {stores:?}");
    assert!(vaults[0] != vaults[1] && stores[0] != stores[1], "{vaults:?} {stores:?}");
}

#[test]
fn the_scoring_key_has_a_variable_group_wherever_the_server_checks_it() {
    let names = |edits: &[(&str, &str)]| -> Vec<String> {
        let groups = good(&small(edits)).variable_groups;
        let secret = |g: &&VariableGroup| matches!(&g.content, GroupContent::KeyVault { .. });
        groups.iter().filter(secret).map(|g| g.name.to_string()).collect()
    };
    assert_eq!(names(&[]), ["churn-qa-secrets", "churn-production-secrets"]);
    assert_eq!(names(&[("target: kubernetes", "target: managed-endpoint")]), ["churn-qa-secrets"]);
    assert_eq!(names(&[("model:", "scoring: {authentication: entra}\nmodel:")]), [""; 0]);
    // No group reads a vault behind a private endpoint.
    let private = [("project: ml}", "project: ml, agent: {pool: p}}\nnetwork: private")];
    assert_eq!(names(&private), [""; 0]);
}

#[test]
fn environments_inherit_the_place_of_the_platform_and_have_a_resource_group_of_their_own() {
    let project = good(&small(&[("target: kubernetes", "target: kubernetes, azure: {location: northeurope}")]));
    let [qa, production] = project.environments.as_slice() else { panic!("two environments") };
    assert_eq!(qa.place.location, project.platform.place.location);
    assert_eq!(production.place.location.as_str(), "northeurope");
    assert_eq!(production.place.subscription, project.platform.place.subscription);
    assert_eq!(production.place.resource_group.as_str(), "churn-production");
}

#[test]
fn an_example_request_follows_the_rules_of_the_columns() {
    let columns = "[{name: a, min: 2, max: 4}, {name: b, type: integer, min: 0, max: 1}, {name: c, allowed: [7, 8]}, \
                   {name: d, min: 3}, {name: e, max: -3}, {name: f, expected: {mean: 1.5, standardDeviation: 1}}, y]";
    let project = good(&small(&[("[a, b, y]", columns)]));
    assert_eq!(project.scoring.contract.request, [[3.0, 1.0, 7.0, 3.0, -3.0, 1.5].map(Cell::Number)]);
}

#[test]
fn subnets_that_are_left_out_are_quarters_of_the_address_space() {
    let text = small(&[("project: ml}", "project: ml, agent: {pool: p}}")])
        + "network: {private: {addressSpace: 10.8.0.0/22}}\n";
    let crate::project::network::Network::Private(network) = good(&text).network else { panic!("private") };
    let ranges = [network.endpoints_subnet, network.training_subnet, network.scoring_subnet].map(|r| r.to_string());
    assert_eq!(ranges, ["10.8.0.0/24", "10.8.1.0/24", "10.8.2.0/24"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Any names that the rules accept derive names that Azure accepts, and different environments different ones.
    #[test]
    fn every_derived_name_fits_its_service(
        project in "[a-z]([a-z0-9]|-[a-z0-9]){1,11}[a-z0-9]{0,1}",
        first in "[a-z]([a-z0-9]|-[a-z0-9]){1,9}",
        second in "[a-z]([a-z0-9]|-[a-z0-9]){1,9}",
        target in prop::sample::select(vec!["container-instances", "kubernetes", "managed-endpoint", "kubernetes-endpoint"]),
    ) {
        // Storage accounts have no hyphens: `m-l` would be in the place of `ml`, and is refused.
        let (one, two) = (first.replace('-', ""), second.replace('-', ""));
        prop_assume!(one != two);
        prop_assume!(![one, two].iter().any(|e| ["ml", "platform", "train", "batch"].contains(&e.as_str())));
        let text = small(&[
            ("name: churn", &format!("name: '{project}'")),
            ("name: qa, target: container-instances", &format!("name: '{first}', target: {target}")),
            ("name: production, target: kubernetes", &format!("name: '{second}', target: {target}")),
        ]) + "batch: {}\n";
        match load("mlops.yaml", &text) {
            Ok(project) => {
                prop_assert_ne!(&project.environments[0].key_vault, &project.environments[1].key_vault);
                prop_assert_ne!(&project.environments[0].storage, &project.environments[1].storage);
            }
            // A name may be reserved; that is the only thing that can be wrong with it.
            Err(report) => for d in report.diagnostics() {
                let reserved = d.message.contains("every rendered project") || d.message.contains("keyword") || d.message.contains("Windows");
                prop_assert!(reserved, "{}", report.render(Style::Plain));
            }
        }
    }
}
