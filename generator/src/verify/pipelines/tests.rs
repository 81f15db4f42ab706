//! Every case verifies; each kind of mistake is refused with its file and line.

use std::sync::LazyLock;

use super::verify;
use crate::artifacts::pipelines::cases;
use crate::artifacts::sample::{broken, tree};
use crate::project::Project;
use crate::tree::RenderedTree;

/// The case that most tests break, rendered once.
static RUST: LazyLock<(Project, RenderedTree)> = LazyLock::new(|| {
    let project = cases::rust();
    let tree = tree(&project);
    (project, tree)
});

/// Every finding of the tree in which `old` of `path` became `new`: `file:line: message`.
#[track_caller]
fn refusal(path: &str, old: &str, new: &str) -> String {
    let (project, whole) = &*RUST;
    let findings = verify(&broken(whole, path, old, new), project);
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}:{}: {}", finding.path, finding.line.unwrap_or_default(), finding.message))
        .collect();
    assert!(!lines.is_empty(), "{path} with {new:?} for {old:?} is taken");
    lines.join("\n")
}

/// Whether the broken file is refused at the line of `new`, with `message`.
#[track_caller]
fn refuses(path: &str, old: &str, new: &str, message: &str) {
    let found = refusal(path, old, new);
    let text = broken(&RUST.1, path, old, new).get(path).unwrap().text().unwrap().to_owned();
    let first = new.lines().next().unwrap_or_default();
    let lines = text.lines().enumerate().filter(|(_, line)| line.contains(first.trim())).map(|(index, _)| index + 1);
    let near = |line: usize| (line.saturating_sub(3)..=line + 3).any(|l| found.contains(&format!("{path}:{l}: ")));
    assert!(found.contains(message), "{found}");
    assert!(lines.into_iter().any(near), "no line near the change is named:\n{found}");
}

#[test]
fn pipelines_of_every_case_hold() {
    for (name, project) in cases::all() {
        let findings = verify(&tree(&project), &project);
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}

const RELEASE: &str = "pipelines/release.yml";
const RETRAIN: &str = "pipelines/retrain.yml";
const BUILD: &str = "pipelines/build.yml";
const INFRA: &str = "pipelines/infrastructure.yml";
const ACI: &str = "pipelines/templates/stages/deploy-container-instances.yml";
const SCRIPT: &str = "pipelines/templates/steps/azure-script.yml";

#[test]
fn yaml_that_azure_pipelines_does_not_read_is_refused() {
    refuses(BUILD, "pr: none", "pr: [none", "");
    refuses(BUILD, "pr: none", "pr: none\npr: none", "key `pr` is there twice");
    refuses(BUILD, "  - stage: Check\n", "  - &a\n    stage: Check\n", "anchors");
}

#[test]
fn keys_that_nobody_knows_are_refused() {
    refuses(BUILD, "  - stage: Check\n", "  - stage: Check\n    dependOn: []\n", "a stage has no key `dependOn`");
    refuses(RETRAIN, "        timeoutInMinutes:", "        timeoutMinutes:", "a job has no key `timeoutMinutes`");
    refuses(RETRAIN, "            artifact: report-", "            artefact: report-", "step has no key `artefact`");
    refuses(
        RETRAIN,
        "          - publish: $(Agent.TempDirectory)/report",
        "          - publsh: x",
        "a step has one of",
    );
}

#[test]
fn dependencies_exist_and_go_round_in_no_circle() {
    refuses(BUILD, "    dependsOn: Check", "    dependsOn: Chek", "waits for `Chek`, which is no stage here");
    refuses(BUILD, "    dependsOn: Check", "    dependsOn: Publish", "stage `Publish` waits for itself");
    let circle = refusal(RELEASE, "    dependsOn: Prepare", "    dependsOn: Record");
    assert!(circle.contains("stages wait for each other in a circle"), "{circle}");
    refuses(BUILD, "  - stage: Publish", "  - stage: Check", "there are two stages `Check`");
    refuses(BUILD, "  - stage: Publish", "  - stage: Pub-lish", "a name holds letters, digits and underscores");
}

#[test]
fn templates_exist_and_get_the_parameters_that_they_declare() {
    refuses(BUILD, "templates/steps/azure-ml.yml", "templates/steps/azureml.yml", "does not exist");
    refuses(BUILD, "template: templates/jobs/tests.yml", "template: templates/steps/azure-ml.yml", "has no `jobs`");
    refuses(
        BUILD,
        "              keepSession: true",
        "              keepSesion: true",
        "has no parameter `keepSesion`",
    );
    refuses(
        BUILD,
        "              keepSession: true",
        "              keepSession: maybe",
        "is true or false, not `maybe`",
    );
    refuses(BUILD, "              script: publish-training.sh\n", "", "needs parameter `script`");
    refuses(RELEASE, "      canaryPercent: 20", "      canaryPercent: twenty", "is a number, not `twenty`");
    refuses(INFRA, "    default: deploy\n", "    default: apply\n", "is one of validate, what-if, deploy, destroy");
    let inside = refusal(SCRIPT, "    type: boolean", "    type: bool");
    assert!(inside.contains("has type `bool`"), "{inside}");
    let endless = refusal(
        "pipelines/templates/steps/azure-ml.yml",
        "  - template: azure-script.yml\n    parameters:\n",
        "  - template: azure-ml.yml\n    parameters:\n",
    );
    assert!(endless.contains("includes itself"), "{endless}");
}

#[test]
fn expressions_parse_and_name_what_is_there() {
    refuses(
        SCRIPT,
        "${{ parameters.displayName }}",
        "${{ parameters.displayNam }}",
        "parameter `displayNam` is not declared",
    );
    refuses(BUILD, "condition: and(succeeded(), eq(", "condition: and(suceeded(), eq(", "no function `suceeded`");
    refuses(BUILD, "variables['DEFAULT_BRANCH']))", "variables['DEFAULT_BRANCH'])", "ends where `)`");
    refuses(RELEASE, "${{ parameters.modelVersion }}-$(Rev:r)", "${{ parameters.modelVersion", "without its");
    refuses(
        INFRA,
        "${{ if ne(parameters.action, 'destroy') }}",
        "${{ if ne(parameters.action) }}",
        "takes 2 arguments",
    );
    refuses(ACI, "${{ each group in parameters.variableGroups }}", "${{ each group of x }}", "each name in list");
}

#[test]
fn outputs_are_read_from_where_they_are_set() {
    let read = "dependencies.Prepare.outputs['Check.claim.release']";
    refuses(RELEASE, read, "dependencies.Prepar.outputs['Check.claim.release']", "there is no stage `Prepar`");
    refuses(RELEASE, read, "dependencies.Prepare.outputs['Chek.claim.release']", "has no job `Chek`");
    refuses(RELEASE, read, "dependencies.Prepare.outputs['Check.clam.release']", "has no step named `clam`");
    refuses(RELEASE, read, "dependencies.Prepare.outputs['Check.claim.released']", "sets no output `released`");
    refuses(RELEASE, read, "dependencies.Record.outputs['Tag.x.y']", "does not wait for stage `Record`");
    refuses(
        RETRAIN,
        "stageDependencies.Train.Retrain.outputs['report.modelVersion']",
        "stageDependencies.Train.Retrain.outputs['modelVersion']",
        "has the form STEP.VARIABLE",
    );
}

#[test]
fn outputs_of_a_deployment_job_name_the_job_first() {
    let condition =
        "      - Deploy_attached\n    condition: eq(dependencies.Deploy_attached.outputs['Scoring.a.b'], '')\n";
    let found = refusal(RELEASE, "      - Deploy_attached\n", condition);
    assert!(found.contains("has the form Scoring.STEP.VARIABLE"), "{found}");
}

#[test]
fn variables_are_set_before_they_are_used() {
    refuses(BUILD, "WORKSPACE: $(WORKSPACE)", "WORKSPACE: $(WORKPLACE)", "nobody sets the variable `WORKPLACE`");
    refuses(
        RETRAIN,
        "JOB: $(TRAINING_JOB)",
        "JOB: $(report.modelVersion)",
        "nobody sets the variable `report.modelVersion`",
    );
    let found = refusal(RELEASE, "        - diabetes-qa-secrets\n", "        - other-secrets\n");
    assert!(found.contains("there is no variable group `other-secrets`"), "{found}");
    assert!(found.contains("nobody sets the variable `scoring-key`"), "{found}");
}

#[test]
fn groups_are_open_to_the_pipelines_that_link_them() {
    let common = "  - template: templates/variables/common.yml\n";
    let linked = format!("{common}  - group: diabetes-qa-secrets\n");
    refuses(BUILD, common, &linked, "is not open to the build pipeline");
}

#[test]
fn tasks_and_images_are_current() {
    refuses(RETRAIN, "task: AzureCLI@2", "task: AzureCLI@1", "task `AzureCLI@1` is deprecated; use AzureCLI@2");
    refuses(RETRAIN, "task: AzureCLI@2", "task: AzureCLI@7", "no task `AzureCLI@7`; use AzureCLI@2");
    refuses(RETRAIN, "task: AzureCLI@2", "task: AzureML@1", "a task of the marketplace");
    refuses(RETRAIN, "              scriptType: bash\n", "", "needs the input `scriptType`");
    refuses(
        RETRAIN,
        "              visibleAzLogin: false",
        "              visibleLogin: false",
        "has no input `visibleLogin`",
    );
    refuses(BUILD, "vmImage: ubuntu-24.04", "vmImage: ubuntu-20.04", "image `ubuntu-20.04` went away in 2025-04");
    refuses(BUILD, "vmImage: ubuntu-24.04", "vmImage: windows-2022", "no Linux image");
    let found = refusal("pipelines/templates/stages/destroy.yml", "        pool: server\n", "");
    assert!(found.contains("runs in the pool `server`"), "{found}");
}

#[test]
fn service_connections_are_known_when_a_run_is_queued() {
    refuses(
        RETRAIN,
        "azureSubscription: diabetes-platform",
        "azureSubscription: $(CONNECTION)",
        "before variables have values",
    );
    let found = refusal(BUILD, "serviceConnection: diabetes-platform", "serviceConnection: $(WORKSPACE)");
    assert!(found.contains("before variables have values"), "{found}");
}

#[test]
fn environments_are_those_of_the_spec() {
    let found = refusal(RELEASE, "environment: diabetes-qa", "environment: diabetes-staging");
    assert!(found.contains("environment `diabetes-staging` is not in the spec"), "{found}");
}

#[test]
fn a_deployment_job_is_not_called_deploy() {
    let found = refusal(ACI, "      - deployment: Scoring", "      - deployment: deploy");
    assert!(found.contains("`deploy` is a keyword"), "{found}");
}

#[test]
fn scripts_exist_and_can_be_run() {
    let missing = refusal(BUILD, "script: publish-training.sh", "script: publish.sh");
    assert!(missing.contains("script `pipelines/scripts/publish.sh` does not exist"), "{missing}");
    let neighbour = refusal("pipelines/scripts/tag-model.sh", "\"$here/retry.sh\"", "\"$here/again.sh\"");
    assert!(neighbour.contains("pipelines/scripts/again.sh` does not exist"), "{neighbour}");
    let folder = refusal(RELEASE, "manifests: kubernetes/production", "manifests: kubernetes/prod");
    assert!(folder.contains("`kubernetes/prod` is neither a file nor a folder"), "{folder}");

    let bare =
        refusal(RELEASE, "- bash: bash pipelines/scripts/scan-image.sh", "- bash: pipelines/scripts/scan-image.sh");
    assert!(bare.contains("may not be executable: run `bash pipelines/scripts/scan-image.sh`"), "{bare}");
    let bare = refusal("pipelines/scripts/tag-model.sh", "bash \"$here/retry.sh\"", "\"$here/retry.sh\"");
    assert!(bare.contains("run without `bash` before it"), "{bare}");
}

#[test]
fn data_stays_out_of_the_text_of_scripts() {
    refuses(
        RELEASE,
        "- bash: bash pipelines/scripts/scan-image.sh",
        "- bash: echo $(IMAGE) $(date)",
        "`$(IMAGE)` is put into the text",
    );
}

#[test]
fn secrets_are_variables() {
    refuses(RETRAIN, "EXPERIMENT: $(EXPERIMENT)", "SCORING_KEY: abc123", "`SCORING_KEY` holds a secret in plain text");
    let key = format!("EXPERIMENT: DefaultEndpointsProtocol=https;AccountKey={}==", "a1B2".repeat(20));
    refuses(RETRAIN, "EXPERIMENT: $(EXPERIMENT)", &key, "a connection string with its key");
    let token = format!("EXPERIMENT: eyJ{}", "a1B2".repeat(20));
    refuses(RETRAIN, "EXPERIMENT: $(EXPERIMENT)", &token, "looks like a token");
}

#[test]
fn schedules_are_cron_and_name_their_branches() {
    let project = cases::full();
    let whole = tree(&project);
    let cron = verify(&broken(&whole, RETRAIN, "cron: \"0 3 * * 1\"", "cron: \"0 3 * * 9\""), &project);
    assert!(cron[0].message.contains("no day of the week") && cron[0].line.is_some(), "{cron:#?}");
    let branches = verify(
        &broken(&whole, RETRAIN, "    branches:\n      include:\n        - main\n    always", "    always"),
        &project,
    );
    assert!(branches[0].message.contains("names the branches"), "{branches:#?}");
}

mod never_panics {
    //! Whatever stands in a file: it is read, refused or both, within moments.

    use proptest::prelude::*;

    use super::super::verify;
    use super::RUST;
    use crate::tree::RenderedTree;

    /// Text with more of what matters than chance would bring.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("${{ ".to_owned()),
            Just(" }}".to_owned()),
            Just("$(".to_owned()),
            Just("$[".to_owned()),
            Just("if".to_owned()),
            Just("each x in ".to_owned()),
            Just("parameters.".to_owned()),
            Just("eq(".to_owned()),
            Just("format('{0}', ".to_owned()),
            Just("'".to_owned()),
            Just("]".to_owned()),
            Just(")".to_owned()),
            Just("é€𝄞".to_owned()),
            "[ -~\u{80}-\u{2fff}]{0,6}",
        ];
        proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_scalar_in_any_place_of_a_pipeline_is_survived(text in text(), at in 0usize..400) {
            let (project, whole) = &*RUST;
            let mut tree = RenderedTree::default();
            for (path, file) in whole.iter() {
                let mut file = file.clone();
                if path.as_str() == "pipelines/release.yml" {
                    let rendered = file.text().unwrap().to_owned();
                    let scalars = rendered.lines().enumerate().filter(|(_, line)| line.contains(": ")).collect::<Vec<_>>();
                    let (line, old) = scalars[at % scalars.len()];
                    let key = old.split_once(": ").unwrap().0;
                    let new = format!("{key}: {}", serde_json::to_string(&text).unwrap());
                    let lines: Vec<&str> = rendered.lines().enumerate()
                        .map(|(index, other)| if index == line { new.as_str() } else { other }).collect();
                    file.bytes = lines.join("\n").into_bytes();
                }
                tree.insert(path.clone(), file).unwrap();
            }
            for finding in verify(&tree, project) {
                prop_assert!(!finding.message.is_empty());
            }
        }
    }
}

#[test]
fn values_that_would_arrive_in_another_spelling_are_refused() {
    let old = "      canaryPercent: 20\n";
    for (written, arrives) in
        [("20.0", "20"), ("020", "20"), ("20.50", "20.5"), ("+20", "20"), ("-0", "0"), (".5", "0.5")]
    {
        let new = format!("      canaryPercent: {written}\n");
        refuses(RELEASE, old, &new, &format!("`{written}` arrives as `{arrives}`: put it in quotes"));
    }
    let name = "      MODEL_VERSION: $(MODEL_VERSION)\n";
    for moment in ["2020-01-01T22:32:00", "2020-01-01T22:32:00Z", "'2020-01-01T22:32:00.5+01:00'"] {
        let new = format!("      MODEL_VERSION: {moment}\n");
        refuses(RELEASE, name, &new, "reaches a script as a date");
    }
}
