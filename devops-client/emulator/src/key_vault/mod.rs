//! A local double of Azure Key Vault's secrets: set, get, list, versions, update, soft delete, recover, purge.
//!
//! A vault is named by the host (`{vault}.vault.azure.net`) or, for callers that were pointed at loopback, by the first
//! segment of the path. Without credentials the answer is the challenge that names tenant and resource.

mod access;
mod secrets;
mod state;

use std::net::SocketAddr;

use jiff::Timestamp;

use crate::core::{Body, Request, Response};
use crate::server::StartError;
use crate::server::double::Double;

pub use access::{forbidden, operation, place};
use state::error;
pub use state::{KeyVaults, Vault, Version};

impl KeyVaults {
    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<KeyVaults>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }
}

/// Answers a request.
pub fn serve(vaults: &mut KeyVaults, request: &Request, now: Timestamp) -> Response {
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    if !token.is_some_and(|token| vaults.tokens.is_empty() || vaults.tokens.iter().any(|known| known == token)) {
        let challenge = format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
            vaults.tenant
        );
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        return error(401, "Unauthorized", None, message).with_header("WWW-Authenticate", challenge);
    }
    answer(vaults, request, now)
}

/// Answers a request of somebody who is signed in and may do it.
pub fn answer(vaults: &mut KeyVaults, request: &Request, now: Timestamp) -> Response {
    let Some((name, path)) = place(request) else {
        return error(404, "NotFound", None, "The path names no vault.");
    };
    if !vaults.vaults.contains_key(&name) {
        return error(404, "VaultNotFound", None, &format!("The vault {name} does not exist."));
    }
    if request.query("api-version").is_none() {
        return error(400, "BadParameter", None, "AKV10054: The api-version query parameter is missing.");
    }
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let response = secrets::answer(vaults, &name, &parts, request, now);
    match response.body {
        Body::Json(_) => response.with_header("x-ms-keyvault-region", "westeurope"),
        _ => response,
    }
}
