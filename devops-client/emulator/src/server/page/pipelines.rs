//! Pipelines: what each runs, how its last run went, the graph of its stages.

use report_pages::{Html, run as shown, state};

use super::frame::ROOT;
use super::{run, runs, words};
use crate::core::Organization;
use crate::state::runs::{Build, Definition};

pub(super) fn all(organization: &Organization) -> Html {
    let mut body = Html::default();
    body.heading(1, "Pipelines");
    if organization.definitions.is_empty() {
        body.paragraph("There is no pipeline yet: `mlops-gen apply` makes those of a project.");
        return body;
    }
    let rows = organization.definitions.values().map(|definition| {
        let own = own(organization, definition);
        let last = own.first().map_or_else(
            || Html::of("never ran"),
            |build| {
                let (mood, word) = words::of_run(build);
                let mut html = Html::linked(&format!("{ROOT}/runs/{}", build.id), &build.number);
                html.text(" ");
                html.put(&state(mood, &word));
                html
            },
        );
        vec![
            Html::linked(&format!("{ROOT}/pipelines/{}", definition.id), definition.name()),
            Html::code(&definition.yaml_path()),
            last,
            Html::of(&own.len().to_string()),
        ]
    });
    body.table("Pipelines", &["Pipeline", "File", "Last run", "Runs"], rows);
    body
}

pub(super) fn one(organization: &Organization, definition: &Definition) -> Html {
    let mut body = Html::default();
    body.heading(1, definition.name());
    let folder = definition.path();
    body.facts(&[("File", Html::code(&definition.yaml_path())), ("Folder", Html::code(folder))]);
    let own = own(organization, definition);
    let Some(last) = own.first() else {
        body.paragraph("It never ran.");
        return body;
    };
    body.heading(2, "Stages, as they last ran");
    // the parts themselves are on the run's page
    let mut stages = run::stages(organization, last);
    for stage in &mut stages {
        stage.parts.clear();
    }
    body.put(&shown::stage_graph(&stages, &format!("{ROOT}/runs/{}", last.id)));
    body.heading(2, "Runs");
    let heads: Vec<&str> = runs::HEADS.into_iter().filter(|head| *head != "Pipeline").collect();
    body.table(
        "Runs, the newest first",
        &heads,
        own.iter().take(100).map(|build| runs::row(organization, build, false)),
    );
    body
}

/// The runs of a pipeline, the newest first.
fn own<'a>(organization: &'a Organization, definition: &Definition) -> Vec<&'a Build> {
    organization.builds.values().rev().filter(|build| build.definition == definition.id).collect()
}
