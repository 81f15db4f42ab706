//! The program as a person or a script meets it: exit codes, what is said where, what is on disk afterwards.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test looks at the disk

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::terminal::OnTerminal;

fn mlops_gen() -> Command {
    let mut command = Command::cargo_bin("mlops-gen").expect("the program is built");
    command.env("NO_COLOR", "1").env_remove("GIT_DIR");
    command
}

/// A new project, rendered, in a folder of its own.
fn project() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("demo");
    mlops_gen().args(["init", "--yes", "--no-git"]).arg(&root).assert().success();
    (folder, root)
}

fn at(root: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    mlops_gen().current_dir(root).args(arguments).assert()
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} holds no {from:?}", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_new_project_is_what_its_spec_renders() {
    let (_folder, root) = project();
    let check = at(&root, &["check"]).code(0);
    assert_eq!(stdout(&check), "");
}

#[test]
fn init_in_a_project_refuses_and_changes_nothing() {
    let (_folder, root) = project();
    let before = std::fs::read(root.join("mlops.yaml")).unwrap();
    let refused = at(&root, &["init", "--yes"]).code(1);
    assert!(stderr(&refused).contains("this is a project already"), "{}", stderr(&refused));
    assert_eq!(std::fs::read(root.join("mlops.yaml")).unwrap(), before);
}

#[test]
fn init_with_an_answer_that_azure_refuses_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("demo");
    let refused = mlops_gen().args(["init", "--yes", "--location", "West Europe"]).arg(&root).assert().code(2);
    assert!(stderr(&refused).contains("location"), "{}", stderr(&refused));
    assert!(!root.exists());
    let wrong = ["--name", "My Ships", "--mail", "captain", "--organization", "https://dev.azure.com/harbour/x"];
    let refused = mlops_gen().args(["init", "--yes", "--no-git"]).args(wrong).arg(&root).assert().code(2);
    let said = stderr(&refused);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "one line for each argument, and none of a file that is not there: {said}");
    assert!(lines[0].starts_with("error: --name My Ships: a project name holds"), "{said}");
    assert!(lines[0].ends_with("write `my-ships`"), "{said}");
    assert!(lines[1].contains("--organization") && lines[1].ends_with("write `harbour` alone"), "{said}");
    assert!(lines[2].contains("--mail captain: a mail address has the form"), "{said}");
    assert!(!root.exists());
}

#[test]
fn init_where_a_file_is_says_so() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes");
    std::fs::write(&file, "mine\n").unwrap();
    let refused = mlops_gen().args(["init", "--yes"]).arg(&file).assert().code(2);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("is a file, and a project is a folder"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine\n");
}

#[test]
fn init_starts_a_git_repository_unless_told_not_to() {
    let folder = TempDir::new().unwrap();
    mlops_gen().args(["init", "--yes"]).arg(folder.path().join("started")).assert().success();
    mlops_gen().args(["init", "--yes", "--no-git"]).arg(folder.path().join("plain")).assert().success();
    assert!(folder.path().join("started/.git").is_dir());
    assert!(!folder.path().join("plain/.git").exists());
}

#[test]
fn a_second_render_writes_nothing() {
    let (_folder, root) = project();
    let stamp = |path: &str| std::fs::metadata(root.join(path)).unwrap().modified().unwrap();
    let before = (stamp("README.md"), stamp("pipelines/build.yml"), stamp(".mlops-gen/lock.json"));
    let again = at(&root, &["render"]).code(0);
    assert!(stderr(&again).starts_with("0 files written"), "{}", stderr(&again));
    assert_eq!(before, (stamp("README.md"), stamp("pipelines/build.yml"), stamp(".mlops-gen/lock.json")));
}

#[test]
fn a_changed_line_of_the_spec_touches_only_what_depends_on_it() {
    let (_folder, root) = project();
    change(&root.join("mlops.yaml"), "idleSeconds: 300", "idleSeconds: 600");
    let value: serde_json::Value = serde_json::from_str(&stdout(&at(&root, &["render", "--json"]).code(0))).unwrap();
    let written: Vec<&str> = value["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|file| file["action"] != "unchanged" && file["action"] != "keep")
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert!(written.contains(&"ml/compute/cluster.yml"), "{written:?}");
    assert!(written.iter().all(|path| path.starts_with("infra/") || path.starts_with("ml/compute/")), "{written:?}");
    assert_eq!(value["written"], written.len());
}

#[test]
fn an_edit_is_not_overwritten_unless_forced() {
    let (_folder, root) = project();
    let path = root.join("pipelines/retrain.yml");
    change(&path, "# Trains a challenger", "# OURS: trains a challenger");
    change(&root.join("mlops.yaml"), "timeoutMinutes: 60", "timeoutMinutes: 75");
    let refused = at(&root, &["render"]).code(1);
    assert!(stderr(&refused).contains("refuse  pipelines/retrain.yml"), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("nothing was written"), "{}", stderr(&refused));
    assert!(std::fs::read_to_string(&path).unwrap().contains("# OURS"));

    at(&root, &["render", "--force"]).code(0);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("# OURS"));
    at(&root, &["check"]).code(0);
}

#[test]
fn an_edit_that_the_render_has_nothing_new_for_is_kept_and_shown_by_check() {
    let (_folder, root) = project();
    change(&root.join("pipelines/retrain.yml"), "# Trains a challenger", "# OURS: trains a challenger");
    let kept = at(&root, &["render"]).code(0);
    assert!(stderr(&kept).contains("keep  pipelines/retrain.yml"), "{}", stderr(&kept));
    let check = at(&root, &["check"]).code(1);
    assert!(stdout(&check).contains("-# OURS: trains a challenger"), "{}", stdout(&check));
}

#[test]
fn merge_joins_an_edit_with_the_new_render() {
    let (_folder, root) = project();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let status = std::process::Command::new("git").current_dir(&root).args(identity).args(arguments).status();
        assert!(status.unwrap().success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "rendered"]);
    let path = root.join("pipelines/retrain.yml");
    change(&path, "# Trains a challenger", "# OURS: trains a challenger");
    change(&root.join("mlops.yaml"), "timeoutMinutes: 60", "timeoutMinutes: 75");
    at(&root, &["render", "--merge"]).code(0);
    let merged = std::fs::read_to_string(&path).unwrap();
    assert!(merged.contains("# OURS") && merged.contains("timeoutInMinutes: 195"), "{merged}");
}

#[test]
fn a_file_that_mlops_gen_did_not_write_is_in_nobodys_way() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("pipelines")).unwrap();
    std::fs::write(folder.path().join("pipelines/build.yml"), "mine").unwrap();
    let refused = mlops_gen().args(["init", "--yes", "--no-git", "--name", "demo"]).arg(folder.path()).assert().code(1);
    assert!(stderr(&refused).contains("did not write"), "{}", stderr(&refused));
    assert_eq!(std::fs::read_to_string(folder.path().join("pipelines/build.yml")).unwrap(), "mine");
    assert!(!folder.path().join("mlops.yaml").exists());
}

#[test]
fn what_a_person_deleted_stays_deleted_until_forced() {
    let (_folder, root) = project();
    std::fs::remove_file(root.join("pipelines/build.yml")).unwrap();
    at(&root, &["render"]).code(0);
    assert!(!root.join("pipelines/build.yml").exists());
    at(&root, &["render", "--force"]).code(0);
    assert!(root.join("pipelines/build.yml").exists());
}

#[test]
fn the_teams_own_files_are_written_once_and_then_left_alone() {
    let (_folder, root) = project();
    std::fs::write(root.join("README.md"), "ours\n").unwrap();
    at(&root, &["render", "--force"]).code(0);
    assert_eq!(std::fs::read_to_string(root.join("README.md")).unwrap(), "ours\n");
    at(&root, &["check"]).code(0);
}

#[test]
fn a_feature_that_is_switched_off_takes_its_files_along_but_no_edits() {
    let (_folder, root) = project();
    assert!(root.join("pipelines/cleanup.yml").exists());
    change(&root.join("mlops.yaml"), "    timeToLiveHours: 12\n", "");
    at(&root, &["render"]).code(0);
    assert!(!root.join("pipelines/cleanup.yml").exists());
}

#[test]
fn render_to_another_folder_leaves_the_project_alone() {
    let (folder, root) = project();
    let out = folder.path().join("elsewhere");
    mlops_gen().arg("render").arg("--spec").arg(root.join("mlops.yaml")).arg("--out").arg(&out).assert().success();
    assert!(out.join("pipelines/build.yml").is_file());
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_never_leads_a_write_out_of_the_project() {
    let (folder, root) = project();
    let outside = folder.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::remove_dir_all(root.join("pipelines")).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("pipelines")).unwrap();
    let refused = at(&root, &["render", "--force"]).code(2);
    assert!(stderr(&refused).contains("symbolic link"), "{}", stderr(&refused));
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn every_mistake_of_a_spec_is_told_at_once_with_its_place() {
    let (_folder, root) = project();
    let spec = root.join("mlops.yaml");
    change(&spec, "minNodes: 0", "minNodez: 0");
    change(&spec, "direction: minimize", "direction: smallest");
    change(&spec, "timeoutMinutes: 60", "timeoutMinutes: soon");
    let refused = at(&root, &["check"]).code(2);
    let said = stderr(&refused);
    for (part, line) in [("minNodez", "minNodez"), ("smallest", "smallest"), ("soon", "soon")] {
        assert!(said.contains(part) && said.contains(line), "{said}");
    }
    let refused = at(&root, &["check", "--json"]).code(2);
    let value: serde_json::Value = serde_json::from_str(&stdout(&refused)).unwrap();
    let diagnostics = value["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 3, "{value:#}");
    assert!(
        diagnostics.iter().all(|d| d["line"].as_u64().unwrap() > 1 && d["column"].as_u64().unwrap() > 1),
        "{value:#}"
    );
}

#[test]
fn explain_permissions_says_who_may_do_what_where_and_what_gives_it() {
    let (_folder, root) = project();
    let text = stdout(&at(&root, &["explain", "--permissions"]).code(0));
    assert!(text.contains("service connection demo-platform"), "{text}");
    assert!(text.contains("AcrPull at demo-platform  (mlops-gen apply)"), "{text}");
    let json = stdout(&at(&root, &["explain", "--permissions", "demo-training", "--json"]).code(0));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let [one] = json["identities"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert!(one["roles"].as_array().unwrap().iter().any(|role| role["role"] == "AzureML Data Scientist"), "{one}");
    let unknown = at(&root, &["explain", "--permissions", "nobody"]).code(2);
    assert!(stderr(&unknown).contains("demo-training"), "{}", stderr(&unknown));
}

#[test]
fn explain_says_where_a_file_comes_from_and_helps_with_typing_errors() {
    let (_folder, root) = project();
    let text = stdout(&at(&root, &["explain", "pipelines/build.yml"]).code(0));
    assert!(text.contains("template   pipelines/build.yml") && text.contains("as rendered"), "{text}");
    let unknown = at(&root, &["explain", "pipelines/biuld.yml"]).code(2);
    assert!(stderr(&unknown).contains("`pipelines/build.yml`"), "{}", stderr(&unknown));
}

#[test]
fn expand_prints_anybody_s_pipeline_and_refuses_with_places() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("ci/steps")).unwrap();
    std::fs::create_dir(root.join(".git")).unwrap();
    let pipeline = "parameters:\n- {name: envs, type: object, default: [qa]}\n- {name: tag, type: string}\nsteps:\n# for each of them\n- ${{ each e in parameters.envs }}:\n  - template: /ci/steps/say.yml\n    parameters: {text: '${{ e }}-${{ parameters.tag }}'}\n- ${{ if eq(variables['Build.Reason'], 'Manual') }}:\n  - script: by hand # beside\n";
    std::fs::write(root.join("ci/p.yml"), pipeline).unwrap();
    std::fs::write(
        root.join("ci/steps/say.yml"),
        "parameters:\n- name: text\nsteps:\n- script: echo ${{ parameters.text }}\n",
    )
    .unwrap();

    let given = ["expand", "ci/p.yml", "--parameter", "tag=v1", "--parameter", "envs=[qa, prod]"];
    let text = stdout(&at(root, &given).code(0));
    let expected = "steps:\n  # ci/steps/say.yml:4\n  # for each of them\n  - script: echo qa-v1\n  - script: echo prod-v1\n  - ${{ if eq(variables['Build.Reason'], 'Manual') }}:\n      # ci/p.yml:10\n      - script: by hand # beside\n";
    assert_eq!(text, expected);

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&at(root, &[&given[..], &["--json"]].concat()).code(0))).unwrap();
    assert_eq!(json["pipeline"]["steps"][1]["script"], "echo prod-v1");
    assert_eq!(json["places"]["/steps/1"], "ci/steps/say.yml:4:3");
    assert_eq!(json["files"], serde_json::json!(["ci/p.yml", "ci/steps/say.yml"]));

    let missing = at(root, &["expand", "ci/p.yml"]).code(1);
    assert!(stderr(&missing).contains("ci/p.yml:2:3: the pipeline needs parameter `tag`"), "{}", stderr(&missing));
    std::fs::write(root.join("ci/steps/say.yml"), "parameters: []\nsteps:\n- script: ${{ shout('x') }}\n").unwrap();
    let wrong = stderr(&at(root, &given).code(1));
    assert!(wrong.contains("ci/steps/say.yml:3:11: there is no function `shout`"), "{wrong}");
    assert!(wrong.contains("ci/p.yml:8:18: template `ci/steps/say.yml` has no parameter `text`"), "{wrong}");
    assert!(stderr(&at(root, &["expand", "gone.yml"]).code(2)).contains("cannot read gone.yml"));
    at(root, &["expand", "ci/p.yml", "--parameter", "tag"]).code(2);
}

#[test]
fn compile_prints_anybody_s_bicep_and_refuses_with_places_and_codes() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("shared")).unwrap();
    std::fs::create_dir_all(root.join("app")).unwrap();
    let module = "param name string\nresource id 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {\n  name: name\n  location: resourceGroup().location\n}\noutput id string = id.id\n";
    std::fs::write(root.join("shared/identity.bicep"), module).unwrap();
    let main = "param names array\nmodule each '../shared/identity.bicep' = [for name in names: {\n  name: 'make-${name}'\n  params: {\n    name: toLower(name)\n  }\n}]\noutput first string = each[0].outputs.id\n";
    std::fs::write(root.join("app/main.bicep"), main).unwrap();
    std::fs::write(root.join("app/main.bicepparam"), "using 'main.bicep'\nparam names = [ 'One', 'Two' ]\n").unwrap();

    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&stdout(&at(root, arguments).code(0))).unwrap()
    };
    let template = json(&["compile", "app/main.bicep"]);
    assert_eq!(template["resources"][0]["copy"]["name"], "each");
    assert_eq!(json(&["compile", "app/main.bicepparam"])["parameters"]["names"]["value"][1], "Two");
    let place =
        ["--subscription", "s", "--tenant", "t", "--resource-group", "g", "--location", "here", "--deployment", "d"];
    let evaluate = ["compile", "app/main.bicep", "--evaluate", "app/main.bicepparam"];
    let refused = at(root, &[&evaluate[..], &["--tenant", "t"]].concat()).code(2);
    let needs = "`--evaluate` needs `--subscription`, `--location`, `--deployment`: where the template is deployed";
    assert!(stderr(&refused).contains(needs), "{}", stderr(&refused));
    let evaluate = [&evaluate[..], &place].concat();
    let made = json(&evaluate);
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one";
    assert_eq!((&made["resources"][0]["id"], &made["outputs"]["first"]), (&id.into(), &id.into()));
    assert_eq!(made["resources"][1]["location"], "here");

    std::fs::write(root.join("app/main.bicep"), main.replace("toLower(name)", "1").replace("[0].", ".")).unwrap();
    let refused = at(root, &["compile", "app/main.bicep"]).code(1);
    let said = stderr(&refused);
    assert!(said.contains("app/main.bicep:5:11: parameter `name` takes string, not 1 (BCP036)"), "{said}");
    assert!(said.contains("app/main.bicep:8:28:") && said.contains("(BCP055)"), "{said}");
    let problems: serde_json::Value =
        serde_json::from_str(&stdout(&at(root, &["compile", "app/main.bicep", "--json"]).code(1))).unwrap();
    assert_eq!(problems["problems"][0]["code"], "BCP036");
    assert!(stderr(&at(root, &["compile", "gone.bicep"]).code(2)).contains("cannot read gone.bicep"));
    at(root, &["compile", "app/main.bicep", "--subscription", "s"]).code(2);

    let odd = module.replace("location:", "properties: { isolationScop: 'None' }\n  location:");
    std::fs::write(root.join("shared/identity.bicep"), odd).unwrap();
    let said = stderr(&at(root, &["compile", "shared/identity.bicep"]).code(0));
    let near = "did you mean `isolationScope`? (BCP089)";
    assert!(said.contains("warning: shared/identity.bicep:4:17: ") && said.contains(near), "{said}");
}

#[test]
fn format_lays_out_anybody_s_bicep() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    std::fs::write(root.join("a.bicep"), "param  a string // why\nvar b = {\n c: a }\n").unwrap();
    std::fs::write(root.join("b.bicepparam"), "using 'a.bicep'\nparam a = 'x'\n").unwrap();
    let formatted = "param a string // why\nvar b = {\n  c: a\n}\n";
    assert_eq!(stdout(&at(root, &["format", "a.bicep"]).code(0)), formatted);
    assert_eq!(stdout(&at(root, &["format", "--check", "a.bicep", "b.bicepparam"]).code(1)), "a.bicep\n");
    assert!(std::fs::read_to_string(root.join("a.bicep")).unwrap().contains("param  a"), "nothing is written unasked");
    assert_eq!(stderr(&at(root, &["format", "--write", "a.bicep", "b.bicepparam"]).code(0)), "formatted a.bicep\n");
    assert_eq!(std::fs::read_to_string(root.join("a.bicep")).unwrap(), formatted);
    at(root, &["format", "--check", "a.bicep", "b.bicepparam"]).code(0);

    std::fs::write(root.join("c.bicep"), "param a string\nvar b = {\n").unwrap();
    std::fs::write(root.join("a.bicep"), "param  a string\n").unwrap();
    assert!(stderr(&at(root, &["format", "--write", "a.bicep", "c.bicep"]).code(1)).starts_with("c.bicep:3:1: "));
    assert_eq!(std::fs::read_to_string(root.join("a.bicep")).unwrap(), "param  a string\n", "all or nothing");
    assert!(stderr(&at(root, &["format", "gone.bicep"]).code(2)).contains("cannot read gone.bicep"));
    assert!(stderr(&at(root, &["format", "a.txt"]).code(2)).contains("a.txt is no Bicep file"));
}

#[test]
fn explain_says_what_is_made_where() {
    let (_folder, root) = project();
    let text = stdout(&at(&root, &["explain", "--resources", "platform"]).code(0));
    assert!(text.starts_with("platform: infra/platform/main.bicep into "), "{text}");
    assert!(text.contains("  Microsoft.MachineLearningServices/workspaces "), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&at(&root, &["explain", "--resources", "--json"]).code(0))).unwrap();
    let deployments = json["deployments"].as_array().unwrap();
    assert!(deployments.len() > 1);
    for deployment in deployments {
        assert!(!deployment["resources"].as_array().unwrap().is_empty(), "{}", deployment["name"]);
    }
    let unknown = stderr(&at(&root, &["explain", "--resources", "moon"]).code(2));
    assert!(unknown.contains("there is no environment `moon`: platform"), "{unknown}");
}

#[test]
fn a_template_of_the_project_extends_a_built_in_one_by_block() {
    let (_folder, root) = project();
    let own = root.join(".mlops-gen/templates/project");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("editorconfig"), "root = true\n").unwrap();
    std::fs::remove_file(root.join(".editorconfig")).unwrap();
    std::fs::remove_file(root.join(".mlops-gen/lock.json")).unwrap();
    at(&root, &["render"]).code(0);
    assert_eq!(std::fs::read_to_string(root.join(".editorconfig")).unwrap(), "root = true\n");
}

#[test]
fn check_names_a_role_that_a_template_of_the_project_gives_too_much_or_no_more() {
    let (_folder, root) = project();
    let template = stdout(&at(&root, &["templates", "show", "infra/modules/environment-roles.bicep"]).code(0));
    let own = root.join(".mlops-gen/templates/infra/modules");
    std::fs::create_dir_all(&own).unwrap();
    // With Key Vault Administrator in the place of Secrets Officer, the officer of certificates has no need of their own.
    let other = template.replace("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "00482a5a-887f-4fb3-b363-3b7fe8e74483");
    std::fs::write(own.join("environment-roles.bicep"), other).unwrap();
    at(&root, &["render"]).code(0);
    let checked = at(&root, &["check"]).code(1);
    let told = stderr(&checked);
    assert!(told.contains("is given Key Vault Certificates Officer at "), "{told}");
    // Reader: it writes no secrets.
    let other = template.replace("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "21090545-7ca7-4776-b22c-e363652d74d2");
    std::fs::write(own.join("environment-roles.bicep"), other).unwrap();
    at(&root, &["render"]).code(0);
    let checked = at(&root, &["check", "--json"]).code(1);
    let all: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    let told = all["permissions"]["findings"].to_string();
    assert!(told.contains("needs Microsoft.KeyVault/vaults/secrets/"), "{told}");
}

#[test]
fn a_template_that_extends_or_names_what_is_not_there_is_told_what_is() {
    let (_folder, root) = project();
    let own = root.join(".mlops-gen/templates/pipelines");
    std::fs::create_dir_all(&own).unwrap();
    let told = |text: &str, words: &[&str]| {
        std::fs::write(own.join("cleanup.yml"), text).unwrap();
        let refused = at(&root, &["templates", "check"]).code(2);
        let said = stderr(&refused);
        assert!(said.starts_with("error: template pipelines/cleanup.yml: "), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    told("{% extends \"pipelines/cleanup.yml\" %}\n", &["extends itself", "called `builtin/pipelines/cleanup.yml`"]);
    let lacks = "{% extends \"builtin/pipelines/cleanpu.yml\" %}\n";
    told(lacks, &["which is no template", "did you mean `builtin/pipelines/cleanup.yml`?"]);
    told("{% include \"pipelines/cleanpu.yml\" %}\n", &["did you mean `builtin/pipelines/cleanup.yml`?"]);
    let block = "{% extends \"builtin/pipelines/cleanup.yml\" %}\n{% block schedule %}\n{% endblock %}\n";
    told(block, &["`schedule`", "`mlops-gen templates show pipelines/cleanup.yml` lists the blocks"]);
}

#[test]
fn a_template_that_breaks_its_file_writes_nothing_and_is_named_with_its_line() {
    let (_folder, root) = project();
    let own = root.join(".mlops-gen/templates/pipelines");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("cleanup.yml"), "a: {= nothing =}\n").unwrap();
    let before = std::fs::read(root.join("pipelines/cleanup.yml")).unwrap();
    let refused = at(&root, &["render", "--force"]).code(2);
    assert!(
        stderr(&refused).contains("pipelines/cleanup.yml") && stderr(&refused).contains("nothing"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(std::fs::read(root.join("pipelines/cleanup.yml")).unwrap(), before);
}

#[test]
fn render_and_check_take_every_project_below_a_folder_whatever_becomes_of_one() {
    let folder = TempDir::new().unwrap();
    let minimal = |name: &str| {
        format!(
            "version: 1\nproject: {{name: {name}}}\nazure: {{location: westeurope}}\ndevops: {{organization: contoso, \
             project: ml, repository: {name}}}\ndata: {{path: data/d.csv, target: y, columns: [a, y]}}\nmodel: {{runtime: \
             python}}\nenvironments:\n- {{name: qa, target: container-instances}}\n"
        )
    };
    for (name, text) in [("one", minimal("one")), ("two", minimal("two")), ("wrong", "version: 7\n".to_owned())] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("mlops.yaml"), text).unwrap();
    }
    let rendered = at(folder.path(), &["render", "--recursive", "."]).code(2);
    let told = stderr(&rendered);
    assert!(told.contains("3 projects: 2 clean, 0 with something to do, 1 failed"), "{told}");
    std::fs::remove_dir_all(folder.path().join("wrong")).unwrap();
    change(&folder.path().join("two/mlops.yaml"), "westeurope", "northeurope");
    let checked = at(folder.path(), &["check", "--recursive", ".", "--json"]).code(1);
    let all: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    let results: Vec<_> = all["projects"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert_eq!(results, ["clean", "different"]);
    assert!(!all["projects"][1]["files"].as_array().unwrap().is_empty(), "{all}");
}

#[test]
fn the_schema_and_completions_go_to_standard_output() {
    let schema: serde_json::Value = serde_json::from_str(&stdout(&mlops_gen().arg("schema").assert().code(0))).unwrap();
    assert!(schema["properties"]["environments"].is_object());
    assert!(stdout(&mlops_gen().args(["completions", "bash"]).assert().code(0)).contains("complete -F"));
}

#[tokio::test]
async fn a_diagnostic_is_no_wider_than_the_terminal() {
    let (_folder, root) = project();
    change(&root.join("mlops.yaml"), "- name: qa", "- name: Staging");
    let mut command = std::process::Command::new("sh");
    command.current_dir(&root).env("NO_COLOR", "1").env("PROGRAM", env!("CARGO_BIN_EXE_mlops-gen"));
    command.args(["-c", "stty cols 60 rows 24; exec \"$PROGRAM\" check"]);
    let (code, said) = OnTerminal::answered(command, &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Staging") && said.contains("write `staging`"), "{said}");
    let longest = said.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
    assert!(longest <= 60, "{longest}: {said}");
}

#[test]
fn a_word_that_is_no_argument_is_told_what_it_may_have_meant() {
    let (folder, root) = project();
    let told = |arguments: &[&str], tip: &str| {
        let refused = at(folder.path(), arguments).code(2);
        assert!(stderr(&refused).contains(tip), "{arguments:?}: {}", stderr(&refused));
    };
    told(&["check", "demo"], "tip: `mlops-gen -C demo …` works in that folder");
    told(&["render", "demo/mlops.yaml"], "tip: `--spec demo/mlops.yaml` names a spec");
    let nothing = at(folder.path(), &["check", "nothing"]).code(2);
    assert!(!stderr(&nothing).contains("tip"), "{}", stderr(&nothing));
    for run in ["latest", "0", "-C", "https://dev.azure.com/harbour/ships/_build?view=runs"] {
        told(&["-C", &root.display().to_string(), "runs", "show", "--", run], "which `mlops-gen runs list` shows");
    }
}

#[test]
fn a_missing_spec_is_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let refused = at(folder.path(), &["render"]).code(2);
    assert!(stderr(&refused).contains("mlops.yaml") && stderr(&refused).contains("init"), "{}", stderr(&refused));
}

#[test]
fn init_where_something_is_already_keeps_it_and_says_what_it_lacks() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("harbour");
    std::fs::create_dir(&root).unwrap();
    let own = [
        ("requirements.txt", "# ours\nnumpy>=2\nScikit_Learn\n"),
        (".gitignore", "*.csv.bak\n"),
        ("README.md", "# Harbour\n"),
        ("fit_tides.py", "print('fit')\n"),
        ("pyproject.toml", "[project]\nname = 'harbour'\nversion = '3'\n"),
        ("src/harbour/train.py", "def main():\n    pass\n"),
    ];
    std::fs::create_dir_all(root.join("src/harbour")).unwrap();
    for (name, text) in own {
        std::fs::write(root.join(name), text).unwrap();
    }
    let made = mlops_gen().args(["init", "--yes", "--no-git", "--runtime", "python"]).arg(&root).assert().code(0);
    let said = stderr(&made);
    assert!(said.contains("extended requirements.txt: ") && said.contains("skops"), "{said}");
    assert!(said.contains("kept     .gitignore, which lacks ") && said.contains("/.venv/"), "{said}");
    assert!(said.contains("your README.md stays") && !said.contains("README.md there says"), "{said}");
    assert!(said.contains("fit_tides.py is yours, and nothing that was rendered runs it"), "{said}");
    assert!(said.contains("kept     pyproject.toml, which lacks [tool.setuptools.packages.find], "), "{said}");
    assert!(said.contains("src/harbour/train.py stay yours, and what was rendered runs them as they are"), "{said}");
    let requirements = std::fs::read_to_string(root.join("requirements.txt")).unwrap();
    assert!(requirements.starts_with("# ours\nnumpy>=2\nScikit_Learn\n"), "{requirements}");
    assert_eq!(requirements.matches("scikit-learn").count(), 0, "the team's own pin stays alone: {requirements}");
    assert_eq!(std::fs::read_to_string(root.join(".gitignore")).unwrap(), "*.csv.bak\n");
    at(&root, &["check"]).code(0);
}
