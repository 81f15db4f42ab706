//! `pull-request.yml`.

use crate::rendered::project::Project;

#[test]
fn the_checks_of_a_pull_request_really_run() {
    let project = Project::new();
    let report = project.run("pipelines/pull-request.yml", &[]);
    assert!(report.is_good(), "{:?}\n{}", report.issues, project.log());
    let log = project.log();
    for line in [
        "rustup toolchain install 1.95.0 --profile minimal --component clippy,rustfmt,llvm-tools --no-self-update",
        "cargo-nextest 0.9.128 comes from the cache",
        "cargo-llvm-cov 0.9.1 comes from the cache",
        "cargo clippy --workspace --all-targets --locked -- -D warnings",
        "cargo llvm-cov run --no-report --locked --bin data-test --",
        "++ tests: Unit tests and data tests: 0 of 2 failed, 0 skipped",
        "++ coverage: 90.0 % of 10 lines",
        "compiling infra/environments/production/main.bicep",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
}

#[test]
fn what_is_wrong_in_the_project_fails_the_right_step() {
    let project = Project::new();
    for (file, from, to, message) in [
        ("pipelines/scripts/lint.sh", "cargo fmt", "(cargo fmt", "syntax error"),
        ("pipelines/scripts/lint.sh", "cargo fmt --all --check", "false", "Bash exited with code '1'."),
        (
            "pipelines/scripts/data-tests.sh",
            "--junit \"$RESULTS/data.junit.xml\"",
            "--junit /dev/null",
            "0 of 1 failed",
        ),
        ("infra/platform/main.json", "{", "{{", "is no JSON"),
        ("pipelines/templates/jobs/tests.yml", "Cache@2", "CacheBeta@1", "task CacheBeta@1 is not known here"),
        ("pipelines/templates/jobs/tests.yml", "restoreKeys:", "restoreKey:", "input `restoreKey` is not known here"),
    ] {
        let before = std::fs::read_to_string(project.root.join(file)).unwrap();
        project.change(file, from, to);
        let report = project.run("pipelines/pull-request.yml", &[]);
        let log = project.log();
        assert!(log.contains(message), "{file}: {message}\n{log}");
        assert_eq!(report.is_good(), message.contains("of 1 failed"), "{file}\n{log}");
        project.write(file, &before);
    }
}

#[test]
fn failing_tests_fail_the_run_and_are_shown() {
    let project = Project::new();
    let made = "mkdir -p \"$RESULTS\"\n";
    let bad = format!(
        "{made}echo '<testsuite><testcase name=\"sums\"><failure message=\"4 is not 5\"/></testcase></testsuite>' >\"$RESULTS/x.junit.xml\"\n"
    );
    project.change("pipelines/scripts/unit-tests.sh", made, &bad);
    let report = project.run("pipelines/pull-request.yml", &[]);
    assert!(!report.is_good());
    assert!(project.log().contains("failed: sums: 4 is not 5"), "{}", project.log());
}
