//! Runs that are really carried out.

use std::time::Duration;

use devops_emulator::{Emulator, Execution, RunSettings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::planted;
use crate::world::World;

struct Real {
    world: World,
    _folder: TempDir,
}

impl Real {
    async fn new() -> Real {
        Real::on(Emulator::builder().seed_project("shop")).await
    }

    /// The same organization after a restart.
    async fn again(self) -> Real {
        let saved = self.world.running.stop().await.save().unwrap();
        Real::on(Emulator::builder().load(saved).unwrap()).await
    }

    async fn on(emulator: Emulator) -> Real {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = RunSettings::new(folder.path());
        settings.environment =
            ["PATH", "HOME"].map(|name| (name.to_owned(), std::env::var(name).unwrap_or_default())).into();
        settings.patience.interrupt = Duration::from_millis(500);
        let mut execution = Execution::new(settings);
        execution.secret = std::sync::Arc::new(|vault, name| (vault == "v").then(|| [name, "of", vault].join("-")));
        let emulator =
            emulator.token(planted::TOKEN).execute(execution).user("Bob", "bob@example.com", planted::OTHER_TOKEN);
        Real { world: World::with(emulator).await, _folder: folder }
    }

    /// Reads until something is as wanted.
    async fn until<T>(&self, see: impl AsyncFn(&World) -> Option<T>) -> T {
        for _ in 0..3000 {
            if let Some(found) = see(&self.world).await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it does not come to that")
    }

    async fn finish(&self, run: i64) -> Value {
        self.until(async |world| {
            let build = world.get(&format!("shop/_apis/build/builds/{run}")).await.ok();
            (build["status"] == "completed").then_some(build)
        })
        .await
    }

    async fn log(&self, run: i64) -> String {
        let logs = self.world.get(&format!("shop/_apis/build/builds/{run}/logs")).await.ok();
        let mut all = String::new();
        for log in logs["value"].as_array().into_iter().flatten() {
            all.push_str(&self.world.get(&format!("shop/_apis/build/builds/{run}/logs/{}", log["id"])).await.text);
        }
        all
    }
}

#[tokio::test]
async fn a_queued_run_checks_out_works_and_is_written_down() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nvariables:\n- group: g\nstages:\n- stage: A\n  jobs:\n  - job: J\n    steps:\n    - checkout: self\n    \
                - bash: |\n        cat said.txt; echo \"a is $A\"; echo \"key is $KEY\"\n        \
                echo \"##vso[task.setvariable variable=v;isOutput=true]from A\"\n        echo \"##vso[build.addbuildtag]t-1\"\n      \
                name: s\n      displayName: Work\n      env: {KEY: $(s)}\n    - publish: said.txt\n      artifact: said\n\
                - stage: B\n  condition: eq(dependencies.A.outputs['J.s.v'], 'from A')\n  jobs:\n  - job: J\n    steps:\n    \
                - checkout: none\n    - download: current\n      artifact: said\n    - bash: |\n        \
                echo \"again $(cat $(Pipeline.Workspace)/said/said.txt)\"\n        \
                curl -sf -H \"Authorization: Bearer $T\" \"$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds/$BUILD_BUILDID?api-version=7.1\" | grep -c inProgress\n      \
                env: {T: $(System.AccessToken)}\n";
    world.push("main", &[("/p.yml", yaml), ("/said.txt", "hello from git\n")]).await;
    let (group, pipeline) = (world.group("g").await, world.pipeline("p").await);
    world.permit("variablegroup", &group.to_string(), pipeline).await;
    let run = world.run(pipeline, json!({})).await;
    let build = real.finish(run).await;
    let log = real.log(run).await;
    assert_eq!(build["result"], "succeeded", "{log}");
    for line in ["hello from git", "a is 1", "key is ***", "again hello from git"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains(planted::SECRET), "{log}");
    assert!(log.lines().any(|line| line.ends_with("Z 1")), "a step signs in with its token: {log}");
    assert_eq!(build["tags"], json!(["t-1"]));
    assert_eq!(world.record(run, "Task", "A.J.__default.s").await, ("completed".into(), "succeeded".into()));
    assert_eq!(world.record(run, "Stage", "B").await, ("completed".into(), "succeeded".into()));
    let artifacts = world.get(&format!("shop/_apis/build/builds/{run}/artifacts")).await.ok();
    assert_eq!(artifacts["value"][0]["name"], "said");
    // the page shows the same, and text as text
    let page = async |path: String| {
        let answer = world.client.get(format!("{}/_emulator/page{path}", world.running.origin())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, text) = page(String::new()).await;
    assert!(status == 200 && text.contains(&format!("href=\"/_emulator/page/runs/{run}\"")), "{text}");
    let (_, text) = page(format!("/runs/{run}")).await;
    for part in ["<h1>p ", "succeeded", "<dd>t-1</dd>", ">said</a>", ">Work</a>"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let log = text.split(">Work</a>").next().unwrap().rsplit("/logs/").next().unwrap().trim_end_matches('"').to_owned();
    let (_, text) = page(format!("/runs/{run}/logs/{log}")).await;
    assert!(text.contains("hello from git") && !text.contains(planted::SECRET), "{text}");
    assert_eq!(page("/runs/999".to_owned()).await.0, 404);
    let (_, text) = page(format!("/runs/{run}/artifacts/1")).await;
    assert!(text.contains(&format!("href=\"/_emulator/page/runs/{run}/artifacts/1/said%2Etxt\"")), "{text}");
    assert_eq!(page(format!("/runs/{run}/artifacts/1/said%2Etxt")).await, (200, "hello from git\n".to_owned()));
    assert_eq!(page(format!("/runs/{run}/artifacts/1/..%2Fsaid%2Etxt")).await.0, 404);
}

#[tokio::test]
async fn runs_at_once_share_the_agents_and_never_a_folder() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nsteps:\n- checkout: none\n- bash: |\n    set -eu\n    mkdir \"$(Agent.BuildDirectory)/mine\"\n    sleep 0.3\n    \
                rmdir \"$(Agent.BuildDirectory)/mine\"\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let pipeline = world.pipeline("p").await;
    let mut runs = Vec::new();
    for _ in 0..5 {
        runs.push(world.run(pipeline, json!({})).await);
    }
    for run in runs {
        let build = real.finish(run).await;
        assert_eq!(build["result"], "succeeded", "{}", real.log(run).await);
    }
}

#[tokio::test]
async fn a_failing_script_fails_the_run_and_says_why() {
    let real = Real::new().await;
    let world = &real.world;
    world
        .push("main", &[("/p.yml", "trigger: none\nsteps:\n- checkout: none\n- bash: exit 3\n  displayName: Break\n")])
        .await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    assert_eq!(real.finish(run).await["result"], "failed");
    let records = world.records(run).await;
    let task = records.iter().find(|record| record["name"] == "Break").unwrap();
    assert_eq!(task["result"], "failed");
    assert_eq!(task["issues"][0]["message"], "Bash exited with code '3'.");
}

#[tokio::test]
async fn a_cancelled_run_is_ended_and_nothing_of_it_goes_on() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nsteps:\n- checkout: none\n- bash: echo started; sleep 600\n- bash: echo cleaned\n  condition: canceled()\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let run = world.run(world.pipeline("p").await, json!({})).await;
    real.until(async |_| real.log(run).await.contains("started").then_some(())).await;
    world.patch(&format!("shop/_apis/build/builds/{run}"), json!({ "status": "cancelling" })).await.ok();
    assert_eq!(real.finish(run).await["result"], "canceled");
    assert!(real.log(run).await.contains("cleaned"));
}

#[tokio::test]
async fn a_person_answers_a_validation_and_an_approval() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nstages:\n- stage: Ask\n  jobs:\n  - job: Q\n    pool: server\n    steps:\n    - task: ManualValidation@1\n      \
                inputs: {instructions: Go on?, approvers: admin@example.com}\n\
                - stage: Go\n  jobs:\n  - deployment: D\n    environment: prod\n    strategy: {runOnce: {deploy: {steps: [{download: none}, {bash: echo deployed}]}}}\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let (pipeline, environment) = (world.pipeline("p").await, world.environment("prod").await);
    world.permit("environment", &environment.to_string(), pipeline).await;
    let me = world.get("_apis/connectionData").await.ok()["authenticatedUser"]["id"].clone();
    let check = json!({ "type": { "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval" }, "settings": { "approvers": [{ "id": me }] }, "timeout": 43200, "resource": { "type": "environment", "id": environment.to_string() } });
    world.post("shop/_apis/pipelines/checks/configurations", check).await.ok();
    let run = world.run(pipeline, json!({})).await;
    for instructions in ["Go on?", ""] {
        let id = real
            .until(async |world| {
                let all = world.get("shop/_apis/pipelines/approvals?state=pending").await.ok();
                let own = all["value"]
                    .as_array()?
                    .iter()
                    .find(|approval| approval["status"] == "pending" && approval["instructions"] == instructions)?;
                own["id"].as_str().map(str::to_owned)
            })
            .await;
        assert!(!real.log(run).await.contains("deployed"));
        let answer = json!([{ "approvalId": id, "status": "approved", "comment": "yes" }]);
        world.patch("shop/_apis/pipelines/approvals", answer).await.ok();
    }
    assert_eq!(real.finish(run).await["result"], "succeeded", "{}", real.log(run).await);
    assert!(real.log(run).await.contains("deployed"));
    let path = format!("shop/_apis/distributedtask/environments/{environment}/environmentdeploymentrecords");
    assert_eq!(world.get(&path).await.ok()["value"][0]["result"], "succeeded");
}

#[tokio::test]
async fn a_rejected_approval_deploys_nothing() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nstages:\n- stage: Go\n  jobs:\n  - deployment: D\n    environment: prod\n    strategy: {runOnce: {deploy: {steps: [{download: none}, {bash: echo deployed}]}}}\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let (pipeline, environment) = (world.pipeline("p").await, world.environment("prod").await);
    world.permit("environment", &environment.to_string(), pipeline).await;
    let me = world.get("_apis/connectionData").await.ok()["authenticatedUser"]["id"].clone();
    let check = json!({ "type": { "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval" }, "settings": { "approvers": [{ "id": me }] }, "timeout": 43200, "resource": { "type": "environment", "id": environment.to_string() } });
    world.post("shop/_apis/pipelines/checks/configurations", check).await.ok();
    let run = world.run(pipeline, json!({})).await;
    let id = real
        .until(async |world| {
            let all = world.get("shop/_apis/pipelines/approvals?state=pending").await.ok();
            all["value"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
    let answer = json!([{ "approvalId": id, "status": "rejected", "comment": "not yet" }]);
    world.patch("shop/_apis/pipelines/approvals", answer).await.ok();
    assert_eq!(real.finish(run).await["result"], "failed");
    assert!(!real.log(run).await.contains("deployed"));
    assert_eq!(world.record(run, "Stage", "Go").await, ("completed".into(), "failed".into()));
}

#[tokio::test]
async fn the_word_of_a_person_who_is_not_asked_lets_nothing_through() {
    let mut real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nstages:\n- stage: Go\n  jobs:\n  - deployment: D\n    environment: prod\n    strategy: {runOnce: {deploy: {steps: [{download: none}, {bash: echo deployed}]}}}\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let (pipeline, environment) = (world.pipeline("p").await, world.environment("prod").await);
    world.permit("environment", &environment.to_string(), pipeline).await;
    let me = world.get("_apis/connectionData").await.ok()["authenticatedUser"]["id"].clone();
    let check = json!({ "type": { "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval" }, "settings": { "approvers": [{ "id": me }] }, "timeout": 43200, "resource": { "type": "environment", "id": environment.to_string() } });
    world.post("shop/_apis/pipelines/checks/configurations", check).await.ok();
    let run = world.run(pipeline, json!({})).await;
    let id = real
        .until(async |world| {
            let all = world.get("shop/_apis/pipelines/approvals?state=pending").await.ok();
            all["value"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
    let answer = json!([{ "approvalId": id, "status": "approved", "comment": "why not" }]);
    real.world.token = planted::OTHER_TOKEN.to_owned();
    real.world.patch("shop/_apis/pipelines/approvals", answer.clone()).await.refused(403, "ApprovalUpdateException");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!real.log(run).await.contains("deployed"));
    real.world.token = planted::TOKEN.to_owned();
    real.world.patch("shop/_apis/pipelines/approvals", answer).await.ok();
    assert_eq!(real.finish(run).await["result"], "succeeded");
}

#[tokio::test]
async fn a_secret_that_the_vault_does_not_have_fails_the_run_by_name() {
    let real = Real::new().await;
    let world = &real.world;
    let yaml = "trigger: none\nvariables:\n- group: k\nsteps:\n- checkout: none\n- bash: echo went on\n";
    world.push("main", &[("/p.yml", yaml)]).await;
    let connection = world.connection("azure").await;
    let group = json!({
        "name": "k", "type": "AzureKeyVault", "description": "",
        "providerData": { "serviceEndpointId": connection, "vault": "elsewhere" },
        "variables": { "scoring-key": { "isSecret": true, "value": null, "enabled": true } },
        "variableGroupProjectReferences": [{ "name": "k", "projectReference": { "name": "shop" } }],
    });
    let group = world.post("_apis/distributedtask/variablegroups", group).await.ok()["id"].to_string();
    let pipeline = world.pipeline("p").await;
    world.permit("variablegroup", &group, pipeline).await;
    let run = world.run(pipeline, json!({})).await;
    assert_eq!(real.finish(run).await["result"], "failed");
    let said = format!("{:?} {}", world.records(run).await, real.log(run).await);
    assert!(said.contains("Secret scoring-key of variable group k was not found in key vault elsewhere."), "{said}");
    assert!(!said.contains("went on"), "{said}");
}

#[tokio::test]
async fn counters_go_up_with_each_run_of_their_pipeline_and_outlive_a_restart() {
    let real = Real::new().await;
    let yaml = "trigger: none\nvariables:\n  major: 2\n  minor: $[counter(variables['major'], 100)]\n  all: $[counter()]\nstages:\n\
                - stage: A\n  jobs:\n  - job: J\n    variables: {own: \"$[counter('Own', 7)]\", same: \"$[counter('OWN', 9)]\"}\n    \
                steps:\n    - checkout: none\n    - bash: echo \"is $(minor) $(all) $(own) $(same).\"\n\
                - stage: B\n  condition: gt(variables['minor'], 100)\n  jobs:\n  - job: J\n    steps:\n    - checkout: none\n    \
                - bash: echo \"again $(minor).\"\n";
    let none = "trigger: none\nvariables:\n  n: $[counter('x', 5)]\nstages:\n- stage: A\n  condition: false\n  jobs: [{job: J, steps: [{bash: echo}]}]\n";
    let said = async |real: &Real, pipeline: i64| {
        let run = real.world.run(pipeline, json!({})).await;
        assert_eq!(real.finish(run).await["result"], "succeeded", "{}", real.log(run).await);
        let log = real.log(run).await;
        let lines = log.lines().filter_map(|line| Some(line.split_once("Z ")?.1.to_owned()));
        lines.filter(|line| line.starts_with("is ") || line.starts_with("again ")).collect::<Vec<_>>()
    };
    // a run counts even if no job comes to the variable
    real.world.push("main", &[("/p.yml", none)]).await;
    let (pipeline, other) = (real.world.pipeline("p").await, real.world.pipeline("q").await);
    assert_eq!(said(&real, other).await, [""; 0]);
    real.world.push("main", &[("/p.yml", yaml)]).await;
    assert_eq!(said(&real, pipeline).await, ["is 100 0 7 7."]);
    assert_eq!(said(&real, pipeline).await, ["is 101 1 8 8.", "again 101."]);
    let real = real.again().await;
    assert_eq!(said(&real, pipeline).await, ["is 102 2 9 9.", "again 102."]);
    real.world.running.with_state(|state| {
        assert_eq!(state.run_counters[&other], [("x".to_owned(), 5)].into());
        assert_eq!(state.run_counters[&pipeline]["2"], 102);
    });
    // another major version counts anew
    let text = yaml.replace("major: 2", "major: 3");
    real.world.push("main", &[("/p.yml", &text)]).await;
    assert_eq!(said(&real, pipeline).await, ["is 100 3 10 10."]);
}
