//! Agent pools and the queues through which a project uses them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, number, text, wildcard};
use crate::core::locations::{AGENTS, POOLS, QUEUES};
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::resources::{HOSTED, Pool, Queue};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/distributedtask/queues", &QUEUES, list),
    Route::post("{project}/_apis/distributedtask/queues", &QUEUES, create),
    Route::get("{project}/_apis/distributedtask/queues/{queueId}", &QUEUES, get),
    Route::delete("{project}/_apis/distributedtask/queues/{queueId}", &QUEUES, delete),
    Route::get("_apis/distributedtask/pools", &POOLS, list_pools),
    Route::get("_apis/distributedtask/pools/{poolId}", &POOLS, get_pool),
    Route::get("_apis/distributedtask/pools/{poolId}/agents", &AGENTS, list_agents),
];

/// Gives an organization a pool of its own agents, and each of its projects a queue for it, unless they are there.
pub fn add_pool(organization: &mut Organization, name: &str) {
    let known = organization.pools.values().find(|pool| crate::core::json::same(&pool.name, name)).map(|pool| pool.id);
    let pool = known.unwrap_or_else(|| {
        let id = organization.next("pool");
        organization.pools.insert(id, Pool { id, name: name.to_owned(), hosted: false, agents: Vec::new() });
        id
    });
    for project in organization.projects.keys().copied().collect::<Vec<_>>() {
        if !organization.queues.values().any(|queue| queue.project == project && queue.pool == pool) {
            let id = organization.next("queue");
            organization.queues.insert(id, Queue { id, project, pool, name: name.to_owned() });
        }
    }
}

/// Gives a new project a queue for each pool.
pub fn seed_queues(organization: &mut Organization, project: Uuid) {
    for pool in organization.pools.values().cloned().collect::<Vec<_>>() {
        let id = organization.next("queue");
        organization.queues.insert(id, Queue { id, project, pool: pool.id, name: pool.name });
    }
}

impl Queue {
    /// The queue with its pool.
    pub fn to_json(&self, organization: &Organization) -> Value {
        let pool = organization.pools.get(&self.pool);
        json!({
            "id": self.id,
            "name": self.name,
            "projectId": self.project,
            "pool": pool.map(|pool| json!({
                "id": pool.id, "name": pool.name, "isHosted": pool.hosted, "poolType": "automation", "scope": crate::core::ids::named("pools"),
                "size": if pool.hosted { 1 } else { 0 }, "isLegacy": false, "options": "none",
            })),
        })
    }

    /// The queue as a definition or build refers to it.
    pub fn reference(&self, organization: &Organization) -> Value {
        let pool = organization.pools.get(&self.pool);
        json!({
            "id": self.id,
            "name": self.name,
            "pool": pool.map(|pool| json!({ "id": pool.id, "name": pool.name, "isHosted": pool.hosted })),
        })
    }
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "TaskAgentQueueNotFoundException",
        format!("No agent queue found with identifier {id}."),
    )
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let pattern = call.request.query("queueName").unwrap_or("*").to_owned();
    let ids: Option<Vec<i64>> =
        call.request.query("queueIds").map(|ids| ids.split(',').filter_map(|id| id.trim().parse().ok()).collect());
    let queues = call.organization.queues.values().filter(|queue| {
        queue.project == project
            && wildcard(&pattern, &queue.name)
            && ids.as_ref().is_none_or(|ids| ids.contains(&queue.id))
    });
    Ok(Response::list(queues.map(|queue| queue.to_json(call.organization)).collect()))
}

fn find<'a>(call: &'a Call<'_>) -> Result<&'a Queue, ServiceError> {
    let project = call.project_id()?;
    let id = call.number("queueId")?;
    call.organization.queues.get(&id).filter(|queue| queue.project == project).ok_or_else(|| not_found(&id.to_string()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Response::ok(find(call)?.to_json(call.organization)))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let name = text(&body, "name").ok_or_else(|| ServiceError::missing("queue.Name"))?.to_owned();
    if call
        .organization
        .queues
        .values()
        .any(|queue| queue.project == project && crate::core::json::same(&queue.name, &name))
    {
        return Err(ServiceError::new(
            409,
            "Microsoft.TeamFoundation.DistributedTask.WebApi",
            "TaskAgentQueueExistsException",
            format!("An agent queue with the name {name} already exists."),
        ));
    }
    let given = at(&body, &["pool"]).and_then(|pool| number(pool, "id"));
    let known = call
        .organization
        .pools
        .values()
        .find(|pool| given.map_or(pool.name == name, |id| pool.id == id))
        .map(|pool| pool.id);
    let pool = match (known, given) {
        (Some(pool), _) => pool,
        (None, Some(id)) => return Err(not_found(&id.to_string())),
        (None, None) => {
            let id = call.organization.next("pool");
            call.organization.pools.insert(id, Pool { id, name: name.clone(), hosted: false, agents: Vec::new() });
            id
        }
    };
    let id = call.organization.next("queue");
    let queue = Queue { id, project, pool, name };
    let answer = queue.to_json(call.organization);
    call.organization.queues.insert(id, queue);
    Ok(Response::ok(answer))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?.id;
    call.organization.queues.remove(&id);
    Ok(Response::no_content())
}

fn pool_not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.DistributedTask.WebApi",
        "TaskAgentPoolNotFoundException",
        format!("No agent pool found with identifier {id}."),
    )
}

fn list_pools(call: &mut Call<'_>) -> Outcome {
    let pattern = call.request.query("poolName").unwrap_or("*").to_owned();
    let pools = call.organization.pools.values().filter(|pool| wildcard(&pattern, &pool.name));
    Ok(Response::list(pools.map(Pool::to_json).collect()))
}

fn list_agents(call: &mut Call<'_>) -> Outcome {
    let id = call.number("poolId")?;
    match call.organization.pools.get(&id) {
        Some(pool) => Ok(Response::list(pool.agents.clone())),
        None => Err(pool_not_found(id)),
    }
}

fn get_pool(call: &mut Call<'_>) -> Outcome {
    let id = call.number("poolId")?;
    match call.organization.pools.get(&id) {
        Some(pool) => Ok(Response::ok(pool.to_json())),
        None => Err(pool_not_found(id)),
    }
}
