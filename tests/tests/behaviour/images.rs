//! The image that was tested and scanned is the one that is deployed.

use std::collections::BTreeSet;

use system_tests::{render, render_text, specs};

use crate::behaviour::stand::Stand;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn what_is_deployed_is_the_digest_of_what_was_tested_and_scanned() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let release = tree.get("pipelines/release.yml").and_then(|file| file.text()).unwrap();
        // The tag is of this run and this try, and is used where the image is made and nowhere else.
        let tag = "IMAGE_TAG: $(MODEL_VERSION)-$(Build.BuildId)-$(System.JobAttempt)\n";
        assert_eq!(release.matches(tag).count(), 1, "{name}");
        let (made, rest) = release.split_once("\n  - template: templates/stages/").unwrap();
        assert!(!rest.contains("IMAGE_TAG") && !rest.contains("IMAGE_REPOSITORY"), "{name}");
        let order: Vec<usize> = ["build-image.sh", "test-image.sh", "scan-image.sh", "push-image.sh"]
            .iter()
            .map(|script| made.find(script).unwrap_or_else(|| panic!("{name}: {script}")))
            .collect();
        assert!(order.is_sorted(), "{name}: {order:?}");
        // Whoever deploys takes the digest of that push, and waits for it.
        for (path, file) in
            tree.iter().filter(|(path, _)| path.as_str().starts_with("pipelines/templates/stages/deploy"))
        {
            let text = file.text().unwrap();
            let from = "IMAGE: $[ stageDependencies.Image.Build.outputs['push.image'] ]\n";
            // What is shown before an approval is the same image.
            let takers = ["deployment: Scoring\n", "script: preview-container-group.sh\n"];
            let takers: usize = takers.iter().map(|taker| text.matches(taker).count()).sum();
            assert_eq!(text.matches(from).count(), takers, "{name}: {path}");
            assert!(takers >= 1, "{name}: {path}");
        }
        for stage in rest.split("\n  - template: templates/stages/") {
            assert!(stage.contains("      dependsOn:\n        - Image\n"), "{name}: {stage}");
        }
    }
}

/// Azure ML starts `mpirun`; its own images have one, an image of one's own must bring it ("Distributed GPU training guide").
#[test]
fn an_image_whose_processes_are_joined_by_mpi_brings_it_and_no_other_does() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "distributed-estimator").unwrap();
    let text = std::fs::read_to_string(&spec).unwrap();
    for (kind, brings) in [("pytorch", false), ("mpi", true)] {
        let tree = render_text(kind, &text.replacen("type: pytorch", &format!("type: {kind}"), 1));
        let file = tree.get("docker/training/Dockerfile").and_then(|file| file.text()).unwrap();
        let packages = file.lines().find(|line| line.contains("apt-get install")).unwrap();
        assert_eq!(packages.contains(" openmpi-bin openssh-client openssh-server "), brings, "{kind}: {packages}");
    }
}

#[test]
fn images_of_a_private_network_are_built_on_processors_without_a_gpu() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "private-network").unwrap();
    let text = std::fs::read_to_string(&spec).unwrap();
    let mut apart = 0;
    for size in ["Standard_NC24ads_A100_v4", "Standard_NC4as_T4_v3", "Standard_NV36ads_A10_v5", "Standard_D4ds_v5"] {
        let training = format!("training: {{compute: {{sku: {size}}}}}\nscoring:");
        let tree = render_text("gpu", &text.replacen("scoring:", &training, 1));
        let read =
            |path: &str| -> serde_json::Value { serde_json::from_slice(&tree.get(path).unwrap().bytes).unwrap() };
        let (template, given) = (read("infra/platform/main.json"), read("infra/platform/main.parameters.json"));
        let mut modules = template["resources"].as_array().unwrap().iter();
        let named = modules.find_map(|one| one.pointer("/properties/parameters/imageBuildCompute/value"));
        let named = named.and_then(serde_json::Value::as_str).unwrap_or_else(|| panic!("{size}: nobody builds images"));
        let parameter = named.split('\'').nth(1).unwrap();
        let builder = given["parameters"][parameter]["value"]["vmSize"].as_str().unwrap();
        assert!(!builder.starts_with("Standard_N"), "{size}: {builder} builds images");
        apart += usize::from(builder != size);
    }
    assert_eq!(apart, 3);
}

#[test]
fn a_push_hands_on_the_digest_that_the_registry_gave() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let stand = Stand::new(&render(&spec));
    stand.program("az", "");
    let image = "r.azurecr.io/churn-scoring:7-12-1";
    let variables = [("REGISTRY", "r"), ("IMAGE", image), ("IMAGE_REPOSITORY", "churn-scoring")];
    let pushed = format!("r.azurecr.io/churn-scoring@{DIGEST}");
    let docker = |digests: &str| {
        stand.program("docker", &format!("case $1 in image) printf '{digests}' ;; esac"));
        stand.run("push-image.sh", &variables)
    };
    // The same image may have digests in other registries and under other names.
    let ended = docker(&format!("other.azurecr.io/churn-scoring@{DIGEST}\n{pushed}\nr.azurecr.io/churn@{DIGEST}\n\n"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.said.contains(&format!("variable=image;isOutput=true]{pushed}\n")), "{}", ended.said);
    let locked = format!("--image churn-scoring@{DIGEST} --write-enabled false");
    assert!(ended.calls.iter().any(|call| call.contains(&locked)), "{:?}", ended.calls);
    for nothing in ["", "\n", "other.azurecr.io/churn-scoring@sha256:12\n", "r.azurecr.io/churn-scoring@sha256:12\n"] {
        let ended = docker(nothing);
        assert!(ended.code != 0 && !ended.said.contains("setvariable"), "{nothing:?}: {ended:?}");
    }
}

#[test]
fn a_failed_container_group_goes_back_to_the_image_and_the_version_before() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let stand = Stand::new(&render(&spec));
    let before = format!("r.azurecr.io/i@{DIGEST}");
    let group = format!(
        r#"[{{"name": "g", "tags": {{"model-version": "6", "shape": "x"}}, "containers": [{{"image": "{before}"}}]}}, {{"name": "h"}}]"#
    );
    let run = |answer: &str, image: &str| {
        stand.program("az", &format!("case \"$*\" in *'container list'*) echo '{answer}' ;; esac"));
        let variables = [
            ("RESOURCE_GROUP", "r"),
            ("CONTAINER_GROUP", "g"),
            ("BICEP_FILE", "infra/environments/qa/scoring.bicep"),
            ("IMAGE", image),
            ("MODEL_VERSION", "7"),
            ("ALLOW_OLDER", "false"),
        ];
        stand.run("deploy-container-group.sh", &variables)
    };
    let ended = run(&group, "r.azurecr.io/i@sha256:new");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.said.contains(&format!("PREVIOUS_IMAGE]{before}\n")), "{}", ended.said);
    assert!(ended.said.contains("PREVIOUS_VERSION]6\n"), "{}", ended.said);
    // The first deployment, and the way back itself, have nothing to go back to.
    for ended in [run("[]", "r.azurecr.io/i@sha256:new"), run(&group, &before)] {
        assert!(ended.code == 0 && ended.said.contains("PREVIOUS_IMAGE]\n"), "{ended:?}");
    }
}

#[test]
fn jobs_run_as_root_and_servers_as_nobody() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        for (path, user) in [("docker/training/Dockerfile", "root"), ("docker/scoring/Dockerfile", "65532:65532")] {
            let text = tree.get(path).and_then(|file| file.text()).unwrap_or_else(|| panic!("{name}: {path}"));
            let users: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("USER ")).collect();
            assert_eq!(users, [user], "{name}: {path}");
        }
    }
}

#[test]
fn a_container_group_whose_shape_changes_is_made_anew_and_no_other_is() {
    // Each text that the script has meets every kind of group, and each place its own shape and another one.
    let mut scripts = BTreeSet::new();
    for (name, spec) in specs() {
        let tree = render(&spec);
        let places: Vec<String> =
            tree.iter().map(|(path, _)| path.to_string()).filter(|path| path.ends_with("/scoring.bicep")).collect();
        if places.is_empty() {
            continue;
        }
        let stand = Stand::new(&tree);
        for bicep in places {
            let json = stand.read(&bicep.replace(".bicep", ".json"));
            let shape = json.split("\"shape\": {").nth(1).unwrap().split("\"defaultValue\": \"").nth(1).unwrap();
            let shape = shape.split('"').next().unwrap().to_owned();
            let run = |groups: &str| {
                stand.program("az", &format!("case \"$*\" in *'container list'*) echo '{groups}' ;; esac"));
                let variables = [
                    ("RESOURCE_GROUP", "r"),
                    ("CONTAINER_GROUP", "g"),
                    ("BICEP_FILE", &bicep),
                    ("IMAGE", "i@sha256:new"),
                    ("MODEL_VERSION", "7"),
                    ("ALLOW_OLDER", "false"),
                ];
                let ended = stand.run("deploy-container-group.sh", &variables);
                assert_eq!(ended.code, 0, "{name}: {ended:?}");
                let at = |what: &str| ended.calls.iter().position(|call| call.contains(what));
                let (deleted, made) = (at("container delete"), at("deployment group create"));
                assert!(made.is_some() && (deleted.is_none() || deleted < made), "{name}: {ended:?}");
                deleted.is_some()
            };
            let group = |tags: &str| format!(r#"[{{"name": "g", "tags": {tags}, "containers": [{{"image": "i"}}]}}]"#);
            let own = group(&format!(r#"{{"model-version": "6", "shape": "{shape}"}}"#));
            assert!(!run(&own), "{name}");
            assert!(run(&group(r#"{"model-version": "6", "shape": "4-cores"}"#)), "{name}");
            if !scripts.insert(stand.read("pipelines/scripts/deploy-container-group.sh")) {
                continue;
            }
            assert!(!run("[]"), "{name}: nothing is there that could be deleted");
            assert!(!run(&group(&format!(r#"{{"shape": "{shape}"}}"#))), "{name}: without a version");
            for tags in [r#"{"model-version": "6"}"#, "null"] {
                assert!(run(&group(tags)), "{name}: {tags}");
            }
        }
    }
    assert!(!scripts.is_empty());
}
