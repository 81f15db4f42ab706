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
