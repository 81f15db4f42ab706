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
    assert_eq!(project.scoring.contract.request, [[0.0, 0.0]]);
}
