//! What `doctor` reads of Azure DevOps.

use devops_client::api::builds::BuildFilter;
use devops_client::api::security::Evaluation;
use devops_client::{Error, ProjectId};

use super::Patient;
use crate::artifacts::pipelines::agents::demands;
use crate::project::devops::Agent;
use crate::remote::doctor::permissions::RIGHTS;
use crate::remote::doctor::{Finding, agents, credentials, permissions, tasks};

/// Most runs that are looked at for one that got an agent.
const RUNS: u32 = 20;

pub(super) async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let organization = patient.client.organization();
    let said = |error: &Error| (error.to_string(), error.next_step());
    let who = patient.client.security().connection_data().await;
    let who = who.map(|data| data.authenticated_user.map(|user| user.display_name().to_owned()));
    let lost = who.is_err();
    let mut found = vec![credentials::devops(organization, patient.credential, who.map_err(|error| said(&error)))];
    if lost {
        return found;
    }
    let project = patient.project.devops.project.as_str();
    match patient.client.projects().find(project).await {
        Ok(Some(there)) => {
            let (one, two) = futures::future::join(in_project(patient, &there.id), tasks_of(patient)).await;
            found.extend(one.into_iter().chain(two));
        }
        Ok(None) => {
            found.push(Finding::note(
                "permissions",
                format!("{organization} has no project {project} yet: `apply` makes it, if you may make projects"),
                "have somebody of the group Project Collection Administrators make it, or give you Create new projects",
            ));
            found.extend(tasks_of(patient).await);
        }
        Err(error) => {
            let (why, next) = said(&error);
            found.push(Finding::blocks("permissions", format!("the project {project} cannot be read: {why}"), next));
        }
    }
    found
}

async fn in_project(patient: &Patient<'_>, id: &ProjectId) -> Vec<Finding> {
    let name = patient.project.devops.project.as_str();
    let agent = &patient.project.devops.agent;
    let in_project = patient.client.project(name);
    let questions = RIGHTS.iter().map(|right| Evaluation {
        security_namespace_id: right.namespace.to_owned(),
        token: format!("{}{id}", right.token),
        permissions: right.bit,
        value: None,
    });
    let security = patient.client.security();
    let mut found = match security.evaluate(questions.collect()).await {
        Ok(answers) => {
            let answers: Vec<bool> = answers.iter().map(|answer| answer.value.unwrap_or(false)).collect();
            permissions::devops(name, &answers)
        }
        Err(_) => permissions::devops(name, &[]),
    };
    match in_project.queues().list().all().await {
        Ok(queues) => {
            let queues: Vec<String> = queues.into_iter().map(|queue| queue.name).collect();
            found.extend(agents::pool(agent, name, &queues, &demands(patient.project)));
            found.extend(capable(patient).await);
        }
        Err(error) => {
            found.push(Finding::note("agents", format!("the agent queues cannot be read: {error}"), error.next_step()));
        }
    }
    let runs = in_project.builds().list(&BuildFilter::new().top(RUNS)).all().await.unwrap_or_default();
    let ran = (!runs.is_empty()).then(|| runs.iter().any(|run| run.start_time.is_some()));
    found.extend(agents::parallelism(agent, patient.client.organization(), ran));
    found
}

/// Whether the agents of the team's own pool have what the pipelines demand.
async fn capable(patient: &Patient<'_>) -> Vec<Finding> {
    let Agent::Pool { name, .. } = &patient.project.devops.agent else { return Vec::new() };
    let pools = patient.client.pools();
    let agents = async {
        let Some(pool) = pools.find(name.as_str()).await? else { return Ok(None) };
        pools.agents(pool.id).all().await.map(Some)
    };
    match agents.await {
        // The queue is there, the pool behind it may not be seen by everybody.
        Ok(None) => Vec::new(),
        Ok(Some(agents)) => {
            let ready = agents.iter().filter(|agent| agent.is_ready());
            let demands = demands(patient.project);
            let lacks = |agent: &devops_client::api::queues::Agent| -> Vec<String> {
                // Demands with a value are the team's own, and of its own making.
                let named = demands.iter().filter(|demand| !demand.contains(' '));
                named.filter(|demand| !agent.has(demand)).cloned().collect()
            };
            let seen: Vec<(String, Vec<String>)> = ready.map(|agent| (agent.name.clone(), lacks(agent))).collect();
            vec![agents::capabilities(name.as_str(), &seen)]
        }
        Err(error) => {
            let says = format!("the agents of the pool {name} cannot be read: {error}");
            vec![Finding::note("agents", says, error.next_step())]
        }
    }
}

async fn tasks_of(patient: &Patient<'_>) -> Vec<Finding> {
    let installed = patient.client.yaml_schema().get(true).await.map(|schema| tasks::installed(&schema));
    tasks::check(patient.client.organization(), &tasks::used(patient.tree), &installed.unwrap_or_default())
}
