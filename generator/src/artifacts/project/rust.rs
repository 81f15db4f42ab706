//! The Rust workspace: the project's own crate beside the model library, whose source travels along.

use serde::Serialize;
use toml_edit::{DocumentMut, Item, Table};

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::{cargo_lock, model_source};
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::model::ParameterValue;

/// What the project's own crate depends on.
const DEPENDENCIES: [&str; 3] = ["model", "serde_json", "tempfile"];

/// What the templates of the project's own crate see.
#[derive(Serialize)]
struct View {
    /// Name of the crate.
    name: String,
    /// One line of description.
    description: String,
    /// Path of the data in the repository, if it is there.
    data_path: Option<String>,
    /// Whether classes are predicted.
    classifies: bool,
    /// The penalty, as an expression.
    penalty: Fragment,
    /// Name of the library, as code.
    module: Fragment,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let name = crate_name(project);
    let view = View {
        name: name.clone(),
        description: project.description.to_string(),
        data_path: match &project.data.source {
            DataSource::Repository(path) => Some(path.clone()),
            DataSource::Remote(_) => None,
        },
        classifies: project.model.task.classifies(),
        penalty: Fragment::new(penalty(project)),
        module: Fragment::new(name.replace('-', "_")),
    };
    let because = ["project.name", "project.description", "model", "data"];
    let template =
        |path: &str, language, template| Artifact::template(path, language, template, &view).seed().because(&because);
    let own = [
        Artifact::verbatim(
            "Cargo.toml",
            "the workspace's manifest",
            workspace(&["model", &name], &DEPENDENCIES).into_bytes(),
        )
        .seed(),
        Artifact::verbatim(
            "Cargo.lock",
            "project/rust/Cargo.lock",
            cargo_lock::for_project(&name, &DEPENDENCIES).into_bytes(),
        )
        .seed(),
        Artifact::verbatim(".rustfmt.toml", "the workspace's settings", model_source::RUSTFMT.as_bytes()).seed(),
        template(&format!("{name}/Cargo.toml"), Language::Toml, "project/rust/crate/Cargo.toml"),
        template(&format!("{name}/src/lib.rs"), Language::Rust, "project/rust/crate/src/lib.rs"),
        template(&format!("{name}/tests/project.rs"), Language::Rust, "project/rust/crate/tests/project.rs"),
    ];
    own.into_iter().chain(model_source::files().map(library)).collect()
}

/// A file of the model library.
fn library((path, bytes): (&str, &'static [u8])) -> Artifact {
    Artifact::verbatim(&format!("model/{path}"), format!("model/{path}"), bytes).seed().because(&["model.runtime"])
}

/// What builds the scoring server for a model that Python trained: the model library without what only its own tests need,
/// and the workspace around it.
pub(super) fn server() -> Vec<Artifact> {
    let because = ["scoring.serving"];
    let own = [
        Artifact::verbatim("Cargo.toml", "the workspace's manifest", workspace(&["model"], &[]).into_bytes()),
        Artifact::verbatim("Cargo.lock", "project/rust/Cargo.lock", cargo_lock::for_server().into_bytes()),
    ];
    let sources = model_source::files()
        .filter(|(path, _)| !["tests/", "data/", "examples/"].iter().any(|folder| path.starts_with(folder)))
        .map(library);
    own.into_iter().map(Artifact::seed).chain(sources).map(|file| file.because(&because)).collect()
}

/// The penalty, or the search for one, as an expression.
fn penalty(project: &Project) -> String {
    let number = |value: &ParameterValue| match value {
        ParameterValue::Integer(number) => format!("{number}.0"),
        ParameterValue::Number(number) => format!("{number:?}"),
        other => other.to_string(),
    };
    match project.model.search.as_ref().and_then(|search| Some((search, search.of_penalty()?))) {
        Some((search, penalties)) => {
            let alphas: Vec<String> = penalties.values.iter().map(number).collect();
            format!("Penalty::Search {{ alphas: vec![{}], folds: {} }}", alphas.join(", "), search.folds)
        }
        None => {
            let alpha = project.model.parameters.iter().find(|parameter| parameter.name.as_str() == "alpha");
            format!("Penalty::Alpha({})", alpha.map_or_else(|| "1.0".to_owned(), |alpha| number(&alpha.value)))
        }
    }
}

/// Name and folder of the project's own crate. The spec refuses names that mean something already.
pub fn crate_name(project: &Project) -> String {
    project.name.to_string()
}

/// The manifest of the project's workspace: members, and those versions and lints of ours that they use.
fn workspace(members: &[&str], dependencies_of_own: &[&'static str]) -> String {
    let ours: DocumentMut = model_source::WORKSPACE.parse().expect("our manifest is TOML");
    let model: DocumentMut = model_source::manifest().parse().expect("the model's manifest is TOML");
    let mut used: Vec<&str> = ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|kind| model.get(kind).and_then(Item::as_table))
        .flat_map(|table| table.iter().map(|(name, _)| name))
        .chain(dependencies_of_own.iter().copied())
        .filter(|name| *name != "model")
        .collect();
    used.sort_unstable();
    used.dedup();
    let mut document = DocumentMut::new();
    let mut workspace = Table::new();
    workspace["resolver"] = ours["workspace"]["resolver"].clone();
    workspace["members"] = toml_edit::value(members.iter().copied().collect::<toml_edit::Array>());
    for part in ["package", "lints"] {
        workspace[part] = plain(&ours["workspace"][part]);
    }
    let mut dependencies = Table::new();
    for name in used {
        dependencies[name] = plain(&ours["workspace"]["dependencies"][name]);
    }
    dependencies["model"] = toml_edit::value(toml_edit::InlineTable::from_iter([("path", "model")]));
    workspace["dependencies"] = Item::Table(dependencies);
    document["workspace"] = Item::Table(workspace);
    document["profile"] = plain(&ours["profile"]);
    if let Some(profiles) = document["profile"].as_table_like_mut() {
        // How this program is packed is no matter of the project's.
        profiles.remove("dist");
    }
    format!("{}\n", document.to_string().trim_end())
}

/// The same item, without the place and comments that it had in our manifest.
fn plain(item: &Item) -> Item {
    match item {
        Item::Table(table) => {
            let mut copy = Table::new();
            copy.set_implicit(table.iter().all(|(_, item)| item.is_table()));
            for (key, item) in table {
                copy[key] = plain(item);
            }
            Item::Table(copy)
        }
        Item::Value(value) => {
            let mut copy = value.clone();
            copy.decor_mut().clear();
            Item::Value(copy)
        }
        other => other.clone(),
    }
}
