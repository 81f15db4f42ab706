//! Whose a file is, and what becomes of people's work in it when the spec changes.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test looks at the disk

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A project in a folder of its own.
struct Project {
    _folder: TempDir,
    root: PathBuf,
}

/// What a command said, and how it ended.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Project {
    /// A new project, rendered and committed.
    fn new(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("churn");
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        command.env_remove("GIT_DIR").args(["init", "--yes"]).args(arguments).arg(&root).assert().success();
        let project = Self { _folder: folder, root };
        project.commit("rendered");
        project
    }

    fn commit(&self, message: &str) {
        for arguments in [&["add", "--all"][..], &["commit", "--quiet", "--allow-empty", "--message", message]] {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
            let mut git = std::process::Command::new("git");
            assert!(git.current_dir(&self.root).args(identity).args(arguments).status().unwrap().success());
        }
    }

    fn run(&self, line: &str) -> Said {
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        command.current_dir(&self.root).env("NO_COLOR", "1").env_remove("GIT_DIR").args(line.split(' '));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Runs a command that must end with this code.
    fn ends(&self, line: &str, code: i32) -> Said {
        let said = self.run(line);
        assert_eq!(said.code, code, "{line}: {}{}", said.out, said.err);
        said
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} holds no {from:?}");
        std::fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    fn add(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn lock(&self) -> Value {
        serde_json::from_str(&self.read(".mlops-gen/lock.json")).unwrap()
    }
}

/// The first command between backticks that begins with these words, without the program's name.
fn advised(said: &Said, words: &str) -> String {
    let start = format!("`mlops-gen {words}");
    let at = said.err.find(&start).unwrap_or_else(|| panic!("nobody advises {start}: {}", said.err));
    said.err[at + 1..].split('`').next().unwrap().trim_start_matches("mlops-gen ").to_owned()
}

#[test]
fn files_that_nobody_touched_follow_the_spec() {
    let project = Project::new(&["--runtime", "python"]);
    project.change("mlops.yaml", "organization: my-organization", "organization: contoso");
    project.change("mlops.yaml", "path: data/diabetes.csv", "path: data/mine.csv");
    project.ends("render", 0);
    let readme = project.read("README.md");
    assert!(readme.contains("**contoso**") && !readme.contains("my-organization"), "{readme}");
    assert!(readme.contains("data/mine.csv") && !readme.contains("data/diabetes.csv"), "{readme}");
    assert!(project.read("tests/test_project.py").contains("mine.csv"));
    assert!(!project.path("data/diabetes.csv").exists(), "nobody put anything else into it");
    project.ends("check", 0);
}

#[test]
fn a_source_file_is_the_teams_and_keeps_its_work_through_changes_of_the_spec() {
    let project = Project::new(&["--runtime", "python"]);
    let train = project.read("src/churn/train.py");
    std::fs::write(project.path("src/churn/train.py"), format!("{train}\n# our own preprocessing\n")).unwrap();
    project.ends("check", 0);
    project.change("mlops.yaml", "alpha: 0.4", "alpha: 0.7");
    project.ends("render", 0);
    project.ends("check", 0);
    assert!(project.read("src/churn/train.py").contains("# our own preprocessing"));
    assert!(project.read("src/churn/defaults.py").contains("0.7"), "what the spec says is kept in step");
}

#[test]
fn news_for_a_file_of_the_teams_wait_for_a_merge() {
    let project = Project::new(&[]);
    project.change("README.md", "## Working on it", "## Working on it (ours)");
    project.change("mlops.yaml", "organization: my-organization", "organization: contoso");
    let said = project.ends("render", 0);
    assert!(project.read("README.md").contains("**my-organization**"));
    project.ends("check", 0);
    project.ends(&advised(&said, "render --merge"), 0);
    let readme = project.read("README.md");
    assert!(readme.contains("**contoso**") && readme.contains("(ours)"), "{readme}");
    let said = project.ends("check", 0);
    assert!(!said.err.contains("news"), "{}", said.err);
}

#[test]
fn an_accepted_edit_stays_in_every_later_render() {
    let project = Project::new(&[]);
    let file = "kubernetes/production/autoscaler.yml";
    project.add(file, &format!("{}# own note\n", project.read(file)));
    let said = project.ends("check", 1);
    project.ends(&advised(&said, "adopt-edit"), 0);
    project.ends("check", 0);
    assert!(project.path(".mlops-gen/edits/kubernetes/production/autoscaler.yml.patch").is_file());

    project.change("mlops.yaml", "    max: 6\n", "    max: 5\n");
    project.ends("render", 0);
    let text = project.read(file);
    assert!(text.contains("# own note") && text.contains("maxReplicas: 5"), "{text}");
    project.ends("check", 0);
    assert!(project.ends(&format!("explain {file}"), 0).out.contains("accepted"));

    project.ends(&format!("adopt-edit --undo {file}"), 0);
    assert!(!project.read(file).contains("# own note"));
    assert!(!project.path(".mlops-gen/edits").exists());
    project.ends("check", 0);
}

#[test]
fn a_merge_of_an_edited_file_is_accepted_as_it_stands() {
    let project = Project::new(&[]);
    let file = "kubernetes/production/autoscaler.yml";
    project.add(file, &format!("{}# own note\n", project.read(file)));
    project.change("mlops.yaml", "    max: 6\n", "    max: 5\n");
    let said = project.ends("render", 1);
    project.ends(&advised(&said, "render --merge"), 0);
    let text = project.read(file);
    assert!(text.contains("# own note") && text.contains("maxReplicas: 5"), "{text}");
    project.ends("check", 0);
    assert!(project.ends("render", 0).err.starts_with("0 files written"));
}

#[test]
fn what_cannot_be_joined_stands_between_marks_until_somebody_decides() {
    let project = Project::new(&[]);
    let file = "kubernetes/production/autoscaler.yml";
    project.change(file, "maxReplicas: 6", "maxReplicas: 4");
    project.change("mlops.yaml", "    max: 6\n", "    max: 5\n");
    let said = project.ends("render --merge", 1);
    assert!(said.err.contains("decide 1 place in kubernetes/production/autoscaler.yml"), "{}", said.err);
    let text = project.read(file);
    assert!(text.contains("<<<<<<<") && text.contains("maxReplicas: 4") && text.contains("maxReplicas: 5"), "{text}");
    let said = project.ends("check", 1);
    assert!(said.err.contains("conflict marks"), "{}", said.err);

    let decided: Vec<&str> = text
        .lines()
        .filter(|line| !["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)))
        .collect();
    let decided: Vec<&str> = decided.into_iter().filter(|line| !line.contains("maxReplicas: 5")).collect();
    project.add(file, &(decided.join("\n") + "\n"));
    project.ends(&advised(&said, "adopt-edit"), 0);
    project.ends("check", 0);
    assert!(project.read(file).contains("maxReplicas: 4"));
}

#[test]
fn a_merge_needs_no_history() {
    let project = Project::new(&[]);
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    project.change("README.md", "## Working on it", "## Working on it (ours)");
    project.change("mlops.yaml", "organization: my-organization", "organization: contoso");
    project.ends("render --merge", 0);
    let readme = project.read("README.md");
    assert!(readme.contains("**contoso**") && readme.contains("(ours)"), "{readme}");
}

#[test]
fn a_file_that_is_ejected_is_the_teams_and_comes_back_without_losing_anything_unasked() {
    let project = Project::new(&[]);
    let file = "kubernetes/production/autoscaler.yml";
    project.ends(&format!("eject {file}"), 0);
    project.add(file, "ours: entirely\n");
    project.ends("check", 0);
    project.change("mlops.yaml", "    max: 6\n", "    max: 5\n");
    project.ends("render", 0);
    assert_eq!(project.read(file), "ours: entirely\n");
    project.ends("check", 0);

    let said = project.ends(&format!("eject --undo {file}"), 1);
    assert_eq!(project.read(file), "ours: entirely\n");
    project.ends(&advised(&said, "eject --undo --discard-edits"), 0);
    assert!(project.read(file).contains("maxReplicas: 5"));
    project.ends("check", 0);
}

#[test]
fn a_file_that_was_deleted_can_stay_away() {
    let project = Project::new(&[]);
    std::fs::remove_file(project.path("pipelines/cleanup.yml")).unwrap();
    let said = project.ends("check", 1);
    project.ends(&advised(&said, "eject"), 0);
    project.ends("check", 0);
    project.ends("render", 0);
    assert!(!project.path("pipelines/cleanup.yml").exists());
}

#[test]
fn an_edit_that_breaks_the_project_is_not_accepted() {
    let project = Project::new(&[]);
    let file = "pipelines/build.yml";
    project.change(file, "stages:", "stagez:");
    let said = project.ends(&format!("adopt-edit {file}"), 1);
    assert!(said.err.contains("does not hold together") && said.err.contains("stagez"), "{}", said.err);
    assert!(!project.path(".mlops-gen/edits").exists());
    project.ends("check", 1);
    project.ends(&advised(&said, "eject"), 0);
    project.ends("check", 0);
}

#[test]
fn the_teams_files_move_with_the_projects_name() {
    let project = Project::new(&["--runtime", "python"]);
    let estimator = project.read("src/churn/estimator.py");
    project.add("src/churn/estimator.py", &format!("{estimator}\n# the team's change\n"));
    project.change("mlops.yaml", "name: churn", "name: attrition");
    let said = project.ends("render", 0);
    assert!(said.err.contains("move  src/attrition/estimator.py"), "{}", said.err);
    assert!(project.read("src/attrition/estimator.py").contains("# the team's change"));
    assert!(!project.path("src/churn").exists(), "nothing is left");
    assert!(!project.read("tests/test_train.py").contains("from churn"));
    project.ends("check", 0);
    assert!(project.lock()["former"]["churn"].is_array());
}

#[test]
fn a_lock_of_the_first_form_is_read_and_replaced() {
    let project = Project::new(&[]);
    let mut lock = project.lock();
    lock["version"] = 1.into();
    lock.as_object_mut().unwrap().remove("spec");
    project.add(".mlops-gen/lock.json", &serde_json::to_string_pretty(&lock).unwrap());
    project.commit("an older tool");
    project.ends("check", 0);
    project.change("mlops.yaml", "organization: my-organization", "organization: contoso");
    let said = project.ends("upgrade --dry-run", 1);
    assert!(said.err.contains("lock of form 1") && said.err.contains("second form"), "{}", said.err);
    project.ends("upgrade", 0);
    assert!(project.read("README.md").contains("**contoso**"));
    assert_eq!(project.lock()["version"], 2);
    project.ends("check", 0);
}

#[test]
fn a_lock_that_cannot_be_used_ends_every_command_with_what_to_do() {
    let project = Project::new(&[]);
    project.add(".mlops-gen/lock.json", "{ \"version\": 2,\n<<<<<<< HEAD\n");
    assert!(project.ends("render", 2).err.contains("git checkout --ours .mlops-gen/lock.json"));
    project.add(".mlops-gen/lock.json", "{ \"version\": 9, \"generator\": \"9.0.0\" }");
    assert!(project.ends("check", 2).err.contains("install mlops-gen 9.0.0"));
    project.add(".mlops-gen/lock.json", "{ \"version\": 2, \"generator\": \"9.0.0\", \"files\": {} }");
    assert!(project.ends("render", 2).err.contains("install 9.0.0"));
    project.add(".mlops-gen/lock.json", "garbage");
    assert!(project.ends("render", 2).err.contains("git checkout HEAD -- .mlops-gen/lock.json"));
    std::fs::remove_file(project.path(".mlops-gen/lock.json")).unwrap();
    assert!(project.ends("render", 0).err.starts_with("0 files written"));
    project.ends("check", 0);
}

#[test]
fn a_template_that_shadows_nothing_is_refused_with_the_nearest_name() {
    let project = Project::new(&[]);
    project.add(".mlops-gen/templates/pipelines/biuld.yml", "{% extends \"builtin/pipelines/build.yml\" %}\n");
    let said = project.ends("check", 2);
    assert!(said.err.contains("pipelines/biuld.yml") && said.err.contains("`pipelines/build.yml`"), "{}", said.err);
    project.ends("templates check", 2);
    assert!(project.ends("templates list biuld", 0).out.contains("own"));
    assert!(project.ends("templates show pipelines/build.yml", 0).out.contains("{% block check %}"));
    assert!(project.ends("templates show pipelines/bild.yml", 2).err.contains("`pipelines/build.yml`"));
}

#[test]
fn a_template_of_the_projects_own_may_run_a_script_of_the_teams() {
    let project = Project::new(&[]);
    let text = "{% extends \"builtin/pipelines/build.yml\" %}\n{% block check %}\n{= super() =}\n  - stage: Licences\n    \
                dependsOn: Check\n    jobs:\n      - job: Licences\n        timeoutInMinutes: 10\n        steps:\n          \
                - bash: |\n              set -e\n              ./tools/licences.sh\n          \
                - bash: bash tools/licences.sh\n{% endblock %}\n";
    project.add(".mlops-gen/templates/pipelines/build.yml", text);
    project.add("tools/licences.sh", "#!/usr/bin/env bash\necho ok\n");
    project.ends("render", 0);
    project.ends("check", 0);
    project.ends("templates check", 0);
    assert!(project.read("pipelines/build.yml").contains("tools/licences.sh"));
}

#[test]
fn a_project_is_found_from_below_and_from_elsewhere() {
    let project = Project::new(&[]);
    let at = |folder: &Path, line: &str| {
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        command.current_dir(folder).env_remove("GIT_DIR").args(line.split(' ')).output().unwrap()
    };
    assert_eq!(at(&project.path("pipelines"), "check").status.code(), Some(0));
    let above = project.root.parent().unwrap();
    assert_eq!(at(above, "-C churn check").status.code(), Some(0));
    assert_eq!(at(above, "check").status.code(), Some(2));
    let gone = at(above, "-C nowhere check --json");
    assert_eq!(gone.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert!(document["messages"][0].as_str().unwrap().contains("nowhere"), "{document}");

    project.change("pipelines/retrain.yml", "# Trains", "# OURS: trains");
    let said = String::from_utf8(at(above, "-C churn check").stderr).unwrap();
    assert!(said.contains("`mlops-gen -C churn adopt-edit pipelines/retrain.yml`"), "{said}");
}

#[test]
fn a_program_that_reads_json_gets_one_document_whatever_happens() {
    let project = Project::new(&[]);
    for (line, code) in [
        ("check --json", 0),
        ("render --json", 0),
        ("plan --only devops --json", 2),
        ("explain nothing.yml --json", 2),
        ("templates show nothing --json", 2),
        ("frobnicate --json", 2),
        ("render --force --merge --json", 2),
        ("--version --json", 0),
        ("completions bash --json", 0),
        ("schema --json", 0),
    ] {
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        command
            .current_dir(&project.root)
            .env("AZURE_DEVOPS_EXT_PAT", "none")
            .env("MLOPS_GEN_DEVOPS_URL", "http://127.0.0.1:9");
        command.env("MLOPS_GEN_DEVOPS_TOKEN", "none");
        let output = command.args(line.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_ends_with_2_and_one_sentence() {
    let project = Project::new(&[]);
    for line in ["schema", "completions bash", "templates list", "check --json", "--help"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        let output = command.current_dir(&project.root).args(line.split(' ')).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert_eq!(said.matches("cannot write to standard output").count(), 1, "{line}: {said}");
    }
}

#[test]
fn an_editor_that_writes_crlf_has_changed_nothing_and_stands_in_no_merge() {
    let project = Project::new(&["--runtime", "python"]);
    let crlf = |name: &str| {
        let text = project.read(name);
        assert!(!text.contains('\r'), "{name}");
        std::fs::write(project.path(name), text.replace('\n', "\r\n")).unwrap();
    };
    // Nobody has touched these: they follow the spec.
    let untouched = ["README.md", "pipelines/release.yml", "src/churn/train.py", "tests/test_project.py"];
    untouched.iter().for_each(|name| crlf(name));
    crlf("mlops.yaml");
    project.ends("check", 0);
    project.change("mlops.yaml", "location: westeurope", "location: northeurope");
    project.ends("render", 0);
    for name in ["README.md", "pipelines/release.yml"] {
        let text = project.read(name);
        assert!(text.contains("northeurope") && !text.contains("westeurope") && !text.contains('\r'), "{name}");
    }
    project.ends("check", 0);
    // These have been worked on: what is new is joined with the work.
    project.change("src/churn/train.py", "import ", "# ours\r\nimport ");
    project.change("pipelines/build.yml", "name: ", "# ours\nname: ");
    crlf("pipelines/build.yml");
    project.ends("adopt-edit pipelines/build.yml", 0);
    crlf(".mlops-gen/edits/pipelines/build.yml.patch");
    project.ends("check", 0);
    project.change("mlops.yaml", "branch: main", "branch: trunk");
    project.change("README.md", "# churn\n", "# churn of ours\n");
    crlf("README.md");
    project.ends("render --merge", 0);
    let readme = project.read("README.md");
    assert!(readme.contains("# churn of ours\n") && readme.contains("trunk"), "{readme}");
    let build = project.read("pipelines/build.yml");
    assert!(build.contains("# ours\n") && build.contains("- trunk"), "{build}");
    assert!(project.read("src/churn/train.py").contains("# ours"));
    project.ends("check", 0);
}

#[test]
fn an_accepted_edit_of_a_file_that_is_rendered_no_more_is_kept_and_told() {
    let project = Project::new(&[]);
    let file = "infra/environments/production/main.bicep";
    project.add(file, &format!("{}// ours\n", project.read(file)));
    project.ends(&format!("adopt-edit {file}"), 0);
    project.change("mlops.yaml", "- name: production", "- name: live");
    let said = project.ends("render", 0);
    let told = format!("no longer rendered, and the team has worked on it ({file}): bring the work over");
    assert!(said.err.contains(&told), "{}", said.err);
    assert!(project.read(file).ends_with("// ours\n"));
    assert!(!project.path("infra/environments/production/main.json").exists());
    project.ends("check", 0);
    let said = project.ends("render", 0);
    assert!(!said.err.contains("no longer rendered"), "it is told once: {}", said.err);
}

#[test]
fn what_nobody_is_left_to_be_told_stops_nothing() {
    let project = Project::new(&[]);
    project.change("mlops.yaml", "location: westeurope", "location: northeurope");
    let lines =
        [("check", 1), ("render", 0), ("plan --spec none.yaml", 2), ("templates show none", 2), ("nonsense", 2)];
    for (line, code) in lines {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        command.current_dir(&project.root).args(line.split(' ')).env("MLOPS_GEN_LOG", "trace");
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(command.stderr(full).output().unwrap().status.code(), Some(code), "{line}");
    }
    assert!(project.read("README.md").contains("northeurope"), "the render was carried out");
}

#[test]
fn a_file_is_named_from_wherever_the_person_is() {
    let project = Project::new(&[]);
    let deep = project.path("pipelines/steps");
    std::fs::create_dir_all(&deep).unwrap();
    let explain = |folder: &Path, file: &str| {
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        let output = command.current_dir(folder).env("NO_COLOR", "1").args(["explain", file]).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let absolute = project.path("pipelines/build.yml").display().to_string();
    for (folder, file) in [
        (&deep, "../build.yml"),
        (&deep, "pipelines/build.yml"),
        (&deep, absolute.as_str()),
        (&project.path("pipelines"), "build.yml"),
        (&project.path("pipelines"), "./build.yml"),
        (&project.root, "./pipelines/../pipelines/build.yml"),
    ] {
        let said = explain(folder, file);
        assert!(said.contains("file       pipelines/build.yml"), "{}: {file}: {said}", folder.display());
    }
    let said = explain(&project.root, "mlops.yaml");
    assert!(said.contains("`mlops.yaml` is the spec, which everything else is rendered from"), "{said}");
}

#[test]
fn what_file_managers_and_editors_leave_is_no_template() {
    let project = Project::new(&[]);
    let own = project.path(".mlops-gen/templates/pipelines");
    std::fs::create_dir_all(&own).unwrap();
    for name in [".DS_Store", ".build.yml.swp", "build.yml~"] {
        std::fs::write(own.join(name), b"\x00\xff\xfe").unwrap();
    }
    let said = project.run("check");
    assert_eq!(said.code, 0, "{}", said.err);
    std::fs::write(own.join("buidl.yml"), "steps: []\n").unwrap();
    let said = project.run("check");
    assert!(said.code == 2 && said.err.contains("the nearest name is `pipelines/build.yml`"), "{}", said.err);
}

/// A compiler that knows one file, as the Bicep compiler is called: it writes down what it was asked.
#[cfg(unix)]
fn stand_in(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = "#!/bin/sh\n\
        if [ \"$1\" = --version ]; then echo 'Bicep CLI version 9.8.7 (abc)'; exit 0; fi\n\
        echo \"$1 $2\" >>\"$(dirname \"$0\")/asked\"\n\
        grep -q '^type share = ' infra/modules/budget.bicep || { echo 'no such type' >&2; exit 1; }\n\
        printf '%s' '{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \
        \"languageVersion\": \"2.0\", \"contentVersion\": \"1.0.0.0\", \"resources\": {}}' >\"$4\"\n";
    let path = folder.join("bicep");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_template_beyond_the_own_compiler_goes_to_the_compiler_of_this_machine() {
    let project = Project::new(&[]);
    let own = project.path(".mlops-gen/templates/infra/modules/budget.bicep");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    let builtin = std::fs::read_to_string(project.path("infra/modules/budget.bicep")).unwrap();
    std::fs::write(&own, format!("type share = int\n{builtin}")).unwrap();
    let bin = project.path(".bin");
    std::fs::create_dir_all(&bin).unwrap();
    let run = |line: &str, path: &str| {
        let mut command = Command::cargo_bin("mlops-gen").unwrap();
        command.current_dir(&project.root).env("NO_COLOR", "1").env_remove("GIT_DIR").env("PATH", path);
        let output = command.args(line.split(' ')).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    };
    // Without one, the way out is told.
    let refused = run("render", "/nowhere");
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(
        refused.err.contains("infra/modules/budget.bicep:1") && refused.err.contains("`type` is Bicep"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("is on the PATH"), "{}", refused.err);

    stand_in(&bin);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let rendered = run("render", &path);
    assert_eq!(rendered.code, 0, "{}", rendered.err);
    let lock: Value =
        serde_json::from_str(&std::fs::read_to_string(project.path(".mlops-gen/lock.json")).unwrap()).unwrap();
    assert_eq!(lock["bicep"], "9.8.7");
    let asked = std::fs::read_to_string(bin.join("asked")).unwrap();
    assert!(asked.contains("build infra/environments/qa/main.bicep\n"), "{asked}");
    let made = std::fs::read_to_string(project.path("infra/environments/qa/main.json")).unwrap();
    assert!(made.contains("\"languageVersion\": \"2.0\""), "{made}");

    // What it refuses is told as it says it.
    std::fs::write(&own, format!("type other = int\n{builtin}")).unwrap();
    let refused = run("check", &path);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("bicep says: no such type"), "{}", refused.err);
}
