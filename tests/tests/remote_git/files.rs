//! From nothing to the files on the default branch, and what is done about other people's files.

use devops_client::api::pushes::Change;
use devops_client::api::refs::RefUpdate;
use mlops_gen::artifacts::Ownership;
use mlops_gen::remote::plan::Action;
use mlops_gen::remote::resource::{Key, Kind};

use super::world::{Ours, PIPELINES, branches, changed, commits, emulator, files, repository, writes};

#[tokio::test]
async fn from_nothing_everything_is_made_in_one_commit_and_a_second_apply_writes_nothing() {
    let emulator = emulator(false).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    let state = emulator.state();
    let description = state.find_project("ml").unwrap().description.clone();
    assert!(description.ends_with("(managed by mlops-gen: churn)"), "{description}");
    assert_eq!(repository(&emulator).default_branch.as_deref(), Some("refs/heads/main"));
    assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 1));
    let pushed = files(&emulator, "main");
    let wanted = ours.content.iter().map(|(path, file)| (path.to_string(), file.bytes.clone())).collect();
    assert_eq!(pushed, wanted);

    emulator.clear_requests();
    here.converge().await;
    assert_eq!(writes(&emulator), 0);
}

#[tokio::test]
async fn a_project_that_is_there_is_used_as_it_is() {
    let emulator = emulator(true).await;
    let here = Ours::new().at(&emulator, &[]);
    here.converge().await;
    assert_eq!(emulator.state().find_project("ml").unwrap().description, "");
}

#[tokio::test]
async fn the_files_of_an_empty_repository_that_somebody_made_are_pushed_to_the_branch_of_the_spec() {
    let emulator = emulator(true).await;
    let here = Ours::new().at(&emulator, &[]);
    let new = devops_client::api::repositories::NewRepository::new("churn");
    here.site.devops.repositories().create(&new).await.unwrap();
    here.converge().await;
    assert_eq!(branches(&emulator), ["main"]);
}

#[tokio::test]
async fn a_changed_render_is_one_more_commit_and_the_teams_files_stay_as_they_are() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    ours.at(&emulator, &[]).converge().await;
    let here = ours.at(&emulator, &[]);
    let seed = ours.content.iter().find(|(_, file)| file.ownership == Ownership::Seed).unwrap().0.to_string();
    here.push("main", Change::edit(&seed, "the team's")).await;
    here.push("main", Change::add("notes.txt", "the team's")).await;
    let changed_seed = ours.with(&seed, Some("another render")).with("pipelines/build.yml", Some("steps: []\n"));
    let here = changed_seed.at(&emulator, &[]);
    let plan = here.plan().await;
    // The lock holds the hashes of all rendered files.
    assert_eq!(changed(&plan), ["files/main .mlops-gen/lock.json", "files/main pipelines/build.yml"]);
    here.carry_out(&plan).await.unwrap();
    let found = files(&emulator, "main");
    assert_eq!((&found[&seed][..], &found["notes.txt"][..]), (&b"the team's"[..], &b"the team's"[..]));
    assert_eq!(found["pipelines/build.yml"], b"steps: []\n");
    assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 4));
    here.converge().await;
}

#[tokio::test]
async fn what_nothing_renders_any_more_goes_unless_a_person_edited_it() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let before = ours.with("pipelines/old.yml", Some("steps: []\n")).with("pipelines/edited.yml", Some("steps: []\n"));
    let here = before.at(&emulator, &[]);
    here.converge().await;
    here.push("main", Change::edit("pipelines/edited.yml", "by hand")).await;
    let here = ours.at(&emulator, &[]);
    let plan = here.plan().await;
    assert_eq!(changed(&plan), ["files/main .mlops-gen/lock.json", "files/main pipelines/old.yml"]);
    here.carry_out(&plan).await.unwrap();
    let found = files(&emulator, "main");
    assert!(!found.contains_key("pipelines/old.yml"));
    assert_eq!(found["pipelines/edited.yml"], b"by hand");
    here.converge().await;
}

#[tokio::test]
async fn somebody_elses_repository_is_adopted_only_when_asked_and_nothing_in_it_is_lost() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    let new = devops_client::api::repositories::NewRepository::new("churn");
    here.site.devops.repositories().create(&new).await.unwrap();
    here.push("master", Change::add("README.md", "theirs")).await;
    let refused = here.plan_adopting(&[]).await.unwrap_err();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].to_string().contains("--adopt repository/churn"), "{}", refused[0]);

    let plan = here.plan_adopting(&[Key::new(Kind::Repository, "churn")]).await.unwrap();
    here.carry_out(&plan).await.unwrap();
    here.converge().await;
    let found = files(&emulator, "main");
    assert_eq!(found["README.md"], b"theirs");
    assert!(found.contains_key("pipelines/build.yml"));
    assert_eq!(
        (branches(&emulator).as_slice(), commits(&emulator, "main")),
        (&["main".into(), "master".into()][..], 2)
    );
    assert_eq!(repository(&emulator).default_branch.as_deref(), Some("refs/heads/main"));
}

#[tokio::test]
async fn the_repository_of_another_project_is_not_ours() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let mut other = ours.clone();
    other.tree.project = "other".to_owned();
    let other = other.with("mlops.yaml.bak", Some("x"));
    other.at(&emulator, &[]).apply().await.unwrap();
    assert!(ours.at(&emulator, &[]).plan_adopting(&[]).await.is_err());
}

#[tokio::test]
async fn a_push_that_came_between_plan_and_apply_is_not_written_over() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    ours.at(&emulator, &[]).converge().await;
    let here = ours.with("pipelines/build.yml", Some("steps: []\n")).at(&emulator, &[]);
    let plan = here.plan().await;
    here.push("main", Change::edit("pipelines/build.yml", "by hand")).await;
    let error = here.carry_out(&plan).await.unwrap_err();
    assert!(error.contains("pushed to main meanwhile") && error.contains("plan again"), "{error}");
    assert_eq!(files(&emulator, "main")["pipelines/build.yml"], b"by hand");
}

#[tokio::test]
async fn pipelines_that_the_server_refuses_are_not_pushed_and_the_file_is_named() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    here.make_pipelines(&PIPELINES).await;
    let before = files(&emulator, "main");

    let broken = ours.with("pipelines/build.yml", Some("colour: red\nsteps:\n  - script: echo\n"));
    let here = broken.at(&emulator, &PIPELINES);
    let plan = here.plan().await;
    let error = here.carry_out(&plan).await.unwrap_err();
    assert!(error.contains("pipelines/build.yml") && error.contains("colour"), "{error}");
    assert_eq!(files(&emulator, "main"), before);
    // It is refused as often as it is tried, and what is right goes through.
    assert!(here.apply().await.is_err());
    let right = ours.with("pipelines/build.yml", Some("steps:\n  - script: echo\n"));
    right.at(&emulator, &PIPELINES[..1]).apply().await.unwrap();
    assert_eq!(files(&emulator, "main")["pipelines/build.yml"], b"steps:\n  - script: echo\n");
    assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 2));
}

#[tokio::test]
async fn the_first_push_is_checked_too_and_the_rendered_pipelines_pass() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &PIPELINES);
    let new = devops_client::api::repositories::NewRepository::new("churn");
    here.site.devops.repositories().create(&new).await.unwrap();
    here.make_pipelines(&PIPELINES).await;
    emulator.clear_requests();
    here.apply().await.unwrap();
    let previews = emulator.requests().into_iter().filter(|entry| entry.path.ends_with("/preview")).count();
    assert_eq!(previews, PIPELINES.len());
    assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 1));
}

#[tokio::test]
async fn a_branch_under_a_policy_gets_a_pull_request_once() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    here.make_pipelines(&["build", "pull-request"]).await;
    let protect = ours.at(&emulator, &["pull-request"]);
    protect.converge().await;

    let changed_files = ours.with("kubernetes/extra.yml", Some("steps: []\n"));
    let here = changed_files.at(&emulator, &["pull-request"]);
    let before = files(&emulator, "main");
    here.apply().await.unwrap();
    assert_eq!(files(&emulator, "main"), before, "the branch is protected");
    assert_eq!(repository(&emulator).pull_requests.len(), 1);
    let plan = here.plan().await;
    let step = plan.changes().next().unwrap();
    let waits = step.changes.iter().find(|change| change.field == "git:pull-request").unwrap();
    let address = waits.before.as_ref().unwrap().as_str().unwrap();
    assert!(address.ends_with("/ml/_git/churn/pullrequest/1"), "{address}");
    let fields = ["files/main .mlops-gen/lock.json", "files/main git:pull-request", "files/main kubernetes/extra.yml"];
    assert_eq!(changed(&plan), fields);

    emulator.clear_requests();
    here.apply().await.unwrap();
    assert_eq!(writes(&emulator), 0, "the pull request is there already");

    // A commit of a reviewer on the candidate stays when the render changes once more.
    here.push("mlops-gen/candidate", Change::add("review.txt", "a reviewer's")).await;
    let again = changed_files.with("kubernetes/extra.yml", Some("steps: [{script: echo}]\n"));
    let here = again.at(&emulator, &["pull-request"]);
    here.apply().await.unwrap();
    let candidate = files(&emulator, "mlops-gen/candidate");
    assert_eq!(candidate["review.txt"], b"a reviewer's");
    assert_eq!(candidate["kubernetes/extra.yml"], b"steps: [{script: echo}]\n");
    assert_eq!(repository(&emulator).pull_requests.len(), 1);
}

#[tokio::test]
async fn a_pull_request_that_nothing_is_left_of_is_given_up_and_its_branch_goes() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    here.make_pipelines(&["pull-request"]).await;
    let here = ours.at(&emulator, &["pull-request"]);
    here.converge().await;
    ours.with("kubernetes/extra.yml", Some("a: 1\n")).at(&emulator, &["pull-request"]).apply().await.unwrap();
    assert_eq!(branches(&emulator), ["main", "mlops-gen/candidate"]);

    let plan = here.plan().await;
    assert_eq!(changed(&plan), ["files/main git:candidate"]);
    here.carry_out(&plan).await.unwrap();
    assert_eq!(branches(&emulator), ["main"]);
    assert_eq!(repository(&emulator).pull_requests[0].status, "abandoned");
    here.converge().await;
}

#[tokio::test]
async fn a_candidate_of_another_state_is_not_what_goes_onto_the_branch() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    // A candidate made from main with other files in it.
    let main = here.repository().branch("main").await.unwrap().unwrap().object_id;
    here.repository().update_ref(&RefUpdate::create("refs/heads/mlops-gen/candidate", main)).await.unwrap();
    here.push("mlops-gen/candidate", Change::add("foreign.txt", "x")).await;
    let here = ours.with("pipelines/build.yml", Some("steps: []\n")).at(&emulator, &[]);
    let plan = here.plan().await;
    assert_eq!(plan.changes().map(|step| step.action).collect::<Vec<_>>(), [Action::Update]);
    here.carry_out(&plan).await.unwrap();
    assert!(!files(&emulator, "main").contains_key("foreign.txt"));
    assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 2));
}
