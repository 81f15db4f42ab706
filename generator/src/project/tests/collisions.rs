//! Two things that would have one name.

use super::*;
use insta::assert_snapshot;

#[test]
fn two_environments_that_derive_one_storage_account_are_named() {
    assert_snapshot!(says(&small(&[("name: qa", "name: qa-1"), ("name: production", "name: qa1")])), @r"9:12 «qa1» the storage account `churnqa1uwcgp` of environment `qa1` would also be that of environment `qa-1` (each needs one of its own: choose another name, or say one under `names`)");
}

#[test]
fn two_environments_of_one_name_are_named() {
    assert_snapshot!(says(&small(&[("name: production", "name: qa")])), @r"9:12 «qa» another environment is called `qa` (each needs one of its own)");
}

#[test]
fn names_that_are_given_collide_at_the_name() {
    let text = small(&[
        (
            "target: container-instances",
            "target: container-instances, names: {keyVault: shared-vault, storage: sharedstore}",
        ),
        ("target: kubernetes", "target: kubernetes, names: {keyVault: Shared-Vault, storage: sharedstore}"),
    ]);
    assert_snapshot!(says(&text), @r"
    9:62 «Shared-Vault» the key vault `Shared-Vault` of environment `production` is also that of environment `qa` (each needs one of its own)
    9:85 «sharedstore» the storage account `sharedstore` of environment `production` is also that of environment `qa` (each needs one of its own)
    ");
}

#[test]
fn a_given_name_that_meets_a_derived_one_is_the_one_to_change() {
    let suffix = good(SMALL).platform.suffix;
    let text = small(&[("target: kubernetes", &format!("target: kubernetes, names: {{storage: churnqa{suffix}}}"))]);
    assert_snapshot!(says(&text).replace(&suffix, "<suffix>"), @r"9:61 «churnqa<suffix>» the storage account `churnqa<suffix>` of environment `production` is also that of environment `qa` (each needs one of its own)");
}

#[test]
fn the_platform_and_an_environment_do_not_share_a_resource_group() {
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: kubernetes, azure: {resourceGroup: Churn-Platform}")])), @r"9:67 «Churn-Platform» the resource group `Churn-Platform` of environment `production` is also that of the platform (each needs one of its own)");
    assert_snapshot!(says(&small(&[("name: qa", "name: platform")])), @r"8:12 «platform» the resource group `churn-platform` of environment `platform` would also be that of the platform (each needs one of its own: choose another name, or say one under `names`)");
}

#[test]
fn a_resource_group_of_another_subscription_is_another_one() {
    let text = small(&[(
        "target: kubernetes",
        "target: kubernetes, azure: {resourceGroup: churn-platform, subscription: {variable: OTHER}}",
    )]);
    assert_eq!(good(&text).environments[1].place.resource_group.as_str(), "churn-platform");
}

#[test]
fn endpoints_computes_and_containers_do_not_share_names() {
    let text = small(&[(
        "target: kubernetes",
        "target: kubernetes-endpoint, names: {endpoint: one-endpoint, compute: CPU-cluster}",
    )]);
    let text =
        text + "training: {endpoint: one-endpoint, scoringLogs: {outcomesContainer: models}}\nscoring: {logging: {}}\n";
    assert_snapshot!(says(&text), @r"
    9:71 «one-endpoint» the endpoint `one-endpoint` of environment `production` is also that of training (each needs one of its own)
    9:94 «CPU-cluster» the compute cluster `CPU-cluster` of environment `production` is also that of training (each needs one of its own)
    10:69 «models» the blob container `models` of the outcomes is also that of the models (each needs one of its own)
    ");
    let text = small_and("batch: {compute: {name: cpu-cluster}, endpoint: x-score}\ntraining: {endpoint: x-score}");
    assert_snapshot!(says(&text), @r"
    10:25 «cpu-cluster» the compute cluster `cpu-cluster` of batch scoring is also that of training (each needs one of its own)
    10:49 «x-score» the endpoint `x-score` of batch scoring is also that of training (each needs one of its own)
    ");
}

#[test]
fn schedules_have_names_of_their_own() {
    let text = small_and(
        "training: {schedules: [{name: nightly, cron: '0 1 * * *'}, {name: nightly, cron: '0 2 * * *'}]}\n\
         batch: {schedule: {name: nightly, cron: '0 3 * * *'}}",
    );
    assert_snapshot!(says(&text), @r"
    10:67 «nightly» another schedule is called `nightly` (each needs one of its own)
    11:26 «nightly» another schedule is called `nightly` (each needs one of its own)
    ");
}

#[test]
fn environments_of_azure_devops_and_groups_have_names_of_their_own() {
    let text = small(&[
        ("target: container-instances", "target: container-instances, devopsEnvironment: Live"),
        ("target: kubernetes", "target: kubernetes, devopsEnvironment: live"),
    ]);
    assert_snapshot!(says(&text), @r"9:63 «live» the Azure DevOps environment `live` of environment `production` is also that of environment `qa` (each needs one of its own)");
    let groups = "variableGroups: [{name: g, pipelines: [build], variables: {A: a}}, {name: G, pipelines: [release], variables: {B: b}}, {name: churn-qa-secrets, pipelines: [release], variables: {C: c}}]";
    assert_snapshot!(says(&small_and(groups)), @r"
    10:75 «G» another variable group is called `G` (each needs one of its own)
    10:127 «churn-qa-secrets» the variable group `churn-qa-secrets` is that of the scoring key (each needs one of its own)
    ");
}

#[test]
fn a_pipeline_does_not_get_a_variable_twice() {
    let groups = "\
variableGroups:
  - {name: one, pipelines: [build, release], variables: {HOST: a, PORT: '1'}}
  - {name: two, pipelines: [release], variables: {host: b}}
  - {name: three, pipelines: [retrain], variables: {HOST: c}}
";
    assert_snapshot!(says(&small_and(groups)), @r"12:51 «host» the pipeline `release` gets `host` from group `one` too (rename one of the two, or take the pipeline from one group)");
}

#[test]
fn columns_and_tags_have_names_of_their_own() {
    assert_snapshot!(says(&small(&[("[a, b, y]", "[a, {name: a}, y]")])), @r"5:61 «a» a column `a` is here already");
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, tags: {Team: a, team: b, project: x}}")])), @r"
    2:40 «team» a tag `team` is here twice: names of tags do not differ by case
    2:49 «project» the tag `project` is on every resource already
    ");
}
