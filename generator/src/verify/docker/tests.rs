use super::{parse, verify};
use crate::artifacts::sample::{broken, full, project, tree};
use crate::project::Project;

/// Asserts that a rendered file with `old` replaced is refused with `message`.
fn refused(project: &Project, path: &str, old: &str, new: &str, message: &str) {
    let tree = broken(&tree(project), path, old, new);
    let found: Vec<String> = verify(&tree, project).into_iter().map(|finding| finding.message).collect();
    assert!(found.iter().any(|found| found.contains(message)), "{found:?} does not say {message:?}");
}

const SCORING: &str = "docker/scoring/Dockerfile";
const TRAINING: &str = "docker/training/Dockerfile";

#[test]
fn what_is_rendered_passes() {
    for project in [project(), full()] {
        assert_eq!(verify(&tree(&project), &project), []);
    }
}

#[test]
fn continued_lines_are_one_instruction_with_the_line_it_starts_on() {
    let parsed = parse("# a comment\nFROM a:1 AS b\n\nRUN one \\\n  # between\n  && two\nuser 5\n");
    let read: Vec<(usize, &str, &str)> = parsed.iter().map(|i| (i.line, i.name.as_str(), i.rest.as_str())).collect();
    assert_eq!(read, [(2, "FROM", "a:1 AS b"), (4, "RUN", "one && two"), (7, "USER", "5")]);
}

#[test]
fn an_image_without_a_version_is_refused() {
    let image = "rust:1.95.0-slim-bookworm";
    refused(&project(), SCORING, image, "rust", "has no tag");
    refused(&project(), SCORING, image, "rust:latest", "is another image tomorrow");
    refused(&project(), SCORING, image, "rust:slim", "names no version");
}

#[test]
fn a_container_of_root_is_refused() {
    refused(&project(), SCORING, "USER 65532:65532\n", "", "the container would run as root");
    refused(&full(), SCORING, "USER 65532:65532", "USER root", "the container runs as `root`");
    refused(&full(), SCORING, "USER 65532:65532", "USER 0:0", "the container runs as `0:0`");
    refused(&full(), TRAINING, "USER root\n", "", "the container would run as root");
}

#[test]
fn a_user_of_an_earlier_stage_does_not_count() {
    let old = "USER 65532:65532\n";
    let tree = broken(&tree(&project()), SCORING, old, "");
    let tree = broken(&tree, SCORING, "WORKDIR /src\n", "WORKDIR /src\nUSER 65532:65532\n");
    let found = verify(&tree, &project());
    assert!(found.iter().any(|finding| finding.message.contains("no USER")), "{found:?}");
}

#[test]
fn a_missing_health_check_is_refused() {
    refused(&full(), TRAINING, "HEALTHCHECK NONE\n", "", "has no HEALTHCHECK");
}

#[test]
fn a_shell_form_is_refused() {
    let old = r#"ENTRYPOINT ["/usr/local/bin/score"]"#;
    refused(&project(), SCORING, old, "ENTRYPOINT /usr/local/bin/score", "as a list of words");
}

#[test]
fn a_stage_that_is_not_there_is_refused() {
    refused(&project(), SCORING, "--from=build", "--from=builder", "no stage before has that name");
}

#[test]
fn a_source_that_is_not_in_the_repository_is_refused() {
    refused(&full(), SCORING, "COPY src src", "COPY source src", "there is no `source`");
    refused(&full(), TRAINING, "data/data-contract.json", "data/contract.json", "there is no `data/contract.json`");
}

#[test]
fn an_unknown_instruction_is_refused() {
    refused(&project(), SCORING, "EXPOSE 8080", "EXPOS 8080", "`EXPOS` is no instruction");
}
