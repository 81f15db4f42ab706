//! Role-based access: who may do what where, by the role assignments that are there. (Documents: "How Azure RBAC determines
//! if a user has access to a resource", "Azure role assignment condition format".)

use std::collections::HashMap;
use std::sync::LazyLock;

use azure_templates::BUILT_IN_ROLES;
use serde_json::{Value, json};

use super::resources::type_and_name;
use super::state::{Arm, body_of, error};
use crate::core::{Method, Request, Response};

/// One set of permissions of a role.
#[derive(Debug, Default)]
struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

/// Built-in roles by their id.
static ROLES: LazyLock<HashMap<String, (String, Vec<Permission>)>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(BUILT_IN_ROLES).unwrap_or_default();
    let texts = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect::<Vec<_>>()
    };
    let permission = |value: &Value| Permission {
        actions: texts(&value["actions"]),
        not_actions: texts(&value["notActions"]),
        data_actions: texts(&value["dataActions"]),
        not_data_actions: texts(&value["notDataActions"]),
    };
    let role = |role: &Value| {
        let permissions = role["permissions"].as_array().into_iter().flatten().map(permission).collect();
        let text = |key: &str| role[key].as_str().unwrap_or_default().to_owned();
        (text("id").to_lowercase(), (text("name"), permissions))
    };
    document["roles"].as_array().into_iter().flatten().map(role).collect()
});

/// The built-in roles: name and id.
pub fn roles() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLES.iter().map(|(id, (name, _))| (name.as_str(), id.as_str()))
}

/// Somebody who calls: an identity that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The application.
    pub client: String,
    /// Who role assignments are for.
    pub principal: String,
}

/// Something that is to be done somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `Microsoft.Storage/storageAccounts/write`.
    pub action: String,
    /// Whether it is done to data.
    pub data: bool,
    /// The id of a resource, a group or a subscription.
    pub scope: String,
    /// The role that is given or taken, by its id, where the operation is that.
    pub role: Option<String>,
}

/// Whether a role assignment lets a principal do it.
pub fn allows(arm: &Arm, principal: &str, operation: &Operation) -> bool {
    let (action, scope) = (operation.action.to_lowercase(), operation.scope.to_lowercase());
    let given = arm.resources.values().filter(|body| {
        let properties = &body["properties"];
        body["type"] == "Microsoft.Authorization/roleAssignments"
            && properties["principalId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(principal))
            && properties["scope"].as_str().is_some_and(|own| covers(&own.to_lowercase(), &scope))
    });
    given.into_iter().any(|assignment| {
        let properties = &assignment["properties"];
        let role = properties["roleDefinitionId"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let met = properties["condition"].as_str().is_none_or(|condition| meets(condition, operation));
        let permissions = ROLES.get(&role.to_lowercase()).map(|(_, permissions)| permissions.as_slice());
        met && permissions.unwrap_or_default().iter().any(|one| {
            let any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, &action));
            match operation.data {
                false => any(&one.actions) && !any(&one.not_actions),
                true => any(&one.data_actions) && !any(&one.not_data_actions),
            }
        })
    })
}

fn covers(own: &str, scope: &str) -> bool {
    own == "/" || own == scope || scope.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an action fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = pattern.contains('*').then(|| parts.next_back().unwrap_or_default()) else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a condition lets a role be given or taken: it names the roles after `GuidEquals`. A condition says nothing of
/// other actions; one of another form lets nothing through.
fn meets(condition: &str, operation: &Operation) -> bool {
    let condition = condition.to_lowercase();
    let Some((_, rest)) = condition.split_once(&format!("actionmatches{{'{}'}}", operation.action.to_lowercase()))
    else {
        return condition.contains("actionmatches{");
    };
    let set = rest.split_once("guidequals {").and_then(|(_, rest)| rest.split_once('}')).map(|(set, _)| set);
    let role = operation.role.as_deref().unwrap_or_default().to_lowercase();
    set.is_some_and(|set| set.split(',').any(|one| one.trim() == role))
}

/// What a request to Azure Resource Manager does, and where.
pub fn operation(request: &Request, parts: &[&str]) -> Option<Operation> {
    let path = &request.path;
    let id = |count: usize| format!("/{}", path[..count].join("/"));
    let verb = match request.method {
        Method::Get | Method::Head => "read",
        Method::Put | Method::Patch => "write",
        Method::Delete => "delete",
        _ => "action",
    };
    let plain = |action: String, scope: String| Some(Operation { action, data: false, scope, role: None });
    let Some(at) = parts.iter().rposition(|part| *part == "providers") else {
        return match parts {
            // everybody sees the groups that they may see
            ["subscriptions", ..] if parts.len() < 4 => None,
            _ => plain(format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}"), id(4)),
        };
    };
    // lists over a subscription show what somebody may see
    if at == 2 && verb == "read" {
        return None;
    }
    let rest = &path[at + 1..];
    let types: Vec<&str> = rest.iter().skip(1).step_by(2).map(String::as_str).collect();
    let kind = format!("{}/{}", rest.first()?, types.join("/"));
    if kind.eq_ignore_ascii_case("Microsoft.Authorization/checkAccess") {
        return None;
    }
    let whole = rest.len() % 2 == 1;
    let role = || {
        let given = body_of(request)["properties"]["roleDefinitionId"].as_str().map(str::to_owned);
        given.and_then(|id| id.rsplit('/').next().map(str::to_owned))
    };
    let is_assignment = kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments");
    let scope = match rest.len() {
        // a list is judged where it is asked for
        _ if is_assignment => id(at),
        2 => id(at),
        _ => id(if whole { path.len() } else { path.len() - 1 }),
    };
    let action = if verb == "action" { format!("{kind}/action") } else { format!("{kind}/{verb}") };
    Some(Operation { action, data: false, scope, role: is_assignment.then(role).flatten() })
}

/// What a deployment does besides being one: it writes its resources, gives roles, and hands identities out.
pub fn operations(id: &str, body: &Value) -> Vec<Operation> {
    let (kind, _) = type_and_name(id);
    let role = body["properties"]["roleDefinitionId"].as_str().and_then(|id| id.rsplit('/').next()).map(str::to_owned);
    let assignment = kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments");
    let scope = match id.rsplit_once("/providers/") {
        Some((scope, _)) if assignment => scope,
        _ => id,
    };
    let action = if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        "Microsoft.Resources/subscriptions/resourceGroups/write".to_owned()
    } else {
        format!("{kind}/write")
    };
    let own = Operation { action, data: false, scope: scope.to_owned(), role: role.filter(|_| assignment) };
    let identities = body["identity"]["userAssignedIdentities"].as_object().into_iter().flatten();
    let assign = |(id, _): (&String, &Value)| Operation {
        action: "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action".to_owned(),
        data: false,
        scope: id.clone(),
        role: None,
    };
    std::iter::once(own).chain(identities.map(assign)).collect()
}

/// Why a caller is refused an operation of their own.
pub fn refused(caller: &Caller, operation: &Operation) -> Response {
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{}' over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        caller.client, caller.principal, operation.action, operation.scope
    );
    error(403, "AuthorizationFailed", &message)
}

/// Why a deployment is refused.
pub fn refused_deployment(caller: &Caller, id: &str, operation: &Operation) -> Response {
    let (kind, name) = type_and_name(id);
    let message = format!(
        "Deployment failed with multiple errors: 'Authorization failed for template resource '{name}' of type '{kind}'. The client '{}' with object id '{}' does not have permission to perform action '{}' at scope '{}'.'",
        caller.client, caller.principal, operation.action, operation.scope
    );
    error(403, "InvalidTemplateDeployment", &message)
}

/// Answers services that ask whether somebody may do something (`Microsoft.Authorization/checkAccess`).
pub fn check(arm: &Arm, request: &Request, scope: &str) -> Response {
    let body = body_of(request);
    let principal = body["Subject"]["Attributes"]["ObjectId"].as_str().unwrap_or_default();
    let asked = body["Actions"].as_array().into_iter().flatten();
    let answers = asked.map(|one| {
        let action = one["Id"].as_str().unwrap_or_default().to_owned();
        let operation = Operation { action, data: one["IsDataAction"] == true, scope: scope.to_owned(), role: None };
        let decision = if allows(arm, principal, &operation) { "Allowed" } else { "NotAllowed" };
        json!({ "ActionId": operation.action, "IsDataAction": operation.data, "AccessDecision": decision })
    });
    Response::ok(answers.collect::<Vec<_>>().into()).with_effect(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g";

    /// An Azure in which `p` has a role.
    fn with(role: &str, scope: &str, condition: Value) -> Arm {
        let mut arm = Arm::new("t", "s");
        let id = roles().find(|(name, _)| *name == role).unwrap().1;
        let properties = json!({ "principalId": "p", "roleDefinitionId": format!("/x/{id}"), "scope": scope, "condition": condition });
        let body = json!({ "type": "Microsoft.Authorization/roleAssignments", "properties": properties });
        arm.resources.insert("a".to_owned(), body);
        arm
    }

    #[test]
    fn a_role_allows_its_actions_below_its_scope() {
        let vault = format!("{GROUP}/providers/Microsoft.KeyVault/vaults/v");
        for (role, scope, action, data, at, expected) in [
            ("Contributor", GROUP, "Microsoft.KeyVault/vaults/write", false, vault.as_str(), true),
            (
                "Contributor",
                GROUP,
                "Microsoft.KeyVault/vaults/write",
                false,
                "/subscriptions/s/resourceGroups/g2",
                false,
            ),
            ("Contributor", GROUP, "Microsoft.Authorization/roleAssignments/write", false, vault.as_str(), false),
            ("Contributor", GROUP, "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, vault.as_str(), false),
            ("Reader", "/subscriptions/s", "microsoft.keyvault/vaults/READ", false, vault.as_str(), true),
            ("Reader", "/subscriptions/s", "Microsoft.KeyVault/vaults/delete", false, vault.as_str(), false),
            (
                "Key Vault Secrets User",
                vault.as_str(),
                "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                true,
                vault.as_str(),
                true,
            ),
            (
                "Key Vault Secrets User",
                vault.as_str(),
                "Microsoft.KeyVault/vaults/secrets/setSecret/action",
                true,
                vault.as_str(),
                false,
            ),
            ("AcrPull", GROUP, "Microsoft.ContainerRegistry/registries/push/write", false, GROUP, false),
        ] {
            let arm = with(role, scope, Value::Null);
            let operation = Operation { action: action.to_owned(), data, scope: at.to_owned(), role: None };
            assert_eq!(allows(&arm, "P", &operation), expected, "{role} {action} {at}");
            assert!(!allows(&arm, "q", &operation));
        }
    }

    #[test]
    fn a_condition_names_the_roles_that_may_be_given() {
        let condition = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {aa, bb}))";
        let write = |role: &str| Operation {
            action: "Microsoft.Authorization/roleAssignments/write".to_owned(),
            data: false,
            scope: GROUP.to_owned(),
            role: Some(role.to_owned()),
        };
        let arm = with("Role Based Access Control Administrator", GROUP, json!(condition));
        assert!(allows(&arm, "p", &write("BB")) && !allows(&arm, "p", &write("cc")));
        let odd = with("Role Based Access Control Administrator", GROUP, json!("something else"));
        assert!(!allows(&odd, "p", &write("aa")));
    }

    #[test]
    fn requests_are_the_actions_that_the_documents_name() {
        let vault = format!("{GROUP}/providers/Microsoft.KeyVault/vaults/v");
        let deployment = format!("{GROUP}/providers/Microsoft.Resources/deployments/d");
        let assignment = format!("{vault}/providers/Microsoft.Authorization/roleAssignments/a");
        for (method, path, expected) in [
            (Method::Get, GROUP, Some(("Microsoft.Resources/subscriptions/resourceGroups/read", GROUP))),
            (Method::Put, vault.as_str(), Some(("Microsoft.KeyVault/vaults/write", vault.as_str()))),
            (Method::Delete, vault.as_str(), Some(("Microsoft.KeyVault/vaults/delete", vault.as_str()))),
            (Method::Put, deployment.as_str(), Some(("Microsoft.Resources/deployments/write", deployment.as_str()))),
            (
                Method::Post,
                &format!("{deployment}/whatIf"),
                Some(("Microsoft.Resources/deployments/whatIf/action", deployment.as_str())),
            ),
            (Method::Put, assignment.as_str(), Some(("Microsoft.Authorization/roleAssignments/write", vault.as_str()))),
            (Method::Get, "/subscriptions/s/providers/Microsoft.KeyVault/vaults", None),
        ] {
            let request = Request::new(method, "http://x", path);
            let lower: Vec<String> = request.path.iter().map(|part| part.to_lowercase()).collect();
            let found = operation(&request, &lower.iter().map(String::as_str).collect::<Vec<_>>());
            let found = found.as_ref().map(|operation| (operation.action.as_str(), operation.scope.as_str()));
            assert_eq!(found, expected, "{path}");
        }
    }
}
