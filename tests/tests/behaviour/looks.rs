//! In private networks, where no event arrives, pipelines look for work themselves: each version is released once, and
//! files that arrive together are one retraining.

use mlops_gen::project::network::Network;
use serde_json::json;
use system_tests::{project, render, specs};

use crate::behaviour::stand::{Ended, Stand};

fn private() -> std::sync::Arc<mlops_gen::tree::RenderedTree> {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "kubernetes-endpoint-private").unwrap();
    render(&spec)
}

#[test]
fn every_private_project_looks_for_versions_and_every_other_one_listens() {
    let mut seen = [0, 0];
    for (name, spec) in specs() {
        let (project, tree) = (project(&spec), render(&spec));
        let looks = project.network != Network::Public;
        let text = |path: &str| tree.get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
        let release = text("pipelines/release.yml");
        assert_eq!(
            release.contains("schedules:\n  - cron: \"*/15 * * * *\"") || release.contains("cron: '*/15 * * * *'"),
            looks,
            "{name}: {release}"
        );
        // A release that waits for its approval must not keep the next version from being seen.
        assert!(!release.contains("batch: true"), "{name}");
        for path in [
            "infra/modules/events.bicep",
            "infra/modules/pipeline-trigger.bicep",
            "pipelines/scripts/find-pipelines.sh",
        ] {
            assert_eq!(tree.get(path).is_some(), !looks, "{name}: {path}");
        }
        let platform = text("infra/platform/main.json");
        assert_eq!(platform.contains("Microsoft.Logic/workflows"), !looks, "{name}");
        let watches = looks && project.training.on_new_data.is_some();
        assert_eq!(tree.get("pipelines/scripts/look-for-data.sh").is_some(), watches, "{name}");
        if looks {
            // No job after the look takes the version from the parameter, which is only a wish.
            let jobs: usize = tree
                .iter()
                .filter(|(path, _)| path.as_str().starts_with("pipelines/") && path.as_str().ends_with(".yml"))
                .map(|(_, file)| {
                    file.text().unwrap_or_default().matches("MODEL_VERSION: $[ stageDependencies.").count()
                })
                .sum();
            let templates = tree.iter().filter(|(path, _)| path.as_str().contains("stages/deploy-")).count();
            assert!(jobs >= templates + 2, "{name}: {jobs}");
        }
        seen[usize::from(looks)] += 1;
    }
    assert!(seen[0] > 20 && seen[1] >= 4, "{seen:?}");
}

/// A look at a registry with these versions; what `show` says of who has claimed the one that is found.
fn release(versions: &serde_json::Value, claimed_by: &str) -> Ended {
    let stand = Stand::new(&private());
    std::fs::write(stand.path().join("versions.json"), versions.to_string()).unwrap();
    stand.program("sleep", "");
    stand.program("curl", "echo '{\"status\": \"completed\"}'");
    let az = format!(
        "case \"$*\" in *'model list'*) cat versions.json ;; *release_run*--output*tsv*) echo {claimed_by} ;; \
         *'model show'*) echo '{{\"tags\": {{}}}}' ;; esac"
    );
    stand.program("az", &az);
    stand.run(
        "claim-release.sh",
        &[
            ("RESOURCE_GROUP", "g"),
            ("WORKSPACE", "w"),
            ("EXPECTED_MODEL", "pricing"),
            ("REQUESTED_MODEL", "pricing"),
            ("MODEL_VERSION", "newest"),
            ("AGAIN", "False"),
            ("BUILD_BUILDID", "77"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/"),
            ("SYSTEM_TEAMPROJECTID", "p"),
            ("SYSTEM_ACCESSTOKEN", "t"),
        ],
    )
}

fn version(number: u32, tags: &serde_json::Value) -> serde_json::Value {
    let at = format!("2026-11-{number:02}T10:00:00.000000+00:00");
    json!({"name": "pricing", "version": number.to_string(), "tags": tags, "creation_context": {"created_at": at}})
}

#[test]
fn a_look_releases_the_newest_version_that_no_run_has_claimed_and_pins_it() {
    let none = json!({});
    let ended = release(&json!([version(9, &none), version(10, &none), version(2, &none)]), "77");
    assert_eq!(ended.code, 0, "{ended:?}");
    for line in [
        "variable=release;isOutput=true]true",
        "variable=version;isOutput=true]10",
        "##vso[build.addbuildtag]model-10",
        "##vso[build.updatebuildnumber]pricing-10-77",
    ] {
        assert!(ended.said.contains(line), "{line}: {ended:?}");
    }
    assert!(ended.calls.iter().any(|call| call.contains("model update") && call.contains("--version 10")), "{ended:?}");
}

#[test]
fn a_version_is_started_once_whatever_became_of_its_run() {
    for tags in
        [json!({"release_run": "76"}), json!({"released": "70"}), json!({"released": "70", "release_run": "69"})]
    {
        let ended = release(&json!([version(1, &json!({})), version(2, &tags)]), "76");
        assert!(ended.code == 0 && ended.said.contains("variable=release;isOutput=true]false"), "{ended:?}");
        assert!(!ended.calls.iter().any(|call| call.contains("model update")), "{ended:?}");
    }
    // Nothing registered is nothing to do, and of two that claim in the same second one lets go.
    assert!(release(&json!([]), "").said.contains("has no version yet"));
    let ended = release(&json!([version(3, &json!({}))]), "78");
    assert!(
        ended.said.contains("release;isOutput=true]false") && ended.said.contains("run 78 has claimed"),
        "{ended:?}"
    );
    // A second try of the same run goes on with what it has claimed.
    let ended = release(&json!([version(3, &json!({"release_run": "77"}))]), "77");
    assert!(ended.said.contains("release;isOutput=true]true"), "{ended:?}");
}

/// Minutes before now, as Azure Storage writes it.
fn minutes_ago(minutes: u32) -> String {
    let output = std::process::Command::new("date")
        .args(["--utc", "--date", &format!("-{minutes} minutes"), "+%Y-%m-%dT%H:%M:%S+00:00"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A look at a container with these files; `until` is how far the look before it has got.
fn arrived(files: &[(&str, &str)], until: &str) -> Ended {
    let stand = Stand::new(&private());
    let files: Vec<_> = files.iter().map(|(name, at)| json!({"name": name, "at": at})).collect();
    std::fs::write(stand.path().join("files.json"), json!(files).to_string()).unwrap();
    let tags = if until.is_empty() { json!([]) } else { json!(["new-data", format!("until-{until}")]) };
    std::fs::write(stand.path().join("runs.json"), json!({"value": [{"tags": tags}]}).to_string()).unwrap();
    stand.program("curl", "cat runs.json");
    stand.program("az", "cat files.json");
    stand.run(
        "look-for-data.sh",
        &[
            ("STORAGE", "s"),
            ("CONTAINER", "c"),
            ("PREFIX", "p/"),
            ("SYSTEM_DEFINITIONID", "4"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/"),
            ("SYSTEM_TEAMPROJECTID", "p"),
            ("SYSTEM_ACCESSTOKEN", "t"),
        ],
    )
}

#[test]
fn files_that_arrive_together_are_one_retraining_and_none_is_seen_twice() {
    let starts = |ended: &Ended| {
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.said.contains("variable=arrived;isOutput=true]true")
    };
    let (long, short) = (minutes_ago(40), minutes_ago(2));
    let stamp = |at: &str| at[..19].replace(['-', ':', 'T'], "");
    let ended = arrived(&[("p/a.csv", &long), ("p/b $(x).csv", &minutes_ago(30))], "");
    assert!(starts(&ended) && ended.said.contains("##vso[build.addbuildtag]new-data"), "{ended:?}");
    assert!(ended.said.contains("variable=newest;isOutput=true]p/b___x_.csv"), "{ended:?}");
    // Files still come: a later look takes them all, but not for ever.
    assert!(!starts(&arrived(&[("p/a.csv", &long), ("p/b.csv", &short)], "")));
    assert!(starts(&arrived(&[("p/a.csv", &minutes_ago(90)), ("p/b.csv", &short)], "")));
    // What a look has found is over; what came later is new.
    assert!(!starts(&arrived(&[("p/a.csv", &long)], &stamp(&long))));
    assert!(starts(&arrived(&[("p/a.csv", &long)], &stamp(&minutes_ago(50)))));
    assert!(!starts(&arrived(&[], "")));
}
