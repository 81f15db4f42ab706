//! Projects for the tests of artifacts and their verification.

use crate::project::Project;
use crate::render::{Overrides, Renderer};
use crate::tree::RenderedTree;

/// What both samples share: an environment with each target.
const COMMON: &str = r#"
version: 1
project: {name: diabetes, description: Predicts the progression of diabetes, tags: {team: data science}}
azure:
  tenant: 11111111-1111-1111-1111-111111111111
  subscription: 22222222-2222-2222-2222-222222222222
  location: westeurope
devops: {organization: contoso, project: mlops}
data: {path: data/diabetes.csv, target: target, columns: [age, {name: bmi, min: -0.2, max: 0.2}, target]}
environments:
  - {name: qa, target: container-instances}
  - {name: production, target: kubernetes}
  - {name: managed, target: managed-endpoint}
  - {name: attached, target: kubernetes-endpoint}
"#;

/// Rust, a fixed penalty, nothing that is optional.
const PLAIN: &str = r#"
model: {runtime: rust, parameters: {alpha: 0.4}, tags: {area: 'the "heart" {= x =}'}}
"#;

/// Python, and everything switched on that artifacts know of.
const FULL: &str = r#"
model: {runtime: python, parameters: {alpha: 0.4}}
training:
  instances: 4
  schedules: [{name: weekly, cron: "0 3 * * 1", runner: azure-ml}]
  onNewData: {container: arrivals, prefix: diabetes/}
  scoringLogs: {outcomesContainer: outcomes, environment: production}
scoring:
  node: {sku: Standard_NC4as_T4_v3, gpu: true}
  logging: {sample: 0.5}
batch:
  compute: {name: batch-nodes}
  instances: 2
  schedule: {name: nightly-scores, cron: "0 1 * * *"}
"#;

/// A plain project.
pub(crate) fn project() -> Project {
    load(&format!("{COMMON}{PLAIN}"))
}

/// A project with everything.
pub(crate) fn full() -> Project {
    // Container instances have no GPU.
    load(&format!("{COMMON}{FULL}").replace("  - {name: qa, target: container-instances}\n", ""))
}

/// The project of a spec that is right.
pub(crate) fn load(spec: &str) -> Project {
    crate::load("mlops.yaml", spec)
        .unwrap_or_else(|report| panic!("{}", report.render(crate::spec::report::Style::Plain)))
}

/// The rendered files of `project`.
pub(crate) fn tree(project: &Project) -> RenderedTree {
    let renderer = Renderer::new(&Overrides::new()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    renderer.render(&super::plan(project)).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The same tree with one piece of one file replaced, for checks that must refuse it.
pub(crate) fn broken(tree: &RenderedTree, path: &str, old: &str, new: &str) -> RenderedTree {
    let mut result = RenderedTree::default();
    let mut found = false;
    for (name, file) in tree.iter() {
        let mut file = file.clone();
        if name.as_str() == path {
            let text = file.text().expect("a rendered file is text").to_owned();
            found = text.contains(old);
            file.bytes = text.replace(old, new).into_bytes();
        }
        result.insert(name.clone(), file).expect("paths of a tree are different");
    }
    assert!(found, "{path} does not hold {old:?}");
    result
}
