//! Organizations in which something is there already: repositories with another default branch, with reviewers, of another
//! project; connections that somebody made in the portal; agent pools.

use devops_client::api::items::Version;
use devops_client::api::pipeline_permissions::ProtectedResource;
use devops_client::api::policies::NewPolicy;
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::repositories::NewRepository;
use devops_client::api::service_endpoints::{NewServiceEndpoint, ServiceEndpointKind};
use devops_client::{ObjectId, Project};
use devops_emulator::Running;
use devops_emulator::areas::permissions::Permissions;

use crate::remote::approvers::Folder;
use crate::remote::world::{client, emulator, writes};

const PLAN: [&str; 3] = ["plan", "--only", "devops"];
const APPLY: [&str; 4] = ["apply", "--yes", "--only", "devops"];

fn spec(name: &str, devops: &str) -> String {
    format!(
        "version: 1\n\
         project: {{name: {name}}}\n\
         azure: {{location: westeurope}}\n\
         devops: {{organization: contoso, project: harbour, {devops}}}\n\
         data: {{path: data/ships.csv, target: delay, columns: [draught, crew, delay]}}\n\
         model: {{runtime: python}}\n\
         environments:\n  - {{name: qa, target: container-instances}}\n  - {{name: production, target: kubernetes}}\n"
    )
}

fn with(words: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    words.iter().chain(more).copied().collect()
}

/// The project's folder, and an organization with its team project.
async fn place(devops: &str) -> (Folder, Running, Project) {
    let folder = Folder::new(&spec("tides", devops));
    let emulator = emulator(&folder.known).await;
    emulator.with_state(|state| state.add_project("harbour", "2026-01-01T00:00:00Z".parse().unwrap()));
    let project = client(&emulator).0.project("harbour");
    (folder, emulator, project)
}

async fn repository(project: &Project, name: &str, branch: &str) {
    let made = project.repositories().create(&NewRepository::new(name)).await.unwrap();
    let push = NewPush::onto(branch, ObjectId::zero(), "ours").change(Change::add("/notes.md", "# theirs\n"));
    project.repositories().repository(made.id).push(&push).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_with_another_default_branch_is_led_to_the_one_of_the_spec_by_one_apply() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "tides", "trunk").await;
    folder.run(&emulator, &with(&APPLY, &["--adopt", "repository/tides"])).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
    // The spec's branch changes when the project is long there.
    folder.write(&spec("tides", "repository: tides, branch: stable"));
    folder.run(&emulator, &APPLY).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
    let found = project.repositories().get("tides").await.unwrap();
    assert_eq!(found.default_branch.as_deref(), Some("refs/heads/stable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_wait_for_reviewers_are_no_difference_and_the_request_is_named_each_time() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "tides", "main").await;
    let id = project.repositories().get("tides").await.unwrap().id;
    project.policies().create(&NewPolicy::minimum_reviewers(2, id, "refs/heads/main")).await.unwrap();
    folder.run(&emulator, &PLAN).await.code(2).says("--adopt repository/tides");
    let waits = "waits in a pull request: http";
    let waiting = "the files wait in a pull request until it is completed: http";
    folder.run(&emulator, &with(&APPLY, &["--adopt", "repository/tides"])).await.code(0).says(waiting);
    // Nobody has to say again that the repository is ours.
    let said = folder.run(&emulator, &PLAN).await.code(0).says(waits).says("/_git/tides/pullrequest/1");
    assert!(!said.out.contains("pipelines/build.yml  "), "not the list of files: {}", said.out);
    emulator.clear_requests();
    folder.run(&emulator, &APPLY).await.code(0).says(waiting);
    assert_eq!(writes(&emulator), 0, "there is nothing to be done");
    let said = folder.run(&emulator, &with(&["--json"], &PLAN)).await.code(0);
    let plan: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert!(plan["projects"][0]["waiting"][0].as_str().unwrap().ends_with("/pullrequest/1"), "{plan}");
    // A spec that changes meanwhile is something to do: the request grows.
    folder.write(&spec("tides", "repository: tides").replace("westeurope", "northeurope"));
    folder.run(&emulator, &PLAN).await.code(1).says("files/main");
    folder.run(&emulator, &APPLY).await.code(0).says(waiting);
    folder.run(&emulator, &PLAN).await.code(0).says(waits);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_of_another_project_is_told_and_never_taken_over_in_passing() {
    let (folder, emulator, _) = place("repository: shared").await;
    folder.run(&emulator, &APPLY).await.code(0);
    let second = Folder::new(&spec("winds", "repository: shared"));
    let said = second.run(&emulator, &with(&PLAN, &["--adopt-all"])).await.code(2);
    said.says("repository/shared holds the project tides where this one would lie: put each into a folder of its own");
    let specs = [&folder, &second].map(|folder| folder.place.path().join("mlops.yaml").display().to_string());
    let said = folder.run(&emulator, &["plan", "--spec", &specs[0], "--spec", &specs[1]]).await.code(2);
    said.says("the projects tides and winds both want the top of the repository shared of harbour")
        .says("devops.directory");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_stands_in_the_way_is_taken_over_by_one_flag() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "tides", "main").await;
    for name in ["tides-qa", "tides-production"] {
        let environment = devops_client::api::environments::NewEnvironment::new(name);
        project.environments().create(&environment).await.unwrap();
    }
    folder.run(&emulator, &PLAN).await.code(2).says("`--adopt-all` takes over all 5 that are named above");
    // A connection with a key has to be converted first.
    let team = project.client().projects().get("harbour").await.unwrap();
    let kind = ServiceEndpointKind::Other("azurerm".to_owned());
    let key = NewServiceEndpoint::new("tides-platform", kind, "https://management.azure.com/", "ServicePrincipal");
    let key = key.parameter("tenantid", "t").parameter("serviceprincipalid", "s").project(&team);
    let key = project.service_endpoints().create(&key).await.unwrap();
    let said =
        folder.run(&emulator, &PLAN).await.code(2).says("service-connection/tides-platform cannot be taken over");
    said.says("when the rest is settled, `--adopt-all` takes over the ");
    project.service_endpoints().delete(key.id, &[team.id], false).await.unwrap();
    let file = folder.place.path().join("plan.json").display().to_string();
    folder.run(&emulator, &["plan", "--only", "devops", "--adopt-all", "--out", &file]).await.code(1).says("to adopt");
    folder.run(&emulator, &["apply", &file]).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_in_other_letters_of_the_same_name_is_taken_over_once() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "Tides", "main").await;
    for name in ["TIDES-qa", "Tides-Production"] {
        let environment = devops_client::api::environments::NewEnvironment::new(name);
        project.environments().create(&environment).await.unwrap();
    }
    folder.run(&emulator, &PLAN).await.code(2).says("--adopt-all");
    folder.run(&emulator, &with(&APPLY, &["--adopt-all"])).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
    folder.run(&emulator, &APPLY).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_everything_over_pushes_what_the_team_has_committed() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "tides", "main").await;
    std::fs::write(folder.place.path().join("own.txt"), "ours\n").unwrap();
    for line in ["init --quiet --initial-branch main", "add own.txt", "commit --quiet --message own"] {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut git = std::process::Command::new("git");
        let done = git.current_dir(folder.place.path()).args(identity).args(line.split(' ')).status().unwrap();
        assert!(done.success(), "{line}");
    }
    folder.run(&emulator, &with(&APPLY, &["--adopt-all"])).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_with_crlf_are_pushed_as_git_has_stored_them() {
    let (folder, emulator, project) = place("repository: tides").await;
    std::fs::write(folder.place.path().join("data/ships.csv"), "draught,crew,delay\r\n1,2,3\r\n4,5,6\r\n").unwrap();
    for line in ["init --quiet --initial-branch main", "add --all", "commit --quiet --message rendered"] {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut git = std::process::Command::new("git");
        let done = git.current_dir(folder.place.path()).args(identity).args(line.split(' ')).output().unwrap();
        assert!(done.status.success(), "{line}: {done:?}");
    }
    let said = folder.run(&emulator, &APPLY).await.code(0);
    assert!(!said.err.contains("not committed here"), "{}", said.err);
    let made = project.repositories().repository("tides");
    let pushed = made.file("/data/ships.csv", &Version::branch("main")).await.unwrap();
    assert_eq!(pushed.as_deref(), Some("draught,crew,delay\n1,2,3\n4,5,6\n"));
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_from_an_adopted_repository_is_what_was_not_here() {
    let (folder, emulator, project) = place("repository: tides").await;
    repository(&project, "tides", "main").await;
    let mut git = std::process::Command::new("git");
    assert!(
        git.args(["init", "--quiet", "--initial-branch", "main"]).arg(folder.place.path()).status().unwrap().success()
    );
    let said = folder.run(&emulator, &with(&APPLY, &["--adopt-all"])).await.code(0);
    said.says("brought from there: 1 file that the repository had, and nobody had touched here");
    assert_eq!(std::fs::read_to_string(folder.place.path().join("notes.md")).unwrap(), "# theirs\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_portal_made_is_adopted_and_one_with_a_key_is_refused_by_the_plan() {
    let (folder, emulator, project) = place("repository: tides").await;
    let team = project.client().projects().get("harbour").await.unwrap();
    let make = |scheme: &'static str| {
        let kind = ServiceEndpointKind::Other("azurerm".to_owned());
        let new = NewServiceEndpoint::new("tides-platform", kind, "https://management.azure.com/", scheme);
        new.parameter("tenantid", "t").parameter("serviceprincipalid", "s").project(&team)
    };
    let endpoints = project.service_endpoints();
    let key = endpoints.create(&make("ServicePrincipal")).await.unwrap();
    let adopt = ["--adopt", "service-connection/tides-platform"];
    // It is not advised to take over what cannot be.
    for words in [with(&PLAN, &[]), with(&PLAN, &adopt), with(&APPLY, &adopt)] {
        let said = folder.run(&emulator, &words).await.code(2);
        assert!(!said.err.contains("`--adopt service-connection/"), "{}", said.err);
        let said = said.says("its authorization.scheme is \"ServicePrincipal\", the spec needs");
        said.says("project settings, service connections, tides-platform, Convert");
    }
    endpoints.delete(key.id, &[team.id], false).await.unwrap();
    endpoints.create(&make("WorkloadIdentityFederation")).await.unwrap();
    folder.run(&emulator, &with(&APPLY, &adopt)).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0);
    let state = emulator.state();
    let kinds: Vec<_> = state.endpoints.values().filter(|found| found.name() == "tides-platform").collect();
    assert_eq!(kinds[0].kind(), "azurerm", "the service takes no other spelling back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_pool_that_is_not_there_is_told_before_anything_is_made() {
    let text = spec("tides", "repository: tides, agent: {pool: Quay}");
    let folder = Folder::new(&text);
    let emulator = emulator(&folder.known).await;
    for words in [&PLAN[..], &APPLY[..]] {
        let said = folder.run(&emulator, words).await.code(2);
        said.says("`devops.agent.pool` (line 4, column ").says("has no agent pool `Quay`");
    }
    assert_eq!(writes(&emulator), 0, "nothing is begun");
    // The project is there, the pool is not given to it.
    emulator.with_state(|state| state.add_project("harbour", "2026-01-01T00:00:00Z".parse().unwrap()));
    folder.run(&emulator, &PLAN).await.code(2).says("the team project harbour has no agent pool `Quay`");
    emulator.with_state(|state| devops_emulator::areas::queues::add_pool(state, "quay"));
    folder.run(&emulator, &APPLY).await.code(0);
    folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_used_and_left_whether_its_queue_is_open_to_all_or_not() {
    let text = spec("tides", "repository: tides, agent: {pool: Default}");
    let folder = Folder::new(&text);
    for open in [false, true] {
        let emulator = emulator(&folder.known).await;
        if open {
            let id = emulator.with_state(|state| {
                let project = state.add_project("harbour", "2026-01-01T00:00:00Z".parse().unwrap());
                state.queues.values().find(|queue| queue.project == project && queue.name == "Default").unwrap().id
            });
            let queue = devops_client::QueueId(id).into();
            open_to_all(&emulator, &client(&emulator).0.project("harbour"), &queue).await;
        }
        folder.run(&emulator, &APPLY).await.code(0);
        folder.run(&emulator, &PLAN).await.code(0).says("nothing to do");
        for _ in 0..2 {
            let gone = ["destroy", "--yes", "--confirm", "tides", "--only", "devops"];
            folder.run(&emulator, &gone).await.code(0);
        }
    }
}

/// What the button "open access" of the portal does; the client has no call for it on purpose.
async fn open_to_all(emulator: &Running, project: &Project, queue: &ProtectedResource) {
    emulator.with_state(|state| {
        let project = state.find_project("harbour").unwrap().id;
        let (kind, id) = (queue.kind().to_owned(), queue.id());
        state.permissions.push(Permissions { project, kind, id, all: true, pipelines: Vec::new() });
    });
    assert!(project.pipeline_permissions().get(queue).await.unwrap().is_open_to_all());
}
