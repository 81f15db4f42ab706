//! Secrets: hidden in logs, in no environment that did not ask for them.

use pipeline_runner::{Outcome, Value};

use crate::world::World;

#[test]
fn secrets_are_hidden_and_reach_only_the_steps_that_map_them() {
    let mut world = World::new();
    let secret = ["correct", "horse"].join("-");
    world.groups.insert("vault".to_owned(), vec![("scoring-key".to_owned(), Value::secret(secret.as_str()))]);
    let ended = world.run(
        r###"
variables: [{group: vault}]
steps:
- checkout: none
- bash: |
    echo "here: $KEY"
    env | grep -c horse || true
    echo "##vso[task.setvariable variable=made;isSecret=true]pony-42"
  env: {KEY: $(scoring-key)}
- bash: |
    echo "not mapped: [$SCORING_KEY] [$MADE] [$SYSTEM_ACCESSTOKEN]"
    env | grep -c -e horse -e pony -e jobtoken || true
    echo "put in: $(made)"
- bash: '[ "$T" = "job-token-0123456789" ] && echo "token $T"'
  env: {T: $(System.AccessToken)}
"###,
    );
    assert_eq!(ended.outcome, Outcome::Succeeded, "{}", world.log());
    let log = world.log();
    for line in ["here: ***", "1", "not mapped: [] [] []", "0", "put in: ***", "token ***"] {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
    assert!(!log.contains("horse") && !log.contains("pony") && !log.contains("0123456789"), "{log}");
}

#[test]
fn a_script_is_signed_in_by_its_connection() {
    let world = World::new();
    let ended = world.run_with(
        "
steps:
- task: AzureCLI@2
  name: a
  inputs: {azureSubscription: platform, scriptType: bash, scriptLocation: scriptPath, scriptPath: s.sh, visibleAzLogin: false}
- bash: echo \"[$SIGNED_IN_AS]\"
- task: AzureCLI@2
  inputs: {azureSubscription: platform, scriptType: bash, scriptLocation: inlineScript, inlineScript: exit 4}
",
        &[("s.sh", "echo \"as $SIGNED_IN_AS with $SIGN_IN\"; [ -n \"$AZURE_CONFIG_DIR\" ] && echo own settings\n")],
    );
    assert_eq!(ended.outcome, Outcome::Failed);
    let log = world.log();
    for line in ["as platform with ***", "own settings", "[]", "##[error]Script failed with exit code: 4"] {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
}

/// An `az` with a vault of two secrets and one resource group that is made when it is asked for.
const AZ: &str = r#"#!/bin/bash
echo "$SIGNED_IN_AS: $*" >>"$CALLS"
case "$*" in
  "keyvault secret list"*) printf 'api-key\nother\n' ;;
  "keyvault secret show"*"--name api-key "*) echo planted-value ;;
  "keyvault secret show"*"--name other "*) echo other-value ;;
  "keyvault secret show"*) echo "ERROR: (SecretNotFound) it was not found in this key vault" >&2; exit 3 ;;
  "group exists"*) [ -f made ] && echo true || echo false ;;
  "group create"*) touch made ;;
  "deployment group create"*) echo '{"url": {"type": "String", "value": "http://x"}}' ;;
esac
"#;

#[test]
fn vaults_and_templates_are_what_az_says_of_them() {
    let mut world = World::new();
    let (bin, calls) = (world.folder.path().join("bin"), world.folder.path().join("calls"));
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("az"), AZ).unwrap();
    std::fs::set_permissions(bin.join("az"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world.settings.tools = vec![bin];
    world.settings.environment.push(("CALLS".to_owned(), calls.display().to_string()));
    let ended = world.run_with(
        r#"
steps:
- task: AzureKeyVault@2
  inputs: {azureSubscription: platform, KeyVaultName: v, SecretsFilter: '*'}
- bash: 'echo "[$API_KEY] [$MAPPED] $(other)"'
  env: {MAPPED: $(api-key)}
- task: AzureResourceManagerTemplateDeployment@3
  inputs:
    azureResourceManagerConnection: qa
    resourceGroupName: g
    location: westeurope
    csmFile: main.json
    csmParametersFile: main.parameters.json
    overrideParameters: -name "two words" -count 3
    deploymentName: d
    deploymentOutputs: made
- bash: echo '$(made)'
- task: AzureKeyVault@2
  inputs: {azureSubscription: platform, KeyVaultName: v, SecretsFilter: 'api-key, gone'}
"#,
        &[("main.json", "{}")],
    );
    assert_eq!(ended.outcome, Outcome::Failed);
    let log = world.log();
    for line in ["[] [***] ***", r#"{"url": {"type": "String", "value": "http://x"}}"#, "deployment d to g: succeeded"]
    {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
    assert!(log.contains("gone: \"ERROR: (SecretNotFound)"), "{log}");
    assert!(!log.contains("planted-value") && !log.contains("other-value"), "{log}");
    let calls = std::fs::read_to_string(calls).unwrap();
    let made = "qa: deployment group create --name d --resource-group g --template-file main.json --parameters @main.parameters.json \
                --parameters name=two words --parameters count=3 --mode Incremental --query properties.outputs --output json";
    assert!(calls.lines().any(|call| call == made), "{calls}");
    assert!(calls.contains("qa: group create --name g --location westeurope"), "{calls}");
    for wrong in
        ["deploymentScope: Subscription", "templateLocation: URL of the file", "deploymentMode: Complete, hurry: yes"]
    {
        let text = format!("steps: [{{task: AzureResourceManagerTemplateDeployment@3, inputs: {{{wrong}}}}}]");
        assert_eq!(world.run(&text).outcome, Outcome::Failed, "{wrong}");
    }
}
