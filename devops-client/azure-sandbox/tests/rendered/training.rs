//! `build.yml` and `retrain.yml`: publishing, training, comparing, registering.

use crate::rendered::project::Project;

#[test]
fn a_push_publishes_the_pipeline_and_a_retraining_registers_the_winner_alone() {
    let project = Project::new();
    let built = project.run("pipelines/build.yml", &[]);
    assert!(built.is_good(), "{:?}\n{}", built.issues, project.log());
    assert!(built.tags.iter().any(|tag| tag.starts_with("data-")), "{:?}", built.tags);

    let first = project.run("pipelines/retrain.yml", &[("alpha", "0.4")]);
    assert!(first.is_good(), "{:?}\n{}", first.issues, project.log());
    assert!(first.tags.contains(&"promoted".to_owned()), "{:?}\n{}", first.tags, project.log());
    assert!(first.tags.contains(&"model-1".to_owned()), "{:?}", first.tags);
    let scope = "--resource-group diabetes-platform --workspace-name diabetes-ml";
    let show = |query: &str| {
        project.az(&format!("ml model show {scope} --name diabetes --version 1 --query {query} --output tsv"))
    };
    assert_eq!(show("tags.build_id"), first.id.to_string());
    assert_eq!(show("tags.mse"), "0.4");
    assert_eq!(show("tags.task"), "regression");
    assert_eq!(show("tags.commit").len(), 40);

    // a worse challenger: green, and nothing is registered
    let worse = project.run("pipelines/retrain.yml", &[("alpha", "0.9")]);
    assert!(worse.is_good(), "{:?}\n{}", worse.issues, project.log());
    assert!(worse.tags.contains(&"not-promoted".to_owned()), "{:?}", worse.tags);
    assert!(project.log().contains("== stage Lineage: Skipped"), "{}", project.log());

    // a better one: the next version
    let better = project.run("pipelines/retrain.yml", &[("alpha", "0.1")]);
    assert!(better.tags.contains(&"model-2".to_owned()), "{:?}\n{}", better.tags, project.log());

    // the deployment before stays beside the newest, and a schedule that the spec has no longer is switched off
    project.change("ml/schedules/monthly.yml", "name: diabetes-monthly", "name: diabetes-quarterly");
    for _ in 0..2 {
        assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    }
    let text = project
        .az(&format!("ml batch-endpoint show {scope} --name diabetes-train-mct4b --query deployments --output json"));
    let left: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(left.as_object().unwrap().len(), 2, "{text}");
    assert_eq!(project.az(&format!("ml schedule list {scope} --query [].name --output tsv")), "diabetes-quarterly");
}

#[test]
fn bad_data_stops_the_training_and_registers_nothing() {
    let project = Project::new();
    project.write("data/diabetes.csv", "BAD\n");
    assert!(project.run("pipelines/build.yml", &[]).is_good(), "{}", project.log());
    let report = project.run("pipelines/retrain.yml", &[]);
    assert!(!report.is_good());
    assert!(project.log().contains("ended as Failed"), "{}", project.log());
    assert!(project.log().contains("the data is bad"), "{}", project.log());
    assert_eq!(
        project.az(
            "ml model list --resource-group diabetes-platform --workspace-name diabetes-ml --query [].name --output tsv"
        ),
        ""
    );
}

#[test]
fn a_retraining_before_the_first_build_says_what_is_missing() {
    let project = Project::new();
    let report = project.run("pipelines/retrain.yml", &[]);
    assert!(!report.is_good());
    assert!(
        project.log().contains("there is no data asset diabetes yet: run the build pipeline first"),
        "{}",
        project.log()
    );
}
