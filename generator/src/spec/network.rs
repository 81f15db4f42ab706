//! `network:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How resources are reached.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum NetworkSpec {
    /// With the default address ranges.
    Kind(NetworkKind),
    /// With address ranges of your own.
    Ranges(PrivateSpec),
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self::Kind(NetworkKind::Public)
    }
}

/// Public or private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// Public endpoints, guarded by identity.
    Public,
    /// A virtual network with private endpoints and private DNS; public access is off.
    Private,
}

/// Private networking with address ranges of your own.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PrivateSpec {
    /// Address ranges.
    #[schemars(extend("x-required" = true))]
    pub private: Option<RangesSpec>,
}

/// Address ranges in CIDR notation. Subnets that are left out are quarters of the address space.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RangesSpec {
    /// The virtual network.
    pub address_space: String,
    /// Subnet for private endpoints. Left out: the first quarter.
    pub endpoints_subnet: Option<String>,
    /// Subnet for training nodes. Left out: the second quarter.
    pub training_subnet: Option<String>,
    /// Range for scoring; each environment gets a part. Left out: the third quarter.
    pub scoring_subnet: Option<String>,
    /// Virtual network of your agents, by its resource id. Left out: agents go into a subnet of the platform's network,
    /// the last quarter of the address space.
    pub agents: Option<String>,
    /// What your organization has already. Left out: nothing.
    pub hub: Option<HubSpec>,
}

/// A hub that the networks are peered with.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HubSpec {
    /// Virtual network of the hub, by its resource id.
    #[schemars(extend("x-required" = true))]
    pub virtual_network: Option<String>,
    /// Resource group of the private DNS zones that the hub keeps, by its resource id; they are linked by who keeps
    /// them. Left out: the platform has zones of its own.
    pub zones: Option<String>,
    /// Private address of the firewall that everything outbound passes. Left out: each network has a NAT gateway.
    pub firewall: Option<String>,
}

impl Default for RangesSpec {
    fn default() -> Self {
        Self {
            address_space: "10.20.0.0/16".to_owned(),
            endpoints_subnet: None,
            training_subnet: None,
            scoring_subnet: None,
            agents: None,
            hub: None,
        }
    }
}
