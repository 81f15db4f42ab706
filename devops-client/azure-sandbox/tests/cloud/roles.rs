//! Who may do what: with the roles that the rendered files and `apply` give, every pipeline is green; without one of them
//! the step that needs it fails with the service's message, and nothing is released.

use std::collections::BTreeMap;

use pipeline_runner::Outcome;
use serde_json::{Value, json};

use crate::cloud::project::Project;
use crate::cloud::world::{SUBSCRIPTION, World, ask};
use crate::rendered::faults::each_or_all;

/// A role assignment that is taken away. What is left still reads: who may give roles may look at everything.
struct Removed {
    name: &'static str,
    /// The identity that had it, and the role.
    identity: &'static str,
    role: &'static str,
    /// The role that it gets in its place.
    instead: Option<&'static str>,
    pipeline: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    stage: &'static str,
    says: &'static str,
}

const RELEASE: &[(&str, &str)] = &[("modelVersion", "1"), ("again", "true")];

const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const BLOBS: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const READ_BLOBS: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
const SCIENTIST: &str = "f6c7c914-8db3-469d-8ca1-694a8f32e121";
const CLUSTER_ADMIN: &str = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b";

const REMOVED: [Removed; 13] = [
    Removed {
        name: "Contributor of the platform's connection, as models are looked at",
        identity: "diabetes-platform-connection",
        role: CONTRIBUTOR,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Prepare",
        says: "does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/models/versions/write'",
    },
    Removed {
        name: "Contributor of the platform's connection, as a job is submitted",
        identity: "diabetes-platform-connection",
        role: CONTRIBUTOR,
        instead: None,
        pipeline: "pipelines/retrain.yml",
        parameters: &[],
        stage: "Train",
        says: "does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/",
    },
    Removed {
        name: "blobs of the platform's connection, as a model is downloaded",
        identity: "diabetes-platform-connection",
        role: BLOBS,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Image",
        says: "(AuthorizationPermissionMismatch) This request is not authorized",
    },
    Removed {
        name: "blobs of the platform's connection, as the pipeline is published",
        identity: "diabetes-platform-connection",
        role: BLOBS,
        instead: None,
        pipeline: "pipelines/build.yml",
        parameters: &[],
        stage: "Publish",
        says: "(AuthorizationPermissionMismatch) This request is not authorized",
    },
    Removed {
        name: "Contributor of the connection of qa",
        identity: "diabetes-qa-connection",
        role: CONTRIBUTOR,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Preview_Deploy_qa",
        says: "(KeyVaultParameterReferenceAuthorizationFailed) The client",
    },
    Removed {
        name: "pulling of the scoring identity of qa",
        identity: "diabetes-qa-scoring",
        role: PULL,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Deploy_qa",
        says: "(InaccessibleImage)",
    },
    Removed {
        name: "the cluster of production",
        identity: "diabetes-production-connection",
        role: CLUSTER_ADMIN,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Deploy_production",
        says: "Error from server (Forbidden): ",
    },
    Removed {
        name: "blobs of the training identity, as a job reads data",
        identity: "diabetes-training",
        role: BLOBS,
        instead: None,
        pipeline: "pipelines/retrain.yml",
        parameters: &[],
        stage: "Train",
        says: "Error Code: ScriptExecution.StreamAccess.Authentication",
    },
    Removed {
        name: "writing of the training identity, as a job leaves what it made",
        identity: "diabetes-training",
        role: BLOBS,
        instead: Some(READ_BLOBS),
        pipeline: "pipelines/retrain.yml",
        parameters: &[],
        stage: "Train",
        says: "Error Code: ScriptExecution.WriteStreams.Authentication",
    },
    Removed {
        name: "pulling of the training identity, as a node starts",
        identity: "diabetes-training",
        role: PULL,
        instead: None,
        pipeline: "pipelines/retrain.yml",
        parameters: &[],
        stage: "Train",
        says: "FailedPullingImage: Unable to pull docker image",
    },
    Removed {
        name: "the training identity in the workspace, as a model is registered",
        identity: "diabetes-training",
        role: SCIENTIST,
        instead: None,
        pipeline: "pipelines/retrain.yml",
        parameters: &[("alpha", "0.01")],
        stage: "Train",
        says: "does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/experiments/runs/write'",
    },
    Removed {
        name: "the workspace in its registry, as an image is built",
        identity: "diabetes-ml-identity",
        role: CONTRIBUTOR,
        instead: None,
        pipeline: "pipelines/retrain.yml",
        parameters: &[],
        stage: "Train",
        says: "denied: requested access to the resource is denied",
    },
    Removed {
        name: "pulling of the nodes of production",
        identity: "diabetes-production-kubelet",
        role: PULL,
        instead: None,
        pipeline: "pipelines/release.yml",
        parameters: RELEASE,
        stage: "Deploy_production",
        says: "failed to fetch anonymous token",
    },
];

/// The worked example, whose connections are the identities that `apply` made.
fn signed_in() -> (World, Project) {
    let world = World::new();
    let mut project = Project::new();
    world.announce(&project.sandbox);
    project.clients = ["platform", "qa", "production"]
        .map(|place| (format!("diabetes-{place}"), client(&world, &format!("diabetes-{place}-connection"))))
        .into();
    // as little waiting as possible, on a machine that is busy
    project.change("tests/smoke/contract.json", "\"latency_ms\": 100", "\"latency_ms\": 2000");
    project.change("tests/smoke/contract.json", "\"requests\": 20", "\"requests\": 3");
    project.forward_ports_of_its_own();
    project.change("pipelines/release.yml", "bakeMinutes: 10", "bakeMinutes: 0");
    project.change("tests/smoke/canary.py", "LATENCY_MARGIN_MS = 1.5, 5.0", "LATENCY_MARGIN_MS = 1.5, 2000.0");
    project.change("tests/smoke/canary.py", "type=float, default=1,", "type=float, default=0.01,");
    (world, project)
}

/// The client id of an identity.
pub fn client(world: &World, name: &str) -> String {
    world.doubles.arm.with_state(|arm| fact(arm, name, "clientId"))
}

pub fn fact(arm: &devops_emulator::Arm, name: &str, key: &str) -> String {
    let ends = format!("/microsoft.managedidentity/userassignedidentities/{name}");
    let found = arm.resources.iter().find(|(id, _)| id.ends_with(&ends));
    let known: BTreeMap<_, _> = arm.resources.iter().filter(|(id, _)| id.contains("userassignedidentities")).collect();
    let found = found.unwrap_or_else(|| panic!("there is no identity {name}: {:?}", known.keys()));
    found.1["properties"][key].as_str().unwrap().to_owned()
}

#[test]
fn every_pipeline_is_green_with_the_roles_that_are_given_and_fails_where_one_is_missing() {
    let (world, project) = signed_in();
    for (pipeline, parameters) in [
        ("pipelines/build.yml", &[][..]),
        ("pipelines/retrain.yml", &[]),
        ("pipelines/release.yml", &[("modelVersion", "1")]),
    ] {
        assert!(project.run(pipeline, parameters).is_good(), "{pipeline}: {}", project.log());
    }
    // all of them where `MLOPS_GEN_FAULTS=whole`, as in `tests/conformance/faults.sh`
    for removed in REMOVED.into_iter().step_by(each_or_all(4)) {
        let before = world.doubles.arm.with_state(|arm| {
            let principal = fact(arm, removed.identity, "principalId");
            let before = arm.resources.clone();
            let is = |body: &Value| {
                let own = &body["properties"];
                own["principalId"] == principal.as_str()
                    && own["roleDefinitionId"].as_str().is_some_and(|role| role.ends_with(removed.role))
            };
            let named = arm.resources.values().filter(|body| is(body)).count();
            assert!(named > 0, "{}: there is no such role assignment", removed.name);
            match removed.instead {
                None => arm.resources.retain(|_, body| !is(body)),
                Some(role) => arm.resources.values_mut().filter(|body| is(body)).for_each(|body| {
                    let own = body["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
                    body["properties"]["roleDefinitionId"] = json!(own.replace(removed.role, role));
                }),
            }
            before
        });
        let report = project.run(removed.pipeline, removed.parameters);
        world.doubles.arm.with_state(|arm| arm.resources = before);
        let log = project.log();
        let stages: BTreeMap<&str, Outcome> =
            report.ended.stages.iter().map(|(name, outcome)| (name.as_str(), *outcome)).collect();
        assert_eq!(stages.get(removed.stage), Some(&Outcome::Failed), "{}: {stages:?}\n{log}", removed.name);
        assert!(log.contains(removed.says), "{}: {log}", removed.name);
        assert!(!report.is_good() && !log.contains("++ tag released"), "{}: {log}", removed.name);
        if let Some(record) = stages.get("Record") {
            assert_eq!(*record, Outcome::Skipped, "{}: {log}", removed.name);
        }
    }
}

/// The request that deploys a place's template again.
fn deployment(project: &Project, folder: &str, group: &str, name: &str) -> (String, Value) {
    let read = |name: &str| -> Value {
        let path = project.root.join(folder).join(name);
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}")))
            .unwrap()
    };
    let parameters = read("main.parameters.json")["parameters"].clone();
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}?api-version=2024-03-01"
    );
    (path, json!({ "properties": { "mode": "Incremental", "template": read("main.json"), "parameters": parameters } }))
}

#[test]
fn a_connection_deploys_its_own_place_with_the_roles_that_it_has_and_no_other() {
    let (world, project) = signed_in();
    let arm = world.doubles.arm.url();
    let places = [
        ("diabetes-platform", "infra/platform"),
        ("diabetes-qa", "infra/environments/qa"),
        ("diabetes-production", "infra/environments/production"),
    ];
    for (name, folder) in places {
        for (other, _) in places {
            let (path, body) = deployment(&project, folder, name, other);
            let (status, answer) =
                ask(&arm, Some(&client(&world, &format!("{other}-connection"))), "PUT", &path, &body);
            match other == name {
                true => assert!(status < 300, "{name}: {status} {answer}"),
                false => assert_eq!(
                    (status, &answer["error"]["code"]),
                    (403, &json!("AuthorizationFailed")),
                    "{other} in {name}"
                ),
            }
        }
        // who may not give roles cannot deploy what gives them
        let role = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
        let before = world.doubles.arm.with_state(|arm| arm.resources.clone());
        world.doubles.arm.with_state(|arm| {
            arm.resources.retain(|_, body| {
                !body["properties"]["roleDefinitionId"].as_str().is_some_and(|id| id.ends_with(role))
            });
        });
        let (path, body) = deployment(&project, folder, name, "without");
        let (status, answer) = ask(&arm, Some(&client(&world, &format!("{name}-connection"))), "PUT", &path, &body);
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        world.doubles.arm.with_state(|arm| arm.resources = before);
        assert_eq!(status, 403, "{name}: {answer}");
        assert!(
            message
                .contains("does not have permission to perform action 'Microsoft.Authorization/roleAssignments/write'"),
            "{message}"
        );
    }
}

#[test]
fn a_vault_gives_its_secrets_to_whoever_has_a_role_there() {
    let world = World::new();
    let vaults = world.doubles.vaults.url();
    for (name, vault, secret, expected) in [
        (Some("diabetes-qa-connection"), "diabetes-qa-mct4b", "scoring-key", 200),
        (Some("diabetes-qa-connection"), "diabm7j-production-mct4b", "scoring-key", 403),
        (Some("diabetes-platform-connection"), "diabetes-ml-mct4b", "data-provider-token", 200),
        (Some("diabetes-events"), "diabetes-ml-mct4b", "data-provider-token", 403),
        (None, "diabm7j-production-mct4b", "scoring-key", 200),
    ] {
        let id = name.map(|name| client(&world, name));
        let path = format!("/{vault}/secrets/{secret}?api-version=7.4");
        let (status, answer) = ask(&vaults, id.as_deref(), "GET", &path, &Value::Null);
        assert_eq!(status, expected, "{name:?} {vault}: {answer}");
        if status == 403 {
            assert_eq!(answer["error"]["innererror"]["code"], "ForbiddenByRbac");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'"), "{message}");
        }
    }
    let (status, _) = ask(
        &vaults,
        Some("nobody-that-is-known"),
        "GET",
        "/diabetes-qa-mct4b/secrets/scoring-key?api-version=7.4",
        &Value::Null,
    );
    assert_eq!(status, 401);
}
