//! Agent pool, hosted image, parallelism.

use super::Finding;
use crate::artifacts::pipelines::tasks::{AS_OF, agent_image};
use crate::project::devops::Agent;

const CHECK: &str = "agents";

/// Name of the pool of hosted agents.
pub const HOSTED: &str = "Azure Pipelines";

/// The pool that jobs run on: there, and of a current image. `queues` are the names of the project's agent queues.
/// `demands` is what an agent of the team's own must have.
pub fn pool(agent: &Agent, project: &str, queues: &[String], demands: &[String]) -> Vec<Finding> {
    let has = |name: &str| queues.iter().any(|queue| queue.eq_ignore_ascii_case(name));
    match agent {
        Agent::Hosted { image } => {
            let mut found = vec![hosted_image(image)];
            if !has(HOSTED) {
                let says =
                    format!("the project {project} has no agent queue `{HOSTED}`, so hosted agents cannot be used");
                let remedy = "add the pool to the project (Project settings, Agent pools), or name your own as `devops.agent.pool`";
                found.push(Finding::blocks(CHECK, says, remedy));
            }
            found
        }
        Agent::Pool { name, .. } if has(name.as_str()) => {
            let says = format!("the project {project} has the agent pool {name}");
            let what = demands.join(", ");
            let all = if demands.is_empty() { says } else { format!("{says}; its agents must have: {what}") };
            vec![Finding::good(CHECK, all)]
        }
        Agent::Pool { name, .. } => {
            let says = format!("the project {project} has no agent pool {name}");
            let remedy = "add the pool to the project (Project settings, Agent pools), or correct `devops.agent.pool`";
            vec![Finding::blocks(CHECK, says, remedy)]
        }
    }
}

/// Whether any agent of a pool can take the jobs: `seen` is each that is ready, with the capabilities that it lacks.
pub fn capabilities(pool: &str, seen: &[(String, Vec<String>)]) -> Finding {
    if seen.is_empty() {
        let says = format!("the pool {pool} has no agent that is online");
        return Finding::note(CHECK, says, "start one, or ask whoever owns the pool: runs wait until there is one");
    }
    let able = seen.iter().filter(|(_, lacks)| lacks.is_empty()).count();
    if able > 0 {
        return Finding::good(CHECK, format!("{able} of {} agents of {pool} have what the jobs demand", seen.len()));
    }
    let lacks = |(name, lacks): &(String, Vec<String>)| format!("{name} lacks {}", lacks.join(", "));
    Finding::blocks(
        CHECK,
        format!(
            "no agent of {pool} has what the jobs demand: {}",
            seen.iter().map(lacks).collect::<Vec<_>>().join("; ")
        ),
        "install the programs, and add those that an agent does not find by itself to its capabilities (organization \
         settings, agent pools, the agent, capabilities)",
    )
}

fn hosted_image(image: &str) -> Finding {
    match agent_image(image) {
        None => Finding::blocks(
            CHECK,
            format!("hosted agents have no Linux image `{image}`"),
            "set `devops.agent.image` to ubuntu-24.04",
        ),
        Some(known) if known.ends.is_some_and(|month| month <= AS_OF) => Finding::blocks(
            CHECK,
            format!("the image `{image}` of hosted agents is retired"),
            "set `devops.agent.image` to ubuntu-24.04",
        ),
        Some(_) => Finding::good(CHECK, format!("the image {image} of hosted agents is current")),
    }
}

/// Whether hosted agents may run anything: a new organization has no parallelism until it is granted or bought. It can be
/// told from runs alone: `ran` says whether any run of the project ever got an agent, `None` that there was no run.
pub fn parallelism(agent: &Agent, organization: &str, ran: Option<bool>) -> Option<Finding> {
    if matches!(agent, Agent::Pool { .. }) {
        return None;
    }
    let remedy = format!(
        "see https://dev.azure.com/{organization}/_settings/buildqueue; where it shows no parallel job, buy one or ask for \
         the free grant at https://aka.ms/azpipelines-parallelism-request, or use your own pool (`devops.agent.pool`)"
    );
    Some(match ran {
        Some(true) => Finding::good(CHECK, format!("hosted agents have run jobs in {organization}")),
        Some(false) => Finding::note(
            CHECK,
            format!("no run in this project of {organization} has ever got a hosted agent"),
            remedy,
        ),
        None => Finding::note(
            CHECK,
            format!("whether {organization} has hosted parallelism shows with the first run"),
            remedy,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::name::DevOpsName;
    use crate::remote::doctor::Level;

    #[test]
    fn a_pool_must_be_in_the_project_and_an_image_current() {
        let hosted = |image: &str| Agent::Hosted { image: image.to_owned() };
        let own = Agent::Pool { name: DevOpsName::parse("build agents").unwrap(), demands: Vec::new() };
        let queues = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let worst = |agent: &Agent, names: &[&str]| {
            pool(agent, "p", &queues(names), &[]).into_iter().map(|finding| finding.level).max().unwrap()
        };
        assert_eq!(worst(&hosted("ubuntu-24.04"), &["azure pipelines"]), Level::Good);
        assert_eq!(worst(&hosted("ubuntu-24.04"), &["Default"]), Level::Blocks);
        assert_eq!(worst(&hosted("ubuntu-18.04"), &[HOSTED]), Level::Blocks);
        assert_eq!(worst(&hosted("plan9"), &[HOSTED]), Level::Blocks);
        assert_eq!(worst(&own, &["Build Agents"]), Level::Good);
        assert_eq!(worst(&own, &[HOSTED]), Level::Blocks);
        let agent = |lacks: &[&str]| ("a".to_owned(), lacks.iter().map(|lack| (*lack).to_owned()).collect::<Vec<_>>());
        assert_eq!(capabilities("p", &[]).level, Level::Note);
        assert_eq!(capabilities("p", &[agent(&["jq"]), agent(&[])]).level, Level::Good);
        assert!(capabilities("p", &[agent(&["az", "jq"])]).says.ends_with("a lacks az, jq"));
        assert_eq!(parallelism(&own, "o", None), None);
        assert_eq!(parallelism(&hosted("ubuntu-24.04"), "o", Some(true)).unwrap().level, Level::Good);
        assert_eq!(parallelism(&hosted("ubuntu-24.04"), "o", None).unwrap().level, Level::Note);
    }
}
