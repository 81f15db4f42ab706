//! The round trip of every file of a team's: the spec changes, and each file holds what it should, whether nobody has touched
//! it, somebody has at its beginning, in its middle or at its end, or it was deleted.
//!
//! `SEEDS_FULL=1` changes every spec of the repository into every other one of its runtime.
#![allow(clippy::print_stdout, reason = "the count is printed for whoever asks for it")]

use std::collections::{BTreeMap, BTreeSet};

use mlops_gen::artifacts::Ownership;
use mlops_gen::artifacts::project::STAND_INS;
use mlops_gen::example::{Answers, spec_text};
use mlops_gen::project::model::Runtime;
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::spec::report::Style;
use mlops_gen::tree::RenderedTree;
use mlops_gen::tree::changes::{Action, Change, Disk, Kept, Policy, Refused, decide};
use mlops_gen::tree::lock::Lock;
use mlops_gen::tree::path::RelPath;
use system_tests::specs;

/// A key of the spec, and a change of it in the worked example.
const CHANGES: [(&str, &str, &str); 28] = [
    ("project.name", "  name: churn\n", "  name: attrition\n"),
    ("project.description", "one year after baseline", "a year after baseline"),
    ("project.tags", "cost-center: ml-research", "cost-center: ml-other"),
    ("azure.location", "location: westeurope", "location: northeurope"),
    ("devops.organization", "organization: contoso", "organization: fabrikam"),
    ("devops.repository", "repository: churn", "repository: models"),
    ("devops.directory", "branch: main", "branch: main\n  directory: models/churn"),
    ("devops.branch", "branch: main", "branch: develop"),
    ("devops.agent", "image: ubuntu-24.04", "image: ubuntu-22.04"),
    ("data.path", "path: data/diabetes.csv", "path: data/patients.csv"),
    ("data.columns", "{name: age, min: -0.2", "{name: age, min: -0.3"),
    ("data.holdout", "fraction: 0.2", "fraction: 0.25"),
    ("data.distribution", "psi: 0.2", "psi: 0.3"),
    ("model.name", "model:\n  name: churn\n", "model:\n  name: progression\n"),
    ("model.parameters", "alpha: 0.4", "alpha: 0.5"),
    ("model.metric", "margin: 0\n", "margin: 1\n"),
    ("training.compute", "idleSeconds: 300", "idleSeconds: 600"),
    ("training.timeoutMinutes", "timeoutMinutes: 60", "timeoutMinutes: 90"),
    ("training.schedules", "0 3 * * 1", "0 4 * * 1"),
    ("training.onNewData", "prefix: incoming/", "prefix: arriving/"),
    ("scoring.contract", "smokeRequests: 20", "smokeRequests: 30"),
    ("scoring.memoryGiB", "memoryGiB: 1", "memoryGiB: 2"),
    ("scoring.replicas", "targetCpuPercent: 70", "targetCpuPercent: 60"),
    ("scoring.logging", "sample: 0.1", "sample: 0.2"),
    (
        "environments",
        "  - name: production\n",
        "  - {name: staging, target: container-instances}\n\n  - name: production\n",
    ),
    ("environments.canaryPercent", "canaryPercent: 20", "canaryPercent: 30"),
    ("environments.approvals", "ml-team@example.com", "others@example.com"),
    ("monitoring.alerts", "failedPercent: 5", "failedPercent: 7"),
];

/// What the team wrote.
const MARK: &str = "the team's own line 4711\n";

/// Where the team wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Touch {
    Nowhere,
    Beginning,
    Middle,
    End,
    Deleted,
}

const TOUCHES: [Touch; 5] = [Touch::Nowhere, Touch::Beginning, Touch::Middle, Touch::End, Touch::Deleted];

fn tree(text: &str) -> RenderedTree {
    let project = mlops_gen::load("mlops.yaml", text).unwrap_or_else(|r| panic!("{}\n{text}", r.render(Style::Plain)));
    let renderer = Renderer::new(&Overrides::new()).unwrap_or_else(|errors| panic!("{errors:?}"));
    let mut tree = renderer.render(&mlops_gen::artifacts::plan(&project)).unwrap_or_else(|errors| panic!("{errors:?}"));
    tree.project = project.name.to_string();
    tree
}

fn example(runtime: &'static str) -> String {
    let answers = Answers {
        name: "churn".into(),
        runtime,
        organization: "contoso".into(),
        devops_project: "ml".into(),
        location: "westeurope".into(),
        mail: "ml-team@example.com".into(),
        budget_start: "2030-01-01".into(),
        place: None,
    };
    spec_text(&answers).unwrap()
}

/// A text with the team's line in it.
fn touched(text: &str, touch: Touch) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = match touch {
        Touch::Beginning => 0,
        Touch::Middle => lines.len() / 2,
        _ => lines.len(),
    };
    let (before, after) = lines.split_at(at);
    let gap = if before.last().is_some_and(|line| !line.ends_with('\n')) { "\n" } else { "" };
    [&before.concat(), gap, MARK, &after.concat()].concat()
}

/// The two sides of a text with conflict marks: the team's, the render's.
fn sides(text: &str) -> (String, String) {
    let (mut ours, mut theirs, mut side) = (String::new(), String::new(), 0);
    for line in text.split_inclusive('\n') {
        match line {
            line if line.starts_with("<<<<<<< ") => side = 1,
            line if line.trim_end() == "=======" && side == 1 => side = 2,
            line if line.starts_with(">>>>>>> ") => side = 0,
            line => {
                if side != 2 {
                    ours.push_str(line);
                }
                if side != 1 {
                    theirs.push_str(line);
                }
            }
        }
    }
    (ours, theirs)
}

/// Holds what becomes of every file of the team's against what must, and counts them; the wrong ones are named.
fn judge(name: &str, before: &RenderedTree, after: &RenderedTree, wrong: &mut Vec<String>) -> usize {
    let (lock, mut count) = (Lock::of(before), 0);
    let seeds: BTreeSet<&RelPath> =
        before.iter().filter(|(_, file)| file.ownership == Ownership::Seed).map(|(path, _)| path).collect();
    let base = |path: &RelPath, _: &str| before.get(path.as_str()).map(|file| file.bytes.clone());
    for touch in TOUCHES {
        let mut disk: Disk = before.iter().map(|(path, file)| (path.clone(), file.bytes.clone())).collect();
        for path in &seeds {
            let text = std::str::from_utf8(&disk[*path]).map(str::to_owned);
            match (touch, text) {
                (Touch::Deleted, _) => drop(disk.remove(*path)),
                (Touch::Nowhere, _) | (_, Err(_)) => {}
                (_, Ok(text)) => drop(disk.insert((*path).clone(), touched(&text, touch).into_bytes())),
            }
        }
        for merge in [false, true] {
            let policy = Policy { force: false, merge };
            let changes = decide(after, &lock, &disk, policy, &base);
            let actions: BTreeMap<&RelPath, &Action> = changes.iter().map(|c| (&c.path, &c.action)).collect();
            for path in &seeds {
                count += 1;
                let moved = changes.iter().find(|c| matches!(&c.action, Action::Move { from, .. } if from == *path));
                if let Err(why) = right(path, touch, merge, (before, after), (&disk, &actions), moved) {
                    wrong.push(format!("{name}, touched {touch:?}, merge {merge}: {path}: {why}"));
                }
            }
        }
    }
    count
}

/// Whether one file of the team's ends as it must.
fn right(
    path: &RelPath,
    touch: Touch,
    merge: bool,
    (before, after): (&RenderedTree, &RenderedTree),
    (disk, actions): (&Disk, &BTreeMap<&RelPath, &Action>),
    moved: Option<&Change>,
) -> Result<(), String> {
    let (old, action) = (&before.get(path.as_str()).unwrap().bytes, actions.get(path).copied());
    let new = after.get(path.as_str()).filter(|file| file.ownership == Ownership::Seed).map(|file| &file.bytes);
    let said = || format!("{action:?}").chars().take(60).collect::<String>();
    let own = disk.get(path);
    let is_touched = own.is_some_and(|own| own != old);
    // Rows that stand in for a team's own: others than those are the team's data, and stay whatever the spec says of them.
    let data = STAND_INS.contains(&before.get(path.as_str()).unwrap().origin.as_str());
    if data && is_touched {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        return match (moved.map(|change| &change.action), action) {
            (Some(Action::Move { merged, .. }), _) if merged.text == text(own.unwrap()) => Ok(()),
            (None, Some(Action::Keep(Kept::Own))) => Ok(()),
            (None, Some(Action::Keep(Kept::Unneeded))) if new.is_none() => Ok(()),
            _ => Err(format!("the team's data are {}", said())),
        };
    }
    // In another place the file holds both the render's news and the team's line.
    if let Some(Change { path: to, action: Action::Move { merged, .. } }) = moved {
        let (new, own) = (&after.get(to.as_str()).unwrap().bytes, String::from_utf8_lossy(own.unwrap()));
        return joined(&merged.text, merged.conflicts, &own, &String::from_utf8_lossy(new));
    }
    match (new, is_touched) {
        (None, _) if own.is_none() => Ok(()),
        (None, false) if matches!(action, Some(Action::Delete)) || after.get(path.as_str()).is_some() => Ok(()),
        // It moves, and a person must decide about its lines first.
        (None, true) if matches!(action, Some(Action::Keep(Kept::Unneeded))) => Ok(()),
        (None, true) if after.iter().any(|(to, _)| matches!(actions.get(to), Some(Action::Refuse(Refused::Moved)))) => {
            Ok(())
        }
        (None, _) => Err(format!("the spec no longer needs it, and it is {}", said())),
        (Some(_), _) if touch == Touch::Deleted => match action {
            Some(Action::Keep(Kept::Deleted)) => Ok(()),
            _ => Err(format!("it was deleted, and is {}", said())),
        },
        (Some(new), false) => match action {
            Some(Action::Unchanged) if new == own.unwrap() => Ok(()),
            Some(Action::Update) if new != own.unwrap() => Ok(()),
            _ => Err(format!("it follows the spec, and is {}", said())),
        },
        (Some(new), true) => match action {
            Some(Action::Keep(Kept::Own)) if new == old => Ok(()),
            Some(Action::Keep(Kept::OwnWithNews)) if new != old && !merge => Ok(()),
            Some(Action::Merge(merged)) if merge && new != old => joined(
                &merged.text,
                merged.conflicts,
                &String::from_utf8_lossy(own.unwrap()),
                &String::from_utf8_lossy(new),
            ),
            _ => Err(format!("somebody has worked on it, and is {}", said())),
        },
    }
}

/// Whether `text` is the team's and the render's work in one: without conflict both, else each on its side.
fn joined(text: &str, conflicts: usize, ours: &str, render: &str) -> Result<(), String> {
    if conflicts == 0 {
        let without = text.replacen(MARK, "", 1);
        let same = without.trim_end() == render.trim_end() && text.contains(MARK);
        return if same { Ok(()) } else { Err("without the team's line it is not what the spec renders".to_owned()) };
    }
    let (own, news) = sides(text);
    if !own.contains(MARK) || !ours.contains(MARK) {
        return Err("the team's line is not on the team's side".to_owned());
    }
    let news = news.replacen(MARK, "", 1);
    if news.trim_end() == render.trim_end() { Ok(()) } else { Err("the render's side is not the render".to_owned()) }
}

#[test]
fn every_file_of_the_teams_is_right_after_a_change_of_every_key() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for runtime in ["rust", "python"] {
        let text = example(runtime);
        let before = tree(&text);
        for (key, from, to) in CHANGES {
            assert!(text.contains(from), "{key}: the example holds no {from:?}");
            let after = tree(&text.replace(from, to));
            count += judge(&format!("{runtime}, {key}"), &before, &after, &mut wrong);
        }
    }
    println!("{} of {count} files of the team's are right", count - wrong.len());
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 10_000, "{count}");
}

#[test]
fn every_file_of_the_teams_is_right_when_one_spec_becomes_another() {
    let full = std::env::var_os("SEEDS_FULL").is_some_and(|value| value == "1");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for runtime in [Runtime::Rust, Runtime::Python] {
        let of_runtime = |path: &std::path::PathBuf| system_tests::project(path).model.runtime == runtime;
        let trees: Vec<(String, RenderedTree)> = specs()
            .into_iter()
            .filter(|(_, path)| of_runtime(path))
            .map(|(name, path)| (name, tree(&std::fs::read_to_string(path).unwrap())))
            .collect();
        for (number, (name, before)) in trees.iter().enumerate() {
            let next = (number + 1) % trees.len();
            for (other, (second, after)) in trees.iter().enumerate() {
                if other != number && (full || other == next) {
                    count += judge(&format!("{name} -> {second}"), before, after, &mut wrong);
                }
            }
        }
    }
    println!("{} of {count} files of the team's are right", count - wrong.len());
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
