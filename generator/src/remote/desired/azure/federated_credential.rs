//! The trust of an identity in its service connection, so that no secret is needed.

use serde_json::json;

use super::{Target, homes, identity};
use crate::remote::later::Later;
use crate::remote::resource::{Key, Kind, Resource};

/// What a token must be meant for: Microsoft Entra's token exchange.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The credential's name below its identity.
pub const NAME: &str = "azure-devops";

/// One credential for each connection. Issuer and subject are the connection's, which Azure DevOps chooses.
pub fn desired(targets: &[Target<'_>]) -> Vec<Resource> {
    let credential = |target: &&Target<'_>| {
        let connection = target.connection.as_str();
        let of = || Key::new(Kind::ServiceConnection, connection);
        Resource::new(Kind::FederatedCredential, connection)
            .field("identity", identity::id(target))
            .field("issuer", Later::fact(of(), "federation.issuer"))
            .field("subject", Later::fact(of(), "federation.subject"))
            .field("audiences", json!([AUDIENCE]))
            .fixed(&["identity"])
            .needs(identity::key(connection))
            .needs(of())
    };
    homes(targets).iter().map(credential).collect()
}
