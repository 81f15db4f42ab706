//! The golden tree and the cases.

use std::collections::BTreeSet;
use std::path::Path;

use system_tests::{render, root, specs};

#[test]
fn the_golden_tree_is_what_its_spec_renders() {
    let out = root().join("out");
    let tree = render(&out.join("mlops.yaml"));
    let mut differing = Vec::new();
    for (path, file) in tree.iter() {
        if std::fs::read(out.join(path.as_str())).ok().as_deref() != Some(&file.bytes) {
            differing.push(path.to_string());
        }
    }
    assert!(
        differing.is_empty(),
        "out/ is stale, run `cargo run -p generator -- render --spec out/mlops.yaml`: {differing:?}"
    );
}

#[test]
fn the_golden_tree_has_no_file_that_its_spec_does_not_render() {
    let out = root().join("out");
    let tree = render(&out.join("mlops.yaml"));
    let mut known: BTreeSet<String> = tree.iter().map(|(path, _)| path.to_string()).collect();
    known.extend(["mlops.yaml".to_owned(), ".mlops-gen/lock.json".to_owned()]);
    let mut strangers = Vec::new();
    walk(&out, &out, &mut |path| {
        if !known.contains(&path) {
            strangers.push(path);
        }
    });
    assert!(strangers.is_empty(), "out/ holds files that its spec does not render: {strangers:?}");
}

fn walk(root: &Path, folder: &Path, visit: &mut impl FnMut(String)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, visit);
        } else {
            visit(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"));
        }
    }
}

#[test]
fn every_case_renders_and_is_proved() {
    let specs = specs();
    assert!(specs.len() >= 13, "at least 12 cases and the golden spec, found {}", specs.len());
    for (name, spec) in specs {
        assert!(render(&spec).len() > 20, "{name} renders hardly anything");
    }
}

#[test]
fn every_rendered_file_reads_as_if_written_with_care() {
    for (name, spec) in specs() {
        for (path, file) in render(&spec).iter() {
            // What travels along or is printed by a serializer has its own conventions.
            let own = !path.as_str().starts_with("model/")
                && !path.as_str().ends_with(".json")
                && !path.as_str().ends_with(".lock");
            let Some(text) = file.text().filter(|_| own && !path.as_str().ends_with(".csv")) else { continue };
            // An empty file, such as a package's `__init__.py`, has no line to end.
            let ends = text.is_empty() || text.ends_with('\n') && !text.ends_with("\n\n");
            assert!(ends, "{name}: {path} ends in one line break");
            for (number, line) in text.lines().enumerate() {
                let place = format!("{name}: {path}:{}", number + 1);
                // Resource ids cannot be broken, and two cases have texts and names that no line can hold.
                let longest = line.split_whitespace().map(str::len).max().unwrap_or(0);
                let fits =
                    line.chars().count() <= 120 || longest > 90 || ["awkward-text", "pinned"].contains(&name.as_str());
                assert!(fits, "{place} is longer than 120 columns: {line}");
                assert!(line == line.trim_end(), "{place} ends in white space");
            }
            // Python separates functions by two empty lines.
            let gap = if path.as_str().ends_with(".py") { "\n\n\n\n" } else { "\n\n\n" };
            assert!(!text.contains(gap), "{name}: {path} has empty lines in a row");
        }
    }
}
