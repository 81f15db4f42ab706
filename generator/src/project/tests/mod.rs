//! Specs in, projects or diagnostics out: the tests of `load`.

mod example;

use super::Project;
use super::load::load;
use crate::spec::report::{Report, Style};

/// The smallest useful spec.
pub(crate) const SMALL: &str = "\
version: 1
project: {name: churn}
azure: {location: westeurope}
devops: {organization: contoso, project: ml}
data: {path: data/churn.csv, target: y, columns: [a, b, y]}
model: {runtime: python}
environments:
  - {name: qa, target: container-instances}
  - {name: production, target: kubernetes}
";

fn good(text: &str) -> Project {
    load("mlops.yaml", text).unwrap_or_else(|report| panic!("{}", report.render(Style::Plain)))
}

fn bad(text: &str) -> Report {
    load("mlops.yaml", text).expect_err("the spec is wrong")
}
