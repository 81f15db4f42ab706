//! Logging commands, variables, the environment and the tools of steps.

use pipeline_runner::Outcome;

use crate::world::World;

#[test]
fn logging_commands_are_obeyed() {
    let world = World::new();
    let ended = world.run(
        r###"
steps:
- checkout: none
- bash: |
    mkdir -p "$AGENT_TEMPDIRECTORY/bin"
    printf '#!/bin/sh\necho from the tool\n' > "$AGENT_TEMPDIRECTORY/bin/own-tool"
    chmod +x "$AGENT_TEMPDIRECTORY/bin/own-tool"
    echo "##vso[task.prependpath]$AGENT_TEMPDIRECTORY/bin"
    echo "##[group]a group"
    echo "##vso[task.logissue type=warning]look%0Ahere"
    echo "##vso[build.addbuildtag]model-3"
    echo "##vso[build.updatebuildnumber]20261130.9"
    echo "# Report" > "$AGENT_TEMPDIRECTORY/r.md"
    echo "##vso[task.uploadsummary]$AGENT_TEMPDIRECTORY/r.md"
    echo "##vso[task.addattachment type=t;name=n]$AGENT_TEMPDIRECTORY/r.md"
    echo "##vso[artifact.upload artifactname=kept]$AGENT_TEMPDIRECTORY/r.md"
    echo "##vso[task.setvariable variable=fixed;isReadOnly=true]1"
    echo "##vso[nobody.knows]x"
- bash: |
    own-tool
    echo "##vso[task.setvariable variable=fixed]2"
- bash: |
    echo "still $(fixed)"
    echo "##vso[task.complete result=SucceededWithIssues]done"
"###,
    );
    assert_eq!(ended.outcome, Outcome::SucceededWithIssues, "{}", world.log());
    let heard = world.heard();
    let expected = ["tag model-3", "number 20261130.9", "summary # Report", "attachment t n # Report", "artifact kept"];
    assert_eq!(heard.other, expected);
    let issues = format!("{:?}", heard.issues);
    for text in ["look\\nhere", "there is no logging command nobody.knows", "`fixed` is read-only"] {
        assert!(issues.contains(text), "{text}: {issues}");
    }
    drop(heard);
    assert!(world.log().contains("from the tool") && world.log().contains("still 1"), "{}", world.log());
}

#[test]
fn steps_see_the_predefined_variables_and_their_sources() {
    let world = World::new();
    let ended = world.run_with(
        r#"
variables: {My.Own: here}
steps:
- bash: |
    cat file.txt
    echo "$BUILD_BUILDID $BUILD_BUILDNUMBER $BUILD_REASON $BUILD_SOURCEBRANCHNAME $BUILD_REPOSITORY_NAME"
    echo "$SYSTEM_TEAMPROJECT $SYSTEM_COLLECTIONURI $SYSTEM_JOBATTEMPT $AGENT_OS $TF_BUILD $MY_OWN"
    [ "$PWD" = "$BUILD_SOURCESDIRECTORY" ] && [ "$PWD" = "$PIPELINE_WORKSPACE/s" ] && echo in the sources
    [ "$(git rev-parse HEAD)" = "$BUILD_SOURCEVERSION" ] && echo at the commit
- bash: pwd
  workingDirectory: sub
- task: Bash@3
  inputs: {targetType: filePath, filePath: sub/s.sh, arguments: "one 'two three'"}
- bash: exit 1
  workingDirectory: gone
"#,
        &[("file.txt", "from git\n"), ("sub/s.sh", "echo \"$# $2\"")],
    );
    assert_eq!(ended.outcome, Outcome::Failed);
    let log = world.log();
    for line in [
        "from git",
        "7 20261130.1 Manual main shop",
        "shop https://dev.azure.com/contoso/ 1 Linux True here",
        "in the sources",
        "at the commit",
        "2 two three",
    ] {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
    assert!(log.contains("/work/1/s/sub\n"), "{log}");
    assert!(log.contains("/gone does not exist"), "{log}");
}

#[test]
fn a_failed_step_is_tried_again_as_often_as_it_says() {
    let world = World::new();
    let ended = world.run(
        r#"
steps:
- checkout: none
- bash: |
    echo x >> tries
    [ "$(wc -l < tries)" -ge 3 ]
  retryCountOnTaskFailure: 2
- bash: echo "tries $(cat tries | wc -l)"
"#,
    );
    assert_eq!(ended.outcome, Outcome::Succeeded, "{}", world.log());
    assert!(world.log().contains("tries 3"), "{}", world.log());
}

#[test]
fn standard_error_fails_a_step_that_asks_for_it() {
    let world = World::new();
    let ended = world.run("steps: [{checkout: none}, {bash: echo x >&2}, {bash: echo y >&2, failOnStderr: true}]");
    assert_eq!(ended.outcome, Outcome::Failed);
    let steps = world.heard().steps.clone();
    assert_eq!(steps[&("__default.Job".to_owned(), 1)], Outcome::Succeeded);
    assert_eq!(steps[&("__default.Job".to_owned(), 2)], Outcome::Failed);
}

#[test]
fn people_are_asked_and_their_answer_decides() {
    use pipeline_runner::Verdict;
    for (answer, expected) in [(Verdict::Resume, Outcome::Succeeded), (Verdict::Reject, Outcome::Failed)] {
        let world = World { answer, ..World::new() };
        let ended = world.run(
            "
pool: server
steps:
- task: ManualValidation@1
  inputs: {instructions: Delete all?, approvers: 'ann@example.com', allowApproversToApproveTheirOwnRuns: false}
",
        );
        assert_eq!(ended.outcome, expected);
        assert_eq!(world.heard().other, ["asked Delete all? of \"ann@example.com\", own runs false"]);
    }
}

#[test]
fn a_command_that_cannot_be_carried_out_fails_its_step_and_what_is_none_is_warned_of() {
    for (line, outcome, says) in [
        // what an agent does not know at all
        ("##vso[nobody.knows]x", Outcome::Succeeded, "there is no logging command nobody.knows"),
        ("##vso task.setvariable x", Outcome::Succeeded, "has the keyword ##vso of logging commands, and is none"),
        ("##VSO[task.setvariable variable=a]x", Outcome::Succeeded, ""),
        ("##vso[TASK.SetVariable VARIABLE=a;]x", Outcome::Succeeded, ""),
        ("  ##vso[task.setvariable variable=a;issecret=true]one line", Outcome::Succeeded, ""),
        // what it knows and cannot do
        ("##vso[task.nothing]x", Outcome::Failed, "task.nothing is not carried out here"),
        ("##vso[task.setvariable]x", Outcome::Failed, "`variable` is needed"),
        (
            "##vso[task.setvariable variable=a;issecret=true]1%0A2",
            Outcome::Failed,
            "Secrets cannot contain multiple lines",
        ),
        ("##vso[task.logissue type=note]x", Outcome::Failed, "`type` is `error` or `warning`"),
        ("##vso[task.logissue type=error]x", Outcome::Succeeded, "x"),
        ("##vso[task.addattachment type=t;name=n]/gone", Outcome::Failed, "there is no file /gone"),
        ("##vso[task.uploadsummary]/gone", Outcome::Failed, "there is no file /gone"),
        ("##vso[artifact.upload artifactname=a]/gone", Outcome::Failed, "Path does not exist: /gone"),
        ("##vso[task.complete]x", Outcome::Failed, "`result` is needed"),
        ("##vso[task.complete result=Failed]x", Outcome::Failed, ""),
        ("##vso[task.complete result=SucceededWithIssues]x", Outcome::SucceededWithIssues, ""),
    ] {
        let world = World::new();
        let ended = world.run_with("steps: [{bash: cat line.txt}]", &[("line.txt", line)]);
        assert_eq!(ended.outcome, outcome, "{line}: {}", world.log());
        let issues = format!("{:?}", world.heard().issues);
        assert!(issues.contains(says), "{line}: {issues}");
        assert!(!says.is_empty() || issues == "[]", "{line}: {issues}");
    }
}

#[test]
fn what_commands_have_set_is_seen_by_the_steps_behind_them() {
    let world = World::new();
    let text = r###"
steps:
- checkout: none
- bash: |
    echo "text before ##vso[task.setvariable variable=mid]middle"
    echo "##vso[task.setvariable variable=semi]a;b]c=d"
    echo "##vso[task.setvariable variable=esc]50%AZP25 and %3B and %25"
    echo "##vso[task.setvariable variable=short;issecret=true]pre-fix"
    echo "##vso[task.setvariable variable=long;issecret=true]pre-fix-and-more"
    echo "##vso[build.updatebuildnumber]1.2.3"
- bash: |
    echo "$(mid) | $(semi) | $(esc) | $(Build.BuildNumber) $BUILD_BUILDNUMBER"
    echo "pre-fix, pre-fix-and-more, [${SHORT:-not inherited}] [$MAPPED]"
  env: {MAPPED: $(long)}
"###;
    assert_eq!(world.run(text).outcome, Outcome::Succeeded, "{}", world.log());
    let log = world.log();
    for line in ["middle | a;b]c=d | 50% and ; and %25 | 1.2.3 1.2.3", "***, ***, [not inherited] [***]"] {
        assert!(log.lines().any(|found| found == line), "{line}: {log}");
    }
}

#[test]
fn a_variable_that_looks_like_a_moment_reaches_scripts_in_another_spelling() {
    let world = World::new();
    let ended = world.run(
        r#"
variables: {since: '2026-11-30T07:00:00Z', day: '2026-11-30', told: 'at 2026-11-30T07:00:00Z'}
steps:
- checkout: none
- bash: echo "since $SINCE, $(since), day $DAY, told $TOLD, mapped $OWN"
  env: {OWN: '2026-11-30T07:00:00Z'}
"#,
    );
    assert_eq!(ended.outcome, Outcome::Succeeded, "{}", world.log());
    let all =
        "since 11/30/2026 07:00:00, 11/30/2026 07:00:00, day 2026-11-30, told at 2026-11-30T07:00:00Z, mapped 2026-";
    assert!(world.log().contains(all), "{}", world.log());
}
