//! Environments of Azure Pipelines.

use super::Wanted;
use crate::project::environment::Environment;
use crate::remote::resource::{Kind, Resource};

/// The environments as resources, each name once.
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    distinct(wanted).map(|environment| one(wanted, environment)).collect()
}

/// The environments of the spec; of those that share one in Azure DevOps the first.
pub(super) fn distinct<'a>(wanted: &Wanted<'a>) -> impl Iterator<Item = &'a Environment> {
    let all = &wanted.project.environments;
    let name = |environment: &Environment| environment.devops_environment.as_str().to_lowercase();
    let first = move |index: usize| all[..index].iter().all(|other| name(other) != name(&all[index]));
    all.iter().enumerate().filter(move |(index, _)| first(*index)).map(|(_, environment)| environment)
}

fn one(wanted: &Wanted<'_>, environment: &Environment) -> Resource {
    Resource::new(Kind::Environment, environment.devops_environment.as_str())
        .field("description", format!("Where {} answers: {}", wanted.project.name, environment.name))
        .needs(super::project_key(wanted.project))
}
