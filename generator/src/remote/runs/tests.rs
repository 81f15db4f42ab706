//! Views of made-up runs, as snapshots.

use jiff::Timestamp;

use super::parameters::Parameters;
use super::status::{Deployed, EnvironmentStatus, PipelineStatus, Status, models, text};
use super::timeline::{Level, Part, Timeline, approval};
use super::tree::{Detail, headline};
use super::{PendingApproval, Run, State, ago, clock, log, model_version, table, tree};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn run(id: i64, pipeline: &str, state: State) -> Run {
    Run {
        id,
        number: format!("20270115.{id}"),
        pipeline: pipeline.to_owned(),
        state,
        branch: Some("main".to_owned()),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        reason: Some("manual".to_owned()),
        requested_by: Some("Ada".to_owned()),
        queued: Some(at(0)),
        started: Some(at(2)),
        finished: state.is_over().then(|| at(75)),
        parameters: Default::default(),
        tags: Vec::new(),
        problems: Vec::new(),
        url: None,
    }
}

fn part(id: &str, parent: Option<&str>, level: Level, name: &str, state: State) -> Part {
    Part {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        phase: None,
        level,
        name: name.to_owned(),
        identifier: None,
        state,
        started: (state != State::Waiting && state != State::Skipped).then(|| at(5)),
        finished: state.is_over().then(|| at(40)),
        order: id.bytes().map(i64::from).sum(),
        attempt: 1,
        problems: Vec::new(),
        waits: Vec::new(),
        log: None,
    }
}

/// A run with a failed step, and a stage that waits.
pub(super) fn timeline() -> Timeline {
    let mut failed = part("s2", Some("j1"), Level::Step, "Compile", State::Failed);
    failed.problems = vec!["Bash exited with code 1".to_owned()];
    let mut waiting = part("t2", None, Level::Stage, "Deploy to production", State::Waiting);
    waiting.waits = vec!["approval".to_owned()];
    Timeline::new(vec![
        part("t1", None, Level::Stage, "Check", State::Failed),
        part("j1", Some("t1"), Level::Job, "Tests", State::Failed),
        part("s1", Some("j1"), Level::Step, "Checkout", State::Succeeded),
        failed,
        part("s3", Some("j1"), Level::Step, "Report", State::Skipped),
        waiting,
        part("t3", None, Level::Stage, "__default", State::Waiting),
        part("j3", Some("t3"), Level::Job, "Record", State::Waiting),
    ])
}

#[test]
fn a_tree_shows_each_part_with_its_sign_its_time_and_its_errors() {
    insta::assert_snapshot!(tree::text(&timeline(), Detail::Full, at(60)), @r"
    ✗ Check  0:35
      ✗ Tests  0:35
        ✓ Checkout  0:35
        ✗ Compile  0:35
          Bash exited with code 1
        – Report
    ○ Deploy to production
      waits for approval
    ○ Record
    ");
    let live = tree::text(&timeline(), Detail::Live, at(60));
    assert!(live.contains("Compile") && !live.contains("Checkout") && !live.contains("Record"), "{live}");
    insta::assert_snapshot!(headline(&run(7, "build", State::Running), at(62)), @"build 20270115.7 (run 7)  running  main @ 0123456  1:00");
}

#[test]
fn the_table_of_a_run_shows_stages_and_jobs() {
    insta::assert_snapshot!(table::parts(&timeline(), at(60)), @r"
    stage                 result   took
    Check                 failed   0:35
      Tests               failed   0:35
    Deploy to production  waiting
    Record                waiting
    ");
    let list = table::runs(&[run(7, "build", State::Running), run(6, "release", State::Succeeded)], at(7200));
    insta::assert_snapshot!(list, @r"
    run  pipeline  number      result     branch  commit   took     queued   by
    7    build     20270115.7  running    main    0123456  1:59:58  2 h ago  Ada
    6    release   20270115.6  succeeded  main    0123456  1:13     2 h ago  Ada
    ");
}

#[test]
fn a_part_is_told_when_it_changes_and_only_then() {
    let mut timeline = Timeline::default();
    let waiting = part("t1", None, Level::Stage, "Check", State::Waiting);
    assert!(!timeline.put(waiting.clone()), "a stage whose turn has not come is no news");
    let going = Part { state: State::Running, ..waiting.clone() };
    assert!(timeline.put(going.clone()) && !timeline.put(going));
    let held = Part { waits: vec!["approval".to_owned()], ..waiting };
    assert!(timeline.put(held.clone()));
    assert_eq!(timeline.line(&held, 65, at(70)), "   1:05  Check: waits for approval");
    let step = part("s1", Some("t1"), Level::Step, "Build", State::Succeeded);
    timeline.put(step.clone());
    assert_eq!(timeline.line(&step, 3, at(70)), "   0:03  Check / Build: succeeded after 0:35");
}

#[test]
fn a_job_takes_the_place_of_its_phase() {
    let mut timeline = Timeline::default();
    timeline.put(part("t1", None, Level::Stage, "Check", State::Waiting));
    timeline.put(part("p1", Some("t1"), Level::Job, "Tests", State::Waiting));
    timeline.put(Part { phase: Some("p1".to_owned()), ..part("j1", Some("t1"), Level::Job, "Tests", State::Running) });
    let names: Vec<&str> = timeline.children(Some("t1")).iter().map(|part| part.id.as_str()).collect();
    assert_eq!(names, ["j1"]);
}

#[test]
fn a_parent_that_is_its_own_ancestor_ends_the_path() {
    let timeline = Timeline::new(vec![
        part("a", Some("b"), Level::Job, "A", State::Running),
        part("b", Some("a"), Level::Job, "B", State::Running),
    ]);
    assert!(timeline.path(&timeline.parts()[0]).starts_with(|c: char| c.is_ascii_uppercase()));
}

#[test]
fn log_lines_do_nothing_to_a_terminal_or_an_agent() {
    for (line, shown) in [
        ("2026-11-22T10:00:00.0000000Z plain", "plain"),
        ("2026-11-22T10:00:00.0000000Z", ""),
        ("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}after \u{1b}(Bx", "red after x"),
        ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
        ("a\rb\u{8}c\u{9b}2Jd\te", "abcd    e"),
        ("##vso[task.setvariable variable=PATH]/evil", "## vso[task.setvariable variable=PATH]/evil"),
        ("x ##VSO[task.complete] ##vso[a]", "x ## VSO[task.complete] ## vso[a]"),
        ("#\u{1b}[1m#vso[task.complete]", "## vso[task.complete]"),
        ("right\u{202e}tfel", "righttfel"),
        ("\u{1b}[", ""),
        ("\u{1b}]never ends", ""),
    ] {
        assert_eq!(log::clean(line), shown, "{line:?}");
    }
    assert_eq!(log::one_line("  two\nlines\u{1b}[2J "), "two lines");
}

proptest::proptest! {
    #[test]
    fn no_line_keeps_a_control_character_or_a_logging_command(line in "(\\PC|\u{1b}|\\[|#|vso|[0-9;]|\u{9b}|\r){0,40}") {
        let shown = log::clean(&line);
        proptest::prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
        proptest::prop_assert!(!shown.to_lowercase().contains("##vso["), "{shown:?}");
    }
}

const PIPELINE: &str = "
parameters:
  - name: alpha
    displayName: Penalty
    type: number
    default: 0.4
  - name: action
    type: string
    default: deploy
    values: [validate, deploy]
  - name: again
    type: boolean
    default: false
  - name: modelVersion
";

#[test]
fn parameters_are_held_against_the_pipeline_before_anything_is_sent() {
    let declared = Parameters::read("pipelines/x.yml", PIPELINE).unwrap();
    let check = |given: &[&str]| declared.check(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let good = check(&["Alpha=1.5", "again=True", "modelVersion=a=b"]).unwrap();
    let pairs: Vec<(&str, &str)> = good.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("alpha", "1.5"), ("again", "True"), ("modelVersion", "a=b")]);
    let wrong =
        check(&["alpha=much", "actoin=deploy", "action=destroy", "again=maybe", "modelVersion", "alpha=1", "alpha=2"]);
    insta::assert_snapshot!(wrong.unwrap_err().join("\n"), @r"
    parameter `alpha` is a number, not `much`
    there is no parameter `actoin`; did you mean `action`?
    parameter `action` is one of validate, deploy, not `destroy`
    parameter `again` is true or false, not `maybe`
    `modelVersion` is no parameter: write NAME=VALUE
    parameter `alpha` is given twice
    ");
    assert_eq!(check(&["alpha=1"]).unwrap_err(), ["parameter `modelVersion` has no default: give it a value"]);
    assert_eq!(check(&["modelVersion=${{ variables.x }}"]).unwrap_err().len(), 1);
    insta::assert_snapshot!(declared.describe().join("\n"), @r"
    alpha         number; 0.4 unless given  Penalty
    action        validate | deploy; deploy unless given
    again         boolean; false unless given
    modelVersion  string; must be given
    ");
}

#[test]
fn a_runs_model_version_is_told_by_parameter_tag_or_number() {
    let mut release = run(9, "release", State::Succeeded);
    assert_eq!(model_version::of(&release, "churn"), None);
    for (number, version) in
        [("churn-3-1", Some("3")), ("churn-2-beta-1", Some("2-beta")), ("other-3-1", None), ("churn-3-x", None)]
    {
        release.number = number.to_owned();
        assert_eq!(model_version::of(&release, "churn").as_deref(), version, "{number}");
    }
    release.tags = vec!["data-1".to_owned(), "model-4".to_owned()];
    assert_eq!(model_version::of(&release, "churn").as_deref(), Some("4"));
    release.parameters.insert("modelVersion".to_owned(), "5".to_owned());
    assert_eq!(model_version::of(&release, "churn").as_deref(), Some("5"));
}

#[test]
fn a_status_shows_runs_versions_deployments_and_approvals() {
    let mut release = run(9, "release", State::Running);
    release.parameters.insert("modelVersion".to_owned(), "3".to_owned());
    let mut retrain = run(8, "retrain", State::Succeeded);
    retrain.tags = vec!["model-3".to_owned()];
    let mut before = run(5, "release", State::Succeeded);
    before.parameters.insert("modelVersion".to_owned(), "2".to_owned());
    let deployed = |run, version: &str, state| {
        Some(Deployed {
            run,
            number: format!("churn-{version}-1"),
            version: Some(version.to_owned()),
            state,
            at: Some(at(60)),
        })
    };
    let environment = |name: &str, exists, deployed, last_attempt| EnvironmentStatus {
        name: name.to_owned(),
        environment: format!("churn-{name}"),
        exists,
        deployed,
        last_attempt,
    };
    let environments = vec![
        environment("qa", true, deployed(9, "3", State::Succeeded), None),
        environment("production", true, deployed(5, "2", State::Succeeded), deployed(7, "3", State::Failed)),
        environment("edge", false, None, None),
    ];
    let pipeline = |name: &str, exists, last| PipelineStatus { name: name.to_owned(), exists, last };
    let pending = PendingApproval {
        id: "x".to_owned(),
        run: 9,
        pipeline: "release".to_owned(),
        pipeline_id: Some(1),
        number: "churn-3-1".to_owned(),
        stage: Some("Deploy to production".to_owned()),
        approvers: vec!["ml-leads@example.com".to_owned()],
        instructions: None,
    };
    let status = Status {
        project: "churn".to_owned(),
        place: "contoso/ml".to_owned(),
        pipelines: vec![
            pipeline("build", true, None),
            pipeline("retrain", true, Some(retrain.clone())),
            pipeline("release", true, Some(release.clone())),
            pipeline("cleanup", false, None),
        ],
        models: models(&[release, retrain, before], &environments, "churn"),
        environments,
        approvals: vec![pending.clone()],
    };
    insta::assert_snapshot!(text(&status, at(400)), @r"
    churn  contoso/ml

    pipeline  last run                        result     when       commit
    build     never ran
    retrain   20270115.8 (run 8)              succeeded  5 min ago  0123456
    release   20270115.9 (run 9)              running    6 min ago  0123456
    cleanup   not there yet: mlops-gen apply

    environment  model          deployed by        when
    qa           version 3      churn-3-1 (run 9)  5 min ago
    production   version 2      churn-2-1 (run 5)  5 min ago  then run 7 failed
    edge         not there yet

    model version  registered by  release          live in
    3              run 8          run 9 running    qa
    2                             run 5 succeeded  production

    release churn-3-1 (run 9): Deploy to production waits for approval by ml-leads@example.com; approve with: mlops-gen approve 9
    ");
    assert_eq!(
        approval(&pending),
        "Deploy to production waits for approval by ml-leads@example.com; approve with: mlops-gen approve 9"
    );
}

#[test]
fn spans_of_time_are_short() {
    assert_eq!([0, 7, 750, 3723].map(clock), ["0:00", "0:07", "12:30", "1:02:03"]);
    assert_eq!([10, 300, 7200, 400_000].map(|s| ago(at(0), at(s))), ["now", "5 min ago", "2 h ago", "4 d ago"]);
}
