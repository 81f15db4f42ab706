//! Environments of Azure Pipelines.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use crate::project::environment;
use crate::remote::desired::{Wanted, project_key};
use crate::remote::resource::{Fields, Kind, Resource};

const DESCRIPTION: &str = "description";

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its description, without the mark.
    pub description: String,
}

impl Typed for Environment {
    fn to_fields(&self) -> Fields {
        fields([(DESCRIPTION, self.description.to_value())])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self { description: get(fields, DESCRIPTION)? })
    }
}

/// The environments as resources, each name once.
pub(crate) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    distinct(wanted).map(|environment| one(wanted, environment)).collect()
}

/// The environments of the spec; of those that share one in Azure DevOps the first.
pub(crate) fn distinct<'a>(wanted: &Wanted<'a>) -> impl Iterator<Item = &'a environment::Environment> {
    let all = &wanted.project.environments;
    let name = |environment: &environment::Environment| environment.devops_environment.as_str().to_lowercase();
    let first = move |index: usize| all[..index].iter().all(|other| name(other) != name(&all[index]));
    all.iter().enumerate().filter(move |(index, _)| first(*index)).map(|(_, environment)| environment)
}

fn one(wanted: &Wanted<'_>, environment: &environment::Environment) -> Resource {
    let description = format!("Where {} answers: {}", wanted.project.name, environment.name);
    Resource::new(Kind::Environment, environment.devops_environment.as_str())
        .with(&Environment { description }.to_fields())
        .needs(project_key(wanted.project))
}
