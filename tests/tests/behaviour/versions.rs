//! A run works with the versions that it is about, and a newer one is not put aside by chance.

use std::process::Command;

use system_tests::{render, specs};

use crate::behaviour::stand::Stand;

fn stand(case: &str) -> Stand {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == case).unwrap();
    Stand::new(&render(&spec))
}

#[test]
fn an_older_version_takes_the_place_of_a_newer_one_only_when_asked_to() {
    let stand = stand("out");
    let run = |live: &str, new: &str, allow: &str| {
        let script = format!("bash pipelines/scripts/refuse-older.sh '{live}'");
        let command = Command::new("bash")
            .args(["-c", &script])
            .current_dir(stand.path())
            .envs([("MODEL_VERSION", new), ("ALLOW_OLDER", allow)])
            .output();
        command.unwrap().status.success()
    };
    for (live, new) in [("", "1"), ("1", "1"), ("1", "2"), ("9", "10"), ("99", "100"), ("1.9", "1.10"), ("2", "2.1")] {
        assert!(run(live, new, "False"), "{new} over {live}");
    }
    for (live, new) in [("2", "1"), ("10", "9"), ("100", "99"), ("1.10", "1.9"), ("20261130.2", "20261130.1")] {
        assert!(!run(live, new, "False") && !run(live, new, ""), "{new} over {live}");
        assert!(run(live, new, "True") && run(live, new, "true"), "{new} over {live}");
    }
}

#[test]
fn every_target_compares_versions_before_it_deploys() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let text = |path: &str| tree.get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
        for (script, deploys) in [
            ("deploy-container-group.sh", "az deployment group create"),
            ("prepare-namespace.sh", "kubectl create secret"),
            ("deploy-endpoint.sh", "az ml online-deployment create"),
        ] {
            let text = text(&format!("pipelines/scripts/{script}"));
            if !text.is_empty() {
                let compares = text.find("refuse-older.sh").unwrap_or_else(|| panic!("{name}: {script}"));
                assert!(compares < text.find(deploys).unwrap(), "{name}: {script}");
            }
        }
    }
}

/// `az` knows a published pipeline of version 41.
const AZ: &str = r#"
case "$*" in
  *'batch-endpoint show'*) echo "$PUBLISHED" ;;
  *'component show'*) echo "$COMMIT" ;;
  *'data show'*) echo d4 ;;
  *'job show'*'query name'*) exit 1 ;;
  *'job create'*) cp "$(grep -oP -- '--file \K\S+' <<<"$*")" submitted.yml; echo job ;;
esac
"#;

#[test]
fn the_submitted_pipeline_is_the_published_one_and_its_tags_say_so() {
    let stand = stand("out");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = Command::new("git").args(identity).args(arguments).current_dir(stand.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "ml"]);
    git(&["commit", "--quiet", "--message", "published"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let job = stand.path().join("ml/jobs/retrain.yml");
    let changed = stand.read("ml/jobs/retrain.yml").replace("display_name:", "display_name: not-published #");
    std::fs::write(&job, changed).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "newer"]);
    let head = git(&["rev-parse", "HEAD"]);
    let run = |published: &str, commit: &str| {
        stand.program("az", &format!("PUBLISHED='{published}' COMMIT='{commit}'\n{AZ}"));
        stand.program("sleep", "");
        let variables = [
            ("RESOURCE_GROUP", "r"),
            ("WORKSPACE", "w"),
            ("EXPERIMENT", "e"),
            ("DATA_ASSET", "diabetes"),
            ("TRAINING_ENDPOINT", "t"),
            ("NEW_DATA", ""),
            ("BUILD_URI", "u"),
            ("ALPHA", "0.4"),
            ("BUILD_BUILDID", "9"),
            ("BUILD_BUILDNUMBER", "n"),
            ("BUILD_REASON", "Manual"),
            ("BUILD_SOURCEVERSION", head.as_str()),
            ("SYSTEM_JOBATTEMPT", "1"),
        ];
        stand.run("submit-retrain.sh", &variables)
    };
    let ended = run("v41", &commit);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let create = ended.calls.iter().find(|call| call.contains("job create")).unwrap();
    assert!(
        create.contains(&format!("inputs.commit={commit}")) && create.contains("inputs.data_version=d4"),
        "{create}"
    );
    let submitted = stand.read("submitted.yml");
    assert!(submitted.contains("component: azureml:diabetes_training:41\n"), "{submitted}");
    assert!(!submitted.contains("not-published") && !submitted.contains("../pipelines"), "{submitted}");
    // Nothing published, or nothing that says what it is: no job, and no tag that would be a guess.
    for (published, commit) in
        [("", commit.as_str()), ("latest", &commit), ("v41", ""), ("v41", "HEAD"), ("v41", "none")]
    {
        let ended = run(published, commit);
        let created = ended.calls.iter().any(|call| call.contains("job create"));
        assert!(ended.code != 0 && !created, "{published}, {commit}: {ended:?}");
    }
}

#[test]
fn what_is_published_leaves_no_version_open() {
    for case in ["out", "batch-scoring", "distributed-training"] {
        let stand = stand(case);
        stand.program("az", "case \"$*\" in *'defaults.deployment_name'*) echo v7 ;; esac");
        stand.program("git", "echo 0123456789ab");
        let model = stand.read("pipelines/templates/variables/common.yml");
        let value = |text: &str, key: &str| {
            let (_, rest) = text.split_once(key).unwrap_or_else(|| panic!("{case}: {key}"));
            rest.trim_start()
                .trim_start_matches("value:")
                .trim()
                .split('\n')
                .next()
                .unwrap()
                .trim_matches('"')
                .to_owned()
        };
        let data = value(&stand.read("pipelines/build.yml"), "DATA_ASSET:");
        let base = [
            ("RESOURCE_GROUP", "r"),
            ("WORKSPACE", "w"),
            ("VERSION", "7"),
            ("DATA_ASSET", data.as_str()),
            ("TRAINING_ENDPOINT", "t"),
            ("BUILD_SOURCEVERSION", "c"),
            ("BUILD_BUILDID", "7"),
            ("AZURE_SUBSCRIPTION_ID", "s"),
            ("AZURE_TENANT_ID", "t"),
        ];
        let ended = stand.run("publish-training.sh", &base);
        assert_eq!(ended.code, 0, "{case}: {}", ended.said);
        if case == "batch-scoring" {
            let name = value(&model, "MODEL_NAME");
            let more = [("BATCH_ENDPOINT", "b"), ("MODEL_NAME", name.as_str()), ("MODEL_VERSION", "12")];
            let schedules = stand.path().join("ml/schedules");
            let schedule = std::fs::read_dir(schedules).into_iter().flatten().next().map(|e| e.unwrap().path());
            let schedule = schedule.map(|path| path.display().to_string()).unwrap_or_default();
            let variables = [&base[..], &more, &[("SCHEDULE", schedule.as_str())]].concat();
            let ended = stand.run("publish-batch-scoring.sh", &variables);
            assert_eq!(ended.code, 0, "{case}: {}", ended.said);
            assert!(stand.read("ml/pipelines/batch-scoring.yml").contains(&format!("azureml:{name}:12\n")));
        }
        let open =
            Command::new("grep").args(["-rn", "^[^#]*@latest", "ml"]).current_dir(stand.path()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&open.stdout), "", "{case}");
        assert!(stand.read("ml/endpoints/training/deployment.yml").contains(":7\n"), "{case}");
    }
}
