//! `init --data`: what is seen of files as people have them, the specs that are written, and projects that hold together.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test looks at the disk

mod asked;
mod held;
mod made;
mod refused;
mod table;
mod whole;

use std::path::Path;

use mlops_gen::data::infer::{Inferred, Look};
use mlops_gen::data::{report, target};
use mlops_gen::edge::own_data::{self as edge, Placed};
use mlops_gen::example::Answers;
use tempfile::TempDir;

fn answers(runtime: &'static str) -> Answers {
    Answers {
        name: "demo".to_owned(),
        runtime,
        organization: "contoso".to_owned(),
        devops_project: "ml".to_owned(),
        location: "westeurope".to_owned(),
        mail: "team@example.com".to_owned(),
        budget_start: "2026-12-01".to_owned(),
        place: None,
    }
}

/// What is inferred of a file or folder.
fn inferred(path: &Path, wanted: &str) -> Result<(Inferred, edge::Source), String> {
    let found = edge::read(path).map_err(|error| error.to_string())?;
    let look = Look::of(found.facts);
    let place = target::named(look.columns(), wanted)?;
    Ok((look.with_target(place)?, found.source))
}

/// The spec of a file, and everything that is said of it.
fn spec(root: &Path, path: &Path, wanted: &str, runtime: &'static str) -> (String, String, Placed) {
    let (inferred, source) = inferred(path, wanted).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let placed = edge::place(root, &source, &inferred).unwrap();
    let file = path.file_name().unwrap().to_string_lossy();
    let text = mlops_gen::own_data::spec_text(&answers(runtime), &inferred, &placed.path, &file).unwrap();
    let mut said = report::lines(&inferred, &file);
    said.extend(report::rewritten(&inferred, &placed.path));
    (text, said.join("\n"), placed)
}

#[test]
fn files_as_people_have_them_become_specs_that_hold() {
    let cases = table::cases();
    assert!(cases.len() >= 20, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(case.file);
        std::fs::write(&path, &case.bytes).unwrap();
        let (text, said, placed) = spec(&folder.path().join("project"), &path, case.target, "python");
        let lost = |what: &str, whole: &str, pieces: &[&str]| -> Vec<String> {
            pieces
                .iter()
                .filter(|p| !whole.contains(**p))
                .map(|p| format!("{}: {what} lacks {p:?}", case.file))
                .collect()
        };
        let mut missing = lost("the spec", &text, case.spec);
        missing.extend(lost("what is said", &said, case.said));
        if let Err(report) = mlops_gen::load(case.file, &text) {
            missing.push(format!("{}: {}", case.file, serde_json::to_string(&report.to_json()).unwrap()));
        }
        if text.lines().any(|line| line.chars().count() > 120) {
            missing.push(format!("{}: a line is longer than 120", case.file));
        }
        if !folder.path().join("project").join(&placed.path).exists() {
            missing.push(format!("{}: no {}", case.file, placed.path));
        }
        // What was put into the project is seen as it was before, and needs no other form.
        match inferred(&folder.path().join("project").join(&placed.path), case.target) {
            Ok((again, _)) if again.rewrite.is_some() => {
                missing.push(format!(
                    "{}: the copy would be written anew: {:?}",
                    case.file,
                    again.rewrite.unwrap().reasons
                ));
            }
            Ok(_) => {}
            Err(why) => missing.push(format!("{}: the copy is not read: {why}", case.file)),
        }
        if !missing.is_empty() {
            wrong.push(format!("{}\n{text}\n{said}", missing.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
