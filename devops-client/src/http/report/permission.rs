//! The permission that a call needs, for refusals in which the service names none.
//!
//! From the service's page of token scopes and the security pages of each kind of thing.

use http::Method;

/// Part of the path, scope for reading, scope for writing, and what to grant in the settings of the project.
const TABLE: &[(&str, &str, &str, &str)] = &[
    (
        "/distributedtask/variablegroups",
        "vso.variablegroups_read",
        "vso.variablegroups_manage",
        "Administrator of the variable group's library",
    ),
    (
        "/distributedtask/environments",
        "vso.environment_manage",
        "vso.environment_manage",
        "Administrator of the environment",
    ),
    ("/distributedtask/queues", "vso.agentpools", "vso.agentpools_manage", "User of the agent queue"),
    (
        "/serviceendpoint/",
        "vso.serviceendpoint_query",
        "vso.serviceendpoint_manage",
        "Administrator of the service connection",
    ),
    (
        "/pipelines/pipelinepermissions",
        "vso.pipelineresources_use",
        "vso.pipelineresources_manage",
        "Administrator of the resource",
    ),
    ("/pipelines/checks", "vso.pipelineresources_use", "vso.pipelineresources_manage", "Administrator of the resource"),
    ("/pipelines/approvals", "vso.build", "vso.build_execute", "being one of the approvers"),
    ("/pipelines", "vso.build", "vso.build_execute", "Edit build pipeline, Queue builds"),
    ("/build/", "vso.build", "vso.build_execute", "Edit build pipeline, Queue builds"),
    ("/test/", "vso.test", "vso.test_write", "View test runs"),
    ("/policy/", "vso.code", "vso.code_manage", "Edit policies of the branch"),
    ("/git/", "vso.code", "vso.code_manage", "Contribute, Create repository"),
    ("/hooks/", "vso.hooks", "vso.hooks_write", "Edit subscriptions"),
    ("/identities", "vso.identity", "vso.identity_manage", "View instance-level information"),
    ("/projects", "vso.project", "vso.project_manage", "Create new projects"),
];

/// What is needed for a method on a path.
pub(super) fn needed(method: &Method, path: &str) -> String {
    let path = path.to_ascii_lowercase();
    match TABLE.iter().find(|(part, ..)| path.contains(part)) {
        Some((_, read, write, grant)) => {
            let scope = if *method == Method::GET { read } else { write };
            format!("the token scope {scope} and the permission: {grant}")
        }
        None => "access to this organization and project".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_area_has_its_scope() {
        let need = |method, path| needed(&method, path);
        assert!(need(Method::POST, "/o/_apis/distributedtask/variablegroups").contains("vso.variablegroups_manage"));
        assert!(need(Method::GET, "/o/p/_apis/git/repositories").contains("vso.code "));
        assert!(
            need(Method::PATCH, "/o/p/_apis/pipelines/pipelinepermissions/queue/1")
                .contains("pipelineresources_manage")
        );
    }
}
