//! What pipelines use: connections, variable groups, environments, checks, queues, hooks.

use devops_client::api::approvals::{Approval, ApprovalStatus};
use devops_client::api::checks::NewCheck;
use devops_client::api::environments::{NewEnvironment, NewKubernetesResource};
use devops_client::api::service_endpoints::NewServiceEndpoint;
use devops_client::api::service_hooks::NewSubscription;
use devops_client::api::variable_groups::NewVariableGroup;
use devops_client::api::variables::Variable;
use devops_client::{IdentityId, Result, Secret, VariableGroupId};

use super::super::planted;
use super::super::seed::{PRINCIPAL, World, identity, quick};
use super::Operation;

/// The approval that the waiting run waits for.
async fn pending(w: &World) -> Result<Approval> {
    for _ in 0..20 {
        w.project.builds().timeline(w.waiting_run).await?;
        if let Some(found) = w.project.approvals().list(&ApprovalStatus::Pending).all().await?.pop() {
            return Ok(found);
        }
    }
    panic!("no approval is pending")
}

operations! {
    "service_endpoints.list" GET "{project}/_apis/serviceendpoint/endpoints" |w|
        Ok(w.project.service_endpoints().list().all().await?.len() == 1);
    "service_endpoints.get" GET "{project}/_apis/serviceendpoint/endpoints/{endpointId}" |w|
        Ok(w.project.service_endpoints().get(w.endpoint.id).await?.is_some_and(|e| e.federation().is_some()));
    "service_endpoints.find" GET "{project}/_apis/serviceendpoint/endpoints" |w|
        Ok(w.project.service_endpoints().find("azure").await?.is_some());
    "service_endpoints.create_azure_rm" POST "_apis/serviceendpoint/endpoints" |w| {
        let endpoint = NewServiceEndpoint::azure_rm("azure2", &identity()).description("d").project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "azure2")
    };
    "service_endpoints.create_registry" POST "_apis/serviceendpoint/endpoints" |w| {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/x";
        let endpoint = NewServiceEndpoint::container_registry("acr", &identity(), "x.azurecr.io", id).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "acr")
    };
    "service_endpoints.create_kubernetes" POST "_apis/serviceendpoint/endpoints" |w| {
        let endpoint = NewServiceEndpoint::azure_kubernetes(
            "aks", &identity(), "https://aks.example.com", "/subscriptions/s/aks", "scoring", false,
        ).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "aks")
    };
    "service_endpoints.create_webhook" POST "_apis/serviceendpoint/endpoints" |w| {
        let secret = Secret::new(planted::SECRET);
        let endpoint = NewServiceEndpoint::incoming_webhook("hook", "model", Some((&secret, "X-Signature"))).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "hook")
    };
    "service_endpoints.update" PUT "_apis/serviceendpoint/endpoints/{endpointId}" |w| {
        let mut endpoint = w.endpoint.clone();
        endpoint.description = Some("changed".into());
        let now = w.project.service_endpoints().update(&endpoint).await?;
        Ok(now.description.as_deref() == Some("changed") && now.name == "azure")
    };
    "service_endpoints.delete" DELETE "_apis/serviceendpoint/endpoints/{endpointId}" |w| {
        let endpoint = NewServiceEndpoint::azure_rm("doomed", &identity()).project(&w.team);
        let doomed = w.project.service_endpoints().create(&endpoint).await?;
        w.project.service_endpoints().delete(doomed.id, &[w.team.id], false).await?;
        Ok(w.project.service_endpoints().find("doomed").await?.is_none())
    };
    "endpoint_proxy.test" POST "{project}/_apis/serviceendpoint/endpointproxy" |w|
        w.project.service_endpoints().test(w.endpoint.id, &quick()).await.map(|()| true);
    "endpoint_proxy.key_vault_secrets" POST "{project}/_apis/serviceendpoint/endpointproxy" |w| {
        let names = w.project.service_endpoints().key_vault_secrets(w.endpoint.id, "vault").await?;
        Ok(names == ["api-key", "db-password"])
    };
    "variable_groups.list" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().list().all().await?.len() == 2);
    "variable_groups.get" GET "{project}/_apis/distributedtask/variablegroups/{groupId}" |w|
        Ok(w.project.variable_groups().get(w.vault_group.id).await?.is_some());
    "variable_groups.get_missing" GET "{project}/_apis/distributedtask/variablegroups/{groupId}" |w|
        Ok(w.project.variable_groups().get(VariableGroupId(999)).await?.is_none());
    "variable_groups.get_many" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().get_many(&[w.vault_group.id, w.plain_group.id]).await?.len() == 2);
    "variable_groups.find" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().find("Settings").await?.is_some_and(|g| g.id == w.plain_group.id));
    "variable_groups.create_key_vault" POST "_apis/distributedtask/variablegroups" |w| {
        let group = NewVariableGroup::key_vault("kv2", w.endpoint.id, "vault").secret("api-key").project(&w.team);
        Ok(w.project.variable_groups().create(&group).await?.variables["api-key"].is_secret())
    };
    "variable_groups.create_plain" POST "_apis/distributedtask/variablegroups" |w| {
        let group = NewVariableGroup::plain("plain2").description("d").variable("a", "b")
            .variable("c", Secret::new(planted::SECRET)).project(&w.team);
        let made = w.project.variable_groups().create(&group).await?;
        Ok(made.variables["a"].value() == Some("b") && made.variables["c"].is_secret())
    };
    "variable_groups.update" PUT "_apis/distributedtask/variablegroups/{groupId}" |w| {
        let mut group = w.plain_group.clone();
        group.variables.insert("more".into(), Variable::plain("x"));
        let now = w.project.variable_groups().update(&group).await?;
        Ok(now.variables.len() == 3 && now.variables["password"].is_secret())
    };
    "variable_groups.delete" DELETE "_apis/distributedtask/variablegroups/{groupId}" |w| {
        w.project.variable_groups().delete(w.plain_group.id, &[w.team.id]).await?;
        Ok(w.project.variable_groups().get(w.plain_group.id).await?.is_none())
    };
    "environments.list" GET "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().list().all().await?.len() == 1);
    "environments.find" GET "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().find("production").await?.is_some());
    "environments.get" GET "{project}/_apis/distributedtask/environments/{environmentId}" |w|
        Ok(w.project.environments().get(w.environment.id).await?.is_some_and(|e| e.resources.len() == 1));
    "environments.deployments" GET "{project}/_apis/distributedtask/environments/{environmentId}/environmentdeploymentrecords" |w|
        Ok(w.project.environments().deployments(w.environment.id).all().await?.iter().all(|d| d.run_id().is_some()));
    "environments.create" POST "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().create(&NewEnvironment::new("qa").description("d")).await?.name == "qa");
    "environments.update" PATCH "{project}/_apis/distributedtask/environments/{environmentId}" |w| {
        let changed = NewEnvironment::new("production").description("changed");
        Ok(w.project.environments().update(w.environment.id, &changed).await?.description.as_deref() == Some("changed"))
    };
    "environments.delete" DELETE "{project}/_apis/distributedtask/environments/{environmentId}" |w| {
        w.project.environments().delete(w.environment.id).await?;
        Ok(w.project.environments().find("production").await?.is_none())
    };
    "environments.add_kubernetes" POST "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes" |w| {
        let resource = NewKubernetesResource::new("cluster", "canary", w.endpoint.id).tag("t");
        Ok(w.project.environments().add_kubernetes(w.environment.id, &resource).await?.name == "canary")
    };
    "environments.get_kubernetes" GET "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}" |w|
        Ok(w.project.environments().get_kubernetes(w.environment.id, w.namespace).await?.is_some());
    "environments.delete_kubernetes" DELETE "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}" |w| {
        w.project.environments().delete_kubernetes(w.environment.id, w.namespace).await?;
        Ok(w.project.environments().get_kubernetes(w.environment.id, w.namespace).await?.is_none())
    };
    "checks.list" GET "{project}/_apis/pipelines/checks/configurations" |w|
        Ok(w.project.checks().list(&w.protected()).all().await?.iter().filter(|c| c.settings.is_some()).count() >= 1);
    "checks.get" GET "{project}/_apis/pipelines/checks/configurations/{id}" |w|
        Ok(w.project.checks().get(w.lock.id).await?.is_some());
    "checks.create_approval" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::approval(&w.endpoint.id.into(), &[w.approver.id]).required(1).requester_cannot_approve(true);
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.create_lock" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::exclusive_lock(&w.endpoint.id.into());
        Ok(w.project.checks().create(&check).await?.kind.id == devops_client::api::checks::EXCLUSIVE_LOCK)
    };
    "checks.create_branch_control" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::branch_control(&w.endpoint.id.into(), &["refs/heads/main"], true);
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.create_business_hours" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::business_hours(&w.endpoint.id.into(), "Monday, Tuesday", "09:00", "17:00", "UTC");
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.update" PATCH "{project}/_apis/pipelines/checks/configurations/{id}" |w| {
        let mut check = w.lock.clone();
        check.timeout = Some(60);
        Ok(w.project.checks().update(&check).await?.timeout == Some(60))
    };
    "checks.delete" DELETE "{project}/_apis/pipelines/checks/configurations/{id}" |w| {
        w.project.checks().delete(w.lock.id).await?;
        Ok(w.project.checks().get(w.lock.id).await?.is_none())
    };
    "approvals.list" GET "{project}/_apis/pipelines/approvals" |w|
        Ok(pending(w).await?.run_id().is_none_or(|run| run == w.waiting_run));
    "approvals.get" GET "{project}/_apis/pipelines/approvals/{approvalId}" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().get(id).await?.status == ApprovalStatus::Pending)
    };
    "approvals.approve" PATCH "{project}/_apis/pipelines/approvals" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().approve(id, "good").await?.status == ApprovalStatus::Approved)
    };
    "approvals.reject" PATCH "{project}/_apis/pipelines/approvals" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().reject(id, "bad").await?.status == ApprovalStatus::Rejected)
    };
    "permissions.get" GET "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().get(&w.protected()).await?;
        Ok(now.allows(w.release) && !now.is_open_to_all())
    };
    "permissions.allow" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().allow(&w.vault_group.id.into(), &[w.build]).await?;
        Ok(now.allows(w.build) && !now.allows(w.release))
    };
    "permissions.only" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        // The release pipeline is allowed, and loses it.
        let now = w.project.pipeline_permissions().only(&w.protected(), &[w.build]).await?;
        Ok(now.allows_only(&[w.build]) && now.pipelines.len() == 1)
    };
    "permissions.only_trusting_answers" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().trusting_answers().only(&w.protected(), &[w.build]).await?;
        Ok(now.allows_only(&[w.build]) && now.pipelines.len() == 1)
    };
    "permissions.revoke" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().revoke(&w.protected(), &[w.build]).await?;
        Ok(!now.allows(w.build) && now.allows(w.release))
    };
    "service_hooks.list" GET "_apis/hooks/subscriptions" |w|
        Ok(w.client.service_hooks().list().all().await?.len() == 1);
    "service_hooks.get" GET "_apis/hooks/subscriptions/{subscriptionId}" |w|
        Ok(w.client.service_hooks().get(w.hook.id).await?.is_some());
    "service_hooks.create" POST "_apis/hooks/subscriptions" |w| {
        let hook = NewSubscription::web_hook("tfs", "git.push", "https://example.com/push")
            .publisher_input("projectId", w.team.id.to_string())
            .consumer_input("basicAuthPassword", planted::SECRET);
        Ok(w.client.service_hooks().create(&hook).await?.event_type == "git.push")
    };
    "service_hooks.replace" PUT "_apis/hooks/subscriptions/{subscriptionId}" |w| {
        let mut hook = w.hook.clone();
        hook.consumer_inputs.set("url", "https://example.com/other");
        let now = w.client.service_hooks().replace(&hook).await?;
        Ok(now.consumer_inputs.get("url") == Some("https://example.com/other"))
    };
    "service_hooks.delete" DELETE "_apis/hooks/subscriptions/{subscriptionId}" |w| {
        w.client.service_hooks().delete(w.hook.id).await?;
        Ok(w.client.service_hooks().list().all().await?.is_empty())
    };
    "graph.scope" GET "_apis/graph/descriptors/{storageKey}" |w|
        Ok(w.client.graph().scope(w.team.id).await?.as_str().starts_with("scp."));
    "graph.groups" GET "_apis/graph/groups" |w| {
        let scope = w.client.graph().scope(w.team.id).await?;
        let groups = w.client.graph().groups(&scope).all().await?;
        Ok(groups.len() == 4 && groups.iter().any(|group| group.descriptor == w.contributors))
    };
    "graph.group" GET "_apis/graph/groups/{groupDescriptor}" |w| {
        let found = w.client.graph().group(&w.contributors).await?;
        Ok(found.is_some_and(|group| group.principal_name == "[fabrikam]\\Contributors"))
    };
    "graph.service_principals" GET "_apis/graph/serviceprincipals" |w| {
        let all = w.client.graph().service_principals().all().await?;
        Ok(all.len() == 1 && all[0].origin_id == PRINCIPAL && all[0].descriptor == w.principal.descriptor)
    };
    "graph.add_service_principal" POST "_apis/graph/serviceprincipals" |w| {
        let origin = IdentityId::parse("55555555-5555-4555-8555-555555555555")?;
        let made = w.client.graph().add_service_principal(origin, &w.readers).await?;
        Ok(made.origin_id == origin.to_string())
    };
    "graph.is_active" GET "_apis/graph/membershipstates/{subjectDescriptor}" |w|
        w.client.graph().is_active(&w.principal.descriptor).await;
    "graph.remove_service_principal" DELETE "_apis/graph/serviceprincipals/{servicePrincipalDescriptor}" |w| {
        w.client.graph().remove_service_principal(&w.principal.descriptor).await?;
        Ok(!w.client.graph().is_active(&w.principal.descriptor).await?)
    };
    "graph.memberships_of" GET "_apis/graph/memberships/{subjectDescriptor}" |w| {
        let all = w.client.graph().memberships_of(&w.principal.descriptor).all().await?;
        Ok(all.len() == 1 && all[0].container_descriptor == w.contributors)
    };
    "graph.membership" GET "_apis/graph/memberships/{subjectDescriptor}/{containerDescriptor}" |w| {
        let there = w.client.graph().membership(&w.principal.descriptor, &w.contributors).await?;
        Ok(there.is_some_and(|there| there.member_descriptor == w.principal.descriptor))
    };
    "graph.add_membership" PUT "_apis/graph/memberships/{subjectDescriptor}/{containerDescriptor}" |w| {
        let now = w.client.graph().add_membership(&w.principal.descriptor, &w.readers).await?;
        Ok(now.container_descriptor == w.readers)
    };
    "graph.remove_membership" DELETE "_apis/graph/memberships/{subjectDescriptor}/{containerDescriptor}" |w| {
        let (graph, who) = (w.client.graph(), &w.principal.descriptor);
        graph.remove_membership(who, &w.contributors).await?;
        Ok(graph.membership(who, &w.contributors).await?.is_none())
    };
    "queues.list" GET "{project}/_apis/distributedtask/queues" |w|
        Ok(w.project.queues().list().all().await?.iter().any(|queue| queue.id == w.queue));
    "queues.find" GET "{project}/_apis/distributedtask/queues" |w|
        Ok(w.project.queues().find("azure pipelines").await?.is_some());
    "pools.agents" GET "_apis/distributedtask/pools/{poolId}/agents" |w| {
        let pool = w.client.pools().find("azure pipelines").await?.expect("the hosted pool");
        Ok(w.client.pools().agents(pool.id).all().await?.is_empty())
    };
    "pools.find" GET "_apis/distributedtask/pools" |w|
        Ok(w.client.pools().find("azure pipelines").await?.is_some());
}
