//! `mlops-gen doctor`, with the real program against an organization and a subscription.

use std::process::{Command, Output};

use devops_emulator::{Arm, Double, Emulator, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{SPEC, SUBSCRIPTION, TENANT, TOKEN, timely};

struct World {
    folder: TempDir,
    devops: Running,
    arm: Double<Arm>,
}

const PROVIDERS: [&str; 14] = [
    "Microsoft.ManagedIdentity",
    "Microsoft.KeyVault",
    "Microsoft.Storage",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerService",
    "Microsoft.MachineLearningServices",
    "Microsoft.OperationalInsights",
    "Microsoft.Insights",
    "Microsoft.EventGrid",
    "Microsoft.Logic",
    "Microsoft.Network",
    "Microsoft.KubernetesConfiguration",
    "Microsoft.App",
];

impl World {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("mlops.yaml"), timely(SPEC)).unwrap();
        let devops =
            Emulator::builder().organization("contoso").seed_project("health-ml").token(TOKEN).start().await.unwrap();
        let mut arm = Arm::new(TENANT, SUBSCRIPTION);
        for provider in PROVIDERS {
            arm = arm.registered(provider);
        }
        arm.tokens = vec![TOKEN.to_owned()];
        Self { folder, devops, arm: arm.start().await.unwrap() }
    }

    fn run(&self, arguments: &[&str], tenant: &str) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_mlops-gen"))
            .current_dir(self.folder.path())
            .arg("doctor")
            .args(arguments)
            .env("MLOPS_GEN_DEVOPS_URL", self.devops.url())
            .env("MLOPS_GEN_DEVOPS_TOKEN", TOKEN)
            .env("MLOPS_GEN_ARM_URL", self.arm.url())
            .env("MLOPS_GEN_VAULT_URL", self.arm.url())
            .env("MLOPS_GEN_AZURE_TOKEN", TOKEN)
            .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
            .env("AZURE_TENANT_ID", tenant)
            .output()
            .unwrap();
        let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!all.contains(TOKEN), "a token is shown: {all}");
        output
    }

    fn found(&self) -> (Option<i32>, Vec<Value>) {
        let output = self.run(&["--json"], TENANT);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code(), value["findings"].as_array().unwrap().clone())
    }

    /// The one finding that blocks; everything else is well.
    fn only_block(&self) -> (String, String) {
        let (code, found) = self.found();
        let blocks: Vec<&Value> = found.iter().filter(|finding| finding["level"] == "blocks").collect();
        assert_eq!((code, blocks.len()), (Some(1), 1), "{blocks:#?}");
        let text = |name: &str| blocks[0][name].as_str().unwrap().to_owned();
        (text("says"), text("remedy"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_nothing_blocks_and_every_check_has_spoken() {
    let world = World::new().await;
    let (code, found) = world.found();
    let blocks: Vec<&Value> = found.iter().filter(|finding| finding["level"] == "blocks").collect();
    assert_eq!(code, Some(0), "{blocks:#?}");
    for check in ["credentials", "permissions", "agents", "tasks", "names", "quota", "providers"] {
        assert!(found.iter().any(|finding| finding["check"] == check), "{check}: {found:#?}");
    }
    let unsaid: Vec<&Value> =
        found.iter().filter(|finding| finding["level"] != "good" && finding["remedy"].is_null()).collect();
    assert!(unsaid.is_empty(), "{unsaid:#?}");
    let text = world.run(&["--all"], TENANT);
    assert!(String::from_utf8_lossy(&text.stdout).contains("good"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_obstacle_is_found_with_its_remedy() {
    let world = World::new().await;
    let undo = |change: &dyn Fn(&mut Arm)| world.arm.with_state(change);

    undo(&|arm| {
        arm.quota.insert("LowPriorityCores".into(), (98, 100));
    });
    let (says, remedy) = world.only_block();
    assert!(says.contains("not even one node fits") && remedy.contains("maxNodes"), "{says} {remedy}");
    undo(&|arm| {
        arm.quota.insert("LowPriorityCores".into(), (0, 100));
    });

    // Nodes of the cluster are asked of Azure itself, not of Azure ML.
    undo(&|arm| {
        arm.quota.insert("standardDDSv5Family".into(), (99, 100));
    });
    let (says, remedy) = world.only_block();
    assert!(says.contains("the nodes of production: ") && says.contains("Standard_D2ds_v5"), "{says}");
    assert!(remedy.contains("environments[].cluster.maxNodes"), "{remedy}");
    undo(&|arm| {
        arm.quota.insert("standardDDSv5Family".into(), (0, 100));
    });

    let group = world.folder.path().join("mlops.yaml");
    let spec = std::fs::read_to_string(&group).unwrap();
    std::fs::write(&group, spec.replace("2099-12-01", "2019-12-01")).unwrap();
    let (_, found) = world.found();
    let late: Vec<_> = found.iter().filter(|one| one["check"] == "budgets" && one["level"] == "blocks").collect();
    let [late] = late.as_slice() else { panic!("told once: {found:#?}") };
    let says = late["says"].as_str().unwrap();
    assert!(says.contains("the budgets of platform, qa, production would start on 2019-12-01"), "{says}");
    std::fs::write(&group, spec).unwrap();

    undo(&|arm| {
        arm.providers.remove(&format!("{SUBSCRIPTION}/microsoft.eventgrid"));
    });
    let (says, remedy) = world.only_block();
    assert!(says.contains("Microsoft.EventGrid is not registered"), "{says}");
    assert_eq!(remedy, format!("az provider register --namespace Microsoft.EventGrid --subscription {SUBSCRIPTION}"));
    undo(&|arm| {
        arm.providers.insert(format!("{SUBSCRIPTION}/microsoft.eventgrid"), 0);
    });

    let deleted = json!({ "id": "/x", "name": "diabetes-qa-mct4b", "location": "westeurope" });
    undo(&|arm| {
        arm.deleted_vaults.insert("diabetes-qa-mct4b".into(), deleted.clone());
    });
    let (says, remedy) = world.only_block();
    assert!(says.contains("diabetes-qa-mct4b (qa) is held by a deleted one"), "{says}");
    assert!(remedy.contains("az keyvault recover --name diabetes-qa-mct4b"), "{remedy}");
    undo(&|arm| arm.deleted_vaults.clear());

    let taken = json!({ "id": "/y", "name": "diabetesmct4b", "type": "Microsoft.ContainerRegistry/registries" });
    undo(&|arm| {
        arm.resources.insert("/y".into(), taken.clone());
    });
    let (says, remedy) = world.only_block();
    assert!(
        says.contains("container registry diabetesmct4b (platform) is taken") && remedy.contains("azure.suffix"),
        "{says}"
    );
    undo(&|arm| {
        arm.resources.remove("/y");
    });

    undo(&|arm| {
        arm.not_actions = vec!["Microsoft.Authorization/*/Write".into(), "Microsoft.Authorization/*/Delete".into()]
    });
    let (says, remedy) = world.only_block();
    assert!(says.contains("Microsoft.Authorization/roleAssignments/write"), "{says}");
    assert!(remedy.contains("'Role Based Access Control Administrator' --scope /subscriptions/"), "{remedy}");
    undo(&|arm| arm.not_actions.clear());

    let output = world.run(&["--json"], "2f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("the project says 2f6b1a9e"), "{output:?}");
    let (code, _) = world.found();
    assert_eq!(code, Some(0), "everything is undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_is_left_alone_when_only_azure_devops_is_asked_for() {
    let world = World::new().await;
    let output = world.run(&["--only", "devops", "--json"], TENANT);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(world.arm.requests().is_empty());
}
