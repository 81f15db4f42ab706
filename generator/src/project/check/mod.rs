//! From a spec to a [`Project`]: every value is parsed into the type that cannot hold a bad one, and what must hold
//! between values is checked. Nothing stops at the first mistake.

mod addresses;
mod azure;
mod batch;
mod canary;
mod claims;
mod column;
mod combinations;
mod data;
mod derive;
mod devops;
mod distributed;
mod environment;
mod issue;
mod issues;
mod metric;
mod model;
mod monitoring;
mod network;
mod outcomes;
mod parameters;
mod pins;
mod reserved;
mod scoring;
mod scoring_contract;
mod serving;
mod tags;
mod training;
mod usage;
mod variables;

/// Whether a project may have a name that is well formed: it becomes a folder, a package, and part of addresses.
///
/// # Errors
/// Why not, in words.
pub fn may_be_called(name: &str) -> Result<(), String> {
    reserved::project(name)
}

pub use issue::Issue;

use issues::Issues;

use super::Project;
use super::name::ProjectName;
use super::rules;
use super::text::Text;
use crate::spec::SpecFile;
use crate::spec::located::path::Path;
use derive::Names;

/// Checks `spec`, which fits the schema except that required parts may be absent.
///
/// # Errors
/// Every mistake. The list is empty when parts are absent and the rest is right: who found them absent reports them.
pub fn check(spec: &SpecFile) -> Result<Project, Vec<Issue>> {
    let mut issues = Issues::default();
    issues.rules(rules::judge(spec));
    let project = sections(spec, &mut issues);
    let found = issues.finish();
    match project {
        Some(project) if found.is_empty() => Ok(project),
        _ => Err(found),
    }
}

fn sections(spec: &SpecFile, issues: &mut Issues) -> Option<Project> {
    let root = Path::root();
    let names = Names::new(spec);

    let project = spec.project.as_ref();
    let at = root.key("project");
    let name = project.and_then(|p| {
        let name = issues.parse_some(&at.key("name"), p.name.as_deref(), ProjectName::parse)?;
        issues.accept(&at.key("name"), reserved::project(name.as_str())).then_some(name)
    });
    let description = match project.and_then(|p| p.description.as_deref()) {
        Some(text) => issues.parse(&at.key("description"), text, Text::parse),
        None => name.as_ref().and_then(|n| Text::parse(&format!("Training and scoring of {n}")).ok()),
    };
    let tags = project.map_or(Some(Default::default()), |p| tags::azure(&p.tags, &at.key("tags"), issues));

    let platform = azure::platform(spec, &names, issues);
    let devops = devops::check(spec, &names, issues);
    let data = data::check(spec, &names, issues);
    let model = model::check(spec, data.as_ref(), &names, issues);
    let training = training::check(spec, &names, issues);
    let scoring = scoring::check(spec, data.as_ref(), issues);
    let environments = environment::check(spec, &names, platform.as_ref(), issues);
    let batch = spec.batch.as_ref().map(|b| batch::check(b, training.as_ref(), &names, issues));
    let of_platform = platform.iter().map(|platform| &platform.place);
    let places: Vec<&super::azure::Place> =
        of_platform.chain(environments.iter().flatten().map(|e| &e.place)).collect();
    let variable_groups = variables::check(spec, &names, &places, issues);
    let network = network::check(spec, issues);
    let monitoring = monitoring::check(spec, data.as_ref(), model.as_ref(), issues);
    let usage = usage::check(spec, issues);
    let pins = pins::check(spec, issues);
    combinations::check(spec, issues);
    if let (Some(data), Some(model)) = (&data, &model) {
        distributed::check(spec, data, model, issues);
    }

    Some(Project {
        name: name?,
        description: description?,
        tags: tags?,
        platform: platform?,
        devops: devops?,
        data: data?,
        model: model?,
        training: training?,
        scoring: scoring?,
        environments: environments?,
        batch: match batch {
            None => None,
            Some(batch) => Some(batch?),
        },
        variable_groups: variable_groups?,
        network: network?,
        monitoring: monitoring?,
        usage: usage?,
        pins: pins?,
    })
}
