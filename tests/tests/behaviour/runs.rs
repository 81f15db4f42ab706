//! What runs do beyond the straight way: tried again, cancelled, fetched.

use mlops_gen::tree::RenderedTree;
use system_tests::{render, specs};

use crate::behaviour::stand::Stand;

/// Pipelines and their templates, as path and text.
fn yaml(tree: &RenderedTree) -> Vec<(&str, &str)> {
    tree.iter()
        .filter(|(path, _)| path.as_str().starts_with("pipelines/") && path.as_str().ends_with(".yml"))
        .map(|(path, file)| (path.as_str(), file.text().unwrap()))
        .collect()
}

#[test]
fn an_artifact_bears_the_number_of_the_try_that_wrote_it() {
    let mut written = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("- publish:")) {
                let artifact = lines[index..].iter().find_map(|line| line.strip_prefix("artifact: ")).unwrap();
                assert!(artifact.ends_with("-$(System.JobAttempt)"), "{name}: {path}: {artifact}");
                written += 1;
            }
        }
    }
    assert!(written >= 40, "only {written} artifacts were seen");
}

#[test]
fn a_deployment_job_fetches_no_artifact_that_it_does_not_ask_for() {
    let mut seen = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            for job in text.split("- deployment: ").skip(1) {
                let steps = job.split("\n  - ").next().unwrap();
                assert!(steps.contains("- download: none\n"), "{name}: {path}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 85, "only {seen} deployment jobs were seen");
}

#[test]
fn what_must_be_put_back_is_put_back_when_a_run_is_cancelled_too() {
    let mut seen = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)) {
            for line in text.lines().filter(|line| line.trim().starts_with("condition:") && line.contains("failed()")) {
                assert!(line.contains("or(failed(), canceled())"), "{name}: {path}: {line}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 60, "only {seen} conditions were seen");
}

#[test]
fn whoever_may_be_throttled_comes_before_whatever_is_deployed() {
    let mut seen = 0;
    for (name, spec) in specs() {
        for (path, text) in yaml(&render(&spec)).into_iter().filter(|(_, text)| text.contains("KubeloginInstaller@")) {
            // A template of steps begins with its first one.
            let begins = text.split_once("- download: none\n").or_else(|| text.split_once("\nsteps:\n"));
            let steps = begins.unwrap_or_else(|| panic!("{name}: {path}")).1;
            let first = steps.split("- task: ").nth(1).unwrap();
            assert!(first.starts_with("KubeloginInstaller@"), "{name}: {path}: {first}");
            assert!(!steps[..steps.find("KubeloginInstaller@").unwrap()].contains("template:"), "{name}: {path}");
            // A pinned version: what is asked for is the same in every try.
            assert!(first.contains("kubeloginVersion: v"), "{name}: {path}: {first}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} installations were seen");
}

/// `az` and `sleep` of a job whose states are listed, one for each half minute of a clock that only `sleep` moves.
fn waited(states: &[(&str, &str)], training: u32, whole: u32) -> (i32, String) {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let stand = Stand::new(&render(&spec));
    let (jobs, steps): (Vec<&str>, Vec<&str>) = states.iter().copied().unzip();
    std::fs::write(stand.path().join("jobs"), jobs.join("\n")).unwrap();
    std::fs::write(stand.path().join("steps"), steps.join("\n")).unwrap();
    std::fs::write(stand.path().join("at"), "1").unwrap();
    // `SECONDS` is bash's own; the script is given one that counts calls of `sleep`.
    let script = stand.read("pipelines/scripts/wait-for-job.sh").replace("$SECONDS", "$((30 * ($(<at) - 1)))");
    let script = script.replace("$((SECONDS + ", "$((30 * ($(<at) - 1) + ");
    std::fs::write(stand.path().join("pipelines/scripts/wait-for-job.sh"), script).unwrap();
    stand.program("sleep", "echo $(($(<at) + 1)) >at");
    stand.program(
        "az",
        r#"case "$*" in
          *'job show'*) sed -n "$(<at)p" jobs ;;
          *'job list'*) sed -n "$(<at)p" steps | tr ' ' '\n' ;;
        esac"#,
    );
    let (training, whole) = (training.to_string(), whole.to_string());
    let ended = stand.run(
        "wait-for-job.sh",
        &[
            ("RESOURCE_GROUP", "r"),
            ("WORKSPACE", "w"),
            ("JOB", "j"),
            ("TIMEOUT_MINUTES", &training),
            ("WAIT_MINUTES", &whole),
        ],
    );
    let cancelled = ended.calls.iter().any(|call| call.contains("job cancel"));
    assert_eq!(cancelled, ended.said.contains(": cancelled"), "{ended:?}");
    (ended.code, ended.said)
}

#[test]
fn waiting_for_nodes_and_images_does_not_count_as_training() {
    // Two minutes of training after an hour of waiting, in every state that waiting has.
    let mut states = vec![("NotStarted", ""); 10];
    for step in ["NotStarted", "Queued", "Preparing", "Provisioning", "Starting"] {
        states.extend([("Running", step); 20]);
    }
    states.extend([("Running", "Completed Running"); 4]);
    states.push(("Completed", ""));
    assert_eq!(waited(&states, 3, 120).0, 0);
    // The same with less patience for the whole.
    let (code, said) = waited(&states, 3, 30);
    assert!(code == 1 && said.contains("not done after 30 minutes, 0 of them at work"), "{said}");
    // Three minutes of training are too much where two are allowed, however they are spread.
    let mut states = vec![("Running", "Running"); 3];
    states.extend([("Running", "Completed Queued"); 50]);
    states.extend([("Running", "Completed Finalizing"); 3]);
    states.extend([("Running", ""); 50]);
    let (code, said) = waited(&states, 2, 600);
    assert!(code == 1 && said.contains("not done after 2 minutes of work"), "{said}");
}

#[test]
fn who_approves_sees_how_challenger_and_champion_compared() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let stand = Stand::new(&render(&spec));
    let claim = |tags: &str| {
        stand.program("az", &format!("case \"$*\" in *'model show'*) echo '{{\"tags\": {tags}}}' ;; esac"));
        let temporary = stand.path().display().to_string();
        let variables = [
            ("RESOURCE_GROUP", "r"),
            ("WORKSPACE", "w"),
            ("EXPECTED_MODEL", "m"),
            ("REQUESTED_MODEL", "m"),
            ("MODEL_VERSION", "3"),
            ("AGAIN", "False"),
            ("SYSTEM_ACCESSTOKEN", "t"),
            ("BUILD_BUILDID", "9"),
            ("AGENT_TEMPDIRECTORY", &temporary),
        ];
        let ended = stand.run("claim-release.sh", &variables);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.said.contains("##vso[task.uploadsummary]"), "{ended:?}");
        stand.read("release-m-3.md")
    };
    let tags = r#"{"metric": "rmse", "rmse": "54.1", "champion_rmse": "55.5", "data_version": "4", "commit": "abc"}"#;
    let summary = claim(tags);
    for line in ["| | rmse |", "| Challenger, this version | 54.1 |", "| Champion before it | 55.5 |", "Data version 4"]
    {
        assert!(summary.contains(line), "{summary}");
    }
    assert!(claim(r#"{"metric": "rmse", "rmse": "54.1"}"#).contains("| Champion before it | none |"));
    assert!(claim("{}").contains("does not say how it compared"));
    // What others wrote is no markup and no command.
    let hostile = claim(r###"{"metric": "a|b", "a|b": "##vso[task.complete]<img>"}"###);
    assert!(!hostile.contains("##vso") && !hostile.contains('<') && hostile.contains("| | a_b |"), "{hostile}");
}
