//! What the specs of the repository come to.

use std::collections::BTreeMap;

use super::{Missing, Scope, Wanted, desired, variables};
use crate::compose::compose;
use crate::project::Project;
use crate::remote::content::Content;
use crate::remote::kinds::service_connection;
use crate::remote::later::{Later, missing};
use crate::remote::observed::State;
use crate::remote::resource::{Key, Kind, Resource};
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;

const EXAMPLE: &str = include_str!("../../../../out/mlops.yaml");

/// What an environment gives that knows where it is.
const IDS: [(&str, &str); 2] = [
    ("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000001"),
    ("AZURE_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000002"),
];

fn project(text: &str) -> (Project, RenderedTree) {
    let project = crate::load("mlops.yaml", text).unwrap_or_else(|_| panic!("the spec is right"));
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let tree = compose(&project, &renderer).unwrap();
    (project, tree)
}

fn resources(text: &str, values: &[(&str, &str)], scope: Scope) -> Vec<Resource> {
    let (project, tree) = project(text);
    let values: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let content = Content::default();
    desired(&Wanted { project: &project, tree: &tree, content: &content, values: &values, scope }).unwrap()
}

/// The kinds of this module's neighbours, as text.
fn shown(resources: &[Resource]) -> String {
    use Kind::{Check, Environment, Permission, Pipeline, ServiceConnection, VariableGroup};
    let kinds = [ServiceConnection, VariableGroup, Environment, Check, Pipeline, Permission];
    let mut text = String::new();
    for resource in resources.iter().filter(|resource| kinds.contains(&resource.key.kind)) {
        text.push_str(&format!("{}\n", resource.key));
        for (name, value) in &resource.fields {
            let value = Later::read(value).map_or_else(|| value.to_string(), |later| later.to_string());
            text.push_str(&format!("  {name} = {value}\n"));
        }
        let needs: Vec<String> = resource.needs.iter().map(ToString::to_string).collect();
        text.push_str(&format!("  needs {}\n", needs.join(", ")));
    }
    text
}

#[test]
fn the_example_wants_these_things() {
    insta::assert_snapshot!(shown(&resources(EXAMPLE, &IDS, Scope::Everything)));
}

#[test]
fn names_of_the_team_and_a_pool_of_its_own_are_used_as_they_are() {
    let cases = [
        ("names-and-groups", include_str!("../../../../tests/cases/names-and-groups/mlops.yaml")),
        ("own-agent-pool", include_str!("../../../../tests/cases/own-agent-pool/mlops.yaml")),
    ];
    for (case, text) in cases {
        insta::assert_snapshot!(case, shown(&resources(text, &IDS, Scope::Everything)));
    }
}

#[test]
fn a_client_id_comes_from_the_identity_or_from_a_variable() {
    let field = "authorization.parameters.serviceprincipalid";
    let of = |resources: Vec<Resource>| {
        let key = Key::new(Kind::ServiceConnection, "diabetes-qa");
        resources.into_iter().find(|resource| resource.key == key).unwrap()
    };
    let identity = Key::new(Kind::Identity, "diabetes-qa");
    let everything = of(resources(EXAMPLE, &IDS, Scope::Everything));
    assert_eq!(everything.fields[field], Later::fact(identity.clone(), "clientId"));
    assert!(everything.needs.contains(&identity));
    let variable = service_connection::client_id_variable("diabetes-qa");
    assert_eq!(variable, "AZURE_CLIENT_ID_DIABETES_QA");
    let devops = of(resources(EXAMPLE, &[(&variable, "an id")], Scope::DevOps));
    assert_eq!(devops.fields[field], "an id");
    assert!(!devops.needs.contains(&identity));
}

#[test]
fn variables_that_nobody_has_given_are_all_named_with_what_to_do() {
    let (project, _) = project(EXAMPLE);
    let names = variables(&project, Scope::DevOps);
    let wanted = [
        "AZURE_CLIENT_ID_DIABETES_PLATFORM",
        "AZURE_CLIENT_ID_DIABETES_PRODUCTION",
        "AZURE_CLIENT_ID_DIABETES_QA",
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_TENANT_ID",
    ];
    assert_eq!(names, wanted);
    let nobody = missing(&resources(EXAMPLE, &[], Scope::DevOps), &State::new());
    assert_eq!(nobody, wanted.map(Missing::variable));
    let given: Vec<(&str, &str)> = wanted.iter().map(|name| (*name, "x")).collect();
    assert_eq!(missing(&resources(EXAMPLE, &given, Scope::DevOps), &State::new()), []);
}
