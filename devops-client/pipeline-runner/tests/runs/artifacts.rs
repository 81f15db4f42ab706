//! Artifacts with content, caches, results of tests, coverage.

use std::fs;

use pipeline_runner::Outcome;

use crate::world::World;

#[test]
fn artifacts_travel_with_their_content_and_are_written_once() {
    let world = World::new();
    let ended = world.run(
        "
stages:
- stage: A
  jobs:
  - job: Make
    steps:
    - checkout: none
    - bash: mkdir -p out/deep && echo content > out/deep/f.txt && echo other > out/o.md
    - {publish: out, artifact: report-$(System.JobAttempt)}
- stage: B
  jobs:
  - job: Take
    steps:
    - checkout: none
    - {download: current, artifact: report-1, patterns: '**/*.txt'}
    - bash: cat $(Pipeline.Workspace)/report-1/deep/f.txt; ls $(Pipeline.Workspace)/report-1
  - deployment: All
    environment: e
    strategy: {runOnce: {deploy: {steps: [{bash: cat $(Pipeline.Workspace)/report-1/o.md}]}}}
  - job: Twice
    steps: [{checkout: none}, {bash: touch x}, {publish: x, artifact: report-1}]
  - job: Gone
    steps: [{checkout: none}, {download: current, artifact: none-such}]
",
    );
    assert_eq!(ended.outcome, Outcome::Failed);
    assert_eq!(world.outcome("B.Take"), Some(Outcome::Succeeded), "{}", world.log());
    assert_eq!(world.outcome("B.All.deploy"), Some(Outcome::Succeeded), "{}", world.log());
    let log = world.log();
    assert!(log.contains("content\ndeep\n") || log.lines().any(|line| line == "deep"), "{log}");
    assert!(log.lines().any(|line| line == "other"), "{log}");
    let issues = format!("{:?}", world.heard().issues);
    assert!(issues.contains("Artifact report-1 already exists for build 7."), "{issues}");
    assert!(issues.contains("Artifact none-such was not found for build 7."), "{issues}");
}

#[test]
fn caches_come_back_by_key_and_by_its_start() {
    let world = World::new();
    let run = |lock: &str| {
        let text = r#"
steps:
- task: Cache@2
  inputs: {key: 'a | "$(Agent.OS)" | Cargo.lock', restoreKeys: 'a | "$(Agent.OS)"', path: $(Pipeline.Workspace)/c, cacheHitVar: HIT}
- bash: echo "hit $(HIT) [$(cat $(Pipeline.Workspace)/c/* 2>/dev/null | tr '\n' ' ')]"
- bash: mkdir -p $(Pipeline.Workspace)/c; cat Cargo.lock >> $(Pipeline.Workspace)/c/f
"#;
        let text = text.replace("HIT) [$(cat", "HIT) [$( cat");
        assert_eq!(world.run_with(&text, &[("Cargo.lock", lock)]).outcome, Outcome::Succeeded, "{}", world.log());
        world.log().lines().rfind(|line| line.starts_with("hit")).unwrap().to_owned()
    };
    assert_eq!(run("one\n"), "hit false []");
    assert_eq!(run("one\n"), "hit true [one ]");
    assert_eq!(run("two\n"), "hit inexact [one ]");
    assert_eq!(run("two\n"), "hit true [one two ]");
}

#[test]
fn a_cache_that_is_missed_begins_with_what_the_machine_keeps_under_its_name() {
    let mut world = World::new();
    let kept = world.folder.path().join("homes/pip");
    fs::create_dir_all(kept.join("http")).unwrap();
    fs::write(kept.join("http/wheel"), "downloaded").unwrap();
    world.settings.seeds = vec![(".pip".to_owned(), kept.clone())];
    let text = r#"
steps:
- task: Cache@2
  inputs: {key: 'pip | "$(Agent.OS)"', path: $(Pipeline.Workspace)/.pip, cacheHitVar: HIT}
- bash: echo "hit $(HIT), $(wheel)"; echo changed >$(Pipeline.Workspace)/.pip/http/other
"#;
    let text = text.replace("$(wheel)", "$( cat $(Pipeline.Workspace)/.pip/http/wheel )");
    for hit in ["hit false, downloaded", "hit true, downloaded"] {
        assert_eq!(world.run_with(&text, &[]).outcome, Outcome::Succeeded, "{}", world.log());
        assert!(world.log().lines().any(|line| line == hit), "{}", world.log());
    }
    assert!(!kept.join("http/other").exists());
}

#[test]
fn what_was_built_counts_until_a_source_changes() {
    let world = World::new();
    let text = r#"
pool: {vmImage: ubuntu-latest}
jobs:
- job: Build
  steps:
  - bash: |
      mkdir -p target
      touch target/CACHEDIR.TAG
      if [[ -f target/made ]]; then find src -type f -newer target/made | sort | sed 's/^/younger: /'; fi
      sleep 0.02
      touch target/made
      echo "built in $(Agent.Name)"
- job: Beside
  steps: [{bash: 'true'}]
"#;
    let run = |files: &[(&str, &str)]| {
        let before = world.heard().lines.len();
        assert_eq!(world.run_with(text, files).outcome, Outcome::Succeeded, "{}", world.log());
        let lines = world.heard().lines[before..].iter().map(|(_, _, line)| line.clone()).collect::<Vec<_>>();
        let word = |line: &String| line.starts_with("younger") || line.starts_with("built");
        lines.into_iter().filter(word).collect::<Vec<_>>()
    };
    let first = run(&[("src/a.rs", "a"), ("src/deep/b.rs", "b")]);
    assert_eq!(first.len(), 1, "{first:?}");
    // the same agent has it, and nothing is younger
    assert_eq!(run(&[]), first);
    assert_eq!(run(&[("src/a.rs", "c")]), ["younger: src/a.rs".to_owned(), first[0].clone()]);
    assert_eq!(run(&[("src/a.rs", "a")]), ["younger: src/a.rs".to_owned(), first[0].clone()]);
    assert_eq!(run(&[]), first);
}

#[test]
fn results_of_tests_and_coverage_are_read() {
    let world = World::new();
    let good = "<testsuite><testcase name='a'/></testsuite>";
    let bad = "<testsuite><testcase name='b'><failure message='not so'/></testcase></testsuite>";
    let ended = world.run_with(
        "
jobs:
- job: A
  steps:
  - task: PublishTestResults@2
    inputs: {testResultsFormat: JUnit, searchFolder: $(Build.SourcesDirectory), testResultsFiles: '*.junit.xml', testRunTitle: T, failTaskOnFailedTests: true}
  - task: PublishCodeCoverageResults@2
    condition: succeededOrFailed()
    inputs: {summaryFileLocation: cover.xml}
- job: B
  steps:
  - task: PublishTestResults@2
    inputs: {testResultsFormat: JUnit, testResultsFiles: none.xml, failTaskOnMissingResultsFile: true}
- job: C
  steps:
  - task: PublishTestResults@2
    inputs: {testResultsFormat: JUnit, testResultsFiles: none.xml}
",
        &[("a.junit.xml", good), ("b.junit.xml", bad), ("cover.xml", "<coverage lines-covered='1' lines-valid='2'/>")],
    );
    assert_eq!(ended.outcome, Outcome::Failed);
    assert_eq!(world.heard().other, ["tests T: 1 of 2 failed", "coverage 50"]);
    assert_eq!(world.outcome("__default.B"), Some(Outcome::Failed));
    assert_eq!(world.outcome("__default.C"), Some(Outcome::Succeeded));
    assert!(world.log().contains("failed: b: not so"), "{}", world.log());
    assert!(fs::exists(world.settings.folder.join("runs/7")).is_ok());
}
