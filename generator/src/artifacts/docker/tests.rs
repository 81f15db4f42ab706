use super::super::sample::{full, project, tree};
use crate::project::Project;
use crate::project::model::Runtime;

fn text(project: &Project, path: &str) -> String {
    tree(project).get(path).and_then(|file| file.text()).unwrap_or_else(|| panic!("there is no {path}")).to_owned()
}

#[test]
fn everything_that_an_image_copies_is_in_the_build_context() {
    for runtime in [Runtime::Rust, Runtime::Python] {
        let project = Project { model: crate::project::model::Model { runtime, ..full().model }, ..full() };
        let ignore = text(&project, ".dockerignore");
        let kept: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
        for image in ["docker/scoring/Dockerfile", "docker/training/Dockerfile"] {
            let dockerfile = text(&project, image);
            let copied =
                dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|c| !c.starts_with("--"));
            for source in copied.flat_map(|copy| copy.split(' ').rev().skip(1)).filter(|source| !source.contains('$')) {
                assert!(kept.contains(&source), "{image} copies {source}, and .dockerignore keeps {kept:?}");
            }
        }
    }
}

#[test]
fn azure_ml_uploads_the_dockerfile_and_the_contract_but_no_data() {
    let ignore = text(&project(), ".amlignore");
    for line in ["*", "!docker", "data/*", "!data/data-contract.json"] {
        assert!(ignore.lines().any(|found| found == line), "{line:?} is not in\n{ignore}");
    }
}

#[test]
fn the_training_image_holds_a_program_only_if_a_step_calls_it() {
    let mut all = full();
    all.model.runtime = Runtime::Rust;
    let (few, all) = (text(&project(), "docker/training/Dockerfile"), text(&all, "docker/training/Dockerfile"));
    for program in ["collect", "score"] {
        assert!(!few.contains(&format!("--bin {program}")) && all.contains(&format!("--bin {program}")), "{program}");
    }
    assert!(!few.contains("curl") && all.contains("curl"));
}

#[test]
fn a_description_of_the_spec_is_one_word_of_the_label() {
    let mut project = project();
    project.description = crate::project::text::Text::parse(r#"costs $5 "net" \ `x`"#).expect("it is harmless");
    let label = text(&project, "docker/scoring/Dockerfile");
    assert!(label.contains(r#"org.opencontainers.image.description="costs \$5 \"net\" \\ `x`""#), "{label}");
}
