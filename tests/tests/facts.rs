//! The table of what services do beyond their schemas: every fact has a row, and every row tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use system_tests::root;

/// Facts that stand in the table.
const FACTS: usize = 32;

/// Names of the tests in a file: functions below `#[test]` or `#[tokio::test]`, and Python's `test_…`.
fn tests_of(text: &str, names: &mut BTreeSet<String>) {
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let (true, Some(rest)) = (marked, function) {
            names.insert(rest.split('(').next().unwrap_or_default().to_owned());
            marked = false;
        }
    }
}

fn walk(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "out", ".git"].contains(&name.as_str()) {
                walk(&path, names);
            }
        } else if name.ends_with(".rs") {
            tests_of(&std::fs::read_to_string(&path).unwrap(), names);
        }
    }
}

#[test]
fn every_fact_has_a_row_and_every_row_names_tests_that_exist() {
    let readme = std::fs::read_to_string(root().join("templates/README.md")).unwrap();
    let mut known = BTreeSet::new();
    walk(&root(), &mut known);
    let rows = readme.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let number: usize = cells.first()?.parse().ok()?;
        Some((number, cells))
    });
    let mut seen = Vec::new();
    for (number, cells) in rows {
        assert_eq!(cells.len(), 4, "fact {number}: {cells:?}");
        let tests: Vec<&str> = cells[3].split(", ").map(|test| test.trim_matches('`')).collect();
        for test in tests {
            assert!(known.contains(test), "fact {number}: there is no test `{test}`");
        }
        assert!(cells[1..3].iter().all(|cell| cell.len() > 10), "fact {number} is empty");
        seen.push(number);
    }
    assert_eq!(seen, (1..=FACTS).collect::<Vec<_>>());
}
