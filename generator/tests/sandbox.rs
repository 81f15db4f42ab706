//! The sandbox, with the real program.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn mlops_gen(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
    command.current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    // The program itself is found by the commands that run in the sandbox.
    let own = Path::new(env!("CARGO_BIN_EXE_mlops-gen")).parent().unwrap().display().to_string();
    command.env("PATH", format!("{own}:{}", std::env::var("PATH").unwrap_or_default()));
    command
}

fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    let made = mlops_gen(folder.path()).args(["init", "--yes", "--no-git", "--name", "demo"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    folder
}

fn bash(folder: &Path, options: &[&str], script: &str) -> Output {
    mlops_gen(folder).arg("sandbox").args(options).args(["--", "bash", "-c", script]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_runs_with_the_variables_set_and_its_exit_code_is_passed_on() {
    let folder = project();
    let names = "$MLOPS_GEN_DEVOPS_URL $MLOPS_GEN_VAULT_URL $MLOPS_GEN_ARM_URL $AZURE_TENANT_ID $AZURE_SUBSCRIPTION_ID";
    let script = format!("echo {names}; echo $MLOPS_GEN_DEVOPS_TOKEN | wc -c; exit 7");
    let output = bash(folder.path(), &[], &script);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let out = text(&output.stdout);
    assert_eq!(out.split_whitespace().filter(|word| word.starts_with("http://127.0.0.1:")).count(), 3, "{out}");
    assert!(out.contains("/my-organization "), "{out}");
    assert!(out.trim_end().ends_with("65"), "a token of 64 characters: {out}");
    assert!(text(&output.stderr).contains("made-up values for the secrets data-provider-token in "), "{output:?}");
}

#[test]
fn tokens_are_others_with_each_start_and_no_other_is_taken() {
    let folder = project();
    let token = || text(&bash(folder.path(), &[], "echo $MLOPS_GEN_DEVOPS_TOKEN$MLOPS_GEN_AZURE_TOKEN").stdout);
    assert_ne!(token(), token());
    let output = bash(folder.path(), &[], "MLOPS_GEN_DEVOPS_TOKEN=other mlops-gen run build");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("401"), "{output:?}");
}

#[test]
fn what_is_made_is_kept_only_when_a_file_is_named_for_it() {
    let folder = project();
    let script = r#"curl -sf -o /dev/null -w '%{http_code} ' -X POST -H 'content-type: application/json' \
        -d '{"name":"kept"}' "${MLOPS_GEN_DEVOPS_URL%/*}/_emulator/projects"
        curl -sf "${MLOPS_GEN_DEVOPS_URL%/*}/_emulator/state" | grep -c '"kept"'"#;
    let see = r#"curl -sf "${MLOPS_GEN_DEVOPS_URL%/*}/_emulator/state" | grep -c '"kept"'; true"#;
    for (options, found) in [(&[][..], "0"), (&["--state", "world.json"][..], "1")] {
        let first = bash(folder.path(), options, script);
        assert_eq!(text(&first.stdout).trim(), "200 1", "{first:?}");
        let second = bash(folder.path(), options, see);
        assert_eq!(text(&second.stdout).trim(), found, "{second:?}");
    }
    #[cfg(unix)]
    {
        let mode = std::fs::metadata(folder.path().join("world.json")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    }
}

#[test]
fn a_state_that_is_none_and_a_command_that_is_none_are_told() {
    let folder = project();
    std::fs::write(folder.path().join("world.json"), "{}").unwrap();
    let output = bash(folder.path(), &["--state", "world.json"], "true");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("world.json"), "{output:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("world.json")).unwrap(), "{}", "it is left as it was");
    let output = mlops_gen(folder.path()).args(["sandbox", "--", "no-such-program"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot run no-such-program"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn in_the_foreground_it_shows_lines_for_a_shell_until_it_is_interrupted() {
    let folder = project();
    let mut child =
        mlops_gen(folder.path()).arg("sandbox").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let exports: Vec<String> = lines.by_ref().take(8).map(Result::unwrap).collect();
    let script = format!("{}\nmlops-gen run build", exports.join("\n"));
    let own = Path::new(env!("CARGO_BIN_EXE_mlops-gen")).parent().unwrap().display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    let listed = shell.arg("-c").arg(&script).current_dir(folder.path()).env("PATH", path).output().unwrap();
    // The team project is not there yet: the answer is the sandbox's.
    assert!(text(&listed.stderr).contains("there is no team project demo"), "{listed:?}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_project_goes_from_nothing_to_production_and_away_again() {
    let folder = project();
    let script = "
        set -ex
        mlops-gen apply --yes
        mlops-gen run build --watch --interval 0.1
        mlops-gen plan
        mlops-gen run retrain --watch --interval 0.1
        mlops-gen run release --parameter modelVersion=1
        for look in {1..200}; do
            mlops-gen runs show 3 | grep -q 'mlops-gen approve 3' && break
            sleep 0.05
        done
        mlops-gen approve 3 --yes --comment 'compared, and fine'
        mlops-gen runs watch 3 --interval 0.1
        mlops-gen status --json > status.json
        mlops-gen secrets check
        mlops-gen destroy --yes --confirm demo
        mlops-gen status --json > after.json
    ";
    let output = bash(folder.path(), &["--tick", "1"], script);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "stdout:\n{out}\nstderr:\n{err}");
    assert!(out.contains("nothing to do: "), "{out}");
    // Values of secrets are in no output.
    assert!(!out.contains("made-up-") && !err.contains("made-up-"), "stdout:\n{out}\nstderr:\n{err}");
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    let status = &read("status.json")["status"];
    for environment in 0..2 {
        assert_eq!(status["environments"][environment]["deployed"]["version"], "1", "{status}");
    }
    let model = serde_json::json!(
        { "version": "1", "registeredBy": 2, "release": [3, "succeeded"], "live": ["qa", "production"] });
    assert_eq!(status["models"], serde_json::json!([model]), "{status}");
    let after = &read("after.json")["status"];
    assert!(after["pipelines"].as_array().unwrap().iter().all(|pipeline| pipeline["exists"] == false), "{after}");
}

#[test]
fn a_pipeline_of_the_folder_is_carried_out_with_what_its_spec_has() {
    let folder = project();
    let pipeline = "parameters:\n- {name: who, type: string}\nvariables:\n- group: demo-ids\nsteps:\n- bash: |\n    \
                    echo \"hello ${{ parameters.who }} in $(ls mlops.yaml)\"; echo \"##vso[build.addbuildtag]seen\"\n    \
                    [ -n \"$AZURE_SUBSCRIPTION_ID\" ] && echo the group is there\n- task: AzureCLI@2\n  inputs:\n    \
                    azureSubscription: demo-platform\n    scriptType: bash\n    scriptLocation: inlineScript\n    \
                    inlineScript: 'az group exists --name demo'\n- bash: exit $(CODE)\n";
    std::fs::write(folder.path().join("p.yml"), pipeline).unwrap();
    let run = |code: &str| {
        let mut command = mlops_gen(folder.path());
        command.args(["sandbox", "run", "p.yml", "--parameter", "who=you", "--variable", code, "--folder"]);
        command.arg(folder.path().join("kept")).output().unwrap()
    };
    let good = run("CODE=0");
    let out = text(&good.stdout);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    for line in ["hello you in mlops.yaml", "the group is there", "++ tag seen", "false"] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let bad = run("CODE=4");
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    assert!(text(&bad.stderr).contains("Bash exited with code '4'."), "{bad:?}");
    let wrong = mlops_gen(folder.path()).args(["sandbox", "run", "p.yml"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(text(&wrong.stderr).contains("needs parameter `who`"), "{wrong:?}");
}

/// What `rustup` and `cargo` do in a run: they say what they are asked, and leave the files that tests leave.
const CARGO: &str = r#"#!/bin/bash
echo "$(basename "$0") $*"
case "$*" in
  *"nextest --version"*|*"llvm-cov --version"*) exit 1 ;;
  "llvm-cov nextest"*)
    mkdir -p target/nextest/ci
    echo '<testsuite><testcase classname="unit" name="a"/></testsuite>' >target/nextest/ci/junit.xml
    while [[ $# -gt 0 ]]; do [[ $1 == --output-path ]] && echo '<coverage lines-covered="9" lines-valid="10"/>' >"$2"; shift; done
    ;;
  *"--bin data-test"*)
    while [[ $# -gt 0 ]]; do [[ $1 == --junit ]] && echo '<testsuite><testcase name="columns"/></testsuite>' >"$2"; shift; done
    ;;
esac
"#;

#[test]
#[cfg(unix)]
fn with_execute_the_build_of_a_project_really_runs() {
    let folder = project();
    let fakes = folder.path().join("fakes");
    std::fs::create_dir(&fakes).unwrap();
    for name in ["cargo", "rustup"] {
        let path = fakes.join(name);
        std::fs::write(&path, CARGO).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let script = "
        set -ex
        mlops-gen apply --yes >apply.log
        mlops-gen run build --watch --interval 0.1 >build.log || { cat build.log; exit 1; }
        mlops-gen runs logs 1 >all.log || true
    ";
    let kept = folder.path().join("kept").display().to_string();
    let path = format!("export PATH=\"{}:$PATH\"\n{script}", fakes.display());
    let mut command = mlops_gen(folder.path());
    let own = Path::new(env!("CARGO_BIN_EXE_mlops-gen")).parent().unwrap().display().to_string();
    let outer = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{own}:{outer}", fakes.display()));
    let output = command.args(["sandbox", "--execute", &kept, "--", "bash", "-c", &path]).output().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "stdout:\n{out}\nstderr:\n{err}\n{}", read("build.log"));
    let state = read("kept/azure/state.json");
    assert!(
        state.contains("batch-endpoints") && state.contains("defaults"),
        "the training pipeline is published: {state}"
    );
}

/// What was rendered is in git as the service has it, whichever way it came there: a push through its API makes no file a
/// program, so nothing that is rendered is one.
#[cfg(unix)]
#[test]
fn git_finds_nothing_changed_after_an_apply_nor_in_a_clone() {
    for commits in [true, false] {
        let outer = TempDir::new().unwrap();
        let made = mlops_gen(outer.path()).args(["init", "tides", "--yes", "--runtime", "python"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let folder = outer.path().join("tides");
        let script = format!(
            r#"
            set -eE; trap 'echo "failed: $BASH_COMMAND" >&2' ERR
            export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email \
                GIT_CONFIG_VALUE_1=t@example.com GIT_CONFIG_KEY_2=http.extraHeader \
                GIT_CONFIG_VALUE_2="Authorization: Bearer $MLOPS_GEN_DEVOPS_TOKEN"
            clean() {{ [ -z "$(git status --porcelain)" ] || {{ git status --short; exit 1; }}; }}
            [ -e .git ] || git init --quiet --initial-branch main
            if {commits}; then git add --all; git commit --quiet --message first; fi
            mlops-gen apply --yes
            clean
            url="$MLOPS_GEN_DEVOPS_URL/tides/_git/tides"
            git clone --quiet --branch main "$url" ../clone
            (cd ../clone; clean; mlops-gen check; mlops-gen render; clean; mlops-gen plan)
            # And a change: rendered, pushed, pulled.
            sed -i 's/timeoutMinutes: 60/timeoutMinutes: 90/' mlops.yaml
            mlops-gen render
            git add --all; git commit --quiet --message second
            mlops-gen apply --yes
            clean
            (cd ../clone; git pull --quiet; clean; mlops-gen check; clean)
            "#
        );
        let output = bash(&folder, &[], &script);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "commits: {commits}\nstdout:\n{out}\nstderr:\n{err}");
    }
}

/// What somebody has made a program stays one: it is in the history that way.
#[cfg(unix)]
#[test]
fn a_file_keeps_its_mode_when_it_is_rendered_anew() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project();
    let script = folder.path().join("pipelines/scripts/retry.sh");
    let mode = || std::fs::metadata(&script).unwrap().permissions().mode() & 0o111;
    assert_eq!(mode(), 0, "scripts are called by bash");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(&script, "# older\n").unwrap();
    let rendered = mlops_gen(folder.path()).args(["render", "--force"]).output().unwrap();
    assert!(rendered.status.success(), "{rendered:?}");
    assert_ne!(std::fs::read_to_string(&script).unwrap(), "# older\n");
    assert_eq!(mode(), 0o111);
}
