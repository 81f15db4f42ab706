//! What the whole-system tests share: where the specs are, and how one becomes a tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use mlops_gen::compose::compose;
use mlops_gen::edge::project_dir;
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::spec::report::Style;

use mlops_gen::tree::RenderedTree;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace has a root").to_owned()
}

/// Every spec of the repository: the golden one and the cases, as name and path.
///
/// # Panics
/// If a folder cannot be read.
pub fn specs() -> Vec<(String, PathBuf)> {
    let cases = std::fs::read_dir(root().join("tests/cases")).expect("the cases are there");
    let mut specs: Vec<(String, PathBuf)> = cases
        .map(|entry| entry.expect("a case can be read"))
        .filter(|entry| entry.path().join("mlops.yaml").is_file())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().join("mlops.yaml")))
        .collect();
    specs.push(("out".to_owned(), root().join("out/mlops.yaml")));
    specs.sort();
    specs
}

/// Renders and proves a spec, with built-in templates only; once for all tests of a program.
///
/// # Panics
/// With every diagnostic, if the spec has mistakes or the render is refuted.
pub fn render(spec: &Path) -> Arc<RenderedTree> {
    let text = project_dir::read_spec(spec).unwrap_or_else(|error| panic!("{error}"));
    render_text(&spec.display().to_string(), &text)
}

/// Renders and proves the text of a spec; once for all tests of a program.
///
/// # Panics
/// With every diagnostic, if the spec has mistakes or the render is refuted.
pub fn render_text(name: &str, text: &str) -> Arc<RenderedTree> {
    type Once = Arc<OnceLock<Arc<RenderedTree>>>;
    static DONE: LazyLock<Mutex<BTreeMap<(String, String), Once>>> = LazyLock::new(Mutex::default);
    let key = (name.to_owned(), text.to_owned());
    let once = DONE.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
    once.get_or_init(|| Arc::new(render_anew(name, text))).clone()
}

fn render_anew(name: &str, text: &str) -> RenderedTree {
    let project = mlops_gen::load(name, text).unwrap_or_else(|report| panic!("{}", report.render(Style::Plain)));
    let renderer = Renderer::new(&Overrides::new()).unwrap_or_else(|errors| panic!("{errors:?}"));
    compose(&project, &renderer).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{name}:\n{}", lines.join("\n"))
    })
}

/// The project of a spec.
///
/// # Panics
/// With every diagnostic, if the spec has mistakes.
pub fn project(spec: &Path) -> mlops_gen::project::Project {
    let text = project_dir::read_spec(spec).unwrap_or_else(|error| panic!("{error}"));
    mlops_gen::load(&spec.display().to_string(), &text)
        .unwrap_or_else(|report| panic!("{}", report.render(Style::Plain)))
}
