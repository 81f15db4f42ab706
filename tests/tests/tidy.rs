//! The house stays in order: which room may know which, what only the edge touches, how long a file is, and no circles.
//!
//! Files are read as text: `use` lines and paths outside of tests. Re-exports of what is below are no dependency.

mod graph;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use graph::Graph;
use source::{Source, sources};
use system_tests::root;

/// Every crate of the workspace and where its source is.
const CRATES: [(&str, &str); 8] = [
    ("mlops-gen", "generator/src"),
    ("model", "model/src"),
    ("devops-client", "devops-client/src"),
    ("devops-emulator", "devops-client/emulator/src"),
    ("azure-pipelines", "devops-client/azure-pipelines/src"),
    ("azure-templates", "devops-client/azure-templates/src"),
    ("pipeline-runner", "devops-client/pipeline-runner/src"),
    ("azure-sandbox", "devops-client/azure-sandbox/src"),
];

/// Rooms of the generator, each with the rooms that it may know. What is below never knows what is above.
const DIRECTIONS: [(&str, &[&str]); 11] = [
    ("spec", &[]),
    ("project", &["spec"]),
    ("data", &["project", "spec"]),
    ("origin", &["project"]),
    ("artifacts", &["project", "spec"]),
    ("render", &["artifacts", "project", "spec", "tree"]),
    ("tree", &["artifacts", "project"]),
    ("verify", &["artifacts", "project", "spec", "tree"]),
    ("remote", &["artifacts", "project", "render", "spec", "tree", "verify"]),
    ("edge", &["artifacts", "data", "project", "spec", "tree", "verify", "remote", "render"]),
    ("compose", &["artifacts", "project", "render", "tree", "verify"]),
];

/// What only the edge and the command line touch.
const EFFECTS: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::process",
    "TcpStream",
    "UdpSocket",
    "SystemTime::now",
    "Instant::now",
    "reqwest::",
    "tokio::",
];

/// Files of more than 400 lines, each with its reason.
const LONG: [(&str, &str); 3] = [
    ("generator/src/edge/azure/arm.rs", "one subject: requests to Resource Manager"),
    ("generator/src/artifacts/infra/environment.rs", "one subject: the view of one template"),
    ("model/src/scoring/service.rs", "one subject: the way of a request through the server"),
];

/// Circles that are known: how many files of a crate are in one. The numbers only fall; a crate that is not here has none.
const CIRCLES: [(&str, usize); 0] = [];

/// What is committed at the root, names that begin with a dot aside. A tool that leaves a file there is noticed.
const ROOT: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "devops-client",
    "generator",
    "model",
    "out",
    "templates",
    "tests",
];

/// The most that one committed file weighs, in bytes. The data and the golden tree stay far below it.
const HEAVIEST: u64 = 2_000_000;

/// How many invariants are marked. The number only rises.
const INVARIANTS: usize = 48;

fn all() -> Vec<(&'static str, Vec<Source>)> {
    CRATES.iter().map(|(name, folder)| (*name, sources(&root().join(folder), folder))).collect()
}

#[test]
fn rooms_know_only_what_is_below_them() {
    let (_, generator) = all().swap_remove(0);
    let directions: BTreeMap<&str, &[&str]> = DIRECTIONS.into_iter().collect();
    let mut wrong = Vec::new();
    for file in generator.iter().filter(|file| !file.is_test) {
        let room = file.module.split("::").next().unwrap_or_default();
        let Some(below) = directions.get(room) else { continue };
        for path in file.paths.iter().filter(|path| path.starts_with("crate::")) {
            let other = path.split("::").nth(1).unwrap_or_default();
            if directions.contains_key(other) && other != room && !below.contains(&other) {
                wrong.push(format!("{}: {room} does not know {other}, but uses {path}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(generator.len() > 200, "{}", generator.len());
}

#[test]
fn only_the_edge_touches_the_world() {
    let (_, generator) = all().swap_remove(0);
    let outside =
        |file: &&Source| !["edge", "cli", "main"].contains(&file.module.split("::").next().unwrap_or_default());
    let mut wrong = Vec::new();
    for file in generator.iter().filter(|file| !file.is_test).filter(outside) {
        let touched = EFFECTS.iter().filter(|effect| file.code.contains(**effect));
        wrong.extend(touched.map(|effect| format!("{}: {effect}", file.path)));
    }
    assert!(wrong.is_empty(), "only `edge` and `cli` may:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_passes_400_lines_without_a_reason() {
    let reasons: BTreeMap<&str, &str> = LONG.into_iter().collect();
    let mut wrong = Vec::new();
    for (_, files) in all() {
        for file in files.iter().filter(|file| file.lines > 400 && !file.is_test) {
            if !reasons.contains_key(file.path.as_str()) {
                wrong.push(format!("{}: {} lines", file.path, file.lines));
            }
        }
    }
    assert!(wrong.is_empty(), "longer than 400 lines, without a reason in LONG:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_committed_belongs_here() {
    let listed = std::process::Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git is there").stdout).expect("UTF-8");
    let files: Vec<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    let top: BTreeSet<&str> = files.iter().filter_map(|file| file.split('/').next()).collect();
    let top: Vec<&str> = top.into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(top, ROOT);
    let size = |file: &&&str| std::fs::metadata(root().join(file)).is_ok_and(|about| about.len() > HEAVIEST);
    assert_eq!(files.iter().filter(size).collect::<Vec<_>>(), Vec::<&&str>::new(), "heavier than {HEAVIEST} bytes");
}

#[test]
fn every_test_file_is_one_of_the_tests() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for folder in ["generator", "tests", "devops-client/azure-pipelines", "devops-client/azure-sandbox"] {
        let folder = root().join(folder).join("tests");
        let all = std::fs::read_to_string(folder.join("main.rs")).expect("it lists them");
        for entry in std::fs::read_dir(&folder).expect("it is there").flatten() {
            let path = entry.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let holds_tests = path.extension().is_some_and(|kind| kind == "rs") || path.join("mod.rs").is_file();
            if holds_tests && name != "main" {
                seen += 1;
                if !all.lines().any(|line| line == format!("mod {name};")) {
                    wrong.push(path);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not in their `main.rs`, so never run: {wrong:#?}");
    assert!(seen > 30, "{seen}");
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let known: BTreeMap<&str, usize> = CIRCLES.into_iter().collect();
    let mut wrong = Vec::new();
    for (name, files) in all() {
        let graph = Graph::of(&files);
        let circles = graph.circles();
        let count: usize = circles.iter().map(Vec::len).sum();
        let most = known.get(name).copied().unwrap_or(0);
        if count > most {
            let first = circles.first().map(|circle| graph.way(circle).join(" -> ")).unwrap_or_default();
            wrong.push(format!("{name}: {count} files are in circles, {most} are known; the first: {first}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fields of a resource are named by the file of its kind alone: nobody writes or reads one by a name of its own.
#[test]
fn only_kinds_name_the_fields_of_resources() {
    let (_, generator) = all().swap_remove(0);
    let rooms = ["remote", "edge::remote"];
    let by_name = [
        ".field(\"",
        ".fields[\"",
        ".fields.get(\"",
        "fields.insert(\"",
        "strip_prefix(\"parameters.",
        "strip_prefix(\"tags.",
    ];
    let mut wrong = Vec::new();
    for file in generator.iter().filter(|file| !file.is_test && !file.module.starts_with("remote::kinds")) {
        if !rooms.iter().any(|room| file.module == *room || file.module.starts_with(&format!("{room}::"))) {
            continue;
        }
        let code = file.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        wrong.extend(by_name.iter().filter(|name| code.contains(**name)).map(|name| format!("{}: {name}…", file.path)));
    }
    assert!(wrong.is_empty(), "fields are named in `remote/kinds/`, and nowhere else:\n{}", wrong.join("\n"));
}

/// An invariant stands beside the code that holds it, as a comment that begins with the word and ends with the test in
/// parentheses.
#[test]
fn every_invariant_names_a_test_that_is_there() {
    let mut tests: BTreeSet<String> = BTreeSet::new();
    let mut marked: Vec<(String, String)> = Vec::new();
    let folders = ["generator", "model", "devops-client", "tests"];
    for file in folders.iter().flat_map(|folder| sources(&root().join(folder), folder)) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if let Some((_, rest)) = line.split_once("Invariant: ") {
                let whole: String = lines[at..].iter().take_while(|line| line.contains("//")).copied().collect();
                let name = whole.split_once("(test: ").and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name);
                if line.trim_start().starts_with("//") {
                    marked.push((format!("{}: {rest}", file.path), name.unwrap_or_default().trim().to_owned()));
                }
            }
            if let Some((name, _)) = line.trim().strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                tests.insert(name.to_owned());
            }
            if let Some((name, _)) = line.trim().strip_prefix("async fn ").and_then(|rest| rest.split_once('(')) {
                tests.insert(name.to_owned());
            }
        }
    }
    let wrong: Vec<&String> = marked.iter().filter(|(_, name)| !tests.contains(name)).map(|(place, _)| place).collect();
    assert!(wrong.is_empty(), "these name no test that is there: {wrong:#?}");
    assert!(marked.len() >= INVARIANTS, "{} invariants are marked, there were {INVARIANTS}", marked.len());
}

/// `#[ignore = "why: who"]`: who is a script that runs what `cargo test` leaves out, or a test in the same file that does.
#[test]
fn every_test_that_is_left_out_names_who_runs_it() {
    let (mut wrong, mut long) = (Vec::new(), 0);
    let folders = ["generator", "model", "devops-client", "tests"];
    for file in folders.iter().flat_map(|folder| sources(&root().join(folder), folder)) {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("#[ignore")) {
            let reason = line.trim().strip_prefix("#[ignore = \"").and_then(|rest| rest.strip_suffix("\"]"));
            let who = reason.and_then(|reason| reason.split_once(": ")).map_or("", |(_, who)| who);
            let script = std::fs::read_to_string(root().join(who)).unwrap_or_default();
            let runs = who.ends_with(".sh") && (script.contains("--ignored") || script.contains("--include-ignored"));
            let called = !who.is_empty() && file.text.contains(&format!("fn {who}("));
            if !runs && !called {
                wrong.push(format!("{}:{}: {}", file.path, at + 1, line.trim()));
            }
            long += usize::from(who == "tests/conformance/long-tests.sh");
        }
    }
    assert!(wrong.is_empty(), "nobody runs these, as far as they say: {wrong:#?}");
    assert!(long > 0, "`tests/conformance/long-tests.sh` has nothing to run");
}

/// Looking for examples in the documents of a crate takes seconds with each `cargo test`: those that have none say so.
#[test]
fn crates_whose_examples_are_not_run_have_none() {
    let folders = CRATES.map(|(_, folder)| folder).into_iter().chain(["devops-client/report-pages/src", "tests/src"]);
    let mut quiet = 0;
    for folder in folders {
        let own = root().join(folder).parent().expect("a crate's folder").to_owned();
        let read = |name: &str| std::fs::read_to_string(own.join(name)).unwrap_or_default();
        if !read("Cargo.toml").contains("\ndoctest = false\n") {
            continue;
        }
        quiet += 1;
        let files = sources(&root().join(folder), folder);
        let shows = |line: &str| ["/// ```", "//! ```"].iter().any(|fence| line.trim_start().starts_with(fence));
        let wrong: Vec<&str> =
            files.iter().filter(|file| file.text.lines().any(shows)).map(|file| file.path.as_str()).collect();
        assert!(wrong.is_empty(), "{folder}: {wrong:?} show code, and `doctest = false` keeps it from being run");
        let readme =
            files.iter().any(|file| file.module.is_empty() && file.text.contains("include_str!(\"../README.md\")"));
        assert!(!readme || !read("README.md").contains("\n```"), "{folder}: the README shows code that is not run");
    }
    assert!(quiet > 0);
}
