//! A sandbox that is killed: the next one goes on or says what to repeat, and nothing of it is left.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Makes a project with a pipeline whose step begins something of each kind, says so, and does not end.
const PREPARE: &str = r#"
set -euo pipefail
ask() { curl --silent --show-error --fail --header "Authorization: Bearer $MLOPS_GEN_DEVOPS_TOKEN" \
  --header 'Content-Type: application/json' "$@"; }
url=$MLOPS_GEN_DEVOPS_URL
ask "$url/_apis/projects?api-version=7.1" --data \
  '{"name":"shop","capabilities":{"versioncontrol":{"sourceControlType":"Git"},"processTemplate":{"templateTypeId":"adcc42ab-9882-485e-a3ed-7678f01f66bc"}}}' >/dev/null
until [[ $(ask "$url/_apis/projects/shop?api-version=7.1" | jq -r .state) == wellFormed ]]; do sleep 0.05; done
ask "$url/shop/_apis/git/repositories/shop/pushes?api-version=7.1" --data "$(jq -n --arg text "$PIPELINE" '{
  refUpdates: [{name: "refs/heads/main", oldObjectId: "0000000000000000000000000000000000000000"}],
  commits: [{comment: "c", changes: [{changeType: "add", item: {path: "/p.yml"},
    newContent: {content: $text, contentType: "rawtext"}}]}]}')" >/dev/null
repository=$(ask "$url/shop/_apis/git/repositories/shop?api-version=7.1" | jq -r .id)
ask "$url/shop/_apis/build/definitions?api-version=7.1" --data "$(jq -n --arg id "$repository" '{
  name: "p", process: {type: 2, yamlFilename: "/p.yml"},
  repository: {id: $id, type: "TfsGit", defaultBranch: "refs/heads/main"}}')" | jq .id
"#;

const QUEUE: &str = r#"
curl --silent --show-error --fail --header "Authorization: Bearer $MLOPS_GEN_DEVOPS_TOKEN" \
  --header 'Content-Type: application/json' "$MLOPS_GEN_DEVOPS_URL/shop/_apis/build/builds?api-version=7.1" \
  --data "{\"definition\":{\"id\":$DEFINITION}}" | jq .id
"#;

const PIPELINE: &str = r#"
trigger: none
pool: { vmImage: ubuntu-latest }
steps:
- bash: |
    set -euo pipefail
    touch "$(mktemp -d)/left"
    mkdir image
    printf 'FROM scratch\nCOPY file /file\nCMD ["sleep", "600"]\n' >image/Dockerfile
    touch image/file
    docker build --tag quiet:1 image
    docker run --detach --publish 127.0.0.1::8080 quiet:1
    nohup sleep 600 >/dev/null 2>&1 &
    touch "$MLOPS_GEN_SANDBOX_FOLDER/begun"
    sleep 600
"#;

struct World {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new() }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn sandbox(&self, word: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        command.args(["sandbox", word, "--state"]).arg(self.state()).args(more);
        command.current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap()
    }

    fn up(&mut self) -> String {
        let output = self.sandbox("up", &[]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let pair = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        self.variables = text.lines().filter_map(pair).collect();
        String::from_utf8(output.stderr).unwrap()
    }

    fn script(&self, text: &str, more: &[(&str, &str)]) -> String {
        let mut command = Command::new("bash");
        command.args(["-c", text]).envs(self.variables.clone()).envs(more.iter().copied());
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn process(&self) -> i64 {
        let output = self.sandbox("status", &["--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        status["process"].as_i64().unwrap()
    }

    fn kill(&self) {
        let id = self.process();
        assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
        until("the sandbox is gone", || !lives(id));
    }

    /// What belongs to the sandbox by its environment, and what each was called with.
    fn bearers(&self) -> Vec<String> {
        let mark = format!("MLOPS_GEN_SANDBOX_FOLDER={}", self.state().canonicalize().unwrap().display());
        let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let bears = |id: &i64| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            lives(*id) && environment.split(|byte| *byte == 0).any(|pair| pair == mark.as_bytes())
        };
        ids.filter(bears).map(|id| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default()).collect()
    }

    /// That nothing goes on and nothing half done lies about.
    fn is_clean(&self) {
        assert_eq!(self.bearers(), Vec::<String>::new());
        for folder in ["tmp", "azure/contexts", "azure/processes"] {
            let left: Vec<_> = fs::read_dir(self.state().join(folder)).into_iter().flatten().flatten().collect();
            assert!(left.is_empty(), "{left:?}");
        }
        let layers = fs::read_dir(self.state().join("azure/layers")).into_iter().flatten().flatten();
        let partial: Vec<_> = layers.filter(|e| e.file_name().to_string_lossy().contains("partial")).collect();
        assert!(partial.is_empty(), "{partial:?}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.sandbox("down", &[]);
    }
}

fn lives(id: i64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "it does not come to that: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_sandbox_leaves_nothing_and_the_next_says_what_to_repeat() {
    let mut world = World::new();
    // killed with nothing in it
    world.up();
    world.kill();
    assert!(world.up().contains("was cut off"));
    // killed while a step works, with a container, a process of its own and a temporary folder
    let definition = world.script(PREPARE, &[("PIPELINE", PIPELINE)]);
    for moment in 1..=2 {
        let _ = fs::remove_file(world.state().join("begun"));
        let run = world.script(QUEUE, &[("DEFINITION", &definition)]);
        until("the step has begun", || world.state().join("begun").exists());
        // longer than the pause between two times that the state is kept
        std::thread::sleep(Duration::from_millis(3_500));
        assert!(world.bearers().len() >= 3, "{:?}", world.bearers());
        world.kill();
        let said = world.up();
        assert!(said.contains("the one before was cut off"), "{moment}: {said}");
        assert!(said.contains(&format!("run {run} was cut off")), "{moment}: {said}");
        assert!(said.contains(&format!("mlops-gen runs retry {run}")), "{moment}: {said}");
        world.is_clean();
    }
    // killed, and then only taken down
    world.kill();
    let down = world.sandbox("down", &[]);
    assert!(down.status.success(), "{down:?}");
    world.is_clean();
}
