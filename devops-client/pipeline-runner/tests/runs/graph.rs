//! Order, conditions, matrices, deployments: who runs, and what hears of whom.

use pipeline_runner::Outcome;
use pipeline_runner::Outcome::{Failed, Skipped, Succeeded, SucceededWithIssues};

use crate::world::World;

#[test]
fn stages_and_jobs_hand_on_outputs_and_follow_their_conditions() {
    let world = World::new();
    let ended = world.run(
        "
variables: {FROM: '$[ variables[''Build.Reason''] ]'}
stages:
- stage: Prepare
  jobs:
  - job: Check
    steps:
    - checkout: none
    - bash: |
        echo \"##vso[task.setvariable variable=release;isOutput=true]true\"
        echo \"##vso[task.setvariable variable=plain]for this job\"
      name: claim
    - bash: 'echo \"[$(claim.release)] [$CLAIM_RELEASE] [$(plain)] [$(FROM)]\"'
- stage: Image
  dependsOn: Prepare
  condition: and(succeeded(), eq(dependencies.Prepare.outputs['Check.claim.release'], 'true'))
  jobs:
  - job: Build
    variables: {RELEASE: \"$[ stageDependencies.Prepare.Check.outputs['claim.release'] ]\"}
    steps:
    - checkout: none
    - bash: echo built $(RELEASE)
  - job: After
    dependsOn: Build
    condition: eq(dependencies.Build.result, 'Succeeded')
    steps: [{checkout: none}, {bash: echo after}]
- stage: Never
  dependsOn: Image
  condition: eq(dependencies.Image.outputs['Build.x.y'], 'z')
  jobs: [{job: A, steps: [{checkout: none}, {bash: echo no}]}]
- stage: Behind
  dependsOn: Never
  jobs: [{job: A, steps: [{checkout: none}, {bash: echo no}]}]
- stage: Anyway
  dependsOn: Behind
  condition: always()
  jobs: [{job: A, steps: [{checkout: none}, {bash: echo anyway}]}]
",
    );
    let found: Vec<(&str, Outcome)> = ended.stages.iter().map(|(name, outcome)| (name.as_str(), *outcome)).collect();
    let expected =
        [("Prepare", Succeeded), ("Image", Succeeded), ("Never", Skipped), ("Behind", Skipped), ("Anyway", Succeeded)];
    assert_eq!(found, expected, "{}", world.log());
    let log = world.log();
    for line in ["[true] [true] [for this job] [Manual]", "built true", "after", "anyway"] {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
}

#[test]
fn a_failure_skips_what_depends_on_it_and_starts_what_waits_for_it() {
    let world = World::new();
    let ended = world.run(
        "
jobs:
- job: A
  steps:
  - checkout: none
  - bash: exit 3
  - bash: echo skipped
  - bash: echo cleaned
    condition: failed()
  - {bash: echo always, condition: succeededOrFailed()}
- {job: B, dependsOn: A, steps: [{checkout: none}, {bash: echo b}]}
- {job: C, dependsOn: A, condition: failed(), steps: [{checkout: none}, {bash: echo c}]}
- {job: D, steps: [{checkout: none}, {bash: exit 1, continueOnError: true}, {bash: echo d}]}
- {job: E, steps: [{checkout: none}, {bash: exit 1, enabled: false}]}
",
    );
    assert_eq!(ended.outcome, Failed);
    let found: Vec<Option<Outcome>> =
        ["A", "B", "C", "D", "E"].map(|job| world.outcome(&format!("__default.{job}"))).to_vec();
    assert_eq!(found, [Failed, Skipped, Succeeded, SucceededWithIssues, Succeeded].map(Some));
    let log = world.log();
    assert!(log.contains("##[error]Bash exited with code '3'."), "{log}");
    assert!(!log.contains("skipped") && log.contains("cleaned") && log.contains("always"), "{log}");
}

#[test]
fn a_matrix_runs_each_entry_and_names_its_outputs() {
    let world = World::new();
    let ended = world.run(
        "
jobs:
- job: M
  strategy: {matrix: {one: {N: 1}, two: {N: 2}}, maxParallel: 1}
  steps:
  - checkout: none
  - {bash: 'echo \"##vso[task.setvariable variable=n;isOutput=true]n$(N)\"', name: s}
- job: After
  dependsOn: M
  variables: {X: \"$[ dependencies.M.outputs['two.s.n'] ]\"}
  steps: [{checkout: none}, {bash: echo got $(X)}]
",
    );
    assert_eq!(ended.outcome, Succeeded, "{}", world.log());
    assert!(world.log().contains("got n2"), "{}", world.log());
    assert_eq!(world.outcome("__default.M.one"), Some(Succeeded));
}

#[test]
fn a_deployment_runs_its_hooks_in_order() {
    let world = World::new();
    let text = |deploy: &str| {
        format!(
            "
jobs:
- deployment: D
  environment: prod
  strategy:
    runOnce:
      preDeploy: {{steps: [{{bash: echo 1 pre}}]}}
      deploy: {{steps: [{{download: none}}, {{bash: '{deploy}', name: d}}]}}
      postRouteTraffic: {{steps: [{{bash: echo 3 post}}]}}
      on:
        failure: {{steps: [{{bash: echo 4 failure of $(Environment.Name)}}]}}
        success: {{steps: [{{bash: echo 4 success}}]}}
- job: After
  dependsOn: D
  variables: {{X: \"$[ dependencies.D.outputs['D.d.v'] ]\"}}
  steps: [{{checkout: none}}, {{bash: echo got $(X)}}]
"
        )
    };
    let ended = world.run(&text("echo 2 deploy; echo \"##vso[task.setvariable variable=v;isOutput=true]w\""));
    assert_eq!(ended.outcome, Succeeded, "{}", world.log());
    let numbered = |world: &World| -> Vec<String> {
        let log = world.log();
        log.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
    };
    assert_eq!(numbered(&world), ["1 pre", "2 deploy", "3 post", "4 success"]);
    assert!(world.log().contains("got w"));
    let world = World::new();
    assert_eq!(world.run(&text("exit 1")).outcome, Failed);
    assert_eq!(numbered(&world), ["1 pre", "4 failure of prod"]);
}

#[test]
fn jobs_go_at_once_as_many_as_there_are_agents() {
    // each waits for the other's file: one after the other they would wait for ever, and fail by their time
    let world = World::new();
    let meet = |own: &str, other: &str| {
        format!(
            "{{job: {own}, timeoutInMinutes: 1, steps: [{{checkout: none}}, {{bash: 'touch $M/{own}; until [ -e $M/{other} ]; do sleep 0.02; done', env: {{M: '$(System.CollectionUri)'}}}}]}}"
        )
    };
    let mut facts = world.facts(world.source(&[]));
    facts.collection = world.folder.path().display().to_string();
    let plan = crate::world::plan(&format!("jobs:\n- {}\n- {}\n", meet("A", "B"), meet("B", "A")));
    let ended = pipeline_runner::run(&plan, &world.settings, &facts, &world, &world.cancel);
    assert_eq!(ended.outcome, Succeeded, "{}", world.log());
}

#[test]
fn what_is_not_known_fails_by_name() {
    let world = World::new();
    let ended = world.run(
        "
jobs:
- {job: A, steps: [{checkout: none}, {task: CopyFiles@2, inputs: {Contents: x}}]}
- {job: B, steps: [{checkout: none}, {task: Bash@3, inputs: {script: echo, bashEnvValue: x}}]}
- {job: C, steps: [{checkout: none}, {task: Delay@1, inputs: {delayForMinutes: 0}}]}
- {job: D, variables: [{group: gone}], steps: [{checkout: none}]}
- {job: E, pool: server, steps: [{bash: echo}]}
",
    );
    assert_eq!(ended.outcome, Failed);
    let issues = format!("{:?}", world.heard().issues);
    for text in [
        "task CopyFiles@2 is not known here",
        "task Bash@3: input `bashEnvValue` is not known here",
        "task Delay@1 belongs to a job with `pool: server`",
        "there is no variable group `gone`",
        "task Bash@3 belongs to a job with an agent",
    ] {
        assert!(issues.contains(text), "{text}: {issues}");
    }
}
