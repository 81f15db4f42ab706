//! The trust of an identity in its service connection, so that no secret is needed.

use super::field::{FieldError, FieldValue, Text, Typed, fields, get};
use super::{identity, service_connection};
use crate::remote::desired::azure::{Target, homes};
use crate::remote::later::Later;
use crate::remote::resource::{Fields, Key, Kind, Resource};

const IDENTITY: &str = "identity";
const ISSUER: &str = "issuer";
const SUBJECT: &str = "subject";
const AUDIENCES: &str = "audiences";

/// A federated credential.
#[derive(Clone, Debug, PartialEq)]
pub struct FederatedCredential<V = String> {
    /// Id of the identity that trusts.
    pub identity: String,
    /// Who signs the tokens that it trusts.
    pub issuer: V,
    /// Whom such a token is about.
    pub subject: V,
    /// What such a token is meant for.
    pub audiences: Vec<String>,
}

impl<V: FieldValue> Typed for FederatedCredential<V> {
    fn to_fields(&self) -> Fields {
        fields([
            (IDENTITY, self.identity.to_value()),
            (ISSUER, self.issuer.to_value()),
            (SUBJECT, self.subject.to_value()),
            (AUDIENCES, self.audiences.to_value()),
        ])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            identity: get(fields, IDENTITY)?,
            issuer: get(fields, ISSUER)?,
            subject: get(fields, SUBJECT)?,
            audiences: get(fields, AUDIENCES)?,
        })
    }
}

/// What a token must be meant for: Microsoft Entra's token exchange.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The credential's name below its identity.
pub const NAME: &str = "azure-devops";

/// One credential for each connection. Issuer and subject are the connection's, which Azure DevOps chooses.
pub fn desired(targets: &[Target<'_>]) -> Vec<Resource> {
    let credential = |target: &&Target<'_>| {
        let connection = target.connection.as_str();
        let of = || Key::new(Kind::ServiceConnection, connection);
        let fact = |fact: &str| Text::Later(Later::Fact { of: of(), fact: fact.to_owned() });
        let credential = FederatedCredential {
            identity: identity::id(target),
            issuer: fact(service_connection::ISSUER),
            subject: fact(service_connection::SUBJECT),
            audiences: vec![AUDIENCE.to_owned()],
        };
        Resource::new(Kind::FederatedCredential, connection)
            .with(&credential.to_fields())
            .fixed(&[IDENTITY])
            .needs(identity::key(connection))
            .needs(of())
    };
    homes(targets).iter().map(credential).collect()
}
