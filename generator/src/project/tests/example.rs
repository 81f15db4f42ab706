#![allow(clippy::disallowed_methods)] // the cases are on disk

use super::*;

#[test]
fn the_worked_example_is_a_project() {
    let project = good(include_str!("../../../../out/mlops.yaml"));
    assert_eq!(project.environments.len(), 2);
    assert_eq!(project.data.features().count(), 10);
}

#[test]
fn nine_lines_are_a_project() {
    let project = good(SMALL);
    assert_eq!(project.environments[1].name.as_str(), "production");
    assert_eq!(project.scoring.contract.request, [[0.0, 0.0].map(crate::project::data::Cell::Number)]);
}

/// Every spec under `tests/cases/`, by name.
pub(super) fn cases() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases");
    let mut cases: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the cases are there")
        .map(|entry| entry.expect("a case can be listed").path())
        .filter(|path| path.join("mlops.yaml").exists())
        .map(|path| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            (name, std::fs::read_to_string(path.join("mlops.yaml")).expect("a case can be read"))
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_case_is_a_project() {
    let cases = cases();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let wrong: String = cases
        .iter()
        .filter_map(|(name, text)| load(name, text).err())
        .map(|report| report.render(Style::Plain))
        .collect();
    assert_eq!(wrong, "");
}
