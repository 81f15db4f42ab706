//! What Azure should hold for the example project and for awkward names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::compose::compose;
use crate::project::variables::PipelineKind;
use crate::remote::content::Content;
use crate::remote::desired::{Scope, Wanted};
use crate::remote::kinds::{deployment, identity, role_assignment};
use crate::remote::later::Later;
use crate::remote::resource::Resource;
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;

const SUBSCRIPTION: &str = "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";
const SPEC: &str = include_str!("../../../../../out/mlops.yaml");

fn example() -> (Project, RenderedTree) {
    let project = crate::load("mlops.yaml", SPEC).unwrap();
    let tree = compose(&project, &Renderer::new(&Overrides::new()).unwrap()).unwrap();
    (project, tree)
}

fn values() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("AZURE_SUBSCRIPTION_ID".to_owned(), SUBSCRIPTION.to_owned()),
        ("AZURE_TENANT_ID".to_owned(), "1f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a".to_owned()),
    ])
}

fn all() -> Vec<Resource> {
    let (project, tree) = example();
    let values = values();
    desired(&Wanted {
        project: &project,
        tree: &tree,
        content: &Content::default(),
        values: &values,
        scope: Scope::Everything,
    })
    .unwrap()
}

fn keys(all: &[Resource], kind: Kind) -> Vec<String> {
    all.iter().filter(|resource| resource.key.kind == kind).map(|resource| resource.key.name.clone()).collect()
}

#[test]
fn each_place_has_a_group_an_identity_and_a_deployment() {
    let all = all();
    let places = ["diabetes-platform", "diabetes-qa", "diabetes-production"];
    for kind in [Kind::ResourceGroup, Kind::FederatedCredential] {
        assert_eq!(keys(&all, kind), places, "{kind:?}");
    }
    let scoring = [
        "workload/diabetes-qa-scoring",
        "workload/diabetes-production-scoring",
        "workload/diabetes-production-kubelet",
        "workload/diabetes-production-control-plane",
    ];
    assert_eq!(keys(&all, Kind::Identity), [&places[..], &scoring[..]].concat());
    assert_eq!(keys(&all, Kind::Deployment), ["platform", "qa", "production"]);
}

#[test]
fn roles_are_those_that_the_pipelines_need_and_limited_to_what_the_templates_give() {
    let all = all();
    let roles = |connection: &str| -> BTreeSet<String> {
        let prefix = format!("{connection}/");
        keys(&all, Kind::RoleAssignment).iter().filter_map(|key| key.strip_prefix(&prefix).map(str::to_owned)).collect()
    };
    let expected = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(
        roles("diabetes-platform"),
        expected(&[
            "Contributor@diabetes-platform",
            "Role Based Access Control Administrator@diabetes-platform",
            "Key Vault Secrets Officer@diabetes-platform",
            "Storage Blob Data Contributor@diabetes-platform",
        ])
    );
    assert_eq!(
        roles("diabetes-production"),
        expected(&[
            "Contributor@diabetes-production",
            "Role Based Access Control Administrator@diabetes-production",
            "Key Vault Secrets Officer@diabetes-production",
            "Azure Kubernetes Service RBAC Cluster Admin@diabetes-production",
        ])
    );
    assert_eq!(roles("workload/diabetes-qa-scoring"), expected(&["AcrPull@diabetes-platform"]));
    assert_eq!(roles("workload/diabetes-production-kubelet"), expected(&["AcrPull@diabetes-platform"]));
    assert_eq!(roles("workload/diabetes-production-scoring"), expected(&[]));
    let condition = |key: &str| {
        let found = all.iter().find(|resource| resource.key.name == key).unwrap();
        found.fields["condition"].as_str().unwrap().to_owned()
    };
    let platform = condition("diabetes-platform/Role Based Access Control Administrator@diabetes-platform");
    let (pull, owner) = ("7f951dda-4ed3-4680-a7ca-43fe172d538d", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635");
    assert!(platform.contains(pull) && !platform.contains(owner), "{platform}");
    assert_eq!(platform.matches("GuidEquals {").count(), 2, "{platform}");
    // Azure DevOps as an audience of tokens: an application, and no role.
    assert!(!platform.contains("499b84ac-1321-427f-aa17-267ca6975798"), "{platform}");
}

/// Everything for a project with these environments.
fn of_environments(environments: &str, more: &str) -> Vec<Resource> {
    let spec = format!(
        "version: 1\nproject: {{name: churn}}\nazure: {{location: westeurope}}\n\
         devops: {{organization: contoso, project: ml}}\ndata: {{path: data/churn.csv, target: y, columns: [a, y]}}\n\
         model: {{runtime: python}}\n{more}environments:\n{environments}"
    );
    let project =
        crate::load("mlops.yaml", &spec).unwrap_or_else(|r| panic!("{}", r.render(crate::spec::report::Style::Plain)));
    let tree = compose(&project, &Renderer::new(&Overrides::new()).unwrap()).unwrap();
    let (content, values) = (Content::default(), values());
    desired(&Wanted { project: &project, tree: &tree, content: &content, values: &values, scope: Scope::Everything })
        .unwrap()
}

#[test]
fn no_connection_of_an_environment_manages_or_grants_anything_on_the_platform() {
    for target in ["container-instances", "kubernetes", "managed-endpoint", "kubernetes-endpoint"] {
        let more = "scoring: {logging: {}}\ntraining: {scoringLogs: {}}\n";
        let all = of_environments(&format!("  - {{name: live, target: {target}}}\n"), more);
        let on_platform: BTreeSet<String> = keys(&all, Kind::RoleAssignment)
            .into_iter()
            .filter(|key| key.starts_with("churn-live/") && key.ends_with("@churn-platform"))
            .collect();
        let compute = ["AzureML Compute Operator", "Azure Deployment Stack Owner"];
        let allowed = if target == "kubernetes-endpoint" { &compute[..] } else { &[] };
        let expected: BTreeSet<String> =
            allowed.iter().chain(&["Reader"]).map(|role| format!("churn-live/{role}@churn-platform")).collect();
        assert_eq!(on_platform, expected, "{target}");
    }
}

#[test]
fn the_platform_hands_out_the_identity_of_a_managed_endpoint_and_no_other() {
    let all = of_environments("  - {name: live, target: managed-endpoint}\n", "");
    let operators: Vec<&Resource> = all
        .iter()
        .filter(|resource| resource.fields.get("role").is_some_and(|role| role == "Managed Identity Operator"))
        .collect();
    let [only] = operators.as_slice() else { panic!("{operators:?}") };
    assert!(only.key.name.starts_with("churn-platform/"));
    assert!(only.fields["scope"].as_str().unwrap().ends_with("/userAssignedIdentities/churn-live-scoring"));
}

#[test]
fn parameters_are_those_of_the_pipeline_and_numbers_of_pipelines_are_known_later() {
    let all = all();
    let field = |deployment: &str, name: &str| {
        let found = all.iter().find(|r| r.key.kind == Kind::Deployment && r.key.name == deployment).unwrap();
        found.fields[name].clone()
    };
    let more = "scoring: {logging: {}}\ntraining: {scoringLogs: {}}\n";
    let logs = of_environments("  - {name: live, target: kubernetes}\n", more);
    let live = logs.iter().find(|r| r.key.kind == Kind::Deployment && r.key.name == "live").unwrap();
    assert_eq!(live.fields["parameters.platformSubscriptionId"], SUBSCRIPTION);
    assert_eq!(field("platform", "parameters.workspaceName"), "diabetes-ml");
    let release = Later::read(&field("platform", "parameters.releasePipelineId")).unwrap();
    assert_eq!(release, Later::Fact { of: deployment::pipeline_key(PipelineKind::Release), fact: "id".to_owned() });
    assert_ne!(field("qa", "template"), field("production", "template"));
}

#[test]
fn an_id_that_is_missing_is_said_once_with_its_variable() {
    let ((project, tree), content) = (example(), Content::default());
    for (values, said) in [
        (BTreeMap::new(), "AZURE_SUBSCRIPTION_ID is not known"),
        (BTreeMap::from([("AZURE_SUBSCRIPTION_ID".to_owned(), "contoso".to_owned())]), "no GUID"),
    ] {
        let wanted =
            Wanted { project: &project, tree: &tree, content: &content, values: &values, scope: Scope::Everything };
        let missing = desired(&wanted).unwrap_err();
        assert_eq!(missing.len(), 1);
        assert!(missing[0].to_string().contains(said), "{}", missing[0]);
    }
}

#[test]
fn a_name_of_an_assignment_depends_on_all_of_its_parts_and_on_nothing_else() {
    let role = crate::artifacts::infra::given::CONTRIBUTOR;
    let name = |project, connection, scope| role_assignment::name(project, connection, role, scope);
    let one = name("p", "c", "/subscriptions/s/resourceGroups/G");
    assert_eq!(one, name("p", "c", "/subscriptions/s/resourcegroups/g"));
    let others = [name("q", "c", "/g"), name("p", "d", "/g"), name("p", "c", "/h"), name("pc", "", "/g")];
    let mut all: Vec<&String> = others.iter().chain([&one]).collect();
    all.dedup();
    assert_eq!(all.len(), 5);
    assert!(others.iter().all(|other| uuid::Uuid::parse_str(other).is_ok()));
}

proptest! {
    #[test]
    fn every_connection_has_an_identity_that_azure_accepts_and_no_two_share_one(a in "\\PC{1,64}", b in "\\PC{1,64}") {
        for name in [identity::name(&a), identity::name(&b)] {
            prop_assert!((3..=128).contains(&name.len()), "{name}");
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
            prop_assert!(name.starts_with(|c: char| c.is_ascii_alphanumeric()), "{name}");
        }
        prop_assert_eq!(identity::name(&a) == identity::name(&b), a == b);
    }
}
