//! What a deployment would change is shown with the properties that differ, and peerings learn new ranges.

use std::collections::BTreeSet;

use azure_pipelines::model::Pipeline;
use mlops_gen::verify::pipelines::files::Files;
use system_tests::{render, specs};

use crate::behaviour::stand::{Ended, Stand};

fn stand(case: &str) -> Stand {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == case).unwrap();
    Stand::new(&render(&spec))
}

/// What a release shows of a container group, where these are there.
fn container_group(groups: &str) -> Ended {
    let stand = stand("private-network");
    let az = format!(
        "case \"$*\" in *'container list'*) echo '{groups}' ;; *what-if*) printf 'Modify\\t/s/providers/Microsoft.ContainerInstance/containerGroups/ci\\t[\"tags.model-version\",\"properties.containers\"]\\nNoChange\\t/s/providers/a/b/c\\tnull\\n' ;; esac"
    );
    stand.program("az", &az);
    let variables = [
        ("RESOURCE_GROUP", "g"),
        ("CONTAINER_GROUP", "ci"),
        ("BICEP_FILE", "infra/environments/qa/scoring.bicep"),
        ("IMAGE", "r.azurecr.io/score@sha256:1"),
        ("MODEL_VERSION", "5"),
        ("AGENT_TEMPDIRECTORY", "."),
    ];
    stand.run("preview-container-group.sh", &variables)
}

/// The shape that the rendered template gives a group.
fn shape() -> String {
    let text = stand("private-network").read("infra/environments/qa/scoring.json");
    let template: serde_json::Value = serde_json::from_str(&text).unwrap();
    template["parameters"]["shape"]["defaultValue"].as_str().unwrap().to_owned()
}

fn asked(ended: &Ended) -> bool {
    ended.calls.iter().any(|call| call.contains("deployment group what-if"))
}

#[test]
fn what_a_release_would_change_of_a_container_group_is_asked_of_azure_with_the_image_of_the_run() {
    let group = |shape: &str| format!(r#"[{{"name":"ci","tags":{{"model-version":"4","shape":"{shape}"}}}}]"#);
    let there = container_group(&group(&shape()));
    assert!(there.code == 0 && asked(&there), "{there:?}");
    let row =
        "| Modify | `Microsoft.ContainerInstance/containerGroups/ci` | tags.model-version, properties.containers |";
    assert!(there.said.contains(row) && !there.said.contains("NoChange"), "{there:?}");
    assert!(there.said.contains("model 5 would take the place of 4"), "{there:?}");
    let call = there.calls.iter().find(|call| call.contains("what-if")).unwrap();
    for part in ["image=r.azurecr.io/score@sha256:1", "modelVersion=5", "FullResourcePayloads", "scoring.bicep"] {
        assert!(call.contains(part), "{call}");
    }
    let first = container_group("[]");
    assert!(first.code == 0 && asked(&first) && first.said.contains("take the place of none"), "{first:?}");
    // Azure allows no such change, and so predicts none: the release deletes and makes anew.
    for old in ["of-another-size", ""] {
        let other = container_group(&group(old));
        assert!(other.code == 0 && !asked(&other) && other.said.contains("not answer meanwhile"), "{other:?}");
        for change in ["Delete", "Create"] {
            let row = format!("| {change} | `Microsoft.ContainerInstance/containerGroups/ci` |");
            assert!(other.said.contains(&row), "{other:?}");
        }
    }
}

#[test]
fn a_release_shows_what_it_would_change_of_a_container_group_before_its_approval() {
    let mut seen = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        let files = Files::read(&tree, &mut Vec::new());
        let path = "pipelines/release.yml";
        let expanded = files.expand(path, files.get(path).unwrap());
        let pipeline = Pipeline::read(&expanded);
        let text = |job: &azure_pipelines::model::Job<'_>| format!("{:?}", job.node);
        for stage in &pipeline.stages {
            if !stage.jobs.iter().any(|job| text(job).contains("deploy-container-group.sh")) {
                continue;
            }
            let waits: BTreeSet<&str> = stage.depends.iter().flatten().filter_map(|node| node.text()).collect();
            let before = format!("Preview_{}", stage.name);
            let preview = pipeline.stages.iter().find(|one| one.name == before);
            let preview = preview.unwrap_or_else(|| panic!("{name}: nothing is shown before {}", stage.name));
            assert!(waits.contains(before.as_str()), "{name}: {waits:?}");
            // It has what the deployment has, after the image, and waits for nobody's approval.
            let earlier: BTreeSet<&str> = preview.depends.iter().flatten().filter_map(|node| node.text()).collect();
            assert!(earlier.contains("Image") && earlier.is_subset(&waits), "{name}: {earlier:?}");
            for job in &preview.jobs {
                assert!(!job.deployment && job.node.text_at("environment").is_none(), "{name}");
                assert!(text(job).contains("preview-container-group.sh"), "{name}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} stages were seen");
}

#[test]
fn a_what_if_says_what_changes_and_not_only_that_all_is_deployed_again() {
    for (name, spec) in specs() {
        for (path, file) in render(&spec).iter().filter(|(path, _)| path.as_str().ends_with(".sh")) {
            let text = file.text().unwrap_or_default();
            let whole = !text.contains("what-if \\") || text.contains("--result-format FullResourcePayloads");
            assert!(whole && !text.contains("--result-format ResourceIdOnly"), "{name}: {path}");
        }
    }
}

/// Peerings of a deployment, the levels that they have before and after a sync, and how the script ends.
fn sync(levels: &[(&str, &str)]) -> (Ended, Vec<String>) {
    let stand = stand("hub-network");
    std::fs::create_dir(stand.path().join("levels")).unwrap();
    for (name, level) in levels {
        std::fs::write(stand.path().join("levels").join(name), format!("{level}\n")).unwrap();
    }
    let ids: String =
        levels.iter().map(|(name, _)| format!("/g/virtualNetworks/net/virtualNetworkPeerings/{name}\\n")).collect();
    let az = format!(
        "case \"$*\" in *'deployment group show'*) printf '{ids}' ;;\n*'peering show'*) n=${{6##*/}}; cat levels/\"$n\" ;;\n*'peering sync'*) n=${{6##*/}}; [[ $(cat levels/\"$n\") == LocalNotInSync ]] && echo FullyInSync >levels/\"$n\"; true ;;\nesac"
    );
    stand.program("az", &az);
    let ended = stand.run("sync-peerings.sh", &[("FOLDER", "infra/platform"), ("RESOURCE_GROUP", "g")]);
    let synced = ended.calls.iter().filter(|call| call.contains("peering sync"));
    let synced = synced.filter_map(|call| call.split("virtualNetworkPeerings/").nth(1)?.split(' ').next());
    let synced = synced.map(str::to_owned).collect();
    (ended, synced)
}

#[test]
fn peerings_learn_new_ranges_after_each_deployment_and_what_others_keep_is_said() {
    let (ended, synced) = sync(&[("to-qa", "FullyInSync"), ("to-hub", "FullyInSync")]);
    assert!(ended.code == 0 && synced.is_empty() && !ended.said.contains("##vso"), "{ended:?}");
    let (ended, synced) = sync(&[("to-qa", "RemoteNotInSync"), ("to-platform", "LocalNotInSync")]);
    assert_eq!((ended.code, synced), (0, vec!["to-platform".to_owned()]), "{}", ended.said);
    assert!(ended.said.contains("the other side of net/virtualNetworkPeerings/to-qa"), "{ended:?}");
    let (ended, synced) = sync(&[("to-hub", "LocalAndRemoteNotInSync")]);
    assert_eq!((ended.code, synced), (0, vec!["to-hub".to_owned()]), "{}", ended.said);
    assert!(ended.said.contains("whoever keeps that network"), "{ended:?}");
}

#[test]
fn every_private_platform_syncs_its_peerings_after_it_was_deployed_and_no_other_place_does() {
    let mut private = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        let peers = tree.get("infra/modules/peering.bicep").is_some();
        assert_eq!(tree.get("pipelines/scripts/sync-peerings.sh").is_some(), peers, "{name}");
        if !peers {
            continue;
        }
        private += 1;
        let files = Files::read(&tree, &mut Vec::new());
        let path = "pipelines/infrastructure.yml";
        let expanded = files.expand(path, files.get(path).unwrap());
        for (stage, job) in Pipeline::read(&expanded).jobs() {
            let texts: Vec<String> = job.steps.iter().map(|step| format!("{:?}", step.node)).collect();
            let at = |script: &str| texts.iter().position(|text| text.contains(script));
            let (deployed, synced) = (at("deploy-infrastructure.sh"), at("sync-peerings.sh"));
            let platform = deployed.is_some() && stage.name.ends_with("_platform");
            assert_eq!(synced.is_some(), platform, "{name}: {}", stage.name);
            assert!(synced >= deployed || !platform, "{name}: {}", stage.name);
        }
    }
    assert!(private >= 4, "{private}");
}
