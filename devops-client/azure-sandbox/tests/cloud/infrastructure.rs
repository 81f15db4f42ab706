//! `infrastructure.yml`: places are validated, shown beforehand, deployed, destroyed, and made again.

use crate::cloud::project::Project;
use crate::cloud::roles::client;
use crate::cloud::world::{SUBSCRIPTION, TENANT, World};
use crate::rendered::release::stage;
use pipeline_runner::Outcome;

/// A pipeline that carries out the script of the last stage, behind the question to people.
const DESTROY: &str = "steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: diabetes-qa\n    scriptType: bash\n    \
                       scriptLocation: scriptPath\n    scriptPath: pipelines/scripts/destroy-infrastructure.sh\n    visibleAzLogin: false\n  \
                       env: {PROJECT: diabetes, CONFIRMATION: diabetes, RESOURCE_GROUP: PLACE}\n";

#[test]
fn places_are_validated_shown_deployed_destroyed_and_made_again() {
    let world = World::new();
    let mut project = Project::new();
    world.announce(&project.sandbox);
    project.ids = [SUBSCRIPTION, TENANT];
    for action in ["validate", "what-if", "deploy"] {
        let report = project.run("pipelines/infrastructure.yml", &[("action", action), ("target", "qa")]);
        assert!(report.is_good(), "{action}: {}", project.log());
    }
    let resources = |group: &str| {
        let part = format!("/resourcegroups/{group}/");
        world.doubles.arm.with_state(|arm| arm.resources.keys().filter(|id| id.contains(&part)).count())
    };
    let before = resources("diabetes-qa");
    assert!(before > 0);
    project.write("destroy.yml", &DESTROY.replace("PLACE", "diabetes-qa"));
    let destroyed = project.run("destroy.yml", &[]);
    assert!(destroyed.is_good() && project.log().contains("deleted diabetes-qa"), "{}", project.log());
    assert_eq!(resources("diabetes-qa"), 0, "{}", project.log());
    let again = project.run("pipelines/infrastructure.yml", &[("action", "deploy"), ("target", "qa")]);
    assert_eq!(stage(&again, "Infra_qa"), Outcome::Succeeded, "{}", project.log());
    assert!(resources("diabetes-qa") > 0, "{}", project.log());

    // the platform's workspace is deleted for good, by whoever may do so
    let workspaces = || {
        let ends = "/providers/microsoft.machinelearningservices/workspaces/diabetes-ml";
        world.doubles.arm.with_state(|arm| arm.resources.keys().filter(|id| id.ends_with(ends)).count())
    };
    assert_eq!(workspaces(), 1);
    let name = [("PROJECT", "diabetes"), ("CONFIRMATION", "diabetes"), ("RESOURCE_GROUP", "diabetes-platform")];
    // that of QA went with its group
    project.clients = ["platform", "production"]
        .map(|place| (format!("diabetes-{place}"), client(&world, &format!("diabetes-{place}-connection"))))
        .into();
    let (code, said) = project.script("destroy-infrastructure.sh", "diabetes-production", &name);
    assert!(code != 0 && said.contains("AuthorizationFailed"), "{said}");
    assert_eq!(workspaces(), 1);
    let (code, said) = project.script("destroy-infrastructure.sh", "diabetes-platform", &name);
    assert!(code == 0 && said.contains("deleted diabetes-platform"), "{said}");
    assert_eq!((workspaces(), resources("diabetes-platform")), (0, 0), "{said}");
}
