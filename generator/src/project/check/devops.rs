//! `devops:`

use super::derive::Names;
use super::issues::Issues;
use crate::project::devops::{Agent, BranchName, DevOps, Directory, PipelineFolder};
use crate::project::name::*;
use crate::project::text::Text;
use crate::spec::located::path::Path;
use crate::spec::{AgentImage, AgentSpec, SpecFile};

/// Where code and pipelines live.
pub(super) fn check(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Option<DevOps> {
    let devops = spec.devops.as_ref()?;
    let at = Path::root().key("devops");
    let organization =
        issues.parse_some(&at.key("organization"), devops.organization.as_deref(), OrganizationName::parse);
    let project = issues.parse_some(&at.key("project"), devops.project.as_deref(), DevOpsProjectName::parse);
    let repository = devops.repository.as_ref().unwrap_or(&names.project);
    let repository = issues.parse(&at.key("repository"), repository, DevOpsName::parse);
    let directory = devops.directory.as_deref().unwrap_or_default();
    let directory = issues.parse(&at.key("directory"), directory, Directory::parse);
    let branch = issues.parse(&at.key("branch"), &devops.branch, BranchName::parse);
    let folder = devops.folder.as_ref().unwrap_or(&names.project);
    let folder = issues.parse(&at.key("folder"), folder, PipelineFolder::parse);
    let agent = agent(&devops.agent, &at.key("agent"), issues);
    Some(DevOps {
        organization: organization?,
        project: project?,
        repository: repository?,
        directory: directory?,
        branch: branch?,
        folder: folder?,
        agent: agent?,
    })
}

fn agent(agent: &AgentSpec, at: &Path, issues: &mut Issues) -> Option<Agent> {
    match (&agent.image, &agent.pool) {
        (Some(_), Some(_)) => {
            issues
                .add(&at.key("pool"), "an agent has an `image` of Microsoft's or a `pool` of yours, not both")
                .on_key()
                .help("take one of the two away");
            None
        }
        (image, None) => {
            if !agent.demands.is_empty() {
                issues
                    .add(&at.key("demands"), "demands are for the agents of a `pool`; Microsoft's all have the same")
                    .on_key();
                return None;
            }
            Some(Agent::Hosted { image: image.unwrap_or(AgentImage::Ubuntu2404).as_str().to_owned() })
        }
        (None, Some(pool)) => {
            let name = issues.parse(&at.key("pool"), pool, DevOpsName::parse);
            let at = at.key("demands");
            let demands: Vec<Option<Text>> =
                agent.demands.iter().enumerate().map(|(i, d)| issues.parse(&at.index(i), d, demand)).collect();
            Some(Agent::Pool { name: name?, demands: demands.into_iter().collect::<Option<_>>()? })
        }
    }
}

/// `name` or `name -equals value` (Microsoft Learn, "Pipeline demands").
fn demand(text: &str) -> Result<Text, String> {
    let good = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && !name.starts_with('-')
    };
    let fits = match text.split_once(" -equals ") {
        Some((name, value)) => good(name) && !value.trim().is_empty(),
        None => good(text),
    };
    if fits { Text::parse(text) } else { Err("a demand has the form `docker` or `Agent.OS -equals Linux`".to_owned()) }
}
