//! What was changed by hand is shown, exactly that, and repaired, exactly that.

use devops_client::api::pushes::Change;
use devops_client::api::repositories::RepositoryUpdate;
use mlops_gen::artifacts::Ownership;

use super::world::{Here, Ours, changed, emulator, files, writes};

/// Sees that the plan shows `wanted` and nothing else, and that it is gone after it was carried out.
async fn repairs(here: &Here, wanted: &[String]) {
    let plan = here.plan().await;
    assert_eq!(changed(&plan), wanted);
    here.carry_out(&plan).await.unwrap();
    assert_eq!(changed(&here.plan().await), Vec::<String>::new());
}

#[tokio::test]
async fn another_default_branch_is_shown_and_set_back() {
    let emulator = emulator(true).await;
    let here = Ours::new().at(&emulator, &[]);
    here.converge().await;
    here.push("other", Change::add("a", "b")).await;
    let update = RepositoryUpdate::new().default_branch("refs/heads/other");
    here.site.devops.repositories().update(here.repository_id().await, &update).await.unwrap();
    repairs(&here, &["repository/churn defaultBranch".to_owned()]).await;
}

#[tokio::test]
async fn each_file_of_the_tool_that_was_edited_or_removed_is_shown_and_set_back() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    let managed: Vec<String> = ours
        .content
        .iter()
        .filter(|(_, file)| file.ownership == Ownership::Managed)
        .map(|(path, _)| path.to_string())
        .collect();
    assert!(managed.len() > 20, "{}", managed.len());
    let wanted = files(&emulator, "main");
    for (n, path) in managed.iter().enumerate() {
        let by_hand = if n % 2 == 0 { Change::edit(path, "by hand") } else { Change::delete(path) };
        here.push("main", by_hand).await;
        repairs(&here, &[format!("files/main {path}")]).await;
    }
    assert_eq!(files(&emulator, "main"), wanted);
}

#[tokio::test]
async fn a_file_of_the_team_is_no_drift_when_edited_and_comes_back_when_removed() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    let here = ours.at(&emulator, &[]);
    here.converge().await;
    let seed = ours.content.iter().find(|(_, file)| file.ownership == Ownership::Seed).unwrap().0.to_string();
    here.push("main", Change::edit(&seed, "edited")).await;
    emulator.clear_requests();
    here.converge().await;
    assert_eq!(writes(&emulator), 0);
    here.push("main", Change::delete(&seed)).await;
    repairs(&here, &[format!("files/main {seed}")]).await;
}
