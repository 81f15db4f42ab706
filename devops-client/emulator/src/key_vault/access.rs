//! What a request does to the data of a vault, and how the vault refuses it. (Documents: "Provide access to Key Vault keys,
//! certificates, and secrets with Azure role-based access control"; error `ForbiddenByRbac`.)

use serde_json::json;

use crate::arm::access::{Caller, Operation};
use crate::core::{Method, Request, Response};

/// The vault that a request is for, and the path within it.
pub fn place(request: &Request) -> Option<(String, &[String])> {
    let host = request.origin.trim_start_matches("http://").split(':').next().unwrap_or_default();
    let by_host = host.strip_suffix(".vault.azure.net").map(str::to_lowercase);
    match by_host {
        Some(name) => Some((name, &request.path[..])),
        None => request.path.split_first().map(|(name, rest)| (name.to_lowercase(), rest)),
    }
}

/// What a request does; `vault` is the id of the vault as a resource. Nothing for a request that the vault does not know.
pub fn operation(request: &Request, vault: &str) -> Option<Operation> {
    let (_, path) = place(request)?;
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let verb = match (request.method, &parts[..]) {
        (Method::Get, ["secrets"] | ["secrets", _, "versions"] | ["deletedsecrets", ..]) => "readMetadata/action",
        (Method::Get, ["secrets", ..]) => "getSecret/action",
        (Method::Put, ["secrets", _]) => "setSecret/action",
        (Method::Patch, ["secrets", ..]) => "update/action",
        (Method::Delete, ["secrets", _]) => "delete",
        (Method::Delete, ["deletedsecrets", _]) => "purge/action",
        (Method::Post, ["deletedsecrets", _, "recover"]) => "recover/action",
        (Method::Post, ["secrets", _, "backup"]) => "backup/action",
        _ => return None,
    };
    let scope = match parts.get(1) {
        Some(name) => format!("{vault}/secrets/{name}"),
        None => vault.to_owned(),
    };
    Some(Operation { action: format!("Microsoft.KeyVault/vaults/secrets/{verb}"), data: true, scope, role: None })
}

/// The vault's refusal.
pub fn forbidden(caller: &Caller, operation: &Operation) -> Response {
    let vault = operation.scope.split("/vaults/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid={};oid={}\r\nAction: '{}'\r\nResource: '{}'\r\nAssignment: (not found)\r\nDecisionReason: null \r\nVault: {vault};location=westeurope\r\n",
        caller.client,
        caller.principal,
        operation.action,
        operation.scope.to_lowercase()
    );
    let body =
        json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": "ForbiddenByRbac" } } });
    Response { status: 403, ..Response::ok(body) }.with_effect(false)
}
