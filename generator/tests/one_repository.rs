//! Two projects in folders of one repository, with the real program in the sandbox: neither touches what is the other's.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn mlops_gen(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("GIT_DIR").stdin(Stdio::null());
    let own = Path::new(env!("CARGO_BIN_EXE_mlops-gen")).parent().unwrap().display().to_string();
    command.env("PATH", format!("{own}:{}", std::env::var("PATH").unwrap_or_default()));
    command
}

/// A repository with two projects in it, committed.
struct Repository {
    _folder: TempDir,
    root: PathBuf,
}

impl Repository {
    fn path(&self) -> &Path {
        &self.root
    }
}

fn repository() -> Repository {
    let outer = TempDir::new().unwrap();
    let root = outer.path().join("models");
    std::fs::create_dir(&root).unwrap();
    let folder = Repository { _folder: outer, root };
    let git = |line: &str| {
        let mut git = Command::new("git");
        assert!(git.current_dir(folder.path()).args(line.split(' ')).status().unwrap().success(), "{line}");
    };
    git("init --quiet --initial-branch main");
    git("config user.name t");
    git("config user.email t@example.com");
    for (place, runtime) in [("churn", "python"), ("teams/pricing", "rust")] {
        let options = ["init", place, "--yes", "--runtime", runtime, "--devops-project", "ml"];
        let made = mlops_gen(folder.path()).args(options).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let spec = std::fs::read_to_string(folder.path().join(place).join("mlops.yaml")).unwrap();
        assert!(spec.contains(&format!("\n  directory: {place}\n")), "{spec}");
    }
    std::fs::write(folder.path().join("README.md"), "# both\n").unwrap();
    git("add --all");
    git("commit --quiet --message both");
    folder
}

fn sandbox(folder: &Path, script: &str) -> Output {
    let specs = ["--spec", "churn/mlops.yaml", "--spec", "teams/pricing/mlops.yaml"];
    let mut command = mlops_gen(folder);
    command.arg("sandbox").args(specs).args(["--tick", "1", "--", "bash", "-c", script]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What scripts here call.
const TOOLS: &str = r#"
    set -eE; trap 'echo "failed: $BASH_COMMAND" >&2' ERR
    api() { curl -sf -H "Authorization: Bearer $MLOPS_GEN_DEVOPS_TOKEN" -H 'Content-Type: application/json' "$@"; }
    repository=$(basename "$PWD")
    git_api="$MLOPS_GEN_DEVOPS_URL/ml/_apis/git/repositories/$repository"
    pushed() { api "$git_api/items?recursionLevel=full&api-version=7.1" | jq -r '.value[] | select(.isFolder | not) | .path'; }
    # A person has the pull request validated, and completes it.
    complete() {
        source=$(api "$git_api/pullrequests/$1?api-version=7.1" | jq -r .lastMergeSourceCommit.commitId)
        builds="$MLOPS_GEN_DEVOPS_URL/ml/_apis/build"
        id=$(api "$builds/definitions?name=pull-request&api-version=7.1" | jq ".value[] | select(.path | endswith(\"$2\")) | .id")
        api "$builds/builds?api-version=7.1" \
            -d "{\"definition\":{\"id\":$id},\"sourceBranch\":\"refs/pull/$1/merge\",\"sourceVersion\":\"$source\"}" >/dev/null
        for look in {1..100}; do
            api -X PATCH "$git_api/pullrequests/$1?api-version=7.1" \
                -d "{\"status\":\"completed\",\"lastMergeSourceCommit\":{\"commitId\":\"$source\"}}" >/dev/null && return 0
            sleep 0.05
        done
        return 1
    }
    churn() { mlops-gen -C churn "$@"; }
    pricing() { mlops-gen -C teams/pricing "$@"; }
"#;

#[test]
fn two_projects_of_one_repository_are_applied_run_and_removed_without_touching_each_other() {
    let folder = repository();
    let script = format!(
        r#"{TOOLS}
        churn apply --yes
        [ -z "$(pushed | grep -v ^/churn/)" ] || {{ echo 'churn pushes more than its own'; exit 1; }}
        churn plan
        pricing apply --yes 2>pricing.txt
        # What is left waits for a person: nothing is to be done, and it is said on what.
        pricing plan >waiting.txt
        pricing plan --json | jq -e '.projects[0].waiting | length == 1' >/dev/null
        complete 1 pricing
        pushed | grep -q '^/teams/pricing/mlops.yaml$'
        [ -z "$(pushed | grep -v -e ^/churn/ -e ^/teams/pricing/)" ] || {{ echo 'pricing pushes more than its own'; exit 1; }}
        pricing apply --yes
        pricing plan
        churn plan
        api "$MLOPS_GEN_DEVOPS_URL/ml/_apis/build/definitions?includeAllProperties=true&api-version=7.1" >definitions.json
        api "$MLOPS_GEN_DEVOPS_URL/ml/_apis/policy/configurations?api-version=7.1" >policies.json
        churn run build --watch --interval 0.1
        pricing run build --watch --interval 0.1
        pricing run retrain --watch --interval 0.1
        churn status
        pricing destroy --yes --confirm pricing
        pushed | grep -q '^/teams/pricing/mlops.yaml$'
        churn plan
        churn run build --watch --interval 0.1
        churn destroy --yes --confirm churn
        pushed | grep -q '^/churn/mlops.yaml$'
        api "$MLOPS_GEN_DEVOPS_URL/ml/_apis/build/definitions?api-version=7.1" | jq .count >left.txt
        "#
    );
    let output = sandbox(folder.path(), &script);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "stdout:\n{out}\nstderr:\n{err}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let applied = read("pricing.txt");
    assert!(applied.contains("the files wait in a pull request until it is completed: http"), "{applied}");
    assert!(applied.contains("the branch has required policies, and takes no push"), "{applied}");
    let waiting = read("waiting.txt");
    assert!(waiting.contains("files/main (waits in a pull request: http"), "{waiting}");
    assert!(waiting.contains("nothing to do now"), "{waiting}");
    let definitions: serde_json::Value = serde_json::from_str(&read("definitions.json")).unwrap();
    let places: Vec<(&str, &str)> = definitions["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["path"].as_str().unwrap(), one["process"]["yamlFilename"].as_str().unwrap()))
        .collect();
    assert!(places.contains(&("\\churn", "/churn/pipelines/build.yml")), "{places:?}");
    assert!(places.contains(&("\\pricing", "/teams/pricing/pipelines/retrain.yml")), "{places:?}");
    let policies: serde_json::Value = serde_json::from_str(&read("policies.json")).unwrap();
    let patterns: Vec<&serde_json::Value> =
        policies["value"].as_array().unwrap().iter().map(|one| &one["settings"]["filenamePatterns"]).collect();
    let wanted = [serde_json::json!(["/churn/*"]), serde_json::json!(["/teams/pricing/*"])];
    assert!(wanted.iter().all(|one| patterns.contains(&one)), "{patterns:?}");
    assert_eq!(read("left.txt").trim(), "0");
}

#[test]
#[ignore = "long: tests/conformance/long-tests.sh"]
fn one_command_leads_both_and_each_pushes_what_was_committed_or_deleted_in_its_folder() {
    let folder = repository();
    let script = format!(
        r#"{TOOLS}
        mlops-gen plan --recursive . --compact || [ $? = 1 ]
        mlops-gen apply --recursive . --yes
        complete 1 pricing
        mlops-gen apply --recursive . --yes
        mlops-gen plan --recursive .
        echo 'X = 1' >churn/src/churn/own_features.py
        git rm --quiet teams/pricing/README.md
        git add churn/src && git commit --quiet --message 'own work'
        churn plan --json >churn.json || [ $? = 1 ]
        pricing plan --json >pricing.json || [ $? = 1 ]
        "#
    );
    let output = sandbox(folder.path(), &script);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "stdout:\n{out}\nstderr:\n{err}");
    let fields = |name: &str| -> Vec<(String, serde_json::Value)> {
        let plan: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join(name)).unwrap()).unwrap();
        let steps = plan["projects"][0]["steps"].as_array().unwrap();
        let files = steps.iter().find(|step| step["key"]["kind"] == "files").unwrap_or_else(|| panic!("{plan}"));
        let changes = files["changes"].as_array().unwrap().iter();
        changes.map(|change| (change["field"].as_str().unwrap().to_owned(), change["after"].clone())).collect()
    };
    let churn = fields("churn.json");
    assert!(churn.iter().any(|(field, _)| field == "src/churn/own_features.py"), "{churn:?}");
    assert!(!churn.iter().any(|(field, _)| field.contains("README")), "{churn:?}");
    // A file that the team has deleted in a commit goes there too.
    let pricing = fields("pricing.json");
    let gone = pricing.iter().find(|(field, _)| field == "README.md");
    assert!(gone.is_some_and(|(_, after)| after.is_null()), "{pricing:?}");
}
